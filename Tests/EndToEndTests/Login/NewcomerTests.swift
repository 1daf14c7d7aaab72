import Fixtures
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// Whether a first login makes its person is the provider's setting.
@Suite(
    "People who are in the directory and not yet here", .enabled(if: SlapdServer.isInstalled), .timeLimit(.minutes(2)))
struct NewcomerTests {
    private func signIn(_ person: FixturePerson, _ api: TestAPI) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + "/login")
        try await web.submit("identifier", WatchedDirectory.identifier(person.login, on: web.page))
        try await web.submit("password", ["password": person.password])
        return web
    }

    private func isKnown(_ login: String, _ api: TestAPI) async throws -> Bool {
        try await api.send(.get, "/api/v1/people/\(login)").status == 200
    }

    @Test func withoutCreatePeopleAtLoginOnlyADirectoryJobMakesThem() async throws {
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway(settings: "create_people_at_login: false")
            let alice = try #require(directory.fixture.person("alice"))
            try await running.serve { api in
                let refused = try await signIn(alice, api)
                #expect(!refused.url.hasSuffix("/account") && refused.page.contains("role=\"alert\""))
                #expect(try await !isKnown("alice", api), "a right password makes nobody")
                let run = try await api.send(.post, "/api/v1/sync-runs", ["provider": "corp"])
                #expect(run.body?["state"] == "done", "\(run.text)")
                let admitted = try await signIn(alice, api)
                #expect(admitted.url.hasSuffix("/account") && admitted.status == 200, "\(admitted.page.suffix(400))")
            }
        }
    }

    @Test func withItAFirstLoginMakesThem() async throws {
        try await WatchedDirectory.serving { directory in
            let running = try await directory.gateway(settings: "create_people_at_login: true")
            let alice = try #require(directory.fixture.person("alice"))
            try await running.serve { api in
                #expect(try await !isKnown("alice", api))
                let admitted = try await signIn(alice, api)
                #expect(admitted.url.hasSuffix("/account") && admitted.status == 200, "\(admitted.page.suffix(400))")
                #expect(try await isKnown("alice", api))
            }
        }
    }
}
