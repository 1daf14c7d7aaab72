import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// A gateway with something of everything that the console shows, and an administrator who is signed in.
struct ConsoleHouse {
    let adele: ConsolePerson
    let api: TestAPI
    let gateway: Gateway
    let house: EntitlementHouse
    let ids: [String: String]

    static func serving(
        _ body: @Sendable @escaping (ConsoleHouse) async throws -> Void
    ) async throws {
        let directory = try await WatchedDirectory()
        defer { directory.server.stop() }
        let running = try await directory.gateway()
        try await running.serve { api in
            let adele = try await ConsolePerson.signIn("adele", running.gateway, api)
            let house = try await EntitlementHouse(api)
            var ids: [String: String] = [:]
            try await people(&ids, directory, running.gateway, api)
            try await governed(&ids, house, api)
            try await body(
                ConsoleHouse(adele: adele, api: api, gateway: running.gateway, house: house, ids: ids))
        }
    }

    /// People of the directory and our own, groups, units, accounts, a held directory job.
    private static func people(
        _ ids: inout [String: String], _ directory: WatchedDirectory, _ gateway: Gateway, _ api: TestAPI
    ) async throws {
        _ = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
        try await directory.remove("alice")
        let held = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
        ids["run"] = held.body?["run"]?.string
        let long = "Ottilie Wilhelmine Freifrau von und zu Unterlengenfeld-Hohenstaufen"
        ids["otti"] = try await ConsolePerson.make("ottilie", named: long, holding: nil, gateway).description
        let group = try await api.send(
            .post, "/api/v1/groups", ["name": "Board game club", "description": "Thursdays."])
        ids["group"] = group.body?["id"]?.string
        _ = try await api.send(.put, "/api/v1/groups/\(ids["group"] ?? "")/members/ottilie")
        let top = try await api.send(
            .post, "/api/v1/organization-units", ["level": "organization", "name": "Example & Sons"])
        ids["unit"] = top.body?["id"]?.string
        _ = try await api.send(
            .post, "/api/v1/organization-units",
            ["level": "department", "name": "Finance", "parent": .string(ids["unit"] ?? "")])
        let account = try await api.send(.post, "/api/v1/service-accounts", ["name": "payroll"])
        ids["account"] = account.body?["id"]?.string
        let retired = try await api.send(.post, "/api/v1/service-accounts", ["name": "retired"])
        ids["retired"] = retired.body?["id"]?.string
        #expect(try await api.send(.post, "/api/v1/service-accounts/retired/disable").status == 204)
        ids["left"] = try await ConsolePerson.make("leonard", holding: nil, gateway).description
        #expect(try await api.send(.post, "/api/v1/people/leonard/disable").status == 204)
        let key = try await api.send(.post, "/api/v1/service-accounts/payroll/keys", ["name": "nightly"])
        ids["key"] = key.body?["key"]?["id"]?.string
        let given = try await api.send(.post, "/api/v1/assignments", ["person": "ottilie", "role": "Analyst"])
        ids["assignment"] = given.body?["id"]?.string
        ids["role"] = try await gateway.roles.role(named: "Analyst", in: TenantID(gateway)).id.description
    }

    /// Entitlements, who has them, a rule they break, and how their risk went.
    private static func governed(
        _ ids: inout [String: String], _ house: EntitlementHouse, _ api: TestAPI
    ) async throws {
        let pay = try await house.entitlement("Approve payments", "critical")
        let order = try await house.entitlement("Order goods", "high")
        (ids["pay"], ids["order"]) = (pay, order)
        let record: AttributeValue = ["person": "ada"]
        _ = try await api.send(.post, EntitlementHouse.base + "risk/scores", record)
        for entitlement in [order, pay] {
            let given = try await house.assign(entitlement, to: "ada")
            #expect(given.status == 201, "\(given.text)")
            ids["held"] = given.body?["id"]?.string
            _ = try await api.send(.post, EntitlementHouse.base + "risk/scores", record)
        }
        ids["duty"] = try await house.rule([pay, order])
        let scan = try await api.send(.post, EntitlementHouse.base + "sod/scans", [:])
        #expect(scan.body?["found"] == 1, "\(scan.text)")
        let question: AttributeValue = [
            "subject": "ada", "action": "read", "resource_type": "person", "resource": "x",
        ]
        let decided = try await api.send(.post, "/api/v1/decide", question)
        ids["decision"] = decided.body?["context"]?["id"]?.string ?? decided.body?["context"]?["decision_id"]?.string
    }
}
