import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("The AuthZEN 1.0 interoperability cases pass over HTTP")
struct AuthZENTests {
    // What the scenario's README says the roles mean, as a policy document.
    private static let policies = """
        version: 1
        policies:
          - id: read
            effect: allow
            subjects: { roles: [viewer, editor, admin, evil_genius] }
            actions: [can_read_user, can_read_todos]
            resources: any
          - id: create
            effect: allow
            subjects: { roles: [editor, admin, evil_genius] }
            actions: [can_create_todo]
            resources: { types: [todo] }
          - id: own
            effect: allow
            subjects: { roles: [editor, admin, evil_genius] }
            actions: [can_update_todo, can_delete_todo]
            resources: { types: [todo] }
            when: { equals: { resource.ownerID: { ref: subject.mail } } }
          - { id: delete-any, effect: allow, subjects: { roles: [admin] }, actions: [can_delete_todo], resources: { types: [todo] } }
          - { id: update-any, effect: allow, subjects: { roles: [evil_genius] }, actions: [can_update_todo], resources: { types: [todo] } }
          - { id: routes-read, effect: allow, subjects: any, actions: [GET], resources: { types: [route] } }
          - id: routes-write
            effect: allow
            subjects: { roles: [editor, admin, evil_genius] }
            actions: [POST, PUT, DELETE]
            resources: { types: [route], ids: ["/todos*"] }
        """

    private static let roles = """
        roles:
          - { name: viewer }
          - { name: editor }
          - { name: admin }
          - { name: evil_genius }
        """

    @Test func everyCaseOfTheTodoAndGatewayScenariosIsAnsweredAsExpected() async throws {
        let running = try await Self.start()
        try await running.serve { api in
            var checked = 0
            for file in ["todo/decisions-1_0-02", "gateway/decisions"] {
                let corpus = try Self.corpus(file)
                for item in corpus["evaluation"]?.list ?? [] {
                    let answer = try await api.send(.post, "/access/v1/evaluation", item["request"])
                    #expect(answer.status == 200)
                    #expect(answer.body?["decision"] == item["expected"], "\(item)")
                    checked += 1
                }
                for item in corpus["evaluations"]?.list ?? [] {
                    let answer = try await api.send(.post, "/access/v1/evaluations", item["request"])
                    let decisions = answer.body?["evaluations"]?.list?.map { $0["decision"] }
                    #expect(decisions == item["expected"]?.list?.map { $0["decision"] }, "\(item)")
                    checked += 1
                }
            }
            #expect(checked == 68)
        }
    }

    @Test func theThreeSemanticsStopWhereTheyShould() async throws {
        let running = try await Self.start()
        try await running.serve { api in
            func count(_ semantic: AttributeValue) async throws -> Int? {
                let read: AttributeValue = ["action": ["name": "can_read_todos"]]
                let write: AttributeValue = ["action": ["name": "can_create_todo"]]
                let body: AttributeValue = [
                    "subject": ["type": "user", "id": "jerry"], "resource": ["type": "todo", "id": "1"],
                    "evaluations": [write, read, write], "options": ["evaluations_semantic": semantic],
                ]
                return try await api.send(.post, "/access/v1/evaluations", body).body?["evaluations"]?.list?.count
            }
            #expect(try await count("execute_all") == 3)
            #expect(try await count("deny_on_first_deny") == 1)
            #expect(try await count("permit_on_first_permit") == 2)
            let unknown = try await api.send(
                .post, "/access/v1/evaluations",
                ["evaluations": [["action": ["name": "x"]]], "options": ["evaluations_semantic": "guess"]])
            #expect(unknown.status == 400)
        }
    }

    @Test func wrongRequestsAre400AndABadItemOfABatchIsDeniedAlone() async throws {
        let running = try await Self.start()
        try await running.serve { api in
            let whole: [String: AttributeValue] = [
                "subject": ["type": "user", "id": "jerry"], "action": ["name": "can_read_todos"],
                "resource": ["type": "todo", "id": "1"],
            ]
            #expect(try await api.send(.post, "/access/v1/evaluation", .object(whole)).body?["decision"] == true)
            for missing in ["subject", "action", "resource"] {
                var body = whole
                body[missing] = nil
                #expect(try await api.send(.post, "/access/v1/evaluation", .object(body)).status == 400)
            }
            #expect(try await api.send(.post, "/access/v1/evaluation", "text").status == 400)
            let plain = try await api.send(
                .post, "/access/v1/evaluation", .object(whole), headers: [.contentType: "text/plain"])
            #expect(plain.status == 415)
            var batch = whole
            batch["evaluations"] = [["resource": "no object"], .object([:])]
            let answers = try await api.send(.post, "/access/v1/evaluations", .object(batch)).body?["evaluations"]?.list
            #expect(answers?.map { $0["decision"] } == [false, true])
        }
    }

