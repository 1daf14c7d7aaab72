import Fixtures
import Identity
import Testing
import Vocabulary

/// No order of inputs, true and forged ones mixed, completes a flow without the proofs it needs of that same person.
@Suite struct LoginFlowPropertyTests {
    struct Walk {
        var fixture = LoginFixture()
        var generator: Seeded
        /// What was truly accepted at the flow's own state: (person, method).
        var earned: [(PersonID, AuthenticationMethod)] = []
        var openedInvitation = false

        mutating func roll(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

        mutating func proof(_ flow: LoginFlow) -> LoginProof {
            let methods: [AuthenticationMethod] = [.password, .oneTimePassword, .recoveryCode, .singleUseLink]
            let right: AuthenticationMethod =
                switch flow.step {
                case .secondFactor, .enrolment: .oneTimePassword
                case .identify, .invitation: .singleUseLink
                default: .password
                }
            let stamp = flow.stamp
            let isTrue = roll(3) > 0
            return LoginProof(
                flow: isTrue || roll(2) == 0 ? stamp.flow : id(77),
                step: isTrue || roll(2) == 0 ? stamp.step : LoginStep.allCases[roll(8)],
                revision: isTrue || roll(2) == 0 ? stamp.revision : stamp.revision - 1,
                subject: roll(3) > 0 ? fixture.ada : fixture.eve,
                provider: isTrue || roll(2) == 0 ? stamp.provider : fixture.directory,
                method: isTrue ? right : methods[roll(4)], at: start)
        }

        mutating func input(_ flow: LoginFlow) -> LoginInput {
            let proof = proof(flow)
            return switch roll(13) {
            case 0: .opened
            case 1: .identifierSubmitted(login: "ada@corp.example")
            case 2, 3: .passwordSubmitted(login: "ada")
            case 4, 5: .primaryVerified(proof)
            case 6: .passwordChangeRequired(proof, .directory)
            case 7: .secondFactorVerified(proof)
            case 8: .secondFactorRefused(flow.stamp)
            case 9: .enrolmentStarted(.oneTimePassword)
            case 10: .enrolmentConfirmed(proof)
            case 11: .passwordChanged(proof)
            default: .linkOpened(LinkPurpose.allCases[roll(3)], proof)
            }
        }
    }

    @Test func noSequenceCompletesWithoutItsProofs() {
        var completions = 0
        for seed in 0..<6_000 {
            var walk = Walk(generator: Seeded(UInt64(seed)))
            walk.fixture.enrolled = walk.roll(2) == 0 ? [.oneTimePassword] : []
            walk.fixture.rolesRequireMFA = walk.roll(2) == 0
            walk.fixture.mayHaveLocalPassword = walk.roll(3) > 0
            var flow = walk.fixture.begin()
            for _ in 0..<24 {
                let before = flow
                let subject = walk.roll(4) > 0 ? walk.fixture.ada : walk.fixture.eve
                let input = walk.input(flow)
                let answer = flow.decide(input, context: walk.fixture.context(subject), now: start)
                flow = answer.flow
                if flow != before { #expect(flow.revision == before.revision + 1) }
                if let proof = input.offered, flow.proofs.count > before.proofs.count {
                    #expect(proof.flow == before.id && proof.revision == before.revision && proof.step == before.step)
                    #expect(proof.subject == subject)
                    walk.earned.append((proof.subject, proof.method))
                    if case .linkOpened(let purpose, _) = input, purpose != .passwordReset {
                        walk.openedInvitation = true
                    }
                }
                if let grant = answer.outcome.grant {
                    completions += 1
                    check(grant, walk)
                }
            }
        }
        // The walk must reach the end often enough to mean something.
        #expect(completions > 150)
    }

    func check(_ grant: SessionGrant, _ walk: Walk) {
        #expect(walk.earned.allSatisfy { $0.0 == grant.person })
        #expect(walk.earned.contains { $0.1 == .password })
        let needsSecond = walk.fixture.rolesRequireMFA || !walk.fixture.enrolled.isEmpty
        if needsSecond {
            #expect(walk.earned.contains { $0.1 == .oneTimePassword })
            if walk.fixture.enrolled.isEmpty { #expect(walk.openedInvitation) }
        }
    }
}

extension LoginInput {
    var offered: LoginProof? {
        switch self {
        case .primaryVerified(let proof), .passwordChangeRequired(let proof, _), .secondFactorVerified(let proof),
            .enrolmentConfirmed(let proof), .passwordChanged(let proof), .linkOpened(_, let proof):
            proof
        default: nil
        }
    }
}
