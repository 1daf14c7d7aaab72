import Foundation
import Testing
import Vocabulary

/// The policy document's fourteen commands and two more, from a draft to the archive, with the payloads that it shows. Who
/// tells the story says how a command is carried out and how a thing is read, so that HTTP, the command line and Swift
/// tell the same one.
struct PolicyCommandStory {
    static let policy = "550e8400-e29b-41d4-a716-446655440000"
    static let exemption = "650e8400-e29b-41d4-a716-446655440001"
    private static let set = "850e8400-e29b-41d4-a716-446655440003"
    private static let rules = ["950e8400-e29b-41d4-a716-446655440004", "950e8400-e29b-41d4-a716-446655440005"]
    private static let base = "/api/v1/governance/"

    private let seed: AttributeValue
    /// Carries a command out; answers the types of its events.
    let run: (String, AttributeValue) async throws -> [String]
    /// Reads what stands at an address.
    let read: (String) async throws -> AttributeValue
    /// In the place of the document's own end of the exemption, where that has passed.
    var end: String?

    init(
        run: @escaping (String, AttributeValue) async throws -> [String],
        read: @escaping (String) async throws -> AttributeValue
    ) throws {
        seed = try GovernedStage.corpus("seed-000")
        (self.run, self.read) = (run, read)
    }

    func tell() async throws {
        var told: [String: [String]] = [:]
        func step(_ name: String, _ payload: AttributeValue) async throws { told[name] = try await run(name, payload) }
        try await step("create", seed["create"] ?? .null)
        try await created()
        try await step("update", about(["description": "Eight years.", "reason": "The law changed."]))
        #expect(try await shown("description") == "Eight years.")
        try await step("update", about(["description": seed["create"]?["description"] ?? .null]))
        try await ruled(step)
        try await step("approve", seed["approve"] ?? .null)
        #expect(try await shown("state") == "approved")
        try await step("activate", about())
        #expect(try await shown("state") == "active")
        try await grouped(step)
        try await exempted(step)
        try await step("suspend", about())
        #expect(try await shown("state") == "suspended")
        _ = try await run("resume", about())
        try await step("revoke", about())
        #expect(try await shown("state") == "revoked")
        try await step("archive", about())
        #expect(try await shown("state") == "archived")
        #expect(Set(told.keys).isSuperset(of: GovernedStage.words(seed["commands"])))
        #expect(told.mapValues(\.first) == Self.events.mapValues { $0 })
        try await remembered()
    }

    /// What each command writes.
    private static let events: [String: String?] = [
        "create": "policy.created", "update": "policy.updated", "approve": "policy.approved",
        "activate": "policy.activated", "suspend": "policy.suspended", "revoke": "policy.revoked",
        "archive": "policy.archived", "add_rule": "policy.rule_added", "update_rule": "policy.rule_updated",
        "remove_rule": "policy.rule_removed", "reorder_rule": "policy.rule_reordered",
        "create_set": "policy_set.created", "add_to_set": "policy_set.policy_added",
        "remove_from_set": "policy_set.policy_removed", "grant_exemption": "exemption.granted",
        "revoke_exemption": "exemption.revoked",
    ]

    private typealias Step = (String, AttributeValue) async throws -> Void

    private func about(_ more: [String: AttributeValue] = [:]) -> AttributeValue {
        .object(more.merging(["policy_id": .string(Self.policy)]) { old, _ in old })
    }

    private func shown(_ member: String) async throws -> AttributeValue? {
        try await read(Self.base + "policies/" + Self.policy)[member]
    }

    private func created() async throws {
        let made = try await read(Self.base + "policies/" + Self.policy)
        #expect(made["name"] == "Data Retention Policy" && made["policy_type"] == "regulatory")
        #expect(made["description"] == "All customer data must be retained for 7 years")
        #expect(made["enforcement"] == "mandatory" && made["scope"]?["level"] == "organization")
        #expect(made["state"] == "draft" && made["version"] == 1)
    }

    private func ruled(_ step: Step) async throws {
        for (number, rule) in Self.rules.enumerated() {
            try await step("add_rule", about(["rule_id": .string(rule), "rule": Self.rule("rule-\(number)", "deny")]))
        }
        #expect(try await ruleNames() == ["rule-0", "rule-1"])
        try await step(
            "update_rule", about(["rule_id": .string(Self.rules[0]), "rule": Self.rule("changed", "log_only")]))
        #expect(try await ruleNames() == ["changed", "rule-1"])
        try await step("reorder_rule", about(["order": .list(Self.rules.reversed().map { .string($0) })]))
        #expect(try await ruleNames() == ["rule-1", "changed"])
        try await step("remove_rule", about(["rule_id": .string(Self.rules[0])]))
        #expect(try await ruleNames() == ["rule-1"])
    }

    private static func rule(_ name: String, _ effect: String) -> AttributeValue {
        ["id": .string(name), "effect": .string(effect), "actions": ["delete"]]
    }

    private func ruleNames() async throws -> [String] {
        try await shown("rules")?.list?.compactMap { $0["rule"]?["id"]?.string } ?? []
    }

    private func grouped(_ step: Step) async throws {
        var payload = try #require(seed["library"]?["set"]?.object)
        payload["set_id"] = .string(Self.set)
        try await step("create_set", .object(payload))
        let member: AttributeValue = ["set_id": .string(Self.set), "policy_id": .string(Self.policy)]
        try await step("add_to_set", member)
        let made = try await read(Self.base + "policy-sets/" + Self.set)
        #expect(made["name"] == "Security Policies" && made["description"] == "Organization-wide security policies")
        #expect(made["policies"] == [.string(Self.policy)])
        try await step("remove_from_set", member)
        #expect(try await read(Self.base + "policy-sets/" + Self.set)["policies"] == [])
    }

    private func exempted(_ step: Step) async throws {
        var payload = try #require(seed["grant_exemption"]?.object)
        if let end { payload["expires_at"] = .string(end) }
        try await step("grant_exemption", .object(payload))
        let path = Self.base + "exemptions/" + Self.exemption
        let made = try await read(path)
        #expect(made["state"] == "active" && made["policy_id"] == .string(Self.policy))
        #expect(made["entity_id"] == "750e8400-e29b-41d4-a716-446655440002")
        #expect(
            made["expires_at"]?.string.flatMap { Timestamp(rfc3339: $0) }
                == Timestamp(
                    rfc3339: end ?? "2026-02-08T10:00:00Z"))
        try await step("revoke_exemption", ["exemption_id": .string(Self.exemption), "reason": "It is migrated."])
        #expect(try await read(path)["state"] == "revoked")
    }

    /// The history names the seed's events, and the name in the approval's payload as a claim of who really called.
    private func remembered() async throws {
        let changes = try await read(Self.base + "policies/" + Self.policy + "/history")["items"]?.list ?? []
        let names = changes.compactMap { $0["event"]?.string }
        let ofPolicies = GovernedStage.words(seed["events"]).filter {
            !$0.hasPrefix("PolicySet") && !$0.hasSuffix("Set") && !$0.contains("Exemption")
        }
        #expect(Set(names).isSuperset(of: ofPolicies), "\(names)")
        let approval = changes.first { $0["event"] == "PolicyApproved" }
        #expect(approval?["claim"] == "compliance-officer")
        #expect(approval?["actor"]?.string?.contains("compliance-officer") != true)
    }
}
