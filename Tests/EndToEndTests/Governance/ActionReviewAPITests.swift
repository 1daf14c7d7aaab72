import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// The condition style's policies as they stand, and the review of an action over HTTP.
@Suite("Reviews of automated actions over HTTP")
struct ActionReviewAPITests {
    private static let path = "/api/v1/governance/evaluate"
    private static let healer = """
        roles:
          - { name: Healer, permissions: [{ action: evaluate, type: decision }] }
          - { name: Reviewer2, permissions: [] }
        """
    private static let everything: AttributeValue = ["id": "everything", "effect": "allow"]

    private static func request(_ changes: AttributeValue?) throws -> AttributeValue {
        var request = try #require(try GovernedStage.corpus("seed-004")["request"]?.object)
        request.merge(changes?.object ?? [:]) { _, new in new }
        return .object(request)
    }

    private static func prepare(_ api: TestAPI) async throws {
        for policy in try GovernedStage.corpus("seed-004")["policies"]?.list ?? [] { try await api.enforce(policy) }
        try await api.enforce(rule: everything, 9)
    }

    @Test(
        "S4-25 S4-26 S4-29 S4-30 S4-31 S4-32 S4-41 S4-42 S4-46 S4-48 S4-49 S4-50 the three policies answer the document's request and its neighbours"
    )
    func cases() async throws {
        let running = try await TestGateway.open(extra: Self.healer)
        let key = try await GovernedStage.key(running.gateway, "healer", roles: ["Healer"])
        try await running.serve { api in
            try await Self.prepare(api)
            let cases = try GovernedStage.corpus("seed-004")["cases"]?.list ?? []
            #expect(cases.count == 6)
            for one in cases {
                let name = one["name"]?.string ?? ""
                let answer = try await api.send(.post, Self.path, try Self.request(one["with"]), token: key)
                let body = try #require(answer.body)
                let needsApproval = one["approval"]?.bool ?? false
                #expect(body["allowed"]?.bool == (one["allowed"]?.bool == true && !needsApproval), "\(name)")
                #expect(body["approval_required"] == one["approval"], "\(name)")
                #expect(body["policy_violations"] == one["violations"], "\(name)")
                #expect(body["compliance_issues"] == one["issues"], "\(name)")
                #expect((body["approval_request_id"] != .null) == needsApproval, "\(name)")
                #expect(body["workflow_instance_id"] == body["approval_request_id"], "\(name)")
                #expect(body["reason"]?.string?.isEmpty == false, "\(name)")
            }
            #expect(try await api.send(.post, Self.path, ["request_id": "x"], token: key).status == 400)
        }
    }

    @Test("S4-51 what needs an approval is asked for, and once a reviewer gave it the same request is allowed")
    func approvals() async throws {
        let running = try await TestGateway.open(extra: Self.healer)
        let key = try await GovernedStage.key(running.gateway, "healer", roles: ["Healer"])
        try await running.serve { api in
            try await Self.prepare(api)
            let request = try Self.request(["patch_content": "DROP TABLE users", "requested_by": "john.doe"])
            let asked = try await api.send(.post, Self.path, request, token: key)
            let id = try #require(asked.body?["approval_request_id"]?.string)
            let approval = "/api/v1/governance/approvals/" + id
            #expect(try await api.send(.get, approval).body?["state"] == "pending")
            // The one who asks approves nothing; the test's own account is an Admin.
            #expect(try await api.send(.post, approval + "/approve", [:], token: key).status == 403)
            #expect(try await api.send(.post, approval + "/approve", ["comment": "Reviewed."]).status == 200)
            let allowed = try await api.send(.post, Self.path, request, token: key)
            #expect(allowed.body?["allowed"] == true && allowed.body?["approval_required"] == false)
            let other = try Self.request(["patch_content": "DROP TABLE orders", "requested_by": "john.doe"])
            #expect(try await api.send(.post, Self.path, other, token: key).body?["allowed"] == false)
        }
    }

    @Test("what a program learns over AuthZEN: yes or no, what to do, and no rule by name")
    func authZEN() async throws {
        let running = try await TestGateway.open(extra: Self.healer)
        let key = try await GovernedStage.key(running.gateway, "healer", roles: ["Healer"])
        try await running.serve { api in
            try await Self.prepare(api)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            func evaluate(_ changes: AttributeValue) async throws -> AttributeValue {
                let question: AttributeValue = [
                    "subject": ["type": "user", "id": "ada"], "action": ["name": "code_fix"],
                    "resource": ["type": "service", "id": "user_service"], "context": try Self.request(changes),
                ]
                return try await api.send(.post, "/access/v1/evaluation", question, token: key).body ?? .null
            }
            let asked = try await evaluate(["patch_content": "DROP TABLE users"])
            #expect(asked["decision"] == false && asked["context"]?["reason_codes"] == ["approval_required"])
            #expect(
                asked["context"]?["obligations"] == [
                    ["type": "approval", "roles": ["Reviewer", "Admin"], "workflows": [], "id": "obligation-1"]
                ])
            #expect(asked["context"]?["rules"] == nil && asked["context"]?["policy"]?["rule"] == nil)
            #expect(asked["context"]?["policy"]?["badge"]?["colour"] == "blue")
            let denied = try await evaluate(["patch_content": "password = 'hunter2'"])
            #expect(denied["decision"] == false && denied["context"]?["reason_codes"] == ["denied_by_rule"])
            #expect(try await evaluate([:])["decision"] == true)
        }
    }

    @Test("policy sets are listed and shown, and the explanation names every governed rule and what became of it")
    func reading() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let id = try await api.enforce(rule: Self.everything, 9)
            let set: AttributeValue = [
                "set_id": "00000000-0000-7000-8000-0000000000aa", "name": "Security Policies",
                "description": "Organization-wide security policies", "combination": "at_least", "at_least": 1,
                "policies": [id],
            ]
            try await api.govern("create_set", set)
            let path = "/api/v1/governance/policy-sets"
            let shown = try await api.send(.get, path + "/00000000-0000-7000-8000-0000000000aa")
            #expect(shown.body?["policies"] == [id] && shown.body?["combination"] == "at_least")
            #expect(shown.body?["at_least"] == 1 && shown.headers[.eTag] == "\"v2\"")
            #expect(try await api.send(.get, path).body?["items"]?.list?.count == 1)
            #expect(try await api.send(.get, path + "/00000000-0000-7000-8000-0000000000ab").status == 404)
            #expect(try await api.send(.post, "/api/v1/people", ["login": "ada"]).status == 201)
            let question: AttributeValue = [
                "subject": "ada", "action": "read", "resource_type": "page", "resource": "1",
            ]
            let why = try await api.send(.post, "/api/v1/explain", question).body
            #expect(why?["decision"] == true && why?["reasons"] == ["allowed_by_rule"])
            #expect(why?["governed_rules"]?.list?.first?["verdict"] == "satisfied")
            let policy = try #require(id.string)
            #expect(why?["governed_rules"]?.list?.first?["rule"]?.string == "governed:\(policy)@4/everything")
            let answer = try await api.send(.post, "/api/v1/decide", question)
            #expect(answer.body?["context"]?["rules"] == [.string("governed:\(policy)@4/everything")])
        }
    }
}
