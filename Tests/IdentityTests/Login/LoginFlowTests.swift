import Identity
import Testing
import Vocabulary

@Suite struct LoginFlowTests {
    let fixture = LoginFixture()

    @Test func aPasswordAloneCompletesWhereNothingMoreIsAsked() {
        let grant = fixture.signedIn().outcome.grant
        #expect(grant?.person == fixture.ada)
        #expect(grant?.provider == fixture.local)
        #expect(grant?.events.map(\.method) == [.password])
        #expect(grant?.strength == .aal1)
    }

    @Test func theProviderIsChosenByDomainBeforeThePasswordLeaves() {
        let sent = fixture.begin().decide(
            .passwordSubmitted(login: "Ada@Corp.Example"), context: fixture.context(), now: start)
        #expect(sent.outcome == .verifyPassword(sent.flow.stamp))
        #expect(sent.flow.stamp.provider == fixture.directory)
    }

    @Test func aRefusedPasswordStaysWithItsProvider() {
        let flow = fixture.awaiting("ada@corp.example")
        let refused = fixture.decide(flow, .primaryRefused(.badCredentials, flow.stamp))
        #expect(refused.outcome == .show(.password, .badCredentials))
        #expect(refused.flow.provider == fixture.directory)
        var accepted = fixture.proof(refused.flow)
        accepted = LoginProof(
            flow: accepted.flow, step: accepted.step, revision: accepted.revision, subject: fixture.ada,
            provider: fixture.local, method: .password, at: start)
        #expect(fixture.decide(refused.flow, .primaryVerified(accepted)).outcome == .refused(.otherProvider))
    }

    @Test func aLoginOfAnotherDomainAtThePasswordPageSendsNothing() {
        let flow = fixture.begin().decide(.providerChosen(fixture.local), context: fixture.context(), now: start).flow
        let moved = fixture.decide(flow, .passwordSubmitted(login: "ada@corp.example"))
        #expect(moved.outcome == .show(.identify, .unknownProvider))
        #expect(moved.flow.provider == nil)
    }

    @Test func anUnknownLoginTakesTheSameVisiblePath() {
        let known = fixture.awaiting("ada")
        let unknown = fixture.awaiting("nobody")
        #expect(known == unknown)
        #expect(
            fixture.begin().decide(.identifierSubmitted(login: "x"), context: fixture.context(), now: start).outcome
                == .show(.password, nil))
    }

    @Test(arguments: ["", "   ", "a\u{0}b", String(repeating: "a", count: 255)])
    func aMalformedLoginIsNotSent(login: String) {
        let flow = fixture.begin()
        let answer = fixture.decide(flow, .passwordSubmitted(login: login))
        #expect(answer.outcome == .show(.identify, .malformedLogin))
        #expect(answer.flow == flow)
    }

    @Test func theTenthWrongPasswordEndsTheFlow() {
        var flow = fixture.awaiting()
        for _ in 1..<LoginFlow.primaryAttemptLimit {
            flow = fixture.decide(flow, .primaryRefused(.badCredentials, flow.stamp)).flow
            #expect(flow.step == .password)
        }
        let last = fixture.decide(flow, .primaryRefused(.badCredentials, flow.stamp))
        #expect(last.outcome == .refused(.tooManyAttempts))
        #expect(last.flow.step == .ended)
    }

    @Test func theFifthWrongCodeEndsTheFlow() {
        var fixture = fixture
        fixture.enrolled = [.oneTimePassword]
        var flow = fixture.signedIn().flow
        for _ in 1..<LoginFlow.secondFactorAttemptLimit {
            let answer = fixture.decide(flow, .secondFactorRefused(flow.stamp))
            #expect(answer.outcome == .needSecondFactor([.oneTimePassword], .secondFactorWrong))
            flow = answer.flow
        }
        #expect(fixture.decide(flow, .secondFactorRefused(flow.stamp)).outcome == .refused(.tooManyAttempts))
    }

    @Test func aDisabledPersonWithTheRightPasswordIsRefused() {
        var fixture = fixture
        fixture.isActive = false
        #expect(fixture.signedIn().outcome == .refused(.personDisabled))
        #expect(fixture.signedIn().flow.step == .ended)
    }

    @Test func cancelledAndCompletedFlowsTakeNothingMore() {
        let cancelled = fixture.decide(fixture.begin(), .cancelled)
        #expect(cancelled.outcome == .refused(.cancelled))
        for flow in [cancelled.flow, fixture.signedIn().flow] {
            let again = fixture.decide(flow, .passwordSubmitted(login: "ada"))
            #expect(again.outcome == .refused(.outOfStep))
            #expect(again.flow == flow)
        }
    }
}
