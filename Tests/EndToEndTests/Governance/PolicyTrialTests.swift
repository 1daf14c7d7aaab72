import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// What was asked before, asked again of other rules, over HTTP.
@Suite("Policy trials over HTTP")
struct PolicyTrialTests {
    private static let base = "/api/v1/governance/trials"

    /// Begins a trial and waits for its end.
    private static func run(
        _ api: TestAPI, _ body: AttributeValue, path: String = base, token: String?? = .none
    ) async throws -> AttributeValue {
        let begun = try await api.send(.post, path, body, token: token)
        #expect(begun.status == 202, "\(begun.text)")
        let id = try #require(begun.body?["id"]?.string)
        for _ in 0..<600 {
            let trial = try await api.send(.get, path + "/" + id, token: token).body ?? .null
            if trial["state"] != "running" { return trial }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the trial did not end")
        return .null
    }

    private static func person(_ api: TestAPI, _ login: String, path: String = "/api/v1/", token: String?? = .none)
        async throws -> String
    {
        let made = try await api.send(.post, path + "people", ["login": .string(login)], token: token)
        let id = try #require(made.body?["id"]?.string, "\(made.text)")
        let grant: AttributeValue = ["person": .string(id), "role": "Clerk"]
        #expect(try await api.send(.post, path + "assignments", grant, token: token).status == 201)
        return id
    }

    private static func decide(
        _ api: TestAPI, _ who: String, _ action: String, _ resource: String, context: AttributeValue = [:],
        path: String = "/api/v1/", token: String?? = .none
    ) async throws {
        let question: AttributeValue = [
            "subject": .string(who), "action": .string(action), "resource_type": "file",
            "resource": .string(resource), "context": context,
        ]
        #expect(try await api.send(.post, path + "decide", question, token: token).status == 200)
    }

    /// Waits until so many decisions about files are recorded.
    private static func recorded(_ api: TestAPI, _ count: Int, path: String = "/api/v1/", token: String?? = .none)
        async throws
    {
        for _ in 0..<200 {
            let page = try await api.send(.get, path + "decisions?resource_type=file&limit=200", token: token)
            if page.body?["items"]?.list?.count ?? 0 >= count { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        Issue.record("the decisions were not recorded")
    }

    private static let draft: AttributeValue = [
        "document": [
            "name": "Archives",
            "rules": [
                [
                    "id": "archives", "effect": "deny", "actions": ["write"],
                    "resources": ["types": ["file"], "ids": ["archive/*"]],
                ],
                ["id": "guests", "effect": "allow", "actions": ["read"], "resources": ["types": ["page"]]],
            ],
        ]
    ]

    private static let period: [String: AttributeValue] = [
        "kind": "backtest", "from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z",
    ]
    private static let clock: @Sendable () -> Timestamp = { Timestamp(rfc3339: "2026-11-16T09:00:00Z") ?? .epoch }

    private static func body(_ more: [String: AttributeValue]) -> AttributeValue {
        .object(period.merging(more) { $1 })
    }

    @Test(
        "S3-47 S3-48 S4-47 a draft is replayed over recorded decisions: each flip by person and resource, with totals, and nothing is written"
    )
    func backtest() async throws {
        try await TestGateway.open(extra: PolicyWorkbenchAPITests.files, clock: Self.clock).serve { api in
            let (ada, bob) = (try await Self.person(api, "ada"), try await Self.person(api, "bob"))
            for (who, action, resource) in [
                ("ada", "write", "archive/1"), ("ada", "write", "desk/1"), ("bob", "write", "archive/1"),
                ("bob", "write", "archive/2"), ("bob", "read", "archive/1"),
            ] { try await Self.decide(api, who, action, resource) }
            try await Self.recorded(api, 5)
            let trial = try await Self.run(api, Self.body(["candidate": Self.draft]))
            #expect(trial["state"] == "done" && trial["progress"]?.integer == 1, "\(trial)")
            let result = trial["result"] ?? .null
            #expect(result["flips"] == 3 && result["partial"] == false, "\(result)")
            let people = result["by_subject"]?.list ?? []
            #expect(people.map { $0["subject"]?.string } == [bob, ada])
            #expect(people.map { $0["losses"]?.integer } == [2, 1])
            let resources = result["by_resource"]?.list ?? []
            #expect(resources.map { $0["resource"]?.string } == ["archive/1", "archive/2"])
            #expect(resources.map { $0["losses"]?.integer } == [2, 1])
            let id = trial["id"]?.string ?? ""
            let flips = try await api.send(.get, Self.base + "/\(id)/flips?limit=2")
            #expect(flips.body?["items"]?.list?.map { $0["change"] } == ["loss", "loss"])
            let next = try #require(flips.body?["next"]?.string)
            let rest = try await api.send(.get, Self.base + "/\(id)/flips?limit=2&cursor=\(next)")
            #expect(rest.body?["items"]?.list?.count == 1 && rest.body?["next"] == nil)
            let flip = rest.body?["items"]?.list?.first
            #expect(flip?["after"]?["reason"] == "denied_by_rule" && flip?["before"]?["outcome"] == "allowed")
            // The decision that it names is the recorded one.
            let record = try await api.send(.get, "/api/v1/decisions/\(flip?["decision"]?.string ?? "")")
            #expect(record.status == 200 && record.body?["outcome"] == "permit", "\(record.text)")
            let (asked, resource) = (record.body?["question"], flip?["resource"])
            #expect(asked?["action"] == "write" && resource != nil && asked?["resource"] == resource, "\(record.text)")
            let same = try await Self.run(api, Self.body([:]))
            #expect(same["result"]?["flips"] == 0 && same["result"]?["drifted"] == 0, "\(same)")
            #expect(try await api.send(.get, "/api/v1/governance/policies").body?["items"] == [])
        }
    }

    @Test("S3-47 what the draft reads and the record does not have is not guessed: it is left out, named and counted")
    func notRecorded() async throws {
        try await TestGateway.open(extra: PolicyWorkbenchAPITests.files, clock: Self.clock).serve { api in
            _ = try await Self.person(api, "ada")
            let gone = try await Self.person(api, "gone")
            try await Self.decide(api, "ada", "write", "desk/1", context: ["network": "home"])
            try await Self.decide(api, "gone", "write", "desk/1")
            try await Self.decide(api, "nobody-of-this-name", "write", "desk/1")
            let network: AttributeValue = [
                "name": "Networks",
                "rules": [
                    [
                        "id": "home", "effect": "deny", "actions": ["write"], "resources": ["types": ["file"]],
                        "when": ["equals": ["context.network": "home"]],
                    ]
                ],
            ]
            try await Self.recorded(api, 2)
            #expect(try await api.send(.delete, "/api/v1/people/\(gone)").status == 204)
            let trial = try await Self.run(api, Self.body(["candidate": ["document": network]]))
            let result = trial["result"] ?? .null
            #expect(result["flips"] == 0 && result["skipped"]?["input_not_recorded"] == 1, "\(result)")
            #expect(result["not_recorded"] == [["attribute": "context.network", "count": 1]])
            // Whoever is erased cannot be asked for again: what they did is sealed under a key that is gone.
            #expect(
                result["skipped"]?["unreadable"] == 1 || result["skipped"]?["subject_gone"]?.integer ?? 0 >= 2,
                "\(result)")
            // Once a rule in force reads it, it is recorded, and the next draft can be replayed.
            try await api.enforce(
                rule: [
                    "id": "vpn", "effect": "deny", "actions": ["write"], "resources": ["types": ["file"]],
                    "when": ["equals": ["context.network": "vpn"]],
                ], 3)
            try await Self.decide(api, "ada", "write", "desk/2", context: ["network": "home"])
            for _ in 0..<100 {
                let next = try await Self.run(api, Self.body(["candidate": ["document": network]]))
                guard next["result"]?["flips"] == 1 else {
                    try await Task.sleep(for: .milliseconds(25))
                    continue
                }
                #expect(next["result"]?["by_resource"]?.list?.first?["resource"] == "desk/2")
                return
            }
            Issue.record("the recorded network was not replayed")
        }
    }

    @Test("S3-49 two versions are held against each other over what was asked")
    func versions() async throws {
        try await TestGateway.open(extra: PolicyWorkbenchAPITests.files, clock: Self.clock).serve { api in
            _ = try await Self.person(api, "ada")
            try await Self.decide(api, "ada", "write", "archive/1")
            try await Self.decide(api, "ada", "read", "archive/1")
            try await Self.recorded(api, 2)
            let made = try await api.send(
                .post, "/api/v1/governance/imports", ["document": Self.draft["document"] ?? .null])
            let id = try #require(made.body?["policies"]?.list?.first?["id"])
            let rule =
                try await api.send(.get, "/api/v1/governance/policies/\(id.string ?? "")").body?["rules"]?.list?.first?[
                    "id"] ?? .null
            try await api.govern(
                "update_rule",
                [
                    "policy_id": id, "rule_id": rule,
                    "rule": [
                        "id": "archives", "effect": "deny", "actions": ["read"], "resources": ["types": ["file"]],
                    ],
                ])
            let trial = try await Self.run(
                api, Self.body(["candidate": ["policy_id": id], "against": ["policy_id": id, "version": 3]]))
            #expect(trial["result"]?["flips"] == 2, "\(trial)")
            // What the administrator did meanwhile is recorded too, and answered by both as it was.
            let changed = (trial["result"]?["totals"]?.list ?? []).filter { $0["before"] != $0["after"] }
            #expect(
                Set(changed) == [
                    ["before": "denied", "after": "allowed", "count": 1],
                    ["before": "allowed", "after": "denied", "count": 1],
                ], "\(trial)")
            #expect(trial["result"]?["by_subject"]?.list?.first?["gains"] == 1)
            #expect(trial["result"]?["by_subject"]?.list?.first?["losses"] == 1)
        }
    }

    @Test("S3-48 an impact asks a few questions for everybody: who would lose and who would gain")
    func impact() async throws {
        try await TestGateway.open(extra: PolicyWorkbenchAPITests.files, clock: Self.clock).serve { api in
            let ada = try await Self.person(api, "ada")
            #expect(try await api.send(.post, "/api/v1/people", ["login": "bob"]).status == 201)
            let body: AttributeValue = [
                "kind": "impact", "candidate": Self.draft,
                "questions": [
                    ["action": "write", "resource": ["type": "file", "id": "archive/1"]],
                    ["action": "read", "resource": ["type": "page", "id": "start"]],
                ],
            ]
            let trial = try await Self.run(api, body)
            let people = trial["result"]?["by_subject"]?.list?.filter { $0["subject_type"] == "person" } ?? []
            #expect(people.count == 2, "\(trial)")
            #expect(people.first { $0["subject"]?.string == ada }?["losses"] == 1)
            #expect(people.first { $0["subject"]?.string == ada }?["gains"] == 1)
            #expect(people.first { $0["subject"]?.string != ada }?["gains"] == 1)
            let many = AttributeValue.list(Array(repeating: ["action": "x", "resource": ["type": "y"]], count: 101))
            #expect(try await api.send(.post, Self.base, ["kind": "impact", "questions": many]).status == 400)
        }
    }

    @Test("a trial crosses no tenant: neither what was asked there nor what was found")
    func tenants() async throws {
        let running = try await TestGateway.open(
            tenants: ["default", "other"], extra: PolicyWorkbenchAPITests.files, clock: Self.clock)
        let there = try await TestGateway.administrator(of: running.gateway, tenant: "other", named: "there")
        try await running.serve { api in
            _ = try await Self.person(api, "ada")
            try await Self.decide(api, "ada", "write", "archive/1")
            try await Self.recorded(api, 1)
            let path = "/t/other/api/v1/governance/trials"
            let foreign = try await Self.run(api, Self.body(["candidate": Self.draft]), path: path, token: there)
            #expect(
                foreign["result"]?["questions"]?.integer ?? 0 == 0 || foreign["result"]?["flips"] == 0, "\(foreign)")
            #expect(foreign["result"]?["by_resource"] == [])
            let own = try await Self.run(api, Self.body(["candidate": Self.draft]))
            let id = own["id"]?.string ?? ""
            #expect(own["result"]?["flips"] == 1)
            #expect(try await api.send(.get, path + "/" + id, token: there).status == 404)
            #expect(try await api.send(.get, path + "/" + id + "/flips", token: there).status == 404)
            #expect(try await api.send(.post, path + "/" + id + "/cancel", token: there).status == 404)
            #expect(try await api.send(.get, Self.base, token: there).status == 401)
            // A policy of another tenant is none here, whatever its id.
            let made = try await api.send(
                .post, "/api/v1/governance/imports", ["document": Self.draft["document"] ?? .null])
            let policy = made.body?["policies"]?.list?.first?["id"] ?? .null
            let refused = try await api.send(.post, path, Self.body(["candidate": ["policy_id": policy]]), token: there)
            #expect(refused.status == 404)
        }
    }

    @Test("a time that is empty or too long, a trial past those under way, and one that nobody began are refused")
    func limits() async throws {
        try await TestGateway.open(clock: Self.clock).serve { api in
            for (from, to) in [
                ("2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z"), ("2025-01-01T00:00:00Z", "2026-02-06T00:00:01Z"),
            ] {
                let body: AttributeValue = ["kind": "backtest", "from": .string(from), "to": .string(to)]
                #expect(try await api.send(.post, Self.base, body).status == 400)
            }
            #expect(try await api.send(.post, Self.base, ["kind": "backtest"]).status == 400)
            #expect(try await api.send(.post, Self.base, ["kind": "impact"]).status == 400)
            #expect(try await api.send(.get, Self.base + "/00000000-0000-7000-8000-000000000001").status == 404)
            let two = try await Self.run(api, Self.body(["limit": 1]))
            #expect(two["state"] == "done")
            let id = two["id"]?.string ?? ""
            #expect(
                try await api.send(.post, Self.base + "/\(id)/cancel").body?["state"] == "done", "what has ended stays")
        }
    }
}
