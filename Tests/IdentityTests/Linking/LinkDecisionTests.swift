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

    @Test func aSharedLoginOrMailIsAConflictNeverAMatch() {  // CVE-2026-105207
        #expect(LinkDecision.decide(identity, facts: facts(login: id(4))) == .refused(.loginTaken))
        #expect(LinkDecision.decide(identity, facts: facts(mail: id(4))) == .refused(.mailTaken))
    }

    @Test func aLinkOfAnotherSubjectOrTenantIsRefused() {  // CVE-2026-109372, CVE-2026-9087
        for wrong in [linked(7), linked(key: "K")] {
            #expect(LinkDecision.decide(identity, facts: facts(wrong)) == .refused(.linkedElsewhere))
        }
        #expect(LinkDecision.decide(identity, facts: facts(linked(tenant: 8))) == .refused(.otherTenant))
    }

    @Test(arguments: ["", "a\u{0}", String(repeating: "k", count: 513)]) func aMalformedKeyNamesNobody(key: String) {
        let identity = ExternalIdentity(provider: id(1), subjectKey: key, login: "ada")
        #expect(LinkDecision.decide(identity, facts: facts()) == .refused(.malformedKey))
    }
}
