import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// A house with somebody who asks, two owners who decide, and an entitlement that has to be asked for.
struct ApprovalHouse: Sendable {
    let house: EntitlementHouse
    let gateway: Gateway
    let entitlement: String
    /// The key of a service account that holds Owner.
    let owner: String
    /// The key of an administrator who has asked for nothing, and may invite.
    let clerk: String

    static let password = ConsolePerson.password

    /// Makes everybody. People get `login@example.org` as their address.
    init(_ house: EntitlementHouse, _ gateway: Gateway, workflow: AttributeValue? = nil) async throws {
        (self.house, self.gateway) = (house, gateway)
        for role in ["Owner", "Board"] {
            #expect(try await house.api.send(.post, "/api/v1/roles", ["name": .string(role)]).status == 201)
        }
        for (login, role) in [("olga", "Owner"), ("oscar", "Owner"), ("rita", nil), ("boris", "Board")] {
            try await Self.person(login, holding: role, gateway)
        }
        owner = try await house.account("machine", roles: ["Owner"], gateway)
        clerk = try await house.account("clerk", roles: ["Admin"], gateway)
        var rules: [String: AttributeValue] = ["checks": [], "approver_roles": ["Owner"]]
        if let workflow {
            let made = try await house.api.send(
                .post, EntitlementHouse.base + "workflows", ["template": workflow])
            #expect(made.status == 201, "\(made.text)")
            rules["workflow_id"] = made.body?["id"] ?? .null
        }
        let put = try await house.api.send(.put, EntitlementHouse.base + "assignment-rules", .object(rules))
        #expect(put.status == 200, "\(put.text)")
        entitlement = try await house.entitlement("Approve invoices", "high")
    }

    /// Somebody with a password and an address.
    @discardableResult static func person(
        _ login: String, named name: String? = nil, holding role: String?, mail: String? = nil, _ gateway: Gateway
    ) async throws -> PersonID {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        var edit = PersonEdit()
        (edit.login, edit.displayName) = (login, name ?? login.capitalized)
        edit.mail = mail ?? "\(login)@example.org"
        let made = try await gateway.people.create(edit, by: caller)
        _ = try await gateway.credentials.setPassword(
            SecretText(password), of: made.id, mustChange: false, by: caller)
        if let role {
            let held = try await gateway.roles.role(named: role, in: caller.tenant)
            _ = try await gateway.roles.assign(held.id, to: .person(made.id), expiresAt: nil, by: caller)
        }
        return made.id
    }

    /// Asks for the entitlement for somebody; answers the approval's id.
    func ask(for login: String = "rita", why: String = "the quarter ends") async throws -> String {
        let made = try await house.api.send(
            .post, EntitlementHouse.base + "access-requests",
            ["entitlement_id": .string(entitlement), "person": .string(login), "justification": .string(why)])
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.body?["approval"]?["id"]?.string)
    }

    func approval(_ id: String) async throws -> AttributeValue {
        try #require(try await house.get("approvals/\(id)").body)
    }

    func say(_ word: String, _ id: String, _ body: AttributeValue = [:], token: String?? = .none) async throws
        -> TestAPI.Answer
    {
        try await house.api.send(.post, EntitlementHouse.base + "approvals/\(id)/\(word)", body, token: token)
    }
}

extension TestGateway {
    /// Serves, with the house furnished for approvals.
    func serveApprovals(
        workflow: AttributeValue? = nil, _ body: @Sendable @escaping (ApprovalHouse) async throws -> Void
    ) async throws {
        let gateway = gateway
        try await serve { api in
            let house = try await EntitlementHouse(api, people: [])
            try await body(try await ApprovalHouse(house, gateway, workflow: workflow))
        }
    }
}
