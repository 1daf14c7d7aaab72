import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// An address may be shared (a family's, a desk's), and then it names nobody.
@Suite("A mail address that two people have names neither of them")
struct SharedMailTests {
    private static func people(_ running: TestGateway) async throws -> Caller {
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        for (login, mail) in [("ada", "desk@example.org"), ("bob", "Desk@Example.org"), ("eve", "eve@example.org")] {
            var edit = PersonEdit()
            edit.login = login
            edit.mail = mail
            _ = try await running.gateway.people.create(edit, by: caller)
        }
        return caller
    }

    @Test func aPathOrBodyWithItIsAConflictThatSaysWhatToUseAndNobodyIsTouched() async throws {
        let running = try await TestGateway.open(
            extra: """
                providers: [ { id: local, type: local, name: Password } ]
                roles: [ { name: Reader } ]
                """)
        _ = try await Self.people(running)
        try await running.serve { api in
            let shared = "/api/v1/people/desk@example.org"
            let refused = [
                try await api.send(.get, shared),
                try await api.send(.post, "/api/v1/assignments", ["person": "desk@example.org", "role": "Reader"]),
                try await api.send(.post, "/api/v1/links", ["purpose": "invitation", "person": "desk@example.org"]),
                try await api.send(.post, shared + "/disable"), try await api.send(.delete, shared),
                try await api.send(.delete, shared + "/sessions"),
                try await api.send(.get, "/api/v1/assignments?person=desk@example.org"),
                try await api.send(.post, "/api/v1/people", ["login": "new", "manager": "desk@example.org"]),
            ]
            for answer in refused {
                #expect(answer.status == 409, "\(answer.text)")
                #expect(answer.body?["code"] == "person.ambiguous")
                #expect(answer.body?["detail"]?.string?.contains("Use the login or the id.") == true)
            }
            for login in ["ada", "bob"] {
                let person = try await api.send(.get, "/api/v1/people/\(login)")
                #expect(person.body?["status"] == "active")
                let roles = try await api.send(.get, "/api/v1/assignments?person=\(login)")
                #expect(roles.body?["items"]?.list?.isEmpty == true)
            }
            let own = try await api.send(.get, "/api/v1/people/eve@example.org")
            #expect(own.body?["login"] == "eve")
        }
    }

    // `explain` once knew nobody by mail, though every other way did.
    @Test func aQuestionByMailIsAboutWhoeverHasItAndNobodyElse() async throws {
        let running = try await TestGateway.open()
        _ = try await Self.people(running)
        try await running.serve { api in
            func ask(_ path: String, _ subject: String) async throws -> TestAPI.Answer {
                try await api.send(
                    .post, path,
                    ["subject": .string(subject), "action": "read", "resource_type": "page", "resource": "/"])
            }
            let explained = try await ask("/api/v1/explain", "eve@example.org")
            #expect(explained.status == 200, "\(explained.text)")
            #expect(explained.text.contains("eve"))
            #expect(try await ask("/api/v1/explain", "desk@example.org").status == 409)
            #expect(try await ask("/api/v1/decide", "desk@example.org").status == 409)
            let nobody = try await ask("/api/v1/decide", "nobody@example.org")
            #expect(nobody.body?["context"]?["reason_codes"] == ["unknown_subject"])
            let single: AttributeValue = [
                "subject": ["type": "user", "id": "desk@example.org"], "action": ["name": "read"],
                "resource": ["type": "page", "id": "/"],
            ]
            let batch = try await api.send(.post, "/access/v1/evaluations", ["evaluations": [single]])
            #expect(batch.body?["evaluations"]?.list?.first?["decision"] == false)
        }
    }
}
