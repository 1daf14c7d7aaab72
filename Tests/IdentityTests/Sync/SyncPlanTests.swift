import Foundation
import Identity
import Testing
import Vocabulary

/// Rows of the verification matrix, at the level of the plan.
@Suite struct SyncPlanTests {
    @Test func theFirstRunAddsEverythingInOrderOfKey() throws {
        var fixture = SyncFixture(people: 3)
        fixture.addGroups(["b", "a"])
        fixture.memberships = [pair(0, 2), pair(1, 0), pair(1, 0)]
        fixture.people.reverse()
        let plan = try fixture.plan(over: KnownDirectory(provider: SyncFixture.provider))
        #expect(plan.people.map(\.key) == (0..<3).map(SyncFixture.key))
        #expect(plan.people.allSatisfy { $0.kind == .add && $0.id == nil })
        #expect(plan.groups.map(\.key) == ["g-a", "g-b"])
        #expect(plan.membershipsGained.map { "\($0.group) \($0.member)" } == ["g-a p000002", "g-b p000000"])
    }

    @Test func anUnchangedDirectoryCostsNothing() throws {  // matrix 3
        var fixture = SyncFixture(people: 50)
        fixture.addGroups(["a", "b"])
        fixture.memberships = [pair(0, 1), pair(1, 2)]
        fixture.nestings = [pair(0, 1)]
        let known = fixture.known()
        fixture.people.reverse()
        fixture.memberships = [pair(0, 48), pair(1, 47)]
        let plan = try fixture.plan(over: known)
        #expect(plan.isEmpty)
        #expect(plan.conflicts.isEmpty && plan.warnings.isEmpty)
    }

    @Test func aRenameKeepsTheAccount() throws {  // matrix 4
        var fixture = SyncFixture(people: 2)
        let known = fixture.known()
        fixture.people[1] = PersonRecord(key: SyncFixture.key(1), login: "married", mail: "new@x.example")
        let plan = try fixture.plan(over: known)
        #expect(plan.people.count == 1)
        #expect(plan.people[0].kind == .rename)
        #expect(plan.people[0].id == known.people[1].id)
        #expect(plan.people[0].version == 7)
        #expect(plan.people[0].attributes == ["login", "mail"])
    }

    @Test func twoPeopleMaySwapLogins() throws {
        var fixture = SyncFixture(people: 2)
        let known = fixture.known()
        fixture.people = [
            PersonRecord(key: SyncFixture.key(0), login: "user1", mail: "user0@x.example"),
            PersonRecord(key: SyncFixture.key(1), login: "user0", mail: "user1@x.example"),
        ]
        let plan = try fixture.plan(over: known)
        #expect(plan.count(.rename) == 2)
        #expect(plan.conflicts.isEmpty)
    }

    @Test func declaredAttributesAreNamedAndForeignOnesLeftAlone() throws {
        var fixture = SyncFixture(people: 1)
        let known = fixture.known()
        fixture.people[0] = PersonRecord(
            key: SyncFixture.key(0), login: "user0", displayName: "U", mail: "user0@x.example",
            attributes: ["shoe": 42])
        #expect(try fixture.plan(over: known).people.map(\.attributes) == [["attributes.shoe", "display_name"]])
        let foreign = SyncFixture(people: 1).known(foreign: ["display_name", "attributes.shoe"])
        #expect(try fixture.plan(over: foreign).isEmpty)
    }

