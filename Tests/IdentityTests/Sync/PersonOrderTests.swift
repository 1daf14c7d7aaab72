import Testing
import Vocabulary

@testable import Identity

@Suite struct PersonOrderTests {
    private func renamed(_ logins: [Int: String], of count: Int) throws -> SyncPlan {
        var fixture = SyncFixture(people: count)
        let known = fixture.known()
        for (index, login) in logins {
            fixture.people[index] = PersonRecord(
                key: SyncFixture.key(index), login: login, mail: "user\(index)@x.example")
        }
        return try fixture.plan(over: known)
    }

    @Test("Whoever takes a login comes after whoever gives it up, however long the chain")
    func chain() throws {
        let count = 500
        let logins = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, "user\($0 + 1)") })
        let plan = try renamed(logins, of: count)
        #expect(plan.people.map(\.key) == (0..<count).reversed().map(SyncFixture.key))
        #expect(plan.conflicts.isEmpty)
    }

    @Test("A circle is in the plan, each once; one beside it is not disturbed")
    func circle() throws {
        let plan = try renamed([0: "user1", 1: "user2", 2: "user0", 4: "other"], of: 5)
        #expect(plan.people.map(\.kind) == [.rename, .rename, .rename, .rename])
        #expect(Set(plan.people.map(\.key)) == Set([0, 1, 2, 4].map(SyncFixture.key)))
    }

    @Test("Revocations first, then logins, then newcomers; what merely changes comes after all memberships")
    func sections() throws {
        var fixture = SyncFixture(people: 5)
        fixture.addGroups(["a"])
        let known = fixture.known()
        fixture.people[0] = PersonRecord(key: SyncFixture.key(0), login: "user0", mail: "new@x.example")
        fixture.people[1] = PersonRecord(key: SyncFixture.key(1), login: "moved", mail: "user1@x.example")
        fixture.people[2] = PersonRecord(
            key: SyncFixture.key(2), login: "user2", mail: "user2@x.example", isDisabled: true)
        fixture.people.append(PersonRecord(key: SyncFixture.key(9), login: "newcomer"))
        fixture.memberships = [pair(0, 3)]
        let plan = try fixture.plan(over: known)
        #expect(plan.people.map(\.kind) == [.suspend, .rename, .add, .change])
        #expect(plan.grants)
        let steps = plan.steps(from: 0, limit: 100)
        #expect(steps.count == 5 && plan.stepCount == 5)
        guard case .membershipGained = steps[3], case .person(let last) = steps[4] else {
            Issue.record("The order is \(steps)")
            return
        }
        #expect(last.kind == .change)
        #expect((0..<5).flatMap { plan.steps(from: $0, limit: 1) } == steps)
    }
}
