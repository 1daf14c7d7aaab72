import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Entitlements are the fold of their journal")
struct EntitlementReplayTests {
    private struct Draws: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 33
        }
    }

    @Test("random commands: rows and states are what the journal folds to, and no rule is broken", arguments: 1...4)
    func replay(_ seed: UInt64) async throws {
        let bench = try await EntitlementBench()
        var draws = Draws(state: seed)
        var ids: [EntitlementID] = []
        for number: UInt64 in 1...4 { ids.append(try await bench.entitlement(number)) }
        var people: [Subject] = []
        for number in 1...3 { people.append(try await bench.person("p\(number)")) }
        try await bench.rule(1, [ids[0], ids[1]])
        try await bench.rule(2, [ids[2], ids[3]])
        var made: [EntitlementAssignmentID] = []
        for step in 0..<60 {
            bench.sync.advance(.seconds(60))
            let (entitlement, person) = (
                ids.randomElement(using: &draws) ?? ids[0], people.randomElement(using: &draws) ?? people[0]
            )
            switch UInt64.random(in: 0...9, using: &draws) {
            case 0...5:
                let end = Bool.random(using: &draws) ? bench.sync.clock() + .seconds(300) : nil
                if let one = try? await bench.assign(entitlement, to: person, until: end) { made.append(one.id) }
            case 6, 7:
                if let one = made.randomElement(using: &draws) {
                    _ = try? await bench.assignments.revoke(one, reason: "It is over.", by: bench.caller)
                }
            case 8:
                _ = try? await bench.entitlements.change(entitlement, expecting: nil, by: bench.caller) {
                    details, status in
                    details.description = "step \(step)"
                    status = status == .active ? .inactive : .active
                }
            default:
                try await GovernanceService(store: bench.sync.store, clock: bench.sync.clock)
                    .endWhatIsDue(now: bench.sync.clock())
            }
            let scan = try await bench.duties.scan(in: bench.sync.tenant, by: bench.caller)
            #expect(scan.violating == 0)
        }
        #expect(made.count > 5)
        try await Self.compare(made, ids, bench)
    }

    private static func compare(
        _ made: [EntitlementAssignmentID], _ ids: [EntitlementID], _ bench: EntitlementBench
    ) async throws {
        let tenant = bench.sync.tenant
        try await bench.sync.store.read { [keys = bench.sync.store.keys] sql in
            for id in made {
                let stream = Governed.assignment(id)
                let whole = try stream.load(sql, in: tenant, keys: keys, fromSnapshot: false)
                let row = try #require(try sql.governed(stream.stream, in: tenant))
                let state = try #require(whole.state)
                #expect(row == GovernedRow(state, at: row.position, in: tenant))
            }
            for id in ids {
                let stream = Governed.entitlement(id)
                let whole = try stream.load(sql, in: tenant, keys: keys, fromSnapshot: false)
                let row = try #require(try sql.governed(stream.stream, in: tenant))
                let state = try #require(whole.state)
                #expect(row == GovernedRow(state, at: row.position, in: tenant))
                #expect(try stream.load(sql, in: tenant, keys: keys) == whole)
            }
        }
    }

    @Test("of two that exclude each other, asked for at the same moment on two ways, one is given")
    func race() async throws {
        let bench = try await EntitlementBench()
        let (first, second) = (try await bench.entitlement(1), try await bench.entitlement(2))
        let role = try await bench.role("creators", with: second, isMapped: false)
        try await bench.rule(1, [first, second])
        for number in 0..<8 {
            let person = try await bench.person("p\(number)")
            async let left = refusal { _ = try await bench.assign(first, to: person) }
            async let right = refusal {
                _ = try await bench.roles.assign(role, to: person, expiresAt: nil, by: bench.caller)
            }
            let answers = await [left, right]
            #expect(answers.count { $0 == nil } == 1 && answers.contains("sod.violation"), "\(answers)")
        }
    }

    @Test("erasing a person takes what was said of their access and leaves the state as it was")
    func erasure() async throws {
        let bench = try await EntitlementBench()
        let ada = try await bench.person("ada")
        let made = try await bench.assign(try await bench.entitlement(1), to: ada)
        let tenant = bench.sync.tenant
        let before = try await bench.assignments.assignment(made.id, in: tenant)
        #expect(before.justification == "Required for project Alpha")
        let person = try #require(ada.person), context = bench.caller.context
        try await bench.sync.store.write(.administration) { _ = try $0.erase(person, context) }
        let after = try await bench.assignments.assignment(made.id, in: tenant)
        #expect(after.assignment == before.assignment && after.justification == nil)
    }
}
