import Identity
import Testing
import Vocabulary

@Suite struct LinkDecisionTests {
    let identity = ExternalIdentity(provider: id(1), subjectKey: "k", login: "ada", mail: "ada@x.example")

    func linked(_ provider: UInt64 = 1, key: String = "k", tenant: UInt64 = 2, person: UInt64 = 3) -> LinkedIdentity {
        LinkedIdentity(
            id: id(9), tenant: id(tenant), person: id(person),
            subject: UpstreamSubject(provider: id(provider), key: key), login: "ada", linkedAt: start)
    }

    func facts(
        _ linked: LinkedIdentity? = nil, login: PersonID? = nil, mail: PersonID? = nil, creates: Bool = true
    ) -> LinkFacts {
        LinkFacts(tenant: id(2), linked: linked, loginHolder: login, mailHolder: mail, createsPeople: creates)
    }

    @Test func theUpstreamKeyAloneDecides() {
        let known = facts(linked(), login: id(4), mail: id(5), creates: false)
        #expect(LinkDecision.decide(identity, facts: known) == .known(id(3), id(9)))
        #expect(LinkDecision.decide(identity, facts: facts()) == .create)
        #expect(LinkDecision.decide(identity, facts: facts(creates: false)) == .refused(.notProvisioned))
    }

    @Test func aSharedLoginOrMailIsAConflictNeverAMatch() {
        #expect(LinkDecision.decide(identity, facts: facts(login: id(4))) == .refused(.loginTaken))
        #expect(LinkDecision.decide(identity, facts: facts(mail: id(4))) == .refused(.mailTaken))
    }

    @Test func aLinkOfAnotherSubjectOrTenantIsRefused() {  // CVE-2026-109372
        for wrong in [linked(7), linked(key: "K")] {
            #expect(LinkDecision.decide(identity, facts: facts(wrong)) == .refused(.linkedElsewhere))
        }
        #expect(LinkDecision.decide(identity, facts: facts(linked(tenant: 8))) == .refused(.otherTenant))
    }

    @Test(arguments: ["", "a\u{0}", String(repeating: "k", count: 513)]) func aMalformedKeyNamesNobody(key: String) {
        let identity = ExternalIdentity(provider: id(1), subjectKey: key, login: "ada")
        #expect(LinkDecision.decide(identity, facts: facts()) == .refused(.malformedKey))
    }

    @Test func linkingNeedsALiveSessionWithAFreshPrimaryProof() {  // CVE-2026-105207, CVE-2026-9087
        func refusal(
            _ method: AuthenticationMethod = .password, at: Timestamp = start, now: Timestamp = start,
            facts: LinkFacts? = nil, tenant: UInt64 = 2
        ) -> LinkRefusal? {
            let session = Session(
                id: id(6), tenant: id(tenant), person: id(3),
                events: [AuthenticationEvent(method: method, provider: nil, at: at)], provider: nil,
                createdAt: start, lifetime: .standard, secretHash: hash(1, .session))
            return LinkDecision.refusal(linking: identity, to: session, facts: facts ?? self.facts(), now: now)
        }
        #expect(refusal() == nil)
        #expect(refusal(now: start + .minutes(5)) == nil)
        #expect(refusal(now: start + .minutes(5) + .microseconds(1)) == .reauthenticationRequired)
        #expect(refusal(.oneTimePassword) == .reauthenticationRequired)
        #expect(refusal(.singleUseLink) == .reauthenticationRequired)
        #expect(refusal(at: start + .seconds(1)) == .reauthenticationRequired)
        #expect(refusal(at: start + .hours(1), now: start + .hours(1)) == .reauthenticationRequired)
        #expect(refusal(tenant: 4) == .otherTenant)
        #expect(refusal(facts: facts(linked(person: 99))) == .linkedElsewhere)
        #expect(refusal(facts: facts(linked())) == nil)
    }
}
