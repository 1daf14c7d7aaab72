import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// A tenant that asks for access along the document's workflow, with service accounts that hold its roles:
/// `sam` and `sue` review security, `mary` manages, `dora` directs, `cleo` is the security officer, `adam` and `anna`
/// administer, `rita` asks through the administrator and gets what is asked for.
struct WorkflowFloor: Sendable {
    let api: TestAPI
    let gateway: Gateway
    let workflow: String
    /// Keys by account.
    let accounts: [String: String]
    /// Ids by account.
    let ids: [String: String]
    private let house: EntitlementHouse

    private static let holders = [
        ("sam", "security_reviewer"), ("sue", "security_reviewer"), ("mary", "manager"), ("dora", "director"),
        ("cleo", "ciso"), ("adam", "Admin"), ("anna", "Admin"), ("rita", nil),
    ]

    /// The document's own template, word for word.
    static func template() throws -> AttributeValue {
        try #require(try GovernedStage.corpus("seed-004")["workflow"])
    }

    init(_ api: TestAPI, _ gateway: Gateway, escalations: AttributeValue? = nil) async throws {
        (self.api, self.gateway) = (api, gateway)
        house = try await EntitlementHouse(api, people: [])
        for role in ["security_reviewer", "manager", "director", "ciso"] {
            #expect(try await api.send(.post, "/api/v1/roles", ["name": .string(role)]).status == 201)
        }
        var (keys, ids): ([String: String], [String: String]) = ([:], [:])
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        for (name, role) in Self.holders {
            keys[name] = try await house.account(name, roles: role.map { [$0] } ?? [], gateway, for: .days(30))
            ids[name] = try await gateway.serviceAccounts.account(named: name, in: caller.tenant).id.description
        }
        (accounts, self.ids) = (keys, ids)
        var document = try Self.template().object ?? [:]
        document["escalations"] = escalations
        let made = try await api.send(.post, EntitlementHouse.base + "workflows", ["template": .object(document)])
        #expect(made.status == 201, "\(made.text)")
        workflow = try #require(made.body?["id"]?.string)
        try await use(workflow)
    }

    private func use(_ workflow: String) async throws {
        let rules: AttributeValue = ["checks": [], "workflow_id": .string(workflow)]
        let put = try await api.send(.put, EntitlementHouse.base + "assignment-rules", rules)
        #expect(put.status == 200, "\(put.text)")
    }

    /// From now on requests for access pass along another template.
    func follow(_ template: AttributeValue) async throws {
        let made = try await api.send(.post, EntitlementHouse.base + "workflows", ["template": template])
        #expect(made.status == 201, "\(made.text)")
        try await use(try #require(made.body?["id"]?.string))
    }

    /// Asks for a new entitlement of this risk, for rita; answers the approval.
    func ask(_ risk: String) async throws -> AttributeValue {
        let entitlement = try await house.entitlement("E-\(UUID().uuidString.prefix(8))", risk)
        let made = try await api.send(
            .post, EntitlementHouse.base + "access-requests",
            [
                "entitlement_id": .string(entitlement), "service_account": "rita",
                "justification": "the fix cannot wait any longer",
            ])
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.body?["approval"])
    }

    /// Says a word about an approval; as whoever asked where nobody is named.
    func say(_ word: String, _ approval: AttributeValue, _ name: String?, _ body: AttributeValue = [:]) async throws
        -> TestAPI.Answer
    {
        let id = approval["id"]?.string ?? ""
        return try await api.send(
            .post, EntitlementHouse.base + "approvals/\(id)/\(word)", body,
            token: name.map { .some(accounts[$0]) } ?? .none)
    }

    /// The code that a word is refused with.
    func refused(_ word: String, _ approval: AttributeValue, _ name: String?, _ body: AttributeValue = [:]) async throws
        -> String?
    {
        try await say(word, approval, name, body).body?["code"]?.string
    }

    func assignment(of approval: AttributeValue) async throws -> AttributeValue {
        let id = approval["assignment_id"]?.string ?? ""
        return try #require(try await api.send(.get, EntitlementHouse.base + "assignments/\(id)").body)
    }

    // MARK: Roles

    func give(_ role: String, to name: String) async throws {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.account(named: name, in: caller.tenant)
        let role = try await gateway.roles.role(named: role, in: caller.tenant)
        _ = try await gateway.roles.assign(role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
    }

    func take(_ role: String, from name: String) async throws {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.account(named: name, in: caller.tenant)
        let role = try await gateway.roles.role(named: role, in: caller.tenant)
        let held = try await gateway.roles.assignments(
            in: caller.tenant, of: .serviceAccount(account.id), role: role.id)
        for assignment in held {
            try await gateway.roles.revoke(assignment.id, by: caller)
        }
    }

    // MARK: Governed actions

    /// From now on a change of a service needs the workflow's approval.
    func govern() async throws {
        try await api.enforce(
            rule: ["id": "changes", "effect": "allow", "resources": ["types": ["service"]]], 2)
        try await api.enforce(
            rule: [
                "id": "signed", "effect": "require_approval", "resources": ["types": ["service"]],
                "approval": ["workflow": .string(workflow)],
            ], 1)
    }

    /// Gives the document's second stage another condition.
    func change(to condition: String, _ parameters: AttributeValue) async throws {
        var document = try Self.template().object ?? [:]
        var stages = document["stages"]?.list ?? []
        var second = stages[1].object ?? [:]
        (second["condition"], second["condition_params"]) = (.string(condition), parameters)
        stages[1] = .object(second)
        document["stages"] = .list(stages)
        let put = try await api.send(
            .put, EntitlementHouse.base + "workflows/\(workflow)", ["template": .object(document)])
        #expect(put.status == 200, "\(put.text)")
    }

    /// Asks whether sam may change a service, under these circumstances; answers the approval that was begun.
    func decide(_ context: AttributeValue, on resource: String) async throws -> AttributeValue {
        let asked = try await api.send(
            .post, "/api/v1/decide",
            [
                "subject": "sam", "subject_type": "service_account", "action": "code_fix", "resource_type": "service",
                "resource": .string(resource), "context": context, "request_approval": true,
            ])
        let id = try #require(asked.body?["context"]?["approval"]?["id"]?.string, "\(asked.text)")
        return try #require(try await api.send(.get, EntitlementHouse.base + "approvals/\(id)").body)
    }
}
