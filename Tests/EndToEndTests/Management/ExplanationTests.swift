import Foundation
import HTTPTypes
import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite("An explanation begins at the credential, and calls things by their names")
struct ExplanationTests {
    private static let page: [String: AttributeValue] = [
        "action": "read", "resource_type": "page", "resource": "/handbook",
    ]

    private static func store(_ rules: [AttributeValue], _ api: TestAPI) async throws {
        let stored = try await api.send(.put, "/api/v1/policies/p", ["version": 1, "policies": .list(rules)])
        #expect(stored.status == 200, "\(stored.text)")
    }

    private static func missing(_ api: TestAPI, _ more: [String: AttributeValue]) async throws -> [String] {
        let answer = try await api.send(.post, "/api/v1/explain", .object(page.merging(more) { $1 }))
        #expect(answer.body?["decision"] == false, "\(answer.text)")
        return (answer.body?["missing"]?.list ?? []).compactMap(\.string)
    }

    @Test func aKeyIsNamedByIdOrShownAndOneOfTheThreeIsEnough() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let accounts = try await api.send(.get, "/api/v1/service-accounts").body?["items"]?.list ?? []
            let account = try #require(accounts.first?["id"]?.string)
            let keys = try await api.send(.get, "/api/v1/service-accounts/\(account)/keys").body?["items"]?.list
            let key = try #require(keys?.first?["id"]?.string)
            for credential in ["api_key": AttributeValue.string(key), "token": .string(api.token)] {
                let named: AttributeValue = .object(Self.page.merging([credential.key: credential.value]) { $1 })
                let why = try await api.send(.post, "/api/v1/explain", named)
                #expect(why.status == 200, "\(why.text)")
                #expect(
                    why.body?["subject"]?["type"] == "service_account"
                        && why.body?["subject"]?["id"] == .string(account))
                #expect(why.body?["authentication"]?["type"] == "api_key")
                #expect(why.body?["authentication"]?["id"] == .string(key))
                #expect(why.body?["authentication"]?["proofs"]?.list?.first?["method"] == "swk")
                #expect(try await api.send(.post, "/api/v1/decide", named).status == 200)
                // What was shown is in no answer.
                #expect(!why.text.contains(api.token))
            }
            let both = try await api.send(
                .post, "/api/v1/decide",
                .object(Self.page.merging(["api_key": .string(key), "token": .string(api.token)]) { $1 }))
            #expect(both.status == 400)
            let nobody = try await api.send(.post, "/api/v1/decide", .object(Self.page))
            #expect(nobody.status == 400)
        }
    }

    @Test func aCredentialOfSomebodyElseOrOfNobodyIsRefused() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let foreign = try await TestGateway.administrator(of: running.gateway, tenant: "other")
        try await running.serve { api async throws in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            func ask(_ more: [String: AttributeValue]) async throws -> Int {
                try await api.send(.post, "/api/v1/explain", .object(Self.page.merging(more) { $1 })).status
            }
            #expect(try await ask(["token": .string(api.token), "subject": "ada"]) == 400)
            #expect(try await ask(["token": .string(api.token), "subject": "tests"]) == 400)
            #expect(
                try await ask(["token": .string(api.token), "subject": "tests", "subject_type": "service_account"])
                    == 200)
            // Another tenant's, an unknown one, one that is none.
            #expect(try await ask(["token": .string(foreign)]) == 404)
            #expect(try await ask(["token": "gh_key_nothing"]) == 404)
            #expect(try await ask(["session": .string(UUID().uuidString.lowercased())]) == 404)
            #expect(try await ask(["api_key": .string(UUID().uuidString.lowercased())]) == 404)
            #expect(try await ask(["session": "not an id"]) == 400)
            #expect(try await ask(["token": .string(String(repeating: "x", count: 513))]) == 400)
        }
    }

    @Test func whatIsMissingIsCalledByItsName() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            let ada: [String: AttributeValue] = ["subject": "ada"]
            // Before a policy allows it, only those may who may do everything.
            #expect(try await Self.missing(api, ada) == ["You would have to hold the role Admin."])

            let group = try await api.send(.post, "/api/v1/groups", ["name": "Printers' guild"])
            let role = try await api.send(.post, "/api/v1/roles", ["name": "Reader"])
            let (groupID, roleID) = (
                try #require(group.body?["id"]?.string), try #require(role.body?["id"]?.string)
            )
            func put(_ rule: [String: AttributeValue]) async throws {
                let frame: [String: AttributeValue] = [
                    "id": "p", "effect": "allow", "actions": ["read"], "resources": ["types": ["page"]],
                ]
                try await Self.store([.object(frame.merging(rule) { $1 })], api)
            }
            try await put(["subjects": ["groups": [.string(groupID)]]])
            #expect(try await Self.missing(api, ada) == ["You would have to be in the group Printers' guild."])
            try await put(["subjects": ["roles": [.string(roleID)]]])
            #expect(try await Self.missing(api, ada) == ["You would have to hold the role Reader."])
            try await put(["subjects": "any", "when": ["equals": ["subject.department": "Research"]]])
            let attribute = try await Self.missing(api, ada)
            #expect(attribute.count == 1 && attribute[0].contains("subject.department"), "\(attribute)")
            try await put(["subjects": "any", "when": ["contains": ["subject.groups": .string(groupID)]]])
            let text = try await Self.missing(api, ada).joined()
            #expect(text.contains("Printers' guild") && !text.contains(groupID), "\(text)")
        }
    }

    @Test func whatForbidsIsNamedAndNoOtherRuleIsAWayAroundIt() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            func rule(
                _ id: String, _ effect: String, _ subjects: AttributeValue, _ more: [String: AttributeValue] = [:]
            ) -> AttributeValue {
                let frame: [String: AttributeValue] = [
                    "id": .string(id), "effect": .string(effect), "subjects": subjects, "actions": ["read"],
                    "resources": ["types": ["page"]],
                ]
                return .object(frame.merging(more) { $1 })
            }
            let rules = [
                rule("open", "allow", "any"), rule("staff", "allow", ["roles": ["Admin"]]),
                rule("closed", "deny", "any", ["when": ["equals": ["context.hour": 3]]]),
            ]
            try await Self.store(rules, api)
            let question: AttributeValue = .object(
                Self.page.merging(["subject": "ada", "context": ["hour": 3]]) { $1 })
            let why = try await api.send(.post, "/api/v1/explain", question)
            #expect(why.body?["reasons"]?.list?.first == "denied_by_rule", "\(why.text)")
            let blocking = why.body?["blocking"]?.list ?? []
            #expect(blocking.count == 1 && blocking.first?["rule"]?.string?.hasPrefix("policy:closed@") == true)
            let missing = (why.body?["missing"]?.list ?? []).compactMap(\.string)
            #expect(missing.count == 1 && missing[0].contains("context.hour"), "\(missing)")
        }
    }
}
