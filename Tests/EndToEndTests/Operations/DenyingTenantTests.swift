import Foundation
import HTTPAPI
import HTTPTypes
import Logging
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("A tenant whose rules do not compile is named, and its cause reaches who can mend it", .timeLimit(.minutes(2)))
struct DenyingTenantTests {
    /// Stores two documents that do not go together, as an older version might have.
    private static func spoil(_ gateway: Gateway, tenant slug: String) async throws {
        let caller = try TestGateway.operatorCaller(gateway, tenant: slug)
        let text =
            "version: 1\npolicies: [{ id: x, effect: allow, subjects: any, actions: [read], resources: { types: [page] } }]"
        guard case .text(let json) = try JSONColumn.encode(try PolicyService.parse(text)) else { return }
        for name in ["a", "b"] {
            try await gateway.store.write(.administration) { tx in
                _ = try PolicyService.put(name, json, expecting: nil, managedBy: .api, by: caller, tx)
            }
        }
        await gateway.authorization.refresh(caller.tenant)
    }

    @Test func readinessNamesItAndIs503OnceNobodyDecides() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let question: AttributeValue = [
            "subject": "tests", "subject_type": "service_account", "action": "read", "resource_type": "page",
            "resource": "/",
        ]
        try await running.serve { api in
            try await Self.spoil(running.gateway, tenant: "other")
            let some = try await api.send(.get, "/readyz", token: .some(nil))
            #expect(some.status == 200 && some.body?["status"] == "ready")
            // Which one is said to everybody; why, to those on the machine.
            #expect(some.body?["denying"] == [["tenant": "other"]])
            #expect(try await api.send(.post, "/api/v1/decide", question).status == 200)

            try await Self.spoil(running.gateway, tenant: "default")
            let all = try await api.send(.get, "/readyz", token: .some(nil))
            #expect(all.status == 503 && all.body?["status"] == "denying")
            #expect(all.body?["denying"] == [["tenant": "default"], ["tenant": "other"]])
            let refused = try await api.send(.post, "/api/v1/decide", question)
            #expect(refused.status == 503)
            #expect(!refused.text.contains("stands twice"), "over the network nobody hears what stands where")
        }
    }

    @Test func theCommandLineHearsTheCause() async throws {
        let installed = try await Installed()
        try await installed.done("user", "add", "ada")
        let configuration = try ConfigurationLoader.load(file: installed.configuration, environment: [:])
        let gateway = try await Gateway.open(
            configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await Self.spoil(gateway, tenant: "main")
        try await gateway.close()
        try await installed.serving { _ in
            let refused = try await installed.run("decide", "ada", "read", "page:/")
            #expect(refused.status == 1)
            for part in ["do not compile", "Policy x stands twice: in a and in b.", "Rename one."] {
                #expect(refused.error.contains(part), "\(refused.error)")
            }
            try await installed.done("policy", "delete", "b")
            #expect(try await installed.done("decide", "ada", "read", "page:/").hasPrefix("permit"))
        }
    }
}
