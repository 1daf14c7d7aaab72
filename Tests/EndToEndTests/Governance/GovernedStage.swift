import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// What tests of governed policies over HTTP have in common.
enum GovernedStage {
    static func corpus(_ name: String) throws -> AttributeValue {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Corpus/governance/\(name).json")
        return try JSONDecoder().decode(AttributeValue.self, from: Data(contentsOf: url))
    }

    static func words(_ value: AttributeValue?) -> [String] { (value?.list ?? []).compactMap(\.string) }

    /// Roles without permissions, by name.
    static func roles(_ names: [String]) -> String {
        "roles: [" + names.map { "{ name: \($0), permissions: [] }" }.joined(separator: ", ") + "]"
    }

    /// A service account that holds these roles, and its key.
    static func key(_ gateway: Gateway, _ name: String, roles: [String]) async throws -> String {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.create(name: name, description: nil, by: caller)
        for name in roles {
            let role = try await gateway.roles.role(named: name, in: caller.tenant)
            _ = try await gateway.roles.assign(role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        }
        return try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "k", scopes: nil, lifetime: .days(30), by: caller
        ).token.reveal()
    }
}

extension TestAPI {
    /// Carries out a command about governed policies; answers the id of what it was about.
    @discardableResult func govern(_ command: String, _ payload: AttributeValue) async throws -> AttributeValue {
        let answer = try await send(.post, "/api/v1/governance/commands/\(command)", payload)
        #expect(answer.status == 200, "\(command): \(answer.text)")
        return answer.body?["id"] ?? .null
    }

    /// Makes a policy of a document of another style, and puts it in force. Answers its id.
    @discardableResult func enforce(_ document: AttributeValue, name: String? = nil) async throws -> AttributeValue {
        var payload: [String: AttributeValue] = ["document": document]
        payload["name"] = name.map(AttributeValue.string)
        let id = try await govern("import", .object(payload))
        try await govern("approve", ["policy_id": id])
        try await govern("activate", ["policy_id": id])
        return id
    }

    /// A policy of one rule, in force. Answers its id.
    @discardableResult func enforce(rule: AttributeValue, _ number: Int) async throws -> AttributeValue {
        let id = AttributeValue.string("00000000-0000-7000-8000-00000000000\(number)")
        try await govern(
            "create",
            [
                "policy_id": id, "name": "Policy", "policy_type": "Operational", "enforcement": "Mandatory",
                "scope": "Organization",
            ])
        try await govern("add_rule", ["policy_id": id, "rule_id": id, "rule": rule])
        try await govern("approve", ["policy_id": id])
        // A rule under test may well be one that leaves nobody to take it back.
        try await govern("activate", ["policy_id": id, "force": true])
        return id
    }
}
