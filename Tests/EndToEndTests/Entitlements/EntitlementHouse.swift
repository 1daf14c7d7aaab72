import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// One tenant with an application, people and the document's own words, driven over HTTP.
struct EntitlementHouse: Sendable {
    let api: TestAPI
    let application: String
    let seed: AttributeValue

    static let base = "/api/v1/governance/"

    static func corpus() throws -> AttributeValue {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Corpus/governance/seed-001.json")
        return try JSONDecoder().decode(AttributeValue.self, from: Data(contentsOf: url))
    }

    init(_ api: TestAPI, people: [String] = ["ada", "bob"]) async throws {
        self.api = api
        seed = try Self.corpus()
        let made = try await api.send(.post, Self.base + "applications", ["name": "ERP", "type": "on_premise"])
        application = try #require(made.body?["id"]?.string)
        for login in people {
            #expect(try await api.send(.post, "/api/v1/people", ["login": .string(login)]).status == 201)
        }
    }

    /// Makes an entitlement and answers its id.
    func entitlement(_ name: String, _ risk: String = "low", _ more: [String: AttributeValue] = [:]) async throws
        -> String
    {
        let body: [String: AttributeValue] = [
            "application_id": .string(application), "name": .string(name), "risk_level": .string(risk),
        ]
        let made = try await api.send(.post, Self.base + "entitlements", .object(body.merging(more) { $1 }))
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.body?["id"]?.string)
    }

    /// Asks for an assignment.
    func assign(
        _ entitlement: String, to person: String, _ more: [String: AttributeValue] = [:], token: String?? = .none
    ) async throws -> TestAPI.Answer {
        let body: [String: AttributeValue] = [
            "entitlement_id": .string(entitlement), "person": .string(person),
            "justification": seed["assignment"]?["justification"] ?? .null,
        ]
        return try await api.send(
            .post, Self.base + "assignments", .object(body.merging(more) { $1 }.filter { $0.value != .null }),
            token: token)
    }

    /// Makes a rule and answers its id.
    func rule(_ entitlements: [String], _ more: [String: AttributeValue] = [:]) async throws -> String {
        guard case .object(var body)? = seed["sod_rule"] else { throw CancellationError() }
        body["entitlement_ids"] = .list(entitlements.map(AttributeValue.string))
        let made = try await api.send(.post, Self.base + "sod/rules", .object(body.merging(more) { $1 }))
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.body?["id"]?.string)
    }

    func get(_ path: String) async throws -> TestAPI.Answer { try await api.send(.get, Self.base + path) }

    func items(_ path: String) async throws -> [AttributeValue] {
        let answer = try await get(path)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return answer.body?["items"]?.list ?? []
    }

    /// The code of a refusal.
    func code(_ answer: TestAPI.Answer) -> String? { answer.body?["code"]?.string }

    func person(_ login: String) async throws -> String {
        try #require(try await api.send(.get, "/api/v1/people/\(login)").body?["id"]?.string)
    }

    /// A service account with these roles, and its API key.
    func account(
        _ name: String, roles: [String], _ gateway: Gateway, for lifetime: Duration = .days(1)
    ) async throws -> String {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let account = try await gateway.serviceAccounts.create(name: name, description: nil, by: caller)
        for role in roles {
            let role = try await gateway.roles.role(named: role, in: caller.tenant)
            _ = try await gateway.roles.assign(role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
        }
        return try await gateway.serviceAccounts.makeKey(
            for: account.id, name: "k", scopes: nil, lifetime: lifetime, by: caller
        ).token.reveal()
    }
}

extension TestGateway {
    /// Serves, with the house furnished.
    func serveHouse(_ body: @Sendable @escaping (EntitlementHouse) async throws -> Void) async throws {
        try await serve { try await body(try await EntitlementHouse($0)) }
    }
}
