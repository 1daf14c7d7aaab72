import Foundation
import Governance
import JOSE
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("What is governed is the fold of what a stream is told")
struct EventLedgerTests {
    /// Everything a stream is told of a tenant, as it stands on the wire.
    static func payloads(_ store: Store, _ tenant: TenantID) async throws -> [[UInt8]] {
        let subjects = MessagingSubjects(prefix: "")
        let feed = JournalFeed(store: store, tenant: tenant, stream: "TEST", subjects: subjects)
        var (payloads, position): ([[UInt8]], Int64) = ([], 0)
        while true {
            let page = try await feed.events(after: position, limit: 100)
            guard let last = page.last else { return payloads }
            payloads += page.map { $0.relayed(subjects).payload }
            position = last.position
        }
    }

    static func fold(_ payloads: some Sequence<[UInt8]>) throws -> EventLedger {
        var ledger = EventLedger()
        for payload in payloads { try ledger.take(try EventMessage(payload)) }
        return ledger
    }

    /// The state of each governed thing out of the journal alone, as bytes.
    static func states(_ store: Store, _ tenant: TenantID) async throws -> [EventLedger.Name: [UInt8]] {
        try await store.read { [keys = store.keys] sql in
            let rows = try sql.query(
                """
                SELECT stream_kind, stream, max(version) FROM journal_event
                WHERE tenant = ?1 AND stream_kind LIKE 'governed.%' GROUP BY 1, 2
                """, [.id(tenant)])
            var states: [EventLedger.Name: [UInt8]] = [:]
            for row in rows {
                let name = EventLedger.Name(kind: String(try row.text(0).dropFirst(9)), id: try row.blob(1))
                let thing = try GovernedKinds.folded(
                    name.kind, name.id, upTo: try row.integer(2), in: tenant, keys: keys, sql)
                if let bytes = try thing?.bytes() { states[name] = bytes }
            }
            return states
        }
    }

    @Test("policies, sets and exemptions: byte for byte what the journal folds to; nobody's words are told")
    func policies() async throws {
        let (bench, id) = (try await GovernanceBench(every: 3), PolicyID(high: 7, low: 1))
        try await bench.run("create", GovernanceBench.creation(PolicyID(high: 7, low: 2)))
        try await bench.run(
            "add_rule",
            [
                "policy_id": .string(PolicyID(high: 7, low: 2).description),
                "rule_id": .string(RuleID(high: 3, low: 1).description),
                "rule": ["id": "r", "effect": "allow", "params": ["share": .number(0.1), "whole": .number(1)]],
            ])
        try await bench.activate(id)
        try await bench.run(
            "create_set",
            [
                "set_id": .string(PolicySetID(high: 8, low: 1).description), "name": "Überall ⟨é⟩ \"x\"",
                "policies": [.string(id.description)],
            ])
        try await bench.run(
            "grant_exemption",
            [
                "exemption_id": .string(ExemptionID(high: 9, low: 1).description),
                "policy_id": .string(id.description), "entity_id": .string(bench.officer.description),
                "reason": "Anna is on a journey.", "granted_by": "Bertha", "expires_at": "2026-02-08T10:00:00Z",
            ])
        try await bench.run("suspend", ["policy_id": .string(id.description), "reason": "Anna had second thoughts."])
        let payloads = try await Self.payloads(bench.store, bench.tenant)
        let told = try Self.fold(payloads)
        let known = try await Self.states(bench.store, bench.tenant)
        #expect(try told.states() == known && known.count == 4)
        #expect(try await bench.service.policy(id, in: bench.tenant).state == .suspended)
        let live = try await bench.service.policy(id, in: bench.tenant)
        #expect(known[EventLedger.Name(kind: "policy", id: id.bytes)] == Array(try JSONColumn.text(of: live).utf8))
        let all = payloads.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        #expect(!all.contains("Anna") && !all.contains("Bertha") && !all.contains("journey"))
        #expect(all.contains("Überall") && all.contains("PolicyExemptionGranted"))
    }

