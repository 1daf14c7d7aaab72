import Governance
import Identity
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

@Suite("What reaches many is judged beside the writer, and again where something happened meanwhile")
struct DutyReachTests {
    /// Two entitlements that exclude each other; holders of a role are about to get the second.
    private struct Desk {
        let bench: EntitlementBench
        let role: RoleID
        let (first, second): (EntitlementID, EntitlementID)
        let people: [Subject]

        init(_ count: Int) async throws {
            bench = try await EntitlementBench()
            (first, second) = (try await bench.entitlement(1), try await bench.entitlement(2))
            try await bench.rule(1, [first, second])
            role = try await bench.roles.create(
                Role(id: .random(at: SyncBench.start), tenant: bench.sync.tenant, name: "staff"), by: bench.caller
            ).id
            var people: [Subject] = []
            for number in 0..<count {
                let person = try await bench.person("p\(number)")
                _ = try await bench.roles.assign(role, to: person, expiresAt: nil, by: bench.caller)
                people.append(person)
            }
            self.people = people
        }

        /// Binds as the service does, with something happening between the judgement and the writer.
        func bind(after meanwhile: @escaping @Sendable (Int) async throws -> Void) async throws -> Int {
            let round = Mutex(0)
            let second = second
            let reach = DutyReach.holders(of: role) { _ in [second] }
            return try await reach.carryOut(
                in: bench.sync.tenant, bench.sync.store, bench.sync.table, at: bench.sync.clock
            ) { judged in
                let number = round.withLock {
                    $0 += 1
                    return $0
                }
                try await meanwhile(number)
                return try await bench.sync.store.govern(by: bench.caller) { writer in
                    try judged.confirm(writer.view)
                    return number
                }
            }
        }

        func code(_ meanwhile: @escaping @Sendable (Int) async throws -> Void) async -> String? {
            do { _ = try await bind(after: meanwhile) } catch { return (error as? Fault)?.code }
            return nil
        }
    }

    // S1-75.
    @Test("who gets what excludes it in between is found at the writer, one or many")
    func raced() async throws {
        let desk = try await Desk(12)
        #expect(try await desk.bind { _ in } == 1)
        // One: judged at the writer itself.
        #expect(
            await desk.code { round in
                if round == 1 { _ = try await desk.bench.assign(desk.first, to: desk.people[3]) }
            } == "sod.violation")
        // Many: judged beside it once more.
        let other = try await Desk(12)
        #expect(
            await other.code { round in
                guard round == 1 else { return }
                for person in other.people { _ = try await other.bench.assign(other.first, to: person) }
            } == "sod.multiple_violations")
        // Whom it does not reach is in nobody's way.
        let third = try await Desk(2)
        #expect(
            try await third.bind { round in
                if round == 1 { _ = try await third.bench.assign(third.first, to: try await third.bench.person("x")) }
            } == 1)
    }

    @Test("a rule that is made in between is heeded, and what never comes to rest is told to come back")
    func restless() async throws {
        let desk = try await Desk(2)
        let third = try await desk.bench.entitlement(3)
        for person in desk.people { _ = try await desk.bench.assign(third, to: person) }
        #expect(
            await desk.code { round in
                if round == 1 { try await desk.bench.rule(2, [desk.second, third]) }
            } == "sod.multiple_violations")
        let busy = try await Desk(1)
        #expect(
            await busy.code { round in
                try await busy.bench.rule(
                    UInt64(100 + round), [busy.first, try await busy.bench.entitlement(UInt64(50 + round))])
            } == "governance.busy")
    }

    @Test("a role that would break a rule by itself is refused without a holder")
    func roles() async throws {
        let desk = try await Desk(0)
        _ = try await desk.bench.entitlements.bind(desk.first, to: desk.role, by: desk.bench.caller)
        #expect(await desk.code { _ in } == "sod.violation")
    }
}
