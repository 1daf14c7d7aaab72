import Foundation
import Governance
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("A governed policy's life through the real store")
struct GovernanceStoryTests {
    static func seed() throws -> AttributeValue {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Corpus/governance/seed-000.json")
        return try JSONDecoder().decode(AttributeValue.self, from: Data(contentsOf: url))
    }

    @Test("the payloads of the document go from a draft to the archive, and time ends the exemption by itself")
    func wholeLife() async throws {
        let (bench, seed) = (try await GovernanceBench(), try Self.seed())
        let id = try #require(PolicyID("550e8400-e29b-41d4-a716-446655440000"))
        let exemption = try #require(ExemptionID("650e8400-e29b-41d4-a716-446655440001"))
        let policy: AttributeValue = ["policy_id": .string(id.description)]
        try await bench.run("create", seed["create"] ?? .null)
        #expect(
            await refusal { try await bench.run("grant_exemption", seed["grant_exemption"] ?? .null) }
                == "exemption.policy_not_active")
        try await bench.run("approve", seed["approve"] ?? .null)
        try await bench.run("activate", policy)
        try await bench.run("grant_exemption", seed["grant_exemption"] ?? .null)
        let end = try #require(Timestamp(rfc3339: "2026-02-08T10:00:00Z"))
        #expect(try await bench.service.endWhatIsDue(now: end - .microseconds(1)) == 0)
        bench.now = end
        #expect(try await bench.service.endWhatIsDue(now: end) == 1)
        #expect(try await bench.service.endWhatIsDue(now: end) == 0)
        #expect(try await bench.service.exemption(exemption, in: bench.tenant).state == .expired)
        try await bench.run("suspend", policy)
        try await bench.run("archive", policy)
        #expect(await refusal { try await bench.run("resume", policy) } == "governance.invalid_state")
        #expect(
            try await bench.events() == [
                "policy.created", "policy.approved", "policy.activated", "exemption.granted", "exemption.expired",
                "policy.suspended", "policy.archived",
            ])
        let expired = try await bench.store.events(of: bench.tenant, filter: EventFilter(typePrefix: "exemption.exp"))
        #expect(expired.map(\.envelope.actor) == [.system("scheduler")])
        #expect(try await bench.journalIsSound())
    }

    @Test("the history says who, when, why and what became different")
    func history() async throws {
        let (bench, seed) = (try await GovernanceBench(), try Self.seed())
        let id = try #require(PolicyID("550e8400-e29b-41d4-a716-446655440000"))
        try await bench.run("create", seed["create"] ?? .null)
        try await bench.run(
            "update",
            ["policy_id": .string(id.description), "enforcement": "Critical", "reason": "The auditor asked for it."])
        try await bench.run("approve", seed["approve"] ?? .null)
        let changes = try await bench.service.history(of: id, in: bench.tenant)
        #expect(changes.map(\.event) == ["PolicyCreated", "PolicyUpdated", "PolicyApproved"])
        #expect(changes.map(\.version) == [1, 2, 3])
        #expect(changes.allSatisfy { $0.actor == .person(bench.officer) && $0.at == GovernanceBench.start })
        #expect(changes[1].differences.map(\.description) == ["enforcement: mandatory → critical"])
        #expect(changes[1].reason?.text == "The auditor asked for it.")
        #expect(changes[2].reason?.claim == "compliance-officer")
        #expect(await refusal { _ = try await bench.service.history(of: id, in: bench.other) } == "not_found")
    }

    @Test("a successor's activation and the end of what it replaces are one transaction")
    func succession() async throws {
        let bench = try await GovernanceBench()
        let (old, new) = (PolicyID(high: 5, low: 1), PolicyID(high: 5, low: 2))
        try await bench.activate(old)
        try await bench.activate(new, supersedes: old)
        #expect(try await bench.service.policy(old, in: bench.tenant).state == .revoked)
        #expect(try await bench.service.policy(new, in: bench.tenant).state == .active)
        let last = try await bench.store.events(of: bench.tenant).suffix(2)
        #expect(last.map(\.envelope.type) == ["policy.activated", "policy.revoked"])
        #expect(Set(last.map(\.envelope.command)).count == 1)
        #expect(
            await refusal {
                try await bench.run(
                    "create", GovernanceBench.creation(PolicyID(high: 5, low: 3), supersedes: PolicyID(high: 6, low: 6))
                )
            }
                == "governance.not_found")
    }

    @Test("lists are narrowed by state, type and scope, and go on where a page ended")
    func lists() async throws {
        let bench = try await GovernanceBench()
        for number in 1...5 {
            let id = PolicyID(high: 5, low: UInt64(number))
            try await bench.run("create", GovernanceBench.creation(id))
            if number > 3 { try await bench.run("approve", ["policy_id": .string(id.description)]) }
        }
        func ids(_ policies: [GovernedPolicy]) -> [UInt64] { policies.map(\.id.low) }
        let tenant = bench.tenant
        #expect(ids(try await bench.service.policies(in: tenant, state: .draft)) == [1, 2, 3])
        #expect(ids(try await bench.service.policies(in: tenant, state: .approved, type: .security)) == [4, 5])
        #expect(ids(try await bench.service.policies(in: tenant, type: .privacy)) == [])
        #expect(ids(try await bench.service.policies(in: tenant, scope: .organization, limit: 2)) == [1, 2])
        #expect(ids(try await bench.service.policies(in: tenant, scope: .team)) == [])
        let rest = try await bench.service.policies(in: tenant, after: PolicyID(high: 5, low: 2), limit: 2)
        #expect(ids(rest) == [3, 4])
        #expect(ids(try await bench.service.policies(in: bench.other)) == [])
    }

    @Test("sets hold policies of the tenant, and no others")
    func sets() async throws {
        let bench = try await GovernanceBench()
        let (set, policy) = (PolicySetID(high: 9, low: 1), PolicyID(high: 5, low: 1))
        let member: AttributeValue = ["set_id": .string(set.description), "policy_id": .string(policy.description)]
        try await bench.run(
            "create_set", ["set_id": .string(set.description), "name": "Security Policies", "combination": "all"])
        try await bench.run("create", GovernanceBench.creation(policy), in: bench.other)
        #expect(await refusal { try await bench.run("add_to_set", member) } == "governance.not_found")
        try await bench.run("create", GovernanceBench.creation(policy))
        try await bench.run("add_to_set", member)
        #expect(try await bench.service.policySet(set, in: bench.tenant).policies == [policy])
        try await bench.run("remove_from_set", member)
        #expect(try await bench.service.sets(in: bench.tenant).map(\.policies) == [[]])
    }
}
