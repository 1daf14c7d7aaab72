import Identity
import Testing
import Vocabulary

@Suite("Logins that go by way of another provider") struct LoginUpstreamTests {
    var fixture: LoginFixture = {
        var fixture = LoginFixture()
        fixture.sendsElsewhere = true
        return fixture
    }()

    private func sent(_ request: LoginRequest = LoginRequest(), _ fixture: LoginFixture? = nil) -> LoginFlow {
        let fixture = fixture ?? self.fixture
        return fixture.begin(request).decide(
            .providerChosen(fixture.elsewhere), context: fixture.context(), now: start
        ).flow
    }

    private func answer(
        _ flow: LoginFlow, isMultiFactor: Bool = false, seen: Timestamp? = nil, of person: PersonID? = nil,
        _ fixture: LoginFixture? = nil
    ) -> LoginTransition {
        let fixture = fixture ?? self.fixture
        let proof = flow.stamp.proof(
            of: person ?? fixture.ada, by: .federated, at: start, authenticatedAt: seen)
        return flow.decide(
            .upstreamVerified(proof, isMultiFactor: isMultiFactor), context: fixture.context(person ?? fixture.ada),
            now: start)
    }

    @Test func itsButtonAndItsDomainLeadThereAndNoPasswordDoes() {
        let chosen = fixture.begin().decide(
            .providerChosen(fixture.elsewhere), context: fixture.context(), now: start)
        #expect(chosen.outcome == .sendUpstream(chosen.flow.stamp) && chosen.flow.step == .upstream)
        #expect(chosen.flow.stamp.provider == fixture.elsewhere)
        let typed = fixture.begin().decide(
            .passwordSubmitted(login: "ada@else.example"), context: fixture.context(), now: start)
        #expect(typed.outcome == .sendUpstream(typed.flow.stamp), "what was typed as a password goes nowhere")
    }

    @Test func itIsAFirstFactorAndNoMore() {
        let grant = answer(sent()).outcome.grant
        #expect(grant?.strength == .aal1 && grant?.events.map(\.method) == [.federated])
        #expect(grant?.provider == fixture.elsewhere)
        let strong = answer(sent(LoginRequest(demandedStrength: .aal2)))
        #expect(strong.outcome == .show(.invitation, nil), "a proof elsewhere enrols no first factor either")
        let believed = answer(sent(LoginRequest(demandedStrength: .aal2)), isMultiFactor: true)
        #expect(believed.outcome.grant?.events.map(\.method) == [.federated, .multiFactor])
        #expect(believed.outcome.grant?.strength == .aal2)
    }

    @Test func whoeverOwesAFactorThatTheirProviderProvesGoesThereForItOnce() {
        var proving = fixture
        proving.provesFactors = true
        proving.rolesRequireMFA = true
        let first = answer(sent(), proving)
        #expect(first.outcome == .sendUpstream(first.flow.stamp) && first.flow.asksProviderForFactors)
        #expect(answer(first.flow, isMultiFactor: true, proving).outcome.grant?.strength == .aal2)
        #expect(answer(first.flow, proving).outcome == .show(.invitation, nil), "not back and forth for ever")
        #expect(answer(first.flow, of: fixture.eve, proving).outcome == .refused(.otherSubject))
        let refused = first.flow.decide(
            .primaryRefused(.upstreamRefused, first.flow.stamp), context: proving.context(fixture.ada), now: start)
        #expect(refused.outcome == .show(.identify, .upstreamRefused))
        let reloaded = refused.flow.decide(.opened, context: proving.context(fixture.ada), now: start)
        #expect(reloaded.outcome == .show(.invitation, nil))
        // Asked from the start, the answer was all that it says.
        let asked = sent(LoginRequest(demandedStrength: .aal2), proving)
        #expect(asked.asksProviderForFactors && answer(asked, proving).outcome == .show(.invitation, nil))
        proving.enrolled = [.oneTimePassword]
        #expect(answer(sent(), proving).outcome == .needSecondFactor([.oneTimePassword], nil))
    }

    @Test func aSessionIsStrengthenedWhereItCameOf() {
        var proving = fixture
        proving.provesFactors = true
        func opened(at provider: ProviderID, _ method: AuthenticationMethod) -> LoginTransition {
            let session = Session(
                id: id(40), tenant: fixture.tenant, person: fixture.ada,
                events: [AuthenticationEvent(method: method, provider: provider, at: start - .minutes(5))],
                provider: provider, createdAt: start - .minutes(5), lifetime: .standard, secretHash: hash(9, .session))
            proving.session = session
            let flow = proving.begin(LoginRequest(demandedStrength: .aal2, stepUpOf: session.id))
            return flow.decide(.opened, context: proving.context(fixture.ada), now: start)
        }
        let gone = opened(at: fixture.elsewhere, .federated)
        #expect(gone.outcome == .sendUpstream(gone.flow.stamp) && gone.flow.asksProviderForFactors)
        #expect(answer(gone.flow, isMultiFactor: true, proving).outcome.grant?.rotates == id(40))
        #expect(answer(gone.flow, proving).outcome == .show(.invitation, nil))
        #expect(opened(at: fixture.local, .password).outcome == .show(.invitation, nil))
    }

