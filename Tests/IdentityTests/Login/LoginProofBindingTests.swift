import Foundation
import Identity
import Testing
import Vocabulary

/// A proof is bound to flow, step, revision, subject, provider and browser. Each row is a published break elsewhere.
@Suite struct LoginProofBindingTests {
    let fixture = LoginFixture()

    func altered(
        _ proof: LoginProof, flow: FlowID? = nil, step: LoginStep? = nil, revision: Int64? = nil,
        provider: ProviderID?? = nil, method: AuthenticationMethod? = nil, at: Timestamp? = nil
    ) -> LoginProof {
        LoginProof(
            flow: flow ?? proof.flow, step: step ?? proof.step, revision: revision ?? proof.revision,
            subject: proof.subject, provider: provider ?? proof.provider, method: method ?? proof.method,
            at: at ?? proof.at)
    }

    @Test func everyForeignProofIsRefusedAndChangesNothing() {
        let flow = fixture.awaiting()
        let good = fixture.proof(flow)
        let rows: [(LoginProof, LoginRefusal)] = [
            (altered(good, flow: id(99)), .foreignProof),
            (altered(good, step: .secondFactor), .outOfStep),
            (altered(good, revision: good.revision - 1), .staleProof),
            (altered(good, provider: fixture.directory), .otherProvider),
            (altered(good, provider: .some(nil)), .otherProvider),
            (altered(good, method: .oneTimePassword), .wrongMethod),
            (altered(good, at: start - .seconds(1)), .staleProof),
            (altered(good, at: start + .seconds(1)), .staleProof),
            (fixture.proof(flow, of: fixture.eve), .otherSubject),
        ]
        for (proof, refusal) in rows {
            let answer = fixture.decide(flow, .primaryVerified(proof))
            #expect(answer.outcome == .refused(refusal))
            #expect(answer.flow == flow)
        }
        #expect(fixture.decide(flow, .primaryVerified(good)).outcome.grant != nil)
    }

    @Test func theSecondFactorMustBeTheSamePersons() {  // CVE-2026-18963
        var fixture = fixture
        fixture.enrolled = [.oneTimePassword]
        let flow = fixture.signedIn().flow
        let stolen = LoginInput.secondFactorVerified(fixture.proof(flow, .oneTimePassword, of: fixture.eve))
        #expect(
            flow.decide(stolen, context: fixture.context(fixture.eve), now: start).outcome
                == .refused(.otherSubject))
        #expect(
            flow.decide(stolen, context: fixture.context(fixture.ada), now: start).outcome
                == .refused(.otherSubject))
        #expect(fixture.decide(flow, .secondFactorVerified(fixture.proof(flow, .oneTimePassword))).outcome.grant != nil)
    }

    @Test func anAcceptedProofIsWorthNothingTwice() {
        var fixture = fixture
        fixture.enrolled = [.oneTimePassword]
        let first = fixture.awaiting()
        let proof = fixture.proof(first)
        let second = fixture.decide(first, .primaryVerified(proof)).flow
        #expect(fixture.decide(second, .primaryVerified(proof)).outcome == .refused(.outOfStep))
        #expect(fixture.decide(second, .secondFactorVerified(proof)).outcome == .refused(.outOfStep))
    }

    @Test func missingFactsDeny() {  // CVE-2024-47070: an error skipped the step
        let flow = fixture.awaiting()
        let answer = flow.decide(.primaryVerified(fixture.proof(flow)), context: fixture.context(), now: start)
        #expect(answer.outcome == .refused(.factsMissing))
    }

    @Test func anotherTenantsPersonIsRefused() {
        let flow = fixture.awaiting()
        let facts = LoginSubjectFacts(person: fixture.ada, tenant: id(2), isActive: true)
        let context = LoginContext(browser: fixture.browser, realms: fixture.realms, subject: facts)
        #expect(
            flow.decide(.primaryVerified(fixture.proof(flow)), context: context, now: start).outcome
                == .refused(.otherSubject))
    }

    @Test func anotherBrowserAndNoneAreRefused() {
        let flow = fixture.awaiting()
        for browser in [hash(2), nil] {
            let context = fixture.context(fixture.ada, browser: browser)
            let answer = flow.decide(.primaryVerified(fixture.proof(flow)), context: context, now: start)
            #expect(answer.outcome == .refused(.otherBrowser))
            #expect(answer.flow == flow)
        }
    }

    @Test func anExpiredFlowEndsAtItsVeryMoment() {
        let flow = fixture.awaiting()
        let last = flow.expiresAt - .microseconds(1)
        #expect(fixture.decide(flow, .primaryVerified(fixture.proof(flow, at: last)), at: last).outcome.grant != nil)
        let over = fixture.decide(flow, .primaryVerified(fixture.proof(flow)), at: flow.expiresAt)
        #expect(over.outcome == .expired)
        #expect(over.flow.step == .ended)
        #expect(fixture.decide(flow, .opened, at: start - .seconds(1)).outcome == .expired)
    }

    @Test func theRecordSurvivesStorageAndANewerOneIsRefused() throws {
        let flow = fixture.signedIn().flow
        let bytes = try JSONEncoder().encode(flow)
        #expect(try JSONDecoder().decode(LoginFlow.self, from: bytes) == flow)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("\"ada\""))
        let newer = String(decoding: bytes, as: UTF8.self).replacingOccurrences(
            of: "\"schema\":1", with: "\"schema\":2")
        let read = try JSONDecoder().decode(LoginFlow.self, from: Data(newer.utf8))
        #expect(fixture.decide(read, .opened).outcome == .refused(.unsupportedRecord))
    }
}
