import Identity
import Testing
import Vocabulary

@Suite struct LoginStepUpTests {
    func fixture(_ enrolled: Set<AuthenticationMethod> = [.oneTimePassword]) -> LoginFixture {
        var fixture = LoginFixture()
        fixture.enrolled = enrolled
        fixture.session = fixture.liveSession()
        return fixture
    }

    @Test func aFreshSessionIsAskedForTheSecondFactorOnlyAndRotated() {
        let fixture = fixture()
        let flow = fixture.begin(LoginRequest(demandedStrength: .aal2, stepUpOf: id(40)))
        let opened = fixture.decide(flow, .opened)
        #expect(opened.outcome == .needSecondFactor([.oneTimePassword], nil))
        let grant = fixture.decide(
            opened.flow, .secondFactorVerified(fixture.proof(opened.flow, .oneTimePassword))
        ).outcome.grant
        #expect(grant?.rotates == id(40))
        #expect(grant?.strength == .aal2)
        #expect(grant?.events.count == 2)
    }

    @Test func anOldPasswordIsAskedForAgain() {
        let fixture = fixture([])
        let flow = fixture.begin(LoginRequest(maxAgeSeconds: 299, stepUpOf: id(40)))
        #expect(fixture.decide(flow, .opened).outcome == .show(.identify, nil))
        let fresh = fixture.begin(LoginRequest(maxAgeSeconds: 300, stepUpOf: id(40)))
        #expect(fixture.decide(fresh, .opened).outcome.grant != nil)
    }

    @Test func anotherPersonsPasswordDoesNotStrengthenTheSession() {
        let fixture = fixture([])
        let flow = fixture.begin(LoginRequest(maxAgeSeconds: 0, stepUpOf: id(40)))
        let sent = fixture.decide(flow, .passwordSubmitted(login: "eve")).flow
        let proof = fixture.proof(sent, of: fixture.eve)
        #expect(
            sent.decide(.primaryVerified(proof), context: fixture.context(fixture.eve), now: start).outcome
                == .refused(.otherSubject))
    }

    @Test func aSessionThatEndedMeanwhileIsNotStrengthened() {
        var fixture = fixture()
        let flow = fixture.begin(LoginRequest(demandedStrength: .aal2, stepUpOf: id(40)))
        let opened = fixture.decide(flow, .opened).flow
        let proof = fixture.proof(opened, .oneTimePassword)
        fixture.session?.end(.administrator, at: start)
        #expect(fixture.decide(opened, .secondFactorVerified(proof)).outcome == .refused(.sessionOver))
        fixture.session = nil
        #expect(fixture.decide(opened, .secondFactorVerified(proof)).outcome == .refused(.sessionOver))
    }

    @Test func aStepUpOfAnotherSessionDoesNotBegin() {
        let fixture = fixture()
        func begin(_ session: Session?, _ stepUpOf: SessionID?, _ tenant: TenantID) -> LoginFlow? {
            LoginFlow.begin(
                id: id(30), tenant: tenant, browser: hash(1), request: LoginRequest(stepUpOf: stepUpOf),
                session: session, now: start)
        }
        var ended = fixture.liveSession()
        ended.end(.logout, at: start)
        #expect(begin(fixture.session, id(41), fixture.tenant) == nil)
        #expect(begin(nil, id(40), fixture.tenant) == nil)
        #expect(begin(fixture.session, nil, fixture.tenant) == nil)
        #expect(begin(fixture.session, id(40), id(2)) == nil)
        #expect(begin(ended, id(40), fixture.tenant) == nil)
        #expect(begin(fixture.session, id(40), fixture.tenant) != nil)
    }
}
