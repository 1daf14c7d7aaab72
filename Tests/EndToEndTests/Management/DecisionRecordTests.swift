import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("The record of decisions is read by those who may")
struct DecisionRecordTests {
    private static func decide(_ api: TestAPI, _ login: String, _ action: String, _ resource: String) async throws
        -> String
    {
        let answer = try await api.send(
            .post, "/api/v1/decide",
            [
                "subject": .string(login), "action": .string(action), "resource_type": "page",
                "resource": .string(resource),
            ])
        return try #require(answer.body?["context"]?["id"]?.string)
    }

    /// A decision is seen once it was flushed.
    private static func wait(_ api: TestAPI, for id: String) async throws -> TestAPI.Answer {
        for _ in 0..<200 {
            let answer = try await api.send(.get, "/api/v1/decisions/\(id)")
            if answer.status == 200 { return answer }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Fault("test.flush", .ourselves, "The decision was not flushed within four seconds.")
    }

    // S3-31, S4-64.
    @Test func decisionsAreFoundByPersonOutcomeResourceAndTime() async throws {
        let running = try await TestGateway.open(
            extra: """
                roles:
                  - { name: Reader, permissions: [ { action: read, type: page, resource: "/a*" } ] }
                """)
        try await running.serve { api in
            for login in ["ada", "bob"] {
                #expect(try await api.send(.post, "/api/v1/people", ["login": .string(login)]).status == 201)
            }
            #expect(
                try await api.send(.post, "/api/v1/assignments", ["person": "ada", "role": "Reader"]).status == 201)
            let permit = try await Self.decide(api, "ada", "read", "/a1")
            let deny = try await Self.decide(api, "ada", "read", "/b")
            let last = try await Self.decide(api, "bob", "write", "/a1")
            let shown = try await Self.wait(api, for: last)
            #expect(shown.body?["outcome"] == "deny")
            #expect(shown.body?["question"]?["action"] == "write")
            // Decisions of one flush stand in no order of their own.
            func ids(_ query: String) async throws -> Set<String> {
                let answer = try await api.send(.get, "/api/v1/decisions?resource_type=page&\(query)")
                return Set(answer.body?["items"]?.list?.compactMap { $0["id"]?.string } ?? [])
            }
            for id in [permit, deny] { _ = try await Self.wait(api, for: id) }
            #expect(try await ids("person=ada") == [deny, permit])
            #expect(try await ids("person=ada&outcome=permit") == [permit])
            #expect(try await ids("resource=/a1") == [last, permit])
            #expect(try await ids("action=write") == [last])
            #expect(try await ids("to=2001-01-01T00:00:00Z") == [])
            #expect(try await ids("from=2001-01-01T00:00:00Z") == [last, deny, permit])
            let first = try await api.send(.get, "/api/v1/decisions?resource_type=page&limit=2")
            let begin = Set(first.body?["items"]?.list?.compactMap { $0["id"]?.string } ?? [])
            #expect(begin.count == 2)
            let next = try #require(first.body?["next"]?.string)
            #expect(try await ids("limit=2&cursor=\(next)").union(begin) == [last, deny, permit])
            #expect(try await api.send(.get, "/api/v1/decisions?cursor=\(next)").status == 400)
            #expect(try await api.send(.get, "/api/v1/decisions/\(PersonID.random(at: .epoch))").status == 404)
            try await Self.names(whatDecided: shown.body, api)
        }
    }

    /// Answers that were given before any rule was looked at stand in the record like every other.
    /// What a reader needs to see the same decision again: of whom, by which version of everything.
    private static func names(whatDecided record: AttributeValue?, _ api: TestAPI) async throws {
        let record = try #require(record)
        #expect((record["subject_version"]?.integer ?? 0) >= 1)
        for name in ["policy_digest", "role_digest", "mapping_digest", "configuration_digest"] {
            let digest = try #require(record[name]?.string, "\(name)")
            #expect(digest.count == 64 && digest.allSatisfy(\.isHexDigit), "\(name) \(digest)")
        }
        let roles = record["role_digest"]?.string
        #expect(roles != record["policy_digest"]?.string && record["time_zones"] == "none")
        // The configuration is the one that the journal says was put in force.
        let events = try await api.send(.get, "/api/v1/audit/events?type=configuration.applied").body?["items"]?.list
        #expect(try #require(events?.last)["facts"]?["digest"] == record["configuration_digest"])
        // Another role is another graph.
        #expect(try await api.send(.post, "/api/v1/roles", ["name": "Another"]).status == 201)
        let later = try await decide(api, "bob", "write", "/a1")
        let after = try await wait(api, for: later).body
        #expect(after?["role_digest"]?.string != roles && after?["policy_digest"] == record["policy_digest"])
    }

    @Test func aNoAboutNobodyAndAboutSomebodyDisabledAreRecorded() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let made = try await api.send(.post, "/api/v1/people", ["login": "ada"])
            let person = try #require(made.body?["id"]?.string)
            #expect(try await api.send(.post, "/api/v1/people/\(person)/disable").status == 204)
            let disabled = try await Self.decide(api, "ada", "read", "/desk")
            // People type passwords where names belong: what nobody is called is not kept as it was sent.
            let unknown = try await Self.decide(api, "hunter2-by-mistake", "read", "/desk")
            for (id, reason, version) in [(disabled, "subject_disabled", person), (unknown, "unknown_subject", nil)] {
                let shown = try await Self.wait(api, for: id)
                #expect(shown.body?["outcome"] == "deny", "\(shown.text)")
                #expect(shown.body?["reason"] == .string(reason), "\(shown.text)")
                #expect(shown.text.contains(version ?? reason))
                #expect(!shown.text.contains("hunter2"))
            }
            let about = try await api.send(.get, "/api/v1/decisions?person=\(person)&outcome=deny")
            #expect(about.body?["items"]?.list?.compactMap { $0["id"]?.string } == [disabled])
        }
    }

    @Test func theRecordIsForThePrivilegedAndForgetsTheErased() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let made = try await api.send(.post, "/api/v1/people", ["login": "ada"])
            let person = try #require(made.body?["id"]?.string)
            let id = try await Self.decide(api, "ada", "read", "/secret-of-ada")
            #expect(try await Self.wait(api, for: id).text.contains("/secret-of-ada"))
            let keys = "/api/v1/service-accounts/tests/keys"
            let narrow = try await api.send(.post, keys, ["name": "narrow", "scopes": ["decision:evaluate"]])
            let token = try #require(narrow.body?["token"]?.string)
            #expect(try await api.send(.get, "/api/v1/decisions", token: token).status == 403)
            #expect(try await api.send(.get, "/api/v1/decisions/\(id)", token: token).status == 403)
            #expect(try await api.send(.delete, "/api/v1/people/\(person)").status == 204)
            let erased = try await api.send(.get, "/api/v1/decisions/\(id)")
            #expect(erased.body?["withheld"] == "unreadable")
            #expect(!erased.text.contains("/secret-of-ada"))
            let about = try await api.send(.get, "/api/v1/decisions?person=\(person)")
            #expect(about.body?["items"]?.list?.count == 1)
        }
    }
}
