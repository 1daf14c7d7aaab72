import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// Policies written, judged and tried over HTTP before they are in force.
@Suite("The policy workbench over HTTP")
struct PolicyWorkbenchAPITests {
    static let base = "/api/v1/governance/"
    static let files = """
        roles:
          - { name: Clerk, permissions: [{ action: evaluate, type: decision }, { action: reserve, type: decision }, { action: "*", type: file }] }
          - { name: Editor, permissions: [{ action: update, type: governance }, { action: read, type: governance }] }
          - { name: Guest, permissions: [{ action: read, type: governance }, { action: evaluate, type: decision }] }
        """
    static let deny: AttributeValue = [
        "name": "No writing to archives",
        "rules": [
            [
                "id": "archives", "effect": "deny", "actions": ["write"],
                "resources": ["types": ["file"], "ids": ["archive/*"]],
            ]
        ],
    ]

    private static func post(
        _ api: TestAPI, _ path: String, _ body: AttributeValue, token: String?? = .none
    ) async throws -> TestAPI.Answer {
        try await api.send(.post, base + path, body, token: token)
    }

    @Test(
        "S3-33 S4-45 a governed policy is made, read, changed, ruled, listed and ended, and every version can be asked for"
    )
    func management() async throws {
        try await TestGateway.open().serve { api in
            let id: AttributeValue = "00000000-0000-7000-8000-0000000000c1"
            let path = Self.base + "policies/" + (id.string ?? "")
            #expect(try await api.send(.get, path).status == 404)
            try await api.govern(
                "create",
                [
                    "policy_id": id, "name": "Files", "policy_type": "security", "enforcement": "mandatory",
                    "scope": "organization",
                ])
            try await api.govern("update", ["policy_id": id, "name": "Files of all", "reason": "It was too short."])
            // Of files alone: a rule about everything would keep its own administrator out.
            func rule(_ action: String) -> AttributeValue {
                [
                    "id": "r", "effect": "deny", "actions": [.string(action)],
                    "resources": ["types": ["file"]],
                ]
            }
            try await api.govern("add_rule", ["policy_id": id, "rule_id": id, "rule": rule("write")])
            try await api.govern("update_rule", ["policy_id": id, "rule_id": id, "rule": rule("read")])
            let shown = try await api.send(.get, path)
            #expect(shown.body?["name"] == "Files of all" && shown.body?["state"] == "draft")
            #expect(shown.body?["rules"]?.list?.first?["rule"]?["actions"] == ["read"])
            let history = try await api.send(.get, path + "/history").body?["items"]?.list ?? []
            #expect(
                history.map { $0["event"]?.string } == [
                    "PolicyCreated", "PolicyUpdated", "PolicyRuleAdded", "PolicyRuleUpdated",
                ])
            // Two versions of one policy, held against each other (A/B).
            let question: AttributeValue = [
                "subject": ["roles": ["Admin"]], "action": "write", "resource": ["type": "file"],
            ]
            let compared = try await Self.post(
                api, "simulate",
                ["candidate": ["policy_id": id, "version": 3], "against": ["policy_id": id], "questions": [question]])
            #expect(compared.status == 200, "\(compared.text)")
            let answer = compared.body?["answers"]?.list?.first
            #expect(answer?["before"]?["outcome"] == "allowed" && answer?["after"]?["outcome"] == "denied")
            try await api.govern("approve", ["policy_id": id])
            try await api.govern("activate", ["policy_id": id])
            #expect(try await api.send(.get, Self.base + "policies?state=active").body?["items"]?.list?.count == 1)
            try await api.govern("revoke", ["policy_id": id])
            try await api.govern("archive", ["policy_id": id])
            #expect(try await api.send(.get, path).body?["state"] == "archived")
            let gone = try await Self.post(
                api, "simulate", ["candidate": ["policy_id": id, "version": 99], "questions": [question]])
            #expect(gone.status == 404)
        }
    }

    @Test("S3-34 a document is judged as it is typed: the line, what is wrong and what was probably meant")
    func review() async throws {
        try await TestGateway.open(extra: Self.files).serve { api in
            let typed = """
                name: Files
                rules:
                  - id: a
                    effect: allow
                    subjects: { roles: [Clrek] }
                    actions: [read]
                    resources: { types: [file] }
                """
            let warned = try await Self.post(api, "review", ["text": .string(typed)])
            #expect(warned.body?["usable"] == true && warned.body?["style"] == "governed")
            let finding = warned.body?["findings"]?.list?.first
            #expect(finding?["code"] == "unknown_role" && finding?["line"] == 5)
            #expect(finding?["remedy"]?.string?.contains("`Clerk`") == true)
            let broken = try await Self.post(
                api, "review", ["text": .string(typed.replacingOccurrences(of: "allow", with: "alow"))])
            #expect(broken.body?["usable"] == false)
            #expect(broken.body?["findings"]?.list?.first?["line"] == 4)
            for (text, line) in [("name: [", 1), ("a: 1\na: 2", 2), ("- \"", 1)] {
                let torn = try await Self.post(api, "review", ["text": .string(text)])
                #expect(torn.body?["findings"]?.list?.first?["code"] == "not_yaml", "\(torn.text)")
                #expect((torn.body?["findings"]?.list?.first?["line"]?.integer ?? 99) <= Int64(line) + 1)
            }
            let seed = try GovernedStage.corpus("seed-004")["policies"]?.list?.first ?? .null
            let json = String(decoding: try JSONEncoder().encode(seed), as: UTF8.self)
            let condition = try await Self.post(api, "review", ["text": .string(json)])
            #expect(condition.body?["style"] == "condition" && condition.body?["usable"] == true, "\(condition.text)")
            #expect(try await api.send(.get, Self.base + "policies").body?["items"] == [])
        }
    }

    @Test("S3-35 S3-46 S4-47 a simulation answers for a draft, before and after, and leaves no trace")
    func simulation() async throws {
        let running = try await TestGateway.open(extra: Self.files)
        let editor = try await GovernedStage.key(running.gateway, "editor", roles: ["Editor"])
        try await running.serve { api in
            let questions: AttributeValue = [
                ["subject": ["roles": ["Clerk"]], "action": "write", "resource": ["type": "file", "id": "archive/1"]],
                ["subject": ["roles": ["Clerk"]], "action": "write", "resource": ["type": "file", "id": "desk/1"]],
                ["action": "write", "resource": ["type": "file", "id": "desk/1"]],
            ]
            let position = try await api.send(.get, "/api/v1/audit/events?limit=1").body
            let body: AttributeValue = ["candidate": ["document": Self.deny], "questions": questions]
            let answer = try await Self.post(api, "simulate", body, token: editor)
            #expect(answer.status == 200 && answer.body?["flips"] == 1, "\(answer.text)")
            let outcomes = (answer.body?["answers"]?.list ?? []).map {
                [$0["before"]?["outcome"]?.string, $0["after"]?["outcome"]?.string]
            }
            #expect(outcomes == [["allowed", "denied"], ["allowed", "allowed"], ["denied", "denied"]])
            #expect(try await api.send(.get, "/api/v1/audit/events?limit=1").body == position)
            #expect(
                try await api.send(.get, "/api/v1/decisions").body?["items"]?.list?.contains { $0["action"] == "write" }
                    == false)
            let unknown: AttributeValue = [
                "questions": [["subject": ["roles": ["Nobody"]], "action": "x", "resource": ["type": "y"]]]
            ]
            #expect(try await Self.post(api, "simulate", unknown, token: editor).status == 400)
            let many = AttributeValue.list(Array(repeating: ["action": "x"], count: 1_001))
            #expect(try await Self.post(api, "simulate", ["questions": many]).status == 400)
        }
    }

    @Test(
        "a simulator needs the right to edit, and the right to ask about people and to read decisions where it names them"
    )
    func rights() async throws {
        let running = try await TestGateway.open(extra: Self.files)
        let guest = try await GovernedStage.key(running.gateway, "guest", roles: ["Guest"])
        let editor = try await GovernedStage.key(running.gateway, "editor", roles: ["Editor"])
        try await running.serve { api in
            let made = try await api.send(.post, "/api/v1/people", ["login": "ada"])
            #expect(made.status == 201)
            let question: AttributeValue = ["action": "x", "resource": ["type": "y"]]
            let refused: [(String, AttributeValue)] = [
                ("simulate", ["questions": [question]]), ("review", ["text": "a: 1"]), ("analyze", [:]),
                ("test", ["document": Self.deny]), ("trials", ["kind": "impact", "questions": [question]]),
                ("imports", ["document": Self.deny]),
            ]
            for (path, body) in refused {
                #expect(try await Self.post(api, path, body, token: guest).status == 403, "\(path)")
                #expect(try await Self.post(api, path, body, token: .some(nil)).status == 401, "\(path)")
            }
            #expect(try await api.send(.put, Self.base + "templates/x", Self.deny, token: guest).status == 403)
            let named: AttributeValue = ["questions": [["person": "ada", "action": "x", "resource": ["type": "y"]]]]
            #expect(try await Self.post(api, "simulate", named, token: editor).status == 403)
            #expect(try await Self.post(api, "simulate", named).status == 200)
            let past: AttributeValue = [
                "kind": "backtest", "from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z",
            ]
            #expect(try await Self.post(api, "trials", past, token: editor).status == 403)
            #expect(try await api.send(.get, Self.base + "trials", token: editor).status == 403)
            #expect(try await Self.post(api, "exports", ["include_people": true], token: guest).status == 403)
        }
    }

    @Test("S3-36 the gateway's templates all make policies, and a tenant saves its own, fills it and retires it")
    func templates() async throws {
        try await TestGateway.open().serve { api in
            let list = try await api.send(.get, Self.base + "templates").body?["items"]?.list ?? []
            #expect(
                list.compactMap { $0["template"]?.string } == [
                    "alert-action", "change-freeze", "known-networks", "no-secrets", "office-hours", "password-length",
                    "production-approval", "second-factor",
                ])
            let values: [String: AttributeValue] = [
                "alert-action": [
                    "kpi": "margin", "action": "pricing.adjust", "percent_warn": 1, "percent_crit": 3,
                    "daily_percent": 3,
                    "weekly_percent": 7,
                ],
                "change-freeze": ["types": ["service"]], "known-networks": ["actions": ["read"], "types": ["file"]],
                "office-hours": ["roles": ["Operator"], "actions": ["deploy"], "types": ["service"]],
                "second-factor": ["actions": ["approve"], "types": ["payment"]],
            ]
            for template in list {
                let name = template["template"]?.string ?? ""
                let made = try await Self.post(api, "templates/\(name)/draft", ["values": values[name] ?? [:]])
                #expect(made.status == 200, "\(name): \(made.text)")
                let drafted = try await Self.post(api, "imports", ["document": made.body?["document"] ?? .null])
                #expect(drafted.status == 201, "\(name): \(drafted.text)")
            }
            let own: AttributeValue = [
                "template": "no-secrets", "name": "Ours",
                "parameters": [["name": "word", "type": "text", "example": "x"]],
                "policy": [
                    "name": "Ours",
                    "rules": [["id": "a", "effect": "deny", "when": ["equals": ["context.w": ["parameter": "word"]]]]],
                ],
            ]
            let path = Self.base + "templates/no-secrets"
            let saved = try await api.send(.put, path, own)
            #expect(
                saved.status == 200 && saved.body?["built_in"] == false && saved.headers[.eTag] == "\"v1\"",
                "\(saved.text)")
            #expect(
                try await api.send(.get, path).body?["name"] == "Ours", "one's own takes the place of the gateway's")
            #expect(try await api.send(.put, path, own, headers: [.ifMatch: "\"v7\""]).status == 412)
            #expect(try await api.send(.put, Self.base + "templates/other", own).status == 400)
            #expect(try await api.send(.delete, path).status == 204)
            #expect(try await api.send(.get, path).body?["built_in"] == true)
            #expect(try await api.send(.delete, path).status == 404, "what comes with the gateway stays")
            #expect(
                try await Self.post(api, "templates/password-length/draft", ["values": ["length": 7]]).status == 400)
        }
    }

    @Test("S3-37 what is exported is imported elsewhere as it was, with its cases, and without anybody's name")
    func transfer() async throws {
        let from = try await TestGateway.open(tenants: ["default", "other"])
        let there = try await TestGateway.administrator(of: from.gateway, tenant: "other", named: "there")
        try await from.serve { api in
            #expect(
                try await api.send(.post, "/api/v1/people", ["login": "ada", "mail": "ada@example.org"]).status == 201)
            let alerts = try GovernedStage.corpus("seed-003")["policy"] ?? .null
            let id = try await api.enforce(alerts, name: "Alerts")
            let cases: AttributeValue = [
                "cases": [["name": "nobody", "action": "x", "resource": ["type": "y"], "expect": "deny"]]
            ]
            #expect(try await api.send(.put, Self.base + "policies/\(id.string ?? "")/cases", cases).status == 200)
            for (number, rule) in [
                ["id": "a", "effect": "allow", "subjects": ["users": ["ada"]]],
                [
                    "id": "b", "effect": "deny", "resources": ["types": ["file"]],
                    "when": ["equals": ["subject.mail": "ADA@example.org"]],
                ],
            ].enumerated() as EnumeratedSequence<[AttributeValue]> {
                try await api.enforce(rule: rule, number + 1)
            }
            let exported = try await Self.post(api, "exports", [:])
            #expect(exported.status == 200, "\(exported.text)")
            let document = exported.body?["document"] ?? .null
            let left = exported.body?["left_out"]?.list ?? []
            #expect(
                left.count == 2 && left.first?["names_people_at"] == ["rules[0].subjects.users[0]"], "\(exported.text)")
            let text = String(decoding: try JSONEncoder().encode(document), as: UTF8.self)
            for secret in ["ada", "ADA@", "service_account:", id.string ?? "-", "created_by"] {
                #expect(!text.contains(secret), "\(secret)")
            }
            #expect(try await Self.post(api, "exports", ["include_people": true]).body?["left_out"] == [])
            let path = "/t/other/api/v1/governance/"
            let imported = try await api.send(.post, path + "imports", ["document": document], token: there)
            #expect(imported.status == 201 && imported.body?["policies"]?.list?.count == 1, "\(imported.text)")
            let made = imported.body?["policies"]?.list?.first?["id"]?.string ?? ""
            let shown = try await api.send(.get, path + "policies/\(made)", token: there).body
            #expect(shown?["state"] == "draft" && shown?["timezone"] == "Europe/Berlin")
            let again = try await api.send(.post, path + "exports", [:], token: there)
            #expect(again.body?["document"] == document, "the round trip is the same document")
            var torn = document.object ?? [:]
            torn["governed_policies"] = [
                document["governed_policies"]?.list?.first ?? .null, ["name": "x", "rules": [["id": "a"]]],
            ]
            let refused = try await api.send(.post, path + "imports", ["document": .object(torn)], token: there)
            #expect(refused.status == 400 && refused.text.contains("governed_policies[1].rules[0].effect"))
            #expect(
                try await api.send(.get, path + "policies", token: there).body?["items"]?.list?.count == 1,
                "all or none")
        }
    }

    @Test("cases beside a policy are run when it is activated: while one fails it is not")
    func cases() async throws {
        try await TestGateway.open(extra: Self.files).serve { api in
            let drafted = try await Self.post(api, "imports", ["document": Self.deny])
            let id = drafted.body?["policies"]?.list?.first?["id"] ?? .null
            let path = Self.base + "policies/\(id.string ?? "")/cases"
            func put(_ expected: AttributeValue) async throws {
                let cases: AttributeValue = [
                    [
                        "name": "desk", "action": "write", "subject": ["roles": ["Clerk"]],
                        "resource": ["type": "file", "id": "archive/1"], "expect": expected,
                    ]
                ]
                #expect(try await api.send(.put, path, ["cases": cases]).status == 200)
            }
            try await put("permit")
            let run = try await api.send(.post, path + "/run")
            #expect(run.body?["passed"] == false)
            #expect(run.body?["cases"]?.list?.first?["failure"] == "expected permit, got deny")
            try await api.govern("approve", ["policy_id": id])
            let refused = try await Self.post(api, "commands/activate", ["policy_id": id])
            #expect(
                refused.status == 400 && refused.text.contains("desk: expected permit, got deny"), "\(refused.text)")
            try await put("deny")
            #expect(try await api.send(.get, path).headers[.eTag] == "\"v2\"")
            try await api.govern("activate", ["policy_id": id])
            #expect(try await api.send(.put, path, ["cases": [["expect": "deny", "code": "1"]]]).status == 400)
        }
    }

    @Test("rules that never fire or are shadowed are found in what is in force and in a draft, each with a request")
    func analysis() async throws {
        try await TestGateway.open(extra: Self.files).serve { api in
            try await api.enforce(rule: ["id": "wide", "effect": "allow"], 1)
            let now = try await Self.post(api, "analyze", [:])
            #expect(now.body?["findings"]?.list?.map { $0["kind"] } == ["over_broad"], "\(now.text)")
            let draft: AttributeValue = ["document": ["name": "x", "rules": [["id": "closed", "effect": "deny"]]]]
            let after = try await Self.post(api, "analyze", ["candidate": draft])
            let shadowed = after.body?["findings"]?.list?.first { $0["kind"] == "shadowed" }
            #expect(
                shadowed?["rule"]?.string?.hasSuffix("/wide") == true
                    && shadowed?["other"]?.string?.hasSuffix("/closed") == true)
            let witness = try #require(shadowed?["witness"])
            let asked = try await Self.post(api, "simulate", ["candidate": draft, "questions": [witness]])
            #expect(asked.body?["answers"]?.list?.first?["after"]?["outcome"] == "denied", "\(asked.text)")
        }
    }
}
