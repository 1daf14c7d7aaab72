import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("Refusals that can be asked about, over AuthZEN")
struct AccessTaskTests {
    private static let roles = """
        roles:
          - name: Point
            permissions: [ { action: evaluate, type: decision }, { action: request, type: approval } ]
          - { name: Asker, permissions: [ { action: evaluate, type: decision } ] }
          - { name: Manager, permissions: [] }
        """
    private static let rule: AttributeValue = [
        "id": "plans", "effect": "require_approval", "approval": ["roles": ["Manager"]],
        "resources": ["types": ["document"]],
    ]
    /// An approval lifts what stands in the way; it permits nothing by itself.
    private static let permission: AttributeValue = [
        "id": "reading", "effect": "allow", "resources": ["types": ["document"]],
    ]
    private static let question: AttributeValue = [
        "subject": ["type": "user", "id": "alice"], "action": ["name": "can_read"],
        "resource": ["type": "document", "id": "q4-plan"], "context": ["purpose": "renewal"],
    ]

    private struct Desk {
        let api: TestAPI
        let point: String
        let manager: String
        let policy: AttributeValue

        func evaluate(_ changes: [String: AttributeValue] = [:]) async throws -> AttributeValue {
            let asked = (AccessTaskTests.question.object ?? [:]).merging(changes) { $1 }
            let answer = try await api.send(.post, "/access/v1/evaluation", .object(asked), token: point)
            #expect(answer.status == 200, "\(answer.text)")
            return answer.body ?? .null
        }

        /// What a point submits for a refusal.
        static func submission(_ refusal: AttributeValue, _ changes: [String: AttributeValue] = [:]) -> AttributeValue {
            let context = refusal["context"]
            var body = AccessTaskTests.question.object ?? [:]
            body["context"] = ["purpose": "renewal", "business_justification": "the customer asks"]
            body["denial"] = [
                "evaluation_id": context?["evaluation_id"] ?? .null, "reason": context?["reason"] ?? .null,
                "expires_at": context?["access_request"]?["expires_at"] ?? .null,
                "binding_token": context?["access_request"]?["binding_token"] ?? .null,
            ]
            return .object(body.merging(changes) { $1 })
        }

        func submit(_ body: AttributeValue, token: String? = nil) async throws -> TestAPI.Answer {
            try await api.send(.post, "/access/v1/requests", body, token: token ?? point)
        }
    }