    @Test func aFactorThatIsEnrolledHereIsAskedFor() {
        var enrolled = fixture
        enrolled.enrolled = [.oneTimePassword]
        let moved = answer(sent(), enrolled)
        #expect(moved.outcome == .needSecondFactor([.oneTimePassword], nil))
    }

    @Test func whenItSawThePersonIsWhatCounts() {
        let hour = start - .hours(1)
        #expect(answer(sent(), seen: hour).outcome.grant?.events.first?.at == hour)
        let fresh = LoginRequest(maxAgeSeconds: 300)
        #expect(answer(sent(fresh), seen: hour).outcome == .show(.identify, .staleSignIn))
        // While the flow was open, by a clock that is a little behind.
        #expect(answer(sent(LoginRequest(maxAgeSeconds: 0)), seen: start - .seconds(30)).outcome.grant != nil)
        #expect(answer(sent(LoginRequest(maxAgeSeconds: 0)), seen: start - .seconds(61)).outcome.grant == nil)
    }

    @Test func anAnswerOfAnotherStepRevisionOrKindIsWorthNothing() {
        let flow = sent()
        let again = flow.decide(.providerChosen(fixture.elsewhere), context: fixture.context(), now: start).flow
        let old = flow.stamp.proof(of: fixture.ada, by: .federated, at: start)
        func outcome(_ flow: LoginFlow, _ input: LoginInput) -> LoginOutcome {
            flow.decide(input, context: fixture.context(fixture.ada), now: start).outcome
        }
        #expect(outcome(again, .upstreamVerified(old, isMultiFactor: false)) == .refused(.staleProof))
        #expect(outcome(flow, .primaryVerified(old)) == .refused(.outOfStep))
        let password = flow.stamp.proof(of: fixture.ada, by: .password, at: start)
        #expect(outcome(flow, .upstreamVerified(password, isMultiFactor: true)) == .refused(.wrongMethod))
        let typing = fixture.awaiting()
        let early = typing.stamp.proof(of: fixture.ada, by: .federated, at: start)
        #expect(outcome(typing, .upstreamVerified(early, isMultiFactor: false)) == .refused(.outOfStep))
        let other = LoginProof(
            flow: flow.id, step: .upstream, revision: flow.revision, subject: fixture.ada, provider: fixture.local,
            method: .federated, at: start)
        #expect(outcome(flow, .upstreamVerified(other, isMultiFactor: false)) == .refused(.otherProvider))
    }

    @Test func whoeverIsRefusedThereChoosesAnewATenTimesAtMost() {
        var flow = sent()
        for _ in 1..<LoginFlow.primaryAttemptLimit {
            let refused = fixture.decide(flow, .primaryRefused(.upstreamRefused, flow.stamp))
            #expect(refused.outcome == .show(.identify, .upstreamRefused) && refused.flow.provider == nil)
            flow =
                refused.flow.decide(
                    .providerChosen(fixture.elsewhere), context: fixture.context(), now: start
                ).flow
        }
        #expect(
            fixture.decide(flow, .primaryRefused(.upstreamRefused, flow.stamp)).outcome == .refused(.tooManyAttempts))
    }

    @Test func aStepUpIsForTheSamePersonAlone() {
        var strengthening = fixture
        strengthening.session = fixture.liveSession()
        let request = LoginRequest(maxAgeSeconds: 10, stepUpOf: strengthening.session?.id)
        let flow = sent(request, strengthening)
        #expect(answer(flow, of: fixture.eve, strengthening).outcome == .refused(.otherSubject))
        #expect(answer(flow, strengthening).outcome.grant?.rotates == strengthening.session?.id)
    }

    @Test func withOneFormAndOneButtonTheFormIsThePasswords() {
        let realms = HomeRealms(providers: [
            LoginProvider(id: fixture.local), LoginProvider(id: fixture.elsewhere, isRedirect: true),
        ])
        #expect(realms.provider(forLogin: "ada") == fixture.local)
    }
}

@Suite("Accounts that an address may find") struct VouchedAddressTests {
    private let fixture = LoginFixture()

    private func decision(
        isVouchedFor: Bool = true, holder: PersonID?, linked: LinkedIdentity? = nil, createsPeople: Bool = true
    ) -> LinkDecision {
        let identity = ExternalIdentity(
            provider: fixture.elsewhere, subjectKey: "s", login: "ada", mail: "ada@corp.example",
            isMailVouchedFor: isVouchedFor)
        return LinkDecision.decide(
            identity,
            facts: LinkFacts(
                tenant: fixture.tenant, linked: linked, loginHolder: nil, mailHolder: holder,
                createsPeople: createsPeople, vouchedHolder: holder))
    }

    @Test func onlyAProviderThatOwnsItsDomainFindsAnybodyByIt() {
        #expect(decision(holder: fixture.ada) == .link(fixture.ada))
        #expect(decision(holder: fixture.ada, createsPeople: false) == .link(fixture.ada))
        #expect(decision(isVouchedFor: false, holder: fixture.ada) == .refused(.mailTaken))
        #expect(decision(holder: nil) == .create)
    }

    @Test func whatIsLinkedStaysWhereItIs() {
        let linked = LinkedIdentity(
            id: id(50), tenant: fixture.tenant, person: fixture.eve,
            subject: UpstreamSubject(provider: fixture.elsewhere, key: "s"), login: "ada", linkedAt: start)
        #expect(decision(holder: fixture.ada, linked: linked) == .known(fixture.eve, linked.id))
    }
}
