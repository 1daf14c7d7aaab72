import Fetch
import HTTPAPI
import Vocabulary

/// What is governed in the demo: a policy with an approval and a limit, and two entitlements that one person may not
/// hold together.
struct DemoGovernance {
    let control: ControlClient

    static let policy = "00000000-0000-7000-8000-0000000000d1"
    static let ledgerRule = "00000000-0000-7000-8000-0000000000d2"
    static let limitRule = "00000000-0000-7000-8000-0000000000d3"
    static let application = "00000000-0000-7000-8000-0000000000d4"
    static let pay = "00000000-0000-7000-8000-0000000000d5"
    static let order = "00000000-0000-7000-8000-0000000000d6"
    /// Withdrawals of one person in a day.
    static let withdrawals: Int64 = 2

    /// Puts everything in force. `ada` may order afterwards, so that she may not pay as well.
    func prepare() async throws {
        try await enforcePolicy()
        try await control.call(
            .post, "/api/v1/governance/applications", ["id": .string(Self.application), "name": "Purchasing"])
        for (id, name) in [(Self.pay, "Pay invoices"), (Self.order, "Order goods")] {
            try await control.call(
                .post, "/api/v1/governance/entitlements",
                [
                    "id": .string(id), "application_id": .string(Self.application), "name": .string(name),
                    "risk_level": "high",
                ])
        }
        try await control.call(
            .post, "/api/v1/governance/sod/rules",
            [
                "name": "Whoever orders does not pay", "conflict_type": "exclusive", "severity": "high",
                "entitlement_ids": [.string(Self.pay), .string(Self.order)],
            ])
        try await assign(Self.order, to: "ada")
    }

    func assign(_ entitlement: String, to login: String) async throws {
        try await control.call(
            .post, "/api/v1/governance/assignments",
            ["entitlement_id": .string(entitlement), "person": .string(login), "justification": "For the demo"])
    }

    private func enforcePolicy() async throws {
        let id = AttributeValue.string(Self.policy)
        try await command(
            "create",
            [
                "policy_id": id, "name": "Vault", "policy_type": "operational", "enforcement": "mandatory",
                "scope": "organization",
            ])
        try await command("add_rule", ["policy_id": id, "rule_id": .string(Self.ledgerRule), "rule": Self.ledger])
        try await command("add_rule", ["policy_id": id, "rule_id": .string(Self.limitRule), "rule": Self.limit])
        try await command("approve", ["policy_id": id])
        try await command("activate", ["policy_id": id])
    }

    private func command(_ name: String, _ payload: AttributeValue) async throws {
        try await control.call(.post, "/api/v1/governance/commands/\(name)", payload)
    }

    private static let ledger: AttributeValue = [
        "id": "ledger-with-approval", "effect": "allow", "subjects": ["roles": ["Reader"]], "actions": ["read"],
        "resources": ["types": ["page"], "ids": ["/ledger"]], "approval": ["roles": ["VaultKeeper"]],
    ]
    private static let limit: AttributeValue = [
        "id": "withdrawals-a-day", "effect": "allow", "subjects": ["roles": ["Reader"]], "actions": ["withdraw"],
        "resources": ["types": ["vault"]],
        "limits": [["measure": "count", "period": "day", "per": "user", "max": .integer(withdrawals)]],
    ]
}