    private func run(_ body: @escaping @Sendable (Desk, MovedClock) async throws -> Void) async throws {
        let now = MovedClock(SystemClock.now())
        let running = try await TestGateway.open(
            tenants: ["default", "other"], extra: Self.roles, clock: now.now)
        let point = try await GovernedStage.key(running.gateway, "point", roles: ["Point"])
        let manager = try await GovernedStage.key(running.gateway, "manager", roles: ["Manager"])
        try await running.serve { api in
            for login in ["alice", "bob"] {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string(login)]).status == 201)
            }
            try await api.enforce(rule: Self.permission, 2)
            let policy = try await api.enforce(rule: Self.rule, 1)
            try await body(Desk(api: api, point: point, manager: manager, policy: policy), now)
        }
    }

    @Test("approve and ask again: one thread of ids from the refusal to the permit, and the approval ends")
    func story() async throws {
        try await run { desk, now in
            let refusal = try await desk.evaluate()
            let context = try #require(refusal["context"])
            #expect(refusal["decision"] == false && context["reason"] == "approval_required")
            #expect(context["access_request"]?["endpoint"] == "https://gate.example.org/access/v1/requests")
            #expect(context["evaluation_id"] == context["id"] && context["evaluated_at"] != nil)
            let submitted = try await desk.submit(Desk.submission(refusal))
            let task = try #require(submitted.body?["task"])
            #expect(submitted.status == 202 && task["status"] == "pending", "\(submitted.text)")
            #expect(submitted.body?["result"] == nil && task["evaluation_id"] == context["evaluation_id"])
            #expect(task["progress"]?["total_steps"] == 1)
            let place = try #require(task["status_endpoint"]?.string)
            #expect(submitted.headers[.location] == place)
            let path = String(place.dropFirst("https://gate.example.org".count))
            let again = try await desk.submit(Desk.submission(refusal))
            #expect(again.body?["task"]?["id"] == task["id"], "the same submission is the same task")
            #expect(try await desk.evaluate()["decision"] == false, "asking grants nothing")
            let id = try #require(task["id"]?.string)
            let approved = try await desk.api.send(
                .post, "/api/v1/governance/approvals/\(id)/approve", [:], token: desk.manager)
            #expect(approved.status == 200)
            let done = try await desk.api.send(.get, path, token: desk.point)
            #expect(done.body?["task"]?["status"] == "approved" && done.body?["result"]?["mode"] == "reevaluate")
            let approval = try #require(done.body?["result"]?["approval"])
            let permitted = try await desk.evaluate(["context": ["purpose": "renewal", "approval": approval]])
            #expect(permitted["decision"] == true)
            #expect(permitted["context"]?["evaluation_id"] == context["evaluation_id"], "one thread throughout")
            #expect(permitted["context"]?["approval"]?["id"] == approval["id"])
            #expect(try await desk.evaluate()["decision"] == true, "the approval is looked up, not believed")
            now.value = now.value + .hours(24)
            let expired = try await desk.evaluate(["context": ["purpose": "renewal", "approval": approval]])
            #expect(expired["decision"] == false && expired["context"]?["next_action"] == "request")
        }
    }

    @Test("an approval reference serves nobody else, no other question, and not a rule that has changed since")
    func bound() async throws {
        try await run { desk, now in
            let refusal = try await desk.evaluate()
            let id = try #require(
                try await desk.submit(Desk.submission(refusal)).body?["task"]?["id"]?.string)
            _ = try await desk.api.send(.post, "/api/v1/governance/approvals/\(id)/approve", [:], token: desk.manager)
            let approval: AttributeValue = ["id": .string(id), "approved_until": "2999-01-01T00:00:00Z"]
            let context: AttributeValue = ["purpose": "renewal", "approval": approval]
            #expect(try await desk.evaluate(["context": context])["decision"] == true)
            for (name, other) in [
                ("subject", ["type": "user", "id": "bob"] as AttributeValue),
                ("resource", ["type": "document", "id": "q3-plan"]), ("action", ["name": "can_write"]),
                ("context", ["purpose": "curiosity", "approval": approval]),
            ] {
                let answer = try await desk.evaluate(["context": context].merging([name: other]) { $1 })
                #expect(answer["decision"] == false, "\(name)")
                #expect(answer["context"]?["next_action"] == "request", "\(name)")
            }
            // Each step of its life is another version of the policy, which nobody has approved anything under.
            try await desk.api.govern("suspend", ["policy_id": desk.policy, "reason": "to be changed"])
            try await desk.api.govern("resume", ["policy_id": desk.policy])
            #expect(try await desk.evaluate(["context": context])["decision"] == false)
        }
    }

    @Test("what cannot be bound to a refusal, or comes too late, is refused in the profile's words")
    func refused() async throws {
        try await run { desk, now in
            let refusal = try await desk.evaluate()
            func fails(_ body: AttributeValue, _ word: String, _ status: Int, _ line: Int = #line) async throws {
                let answer = try await desk.submit(body)
                #expect(answer.status == status, "line \(line): \(answer.text)")
                #expect(
                    answer.body?["type"] == .string("urn:openid:authzen:access-request:error:\(word)"), "line \(line)")
            }
            let good = Desk.submission(refusal)
            func with(_ name: String, _ value: AttributeValue) -> AttributeValue {
                var body = good.object ?? [:]
                var denial = body["denial"]?.object ?? [:]
                denial[name] = value
                body["denial"] = .object(denial)
                return .object(body)
            }
            let token = good["denial"]?["binding_token"]?.string ?? ""
            try await fails(with("binding_token", .string(String(token.reversed()))), "invalid_denial_binding", 400)
            try await fails(with("binding_token", "x"), "invalid_denial_binding", 400)
            try await fails(with("expires_at", "2999-01-01T00:00:00Z"), "invalid_denial_binding", 400)
            try await fails(
                with("evaluation_id", "00000000-0000-7000-8000-000000000009"), "invalid_denial_binding", 400)
            for (name, other) in [
                ("subject", ["type": "user", "id": "bob"] as AttributeValue),
                ("resource", ["type": "document", "id": "q3-plan"]), ("action", ["name": "can_write"]),
                ("context", ["purpose": "curiosity"]), ("denial", .null),
            ] { try await fails(Desk.submission(refusal, [name: other]), "invalid_denial_binding", 400) }
            let unknown = try await desk.api.send(
                .get, "/access/v1/requests/00000000-0000-7000-8000-000000000009", token: desk.point)
            #expect(unknown.status == 404)
            #expect(unknown.body?["type"] == "urn:openid:authzen:access-request:error:unknown_task")
            #expect(try await desk.submit(good, token: desk.manager).status == 403, "it takes the permission")
            now.value = now.value + .minutes(10)
            try await fails(good, "expired_denial", 410)
            let fresh = try await desk.evaluate()
            try await desk.api.govern("suspend", ["policy_id": desk.policy, "reason": "not needed"])
            try await fails(Desk.submission(fresh), "not_requestable", 400)
            #expect(try await desk.evaluate()["context"]?["access_request"] == nil)
        }
    }

    @Test("a task is withdrawn by whoever submitted it, once, and discovery names where to submit")
    func cancelled() async throws {
        try await run { desk, _ in
            let refusal = try await desk.evaluate()
            let task = try #require(try await desk.submit(Desk.submission(refusal)).body?["task"])
            let cancel = try #require(task["links"]?["cancel"]?.string).dropFirst("https://gate.example.org".count)
            #expect(try await desk.api.send(.post, String(cancel)).status == 404, "an administrator is not who asked")
            let gone = try await desk.api.send(.post, String(cancel), token: desk.point)
            #expect(gone.body?["task"]?["status"] == "cancelled")
            let twice = try await desk.api.send(.post, String(cancel), token: desk.point)
            #expect(twice.status == 409)
            #expect(twice.body?["type"] == "urn:openid:authzen:access-request:error:invalid_task_state")
            let known = try await desk.api.send(.get, "/.well-known/authzen-configuration")
            #expect(known.body?["access_request_endpoint"] == "https://gate.example.org/access/v1/requests")
            #expect(known.body?["capabilities"] == ["urn:openid:authzen:capability:access-request"])
        }
    }
}