    @Test func aCallerWithoutACredentialOrWithoutTheRightIsRefused() async throws {
        let running = try await Self.start()
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        let idle = try await running.gateway.serviceAccounts.create(name: "idle", description: nil, by: caller)
        let key = try await running.gateway.serviceAccounts.makeKey(
            for: idle.id, name: "k", scopes: nil, lifetime: .days(1), by: caller)
        try await running.serve { api in
            let body: AttributeValue = [
                "subject": ["type": "user", "id": "jerry"], "action": ["name": "can_read_todos"],
                "resource": ["type": "todo", "id": "1"],
            ]
            let nobody = try await api.send(.post, "/access/v1/evaluation", body, token: .some(nil))
            #expect(nobody.status == 401)
            #expect(nobody.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            let forged = try await api.send(
                .post, "/access/v1/evaluation", body, token: "gh_k_" + String(repeating: "A", count: 43))
            #expect(forged.status == 401)
            let powerless = try await api.send(.post, "/access/v1/evaluation", body, token: key.token.reveal())
            #expect(powerless.status == 403)
        }
    }

    @Test func anUnknownOrDisabledSubjectIsDenied() async throws {
        let running = try await Self.start()
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        try await running.serve { api in
            func ask(_ id: AttributeValue) async throws -> AttributeValue? {
                try await api.send(
                    .post, "/access/v1/evaluation",
                    [
                        "subject": ["type": "user", "id": id], "action": ["name": "can_read_todos"],
                        "resource": ["type": "todo", "id": "1"],
                    ]
                ).body
            }
            #expect(try await ask("nobody")?["decision"] == false)
            #expect(try await ask("jerry")?["decision"] == true)
            let jerry = try await running.gateway.people.person(named: "jerry", in: caller.tenant)
            try await running.gateway.people.disable(jerry.id, .administrator, by: caller)
            let after = try await ask("jerry")
            #expect(after?["decision"] == false)
            #expect(after?["context"]?["reason_codes"] == ["subject_disabled"])
        }
    }

    // A device, a group or a spelling of our own words with a person's id was answered as that person.
    @Test func aSubjectOfATypeThatWeHaveNoneOfIsNobody() async throws {
        let running = try await Self.start()
        try await running.serve { api in
            func ask(_ type: String, _ id: String = "jerry") async throws -> AttributeValue? {
                try await api.send(
                    .post, "/access/v1/evaluation",
                    [
                        "subject": ["type": .string(type), "id": .string(id)], "action": ["name": "can_read_todos"],
                        "resource": ["type": "todo", "id": "1"],
                    ]
                ).body
            }
            for type in ["user", "person", "identity"] { #expect(try await ask(type)?["decision"] == true, "\(type)") }
            for type in ["device", "group", "USER", "User", "person ", "service-account", "serviceAccount"] {
                let answer = try await ask(type)
                #expect(answer?["decision"] == false, "\(type)")
                #expect(answer?["context"]?["reason_codes"] == ["unknown_subject"], "\(type)")
            }
            #expect(try await ask("service_account")?["context"]?["reason_codes"] == ["unknown_subject"])
            let account = try await ask("service_account", "tests")
            #expect(account?["context"]?["reason_codes"] != ["unknown_subject"])
            #expect(try await ask("user", "tests")?["context"]?["reason_codes"] == ["unknown_subject"])
        }
    }

    // MARK: Support

    private static func start() async throws -> TestGateway {
        let running = try await TestGateway.open(extra: roles)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        _ = try await running.gateway.policies.put("interop", policies, expecting: nil, by: caller)
        for (login, user) in try corpus("todo/users").object ?? [:] {
            try await add(login, mail: user["email"]?.string, roles: user["roles"]?.list ?? [], running.gateway, caller)
        }
        try await add("jerry", mail: nil, roles: ["viewer"], running.gateway, caller)
        return running
    }

    private static func add(
        _ login: String, mail: String?, roles: [AttributeValue], _ gateway: Gateway, _ caller: Caller
    ) async throws {
        var edit = PersonEdit()
        edit.login = login
        edit.mail = mail
        let person = try await gateway.people.create(edit, by: caller)
        for name in roles.compactMap(\.string) {
            let role = try await gateway.roles.role(named: name, in: caller.tenant)
            _ = try await gateway.roles.assign(role.id, to: .person(person.id), expiresAt: nil, by: caller)
        }
    }

    private static func corpus(_ name: String) throws -> AttributeValue {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Corpus/authzen/\(name).json")
        return try JSONDecoder().decode(AttributeValue.self, from: Data(contentsOf: folder))
    }
}
