import Foundation
import Governance
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("What is governed is the fold of its journal")
struct GovernanceReplayTests {
    private struct Draws: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 33
        }
    }

    private static let edits = ["update", "add_rule", "add_rule", "update_rule", "remove_rule", "submit_for_review"]
    private static let moves = ["approve", "activate", "suspend", "resume", "update", "add_rule"]
    private static let ends = ["revoke", "archive", "suspend", "resume"]

    /// One command among all that can be said about a policy; many are refused where they fall. It is a draft for a
    /// while, so that rules come and go before it moves on, and its end comes late.
    private static func command(_ id: PolicyID, _ step: Int, _ draws: inout Draws) -> (String, AttributeValue) {
        let rule = RuleID(high: 3, low: .random(in: 1...3, using: &draws))
        var payload: [String: AttributeValue] = ["policy_id": .string(id.description)]
        let names = step < 25 ? edits : step < 50 ? moves : ends
        let name = names[Int.random(in: names.indices, using: &draws)]
        switch name {
        case "update": payload["description"] = .string("Version \(UInt8.random(in: 0...9, using: &draws)) ⟨é⟩")
        case "remove_rule": payload["rule_id"] = .string(rule.description)
        case "add_rule", "update_rule":
            payload["rule_id"] = .string(rule.description)
            payload["rule"] = [
                "id": .string("rule-\(rule.low)"), "effect": "allow",
                "params": ["share": .number(0.5), "count": .integer(Int64.random(in: 0...9, using: &draws))],
            ]
        case "suspend", "revoke": payload["reason"] = "It was found wanting."
        default: break
        }
        return (name, .object(payload))
    }

    @Test("random commands: the journal replayed, with and without snapshots, is the live state", arguments: 1...6)
    func replay(_ seed: UInt64) async throws {
        let (bench, id) = (try await GovernanceBench(every: 7), PolicyID(high: 5, low: seed))
        var (draws, written, kinds) = (Draws(state: seed), Int64(1), Set<String>())
        try await bench.run("create", GovernanceBench.creation(id))
        for step in 1...60 {
            bench.now = bench.now + .seconds(1)
            let (name, payload) = Self.command(id, step, &draws)
            guard let outcome = try? await bench.run(name, payload) else { continue }
            written += Int64(outcome.events.count)
            kinds.formUnion(outcome.events)
            #expect(outcome.version == written)
            let (whole, short) = try await bench.loaded(id)
            #expect(whole == short)
            #expect(whole.version == written && whole.state?.version == written)
        }
        #expect(kinds.count >= 7, "the draws of seed \(seed) say too little")
        let live = try await bench.service.policy(id, in: bench.tenant)
        let row = try #require(try await bench.row(bench.service.policy(id).stream))
        #expect(row == GovernedRow(live, at: row.position, in: bench.tenant))
        #expect(row.position == (try await bench.store.journalSize(of: bench.tenant).size))
        let snapshot = try await bench.store.read { [store = bench.store, tenant = bench.tenant] in
            try $0.snapshot(
                of: Stream(.governed("policy"), id), in: tenant,
                format: GovernedStream<GovernedPolicy, PolicyEvent>.snapshotFormat, keys: store.keys
            )
        }
        #expect(snapshot?.version == (written >= 7 ? written / 7 * 7 : nil))
        #expect(try await bench.journalIsSound())
    }

    @Test("snapshots are taken every hundred events: not at 99, and at 100")
    func cadence() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        func snapshot() async throws -> Int64? {
            try await bench.store.read { [store = bench.store, tenant = bench.tenant] in
                try $0.snapshot(
                    of: Stream(.governed("policy"), id), in: tenant,
                    format: GovernedStream<GovernedPolicy, PolicyEvent>.snapshotFormat,
                    keys: store.keys)?.version
            }
        }
        try await bench.run("create", GovernanceBench.creation(id))
        for number in 2...99 {
            try await bench.run(
                "update", ["policy_id": .string(id.description), "description": .string("\(number)")])
        }
        #expect(try await snapshot() == nil)
        try await bench.run("update", ["policy_id": .string(id.description), "description": "100"])
        #expect(try await snapshot() == 100)
        try await bench.run("update", ["policy_id": .string(id.description), "description": "101"])
        let (whole, short) = try await bench.loaded(id)
        #expect(whole == short && short.state?.description == "101" && short.version == 101)
    }

    @Test("a snapshot that somebody put beside the journal is refused")
    func foreignSnapshot() async throws {
        let (bench, id) = (try await GovernanceBench(every: 1), PolicyID(high: 5, low: 1))
        try await bench.run("create", GovernanceBench.creation(id))
        _ = try await bench.store.write(.administration) {
            try $0.sql.execute("UPDATE stream_snapshot SET version = 2")
        }
        #expect(await refusal { _ = try await bench.service.policy(id, in: bench.tenant) } == "keys.refused")
    }

    @Test("a stored policy document of the same id has nothing to do with it")
    func documentsApart() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        let caller = bench.caller()
        try await bench.store.write(.administration) { tx in
            _ = try tx.append(caller.event("policy.created", Stream("policy", id)))
        }
        try await bench.run("create", GovernanceBench.creation(id))
        #expect(try await bench.service.history(of: id, in: bench.tenant).count == 1)
    }

    @Test("erasing the author takes the reason and leaves the state")
    func erasure() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 5, low: 1))
        try await bench.activate(id)
        try await bench.run(
            "suspend", ["policy_id": .string(id.description), "reason": "Anna had second thoughts."])
        let before = try await bench.loaded(id).whole
        let caller = bench.caller()
        try await bench.store.write(.administration) { [officer = bench.officer] tx in
            _ = try tx.erase(officer, caller.context)
        }
        #expect(try await bench.loaded(id).whole == before)
        let changes = try await bench.service.history(of: id, in: bench.tenant)
        #expect(changes.count == 4 && changes[3].reason?.text == nil && changes[3].reason?.author == bench.officer)
        #expect(try await bench.journalIsSound())
    }
}