    @Test("erasing somebody changes nothing of what was told, and nothing of what it folds to")
    func erasure() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 7, low: 1))
        try await bench.activate(id)
        try await bench.run("suspend", ["policy_id": .string(id.description), "reason": "Anna had second thoughts."])
        let before = try await Self.payloads(bench.store, bench.tenant)
        let caller = bench.caller()
        try await bench.store.write(.administration) { [officer = bench.officer] tx in
            _ = try tx.erase(officer, caller.context)
        }
        #expect(try await Self.payloads(bench.store, bench.tenant) == before)
    }

    @Test("entitlements, rules and assignments as well", arguments: 1...2)
    func entitlements(_ seed: UInt64) async throws {
        let bench = try await EntitlementBench()
        let (one, two) = (try await bench.entitlement(1), try await bench.entitlement(2))
        try await bench.rule(1, [one, two])
        for number in 1...4 {
            let person = try await bench.person("p\(number)")
            let held = try await bench.assign(
                one, to: person, until: number == 1 ? bench.sync.clock() + .seconds(60) : nil)
            if number == 2 { _ = try await bench.assignments.revoke(held.id, reason: "It is over.", by: bench.caller) }
        }
        bench.sync.advance(.seconds(120))
        try await GovernanceService(store: bench.sync.store, clock: bench.sync.clock)
            .endWhatIsDue(now: bench.sync.clock())
        _ = try await bench.entitlements.change(two, expecting: nil, by: bench.caller) { details, status in
            details.description = "seed \(seed)"
            status = .inactive
        }
        let told = try Self.fold(try await Self.payloads(bench.sync.store, bench.sync.tenant))
        let known = try await Self.states(bench.sync.store, bench.sync.tenant)
        #expect(try told.states() == known && known.count >= 8 && told.incomplete.isEmpty)
    }

    @Test("what comes twice or late changes nothing, and what is missing is said")
    func disorder() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 7, low: 1))
        try await bench.activate(id)
        let payloads = try await Self.payloads(bench.store, bench.tenant)
        let whole = try Self.fold(payloads).states()
        #expect(try Self.fold(payloads + payloads).states() == whole)
        let holed = try Self.fold([payloads[0]] + payloads[2...])
        #expect(holed.incomplete == [EventLedger.Name(kind: "policy", id: id.bytes)])
        #expect(try holed.states().isEmpty)
    }

    @Test("states are published before events age out, and fold to the same without what came before")
    func snapshots() async throws {
        let bench = try await GovernanceBench()
        let ids = (1...3).map { PolicyID(high: 7, low: $0) }
        for id in ids { try await bench.activate(id) }
        let keeper = SnapshotKeeper(
            store: bench.store, tenant: bench.tenant, stream: "TEST", age: .days(100), clock: { bench.now })
        #expect(try await keeper.publishWhatIsDue() == 0)
        bench.now = bench.now + .days(74)
        #expect(try await keeper.publishWhatIsDue() == 0)
        bench.now = bench.now + .days(2)
        try await bench.run("suspend", ["policy_id": .string(ids[0].description), "reason": "Not today, please."])
        let old = try await Self.payloads(bench.store, bench.tenant).count - 1
        #expect(try await keeper.publishWhatIsDue() == 3)
        #expect(try await keeper.publishWhatIsDue() == 0)
        try await bench.run("resume", ["policy_id": .string(ids[0].description)])
        let payloads = try await Self.payloads(bench.store, bench.tenant)
        // Everything that is older than a hundred days is gone.
        let late = try Self.fold(payloads[old...])
        #expect(late.incomplete.isEmpty && late.contradictions.isEmpty)
        #expect(try late.states() == (try await Self.states(bench.store, bench.tenant)))
        // And the whole of it contradicts nothing.
        #expect(try Self.fold(payloads).contradictions.isEmpty)
        // Published again before the first of these ages out in its turn, though nothing else happened.
        bench.now = bench.now + .days(80)
        #expect(try await keeper.publishWhatIsDue() == 3)
        #expect(try await bench.journalIsSound())
    }

    @Test("a state that was not folded from its events is noticed")
    func contradiction() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 7, low: 1))
        try await bench.activate(id)
        let messages = try await Self.payloads(bench.store, bench.tenant).map { try EventMessage($0) }
        let last = try #require(messages.last)
        let known = try JSONColumn.text(of: try await bench.service.policy(id, in: bench.tenant))
        let forged = known.replacing("Password Policy", with: "Forged")
        #expect(forged != known)
        var ledger = EventLedger()
        for message in messages { try ledger.take(message) }
        try ledger.take(
            EventMessage(
                position: last.position + 1, event: last.event, kind: "policy", id: id.bytes, version: last.version,
                at: last.at, actor: last.actor, command: last.command,
                content: .snapshot(Array(forged.utf8))))
        #expect(ledger.contradictions == [EventLedger.Name(kind: "policy", id: id.bytes)])
    }

    @Test("whatever is changed in messages, they are read or refused, and folding them ends")
    func mutations() async throws {
        let (bench, id) = (try await GovernanceBench(), PolicyID(high: 7, low: 1))
        try await bench.activate(id)
        try await bench.run("suspend", ["policy_id": .string(id.description), "reason": "It was found wanting."])
        let payloads = try await Self.payloads(bench.store, bench.tenant)
        var draws = SystemRandomNumberGenerator()
        var (read, refused) = (0, 0)
        for _ in 0..<4_000 {
            var bytes = payloads.randomElement(using: &draws) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &draws) where !bytes.isEmpty {
                let place = bytes.indices.randomElement(using: &draws) ?? 0
                switch Int.random(in: 0...2, using: &draws) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &draws)
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[place], at: place)
                }
            }
            guard let message = try? EventMessage(bytes) else {
                refused += 1
                continue
            }
            read += 1
            var ledger = EventLedger()
            for payload in payloads.prefix(3) { try ledger.take(try EventMessage(payload)) }
            try? ledger.take(message)
            _ = try ledger.states()
        }
        #expect(read > 0 && refused > 1_000)
    }

    @Test("messages that are none are refused, each with a sentence")
    func malformed() throws {
        let faults = ["", "{}", "[]", #"{"form":2}"#, #"{"form":1,"position":-1}"#].map { text -> String? in
            do {
                _ = try EventMessage(Array(text.utf8))
                return nil
            } catch { return (error as? Fault)?.code }
        }
        #expect(
            faults == [
                "event_stream.malformed", "event_stream.form", "event_stream.malformed", "event_stream.form",
                "event_stream.malformed",
            ])
    }
}

