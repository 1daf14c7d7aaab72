import Governance
import Testing
import Vocabulary

@Suite("S4-58 What the journal shows, and what it does not")
struct EvidenceTests {
    private let ada: PersonID = id(1), bob: PersonID = id(2), eve: PersonID = id(3)

    @Test("an empty journal shows nothing: every kind is absent, none is met", arguments: EvidenceKind.allCases)
    func nothing(_ kind: EvidenceKind) {
        let evidence = RecordedYear().ask(kind)
        #expect(evidence.verdict == .absent && !evidence.reason.isEmpty)
        #expect(evidence.positions.isEmpty && evidence.samples.isEmpty && evidence.basis == 0)
    }

    @Test("a leaver's access ended within the time between two jobs; one hour over the bound is late")
    func leavers() {
        let provider: ProviderID = id(50)
        var year = RecordedYear()
        for person in [ada, bob, eve] { year.join(person) }
        year.sync(provider, leaving: [eve])
        #expect(year.ask(.leavers).verdict == .absent, "no job before tells since when")
        year.wait(.hours(23))
        year.sync(provider, leaving: [ada])
        let good = year.ask(.leavers, [.hours: 24])
        #expect(good.verdict == .met && good.counts.contains { $0.name == "measured" && $0.value == 1 })
        year.wait(.hours(20))
        year.sync(provider, heldFor: .hours(5), leaving: [bob])
        let late = year.ask(.leavers, [.hours: 24])
        #expect(late.verdict == .unmet, "a held job counts from the job before it")
        #expect(late.samples.map(\.id) == [bob.description])
        #expect(year.ask(.leavers, [.hours: 26]).verdict == .met)
    }

    @Test("who is disabled by hand is counted, and is no leaver of a directory")
    func byHand() {
        var year = RecordedYear()
        year.join(ada)
        year.write("person.disabled", ada, kind: "person", [Fact("reason", .word("administrator"))])
        let evidence = year.ask(.leavers)
        #expect(evidence.verdict == .absent)
        #expect(evidence.counts.contains { $0.name == "disabled_by_hand" && $0.value == 1 })
    }

    @Test("somebody who has not signed in for a day too long is dormant, unless they are disabled")
    func dormant() {
        var year = RecordedYear()
        year.join(ada)
        year.signIn(ada, factors: 1)
        year.wait(.days(90) - .hours(1))
        #expect(year.ask(.dormantAccounts).verdict == .met)
        year.wait(.hours(2))
        let found = year.ask(.dormantAccounts)
        #expect(found.verdict == .unmet && found.samples.map(\.id) == [ada.description])
        year.write("person.disabled", ada, kind: "person", [Fact("reason", .word("administrator"))])
        #expect(year.ask(.dormantAccounts).verdict == .absent)
    }

    @Test("coverage goes by the newest sign-in of each person, and by how many are asked for")
    func factors() {
        var year = RecordedYear()
        for person in [ada, bob] { year.join(person) }
        year.signIn(ada, factors: 1)
        year.signIn(ada, factors: 2)
        #expect(year.ask(.mfaCoverage).verdict == .met)
        year.signIn(bob, factors: 1)
        let half = year.ask(.mfaCoverage)
        #expect(half.verdict == .unmet && half.samples.map(\.id) == [bob.description])
        #expect(half.counts.contains { $0.name == "percent" && $0.value == 50 })
        #expect(year.ask(.mfaCoverage, [.percent: 50]).verdict == .met)
        #expect(year.ask(.mfaCoverage, [.percent: 51]).verdict == .unmet)
        year.wait(.days(91))
        #expect(year.ask(.mfaCoverage).verdict == .absent, "nobody signed in lately")
    }

    @Test("privilege comes by hand or with a sign-in, and ends with the role, the person and its time")
    func privilege() {
        let (root, other): (RoleID, RoleID) = (id(70), id(71))
        let assignment: AssignmentID = id(80)
        var year = RecordedYear()
        year.start(privileged: [root])
        for person in [ada, bob] { year.join(person) }
        year.signIn(bob, factors: 1, roles: [other])
        #expect(year.ask(.privilegedMFA).verdict == .absent)
        year.write(
            "role.assigned", assignment, [Fact("role", .id(root, "role")), Fact("subject", .subject(.person(ada)))])
        #expect(year.ask(.privilegedMFA).samples.map(\.id) == [ada.description])
        #expect(year.ask(.privilegedMFA).verdict == .unmet)
        year.write("totp.enrolled", ada, kind: "person")
        #expect(year.ask(.privilegedMFA).verdict == .met)
        year.signIn(bob, factors: 1, roles: [root])
        #expect(year.ask(.privilegedMFA).samples.map(\.id) == [bob.description])
        year.signIn(bob, factors: 2, roles: [root])
        #expect(year.ask(.privilegedMFA).verdict == .met)
        #expect(year.ask(.privilegedAccess).counts.contains { $0.name == "privileged_people" && $0.value == 2 })
        year.write("totp.removed", ada, kind: "person")
        #expect(year.ask(.privilegedMFA).verdict == .unmet)
        year.write("role.revoked", assignment, [Fact("role", .id(root, "role"))])
        #expect(year.ask(.privilegedMFA).verdict == .met)
    }

    @Test("whoever gives themselves a privileged role is named")
    func ownPrivilege() {
        let root: RoleID = id(70)
        var year = RecordedYear()
        year.start(privileged: [root])
        for person in [ada, bob] { year.join(person) }
        let facts = [Fact("role", .id(root, "role")), Fact("subject", .subject(.person(ada)))]
        year.write("role.assigned", id(80) as AssignmentID, by: .person(bob), facts)
        #expect(year.ask(.privilegedAccess).verdict == .met)
        year.write("role.assigned", id(81) as AssignmentID, by: .person(ada), facts)
        let found = year.ask(.privilegedAccess)
        #expect(found.verdict == .unmet && found.samples.map(\.id) == [ada.description])
    }

    @Test("every kind of change names its author, or is found")
    func attribution() {
        var year = RecordedYear()
        year.join(ada)
        #expect(year.ask(.attribution).verdict == .met && year.ask(.joiners).verdict == .met)
        year.write("person.changed", ada, kind: "person", by: .anonymous)
        #expect(year.ask(.attribution).verdict == .met, "at a login page it is the person themselves")
        year.write("role.created", id(7) as RoleID, by: .anonymous)
        #expect(year.ask(.attribution).verdict == .unmet && year.ask(.accessChanges).verdict == .unmet)
        year.wait(.days(367))
        #expect(year.ask(.attribution).verdict == .absent, "a year later it is no longer looked at")
    }

    @Test("an owner who is missing is found, and gone with the entitlement")
    func owners() {
        let (one, two): (EntitlementID, EntitlementID) = (id(1), id(2))
        var year = RecordedYear()
        year.write("entitlement.created", one, [Fact("owner", .id(ada, "person"))])
        #expect(year.ask(.entitlementOwners).verdict == .met)
        year.write("entitlement.created", two)
        #expect(year.ask(.entitlementOwners).samples.map(\.id) == [two.description])
        year.write("entitlement.deleted", two)
        #expect(year.ask(.entitlementOwners).verdict == .met)
    }

    @Test("leavers past their period of grace have to be deleted")
    func erasures() {
        var year = RecordedYear()
        year.join(ada)
        year.sync(id(50), leaving: [ada])
        #expect(year.ask(.erasures).verdict == .met)
        year.wait(.days(33))
        #expect(year.ask(.erasures).verdict == .unmet)
        year.write("person.deleted", ada, kind: "person")
        #expect(year.ask(.erasures).verdict == .met)
    }
}