    @Test func cyclesAndDanglingMembersAreWarnings() throws {  // matrix 6 and 9
        var fixture = SyncFixture(people: 1)
        fixture.addGroups(["a", "b", "c", "self", "empty"])
        fixture.nestings = [pair(0, 1), pair(1, 2), pair(2, 0), pair(3, 3)]
        fixture.dangling = [(group: 4, count: 2)]
        let plan = try fixture.plan(over: KnownDirectory(provider: SyncFixture.provider))
        #expect(
            plan.warnings.map { "\($0.key) \($0.kind.rawValue) \($0.count)" } == [
                "g-a nesting_cycle 1", "g-b nesting_cycle 1", "g-c nesting_cycle 1", "g-empty dangling_members 2",
                "g-self nesting_cycle 1",
            ])
        #expect(plan.groupCount(.add) == 5)
    }

    @Test func oneMailInTwoCasesImportsBothAndIsListed() throws {  // matrix 13
        var fixture = SyncFixture(people: 2)
        fixture.people[1] = PersonRecord(key: SyncFixture.key(1), login: "user1", mail: "USER0@X.example")
        let plan = try fixture.plan(over: KnownDirectory(provider: SyncFixture.provider))
        #expect(plan.count(.add) == 2)
        #expect(plan.conflicts.map(\.kind) == [.duplicateMail, .duplicateMail])
    }

    @Test func aTakenLoginLeavesOneOutAndFailsNothing() throws {
        var fixture = SyncFixture(people: 3)
        fixture.addGroups(["a"])
        fixture.memberships = [pair(0, 1), pair(0, 2)]
        fixture.people[1] = PersonRecord(key: SyncFixture.key(1), login: "USER0")
        let plan = try fixture.plan(over: KnownDirectory(provider: SyncFixture.provider, takenLogins: ["user2"]))
        #expect(plan.people.map(\.key) == [SyncFixture.key(0)])
        #expect(
            plan.conflicts.map { "\($0.key) \($0.kind.rawValue)" }
                == ["p000001 duplicate_login", "p000002 duplicate_login"])
        #expect(plan.membershipsGained.isEmpty)
    }

    @Test func whoeverHasALoginKeepsItEvenAsALeaver() throws {
        var fixture = SyncFixture(people: 2)
        let known = fixture.known()
        fixture.people = [
            PersonRecord(key: SyncFixture.key(0), login: "user0", mail: "user0@x.example"),
            PersonRecord(key: "a-new", login: "user0"), PersonRecord(key: "b-new", login: "User1"),
        ]
        let plan = try fixture.plan(over: known)
        #expect(plan.people.map(\.kind) == [.leave])
        #expect(plan.conflicts.map(\.key) == ["a-new", "b-new"])
    }

    @Test func aRefusedRenameKeepsItsOldLoginFromOthers() throws {
        var fixture = SyncFixture(people: 2)
        let known = fixture.known(takenLogins: ["root"])
        fixture.people[0] = PersonRecord(key: SyncFixture.key(0), login: "root", mail: "user0@x.example")
        fixture.people[1] = PersonRecord(key: SyncFixture.key(1), login: "user0", mail: "user1@x.example")
        let plan = try fixture.plan(over: known)
        #expect(plan.isEmpty)
        #expect(plan.conflicts.map(\.kind) == [.duplicateLogin, .duplicateLogin])
    }

    @Test func aMalformedEntryIsReportedAndNobodyLosesAnAccount() throws {
        var fixture = SyncFixture(people: 2)
        fixture.addGroups(["a"])
        fixture.memberships = [pair(0, 0)]
        let known = fixture.known()
        fixture.people[0] = PersonRecord(key: SyncFixture.key(0), login: " ", mail: "user0@x.example")
        fixture.people += [PersonRecord(key: "", login: "x"), PersonRecord(key: SyncFixture.key(1), login: "zz")]
        let plan = try fixture.plan(over: known)
        #expect(plan.isEmpty)
        #expect(plan.conflicts.map(\.kind) == [.malformed, .malformed, .duplicateKey])
    }

    @Test func aLeaverIsDisabledAtOnceDeletedAfterGraceAndRestoredByKey() throws {  // matrix 14
        var fixture = SyncFixture(people: 2)
        let everybody = fixture
        let known = fixture.known()
        fixture.people.removeLast()
        let leaving = try fixture.plan(over: known)
        #expect(leaving.people.map(\.kind) == [.leave])
        let until = start + .days(30)
        #expect(leaving.people[0].deleteAfter == until)
        let left = everybody.known(statuses: [1: .leaver(since: start, deleteAfter: until)])
        #expect(try fixture.plan(over: left, at: until - .microseconds(1)).isEmpty)
        #expect(try fixture.plan(over: left, at: until).people.map(\.kind) == [.delete])
        let back = try everybody.plan(over: left)
        #expect(back.people.map(\.kind) == [.restore])
        #expect(back.people[0].id == known.people[1].id)
    }

    @Test func theDirectoryResumesOnlyWhomTheDirectoryDisabled() throws {
        var fixture = SyncFixture(people: 3)
        fixture.people[2] = PersonRecord(key: SyncFixture.key(2), login: "user2", isDisabled: true)
        let known = fixture.known(statuses: [
            0: .disabled(.directory, at: start), 1: .disabled(.administrator, at: start),
        ])
        let plan = try fixture.plan(over: known)
        #expect(plan.people.map { "\($0.kind.rawValue) \($0.key)" } == ["suspend p000002", "resume p000000"])
    }

    @Test func whoeverWasDisabledHereIsNoLeaverWhenTheirEntryGoes() throws {
        var fixture = SyncFixture(people: 5)
        let known = fixture.known(statuses: [
            0: .disabled(.administrator, at: start), 1: .disabled(.compromise, at: start),
            2: .disabled(.configuration, at: start), 3: .disabled(.directory, at: start),
        ])
        let everybody = fixture.people
        fixture.people = []
        #expect(try fixture.plan(over: known).people.map(\.key) == [SyncFixture.key(3), SyncFixture.key(4)])
        #expect(try fixture.plan(over: known).people.map(\.kind) == [.leave, .leave])
        fixture.people = everybody
        #expect(try fixture.plan(over: known).people.map { "\($0.kind.rawValue) \($0.key)" } == ["resume p000003"])
    }

    @Test func groupsAreRenamedAddedAndRemovedByKey() throws {
        var fixture = SyncFixture(people: 1)
        fixture.addGroups(["a", "b"])
        fixture.memberships = [pair(0, 0), pair(1, 0)]
        let known = fixture.known()
        fixture.groups = [GroupRecord(key: "g-a", name: "renamed"), GroupRecord(key: "g-c", name: "b")]
        fixture.memberships = [pair(0, 0), pair(1, 0)]
        let plan = try fixture.plan(over: known)
        #expect(plan.groups.map { "\($0.kind.rawValue) \($0.key)" } == ["remove g-b", "rename g-a", "add g-c"])
        #expect(plan.membershipsLost.map(\.group) == ["g-b"])
        #expect(plan.membershipsGained.map(\.group) == ["g-c"])
    }

    @Test func stepsResumeAnywhereWithRevocationsFirst() throws {
        var fixture = SyncFixture(people: 6)
        fixture.addGroups(["a", "b"])
        fixture.memberships = [pair(0, 0), pair(1, 5)]
        fixture.nestings = [pair(0, 1)]
        let known = fixture.known()
        fixture.people.remove(at: 5)
        fixture.people[0] = PersonRecord(key: SyncFixture.key(0), login: "renamed")
        fixture.people.append(PersonRecord(key: "new", login: "new"))
        fixture.groups[1] = GroupRecord(key: "g-c", name: "c")
        fixture.memberships = [pair(0, 1)]
        fixture.nestings = [pair(1, 0)]
        let plan = try fixture.plan(over: known)
        let whole = plan.steps(from: 0, limit: .max)
        #expect(whole.count == plan.stepCount && plan.stepCount == 10)
        let firstGrant = try #require(whole.firstIndex { !$0.isRevocation })
        #expect(!whole[firstGrant...].contains { $0.isRevocation })
        for size in 1...4 {
            let chunks = stride(from: 0, to: plan.stepCount, by: size).flatMap { plan.steps(from: $0, limit: size) }
            #expect(chunks == whole)
        }
        #expect(plan.steps(from: plan.stepCount, limit: 5).isEmpty)
        #expect(try JSONDecoder().decode(SyncPlan.self, from: JSONEncoder().encode(plan)) == plan)
    }

    @Test func anotherProvidersRowsAreRefused() {
        #expect(throws: Fault("sync.provider_mismatch", .ourselves, "")) {
            try SyncFixture(people: 1).plan(over: KnownDirectory(provider: id(501)))
        }
    }
}