@Suite("Facts as JSON")
struct EventFactsTests {
    @Test("every kind of fact comes back as it was, at any depth")
    func roundTrip() throws {
        let facts = [
            Fact("id", .id(PolicyID(high: 1, low: 2), "policy")), Fact("number", .integer(.min)),
            Fact("large", .integer(.max)), Fact("flag", .bool(false)), Fact("word", .word("a.b:c-d_1")),
            Fact("digest", .digest([0, 255, 1])), Fact("none", .digest([])),
            Fact("time", .time(Timestamp(microseconds: 1_700_000_000_000_001))),
            Fact(
                "list", .list([.list([.word("x"), .id(PersonID(high: 1, low: 2), "person")]), .list([]), .bool(true)])),
        ]
        let read = try EventFacts.read(try JSONObject(parsing: EventFacts.json(facts).serialized))
        #expect(Set(read) == Set(facts))
        for actor: Vocabulary.Actor in [
            .person(PersonID(high: 1, low: 2)), .serviceAccount(ServiceAccountID(high: 1, low: 2)),
            .operatingSystemUser(1_000), .system("scheduler"), .client(ClientID(high: 1, low: 2)), .anonymous,
        ] { #expect(Actor(described: actor.description) == actor) }
        for text in ["", "person", "person:x", "os:-1", "system:", "anonymous:1", "root"] {
            #expect(Actor(described: text) == nil, "\(text)")
        }
    }
}
