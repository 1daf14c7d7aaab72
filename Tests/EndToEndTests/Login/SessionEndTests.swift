import Fixtures
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("A session that was ended opens nothing with the next request")
struct SessionEndTests {
    private static let password = "a long enough local one"

    private func opened(_ logins: String...) async throws -> TestGateway {
        let running = try await TestGateway.open(extra: "providers: [ { id: local, type: local, name: Password } ]")
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        for login in logins {
            var edit = PersonEdit()
            edit.login = login
            edit.displayName = "The person \(login)"
            let made = try await running.gateway.people.create(edit, by: caller)
            let outcome = try await running.gateway.credentials.setPassword(
                SecretText(Self.password), of: made.id, mustChange: false, by: caller)
            #expect(outcome == .changed)
        }
        return running
    }

    private func signedIn(_ login: String, _ api: TestAPI) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + "/login")
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": Self.password])
        try #require(try await isLetIn(web))
        return web
    }

    /// Whether the cookie that the browser holds opens the account page, asked once and not followed.
    private func isLetIn(_ web: WebPerson) async throws -> Bool {
        try await web.request(.get, WebPerson.gateway + "/account")
        if web.status == 200 { return true }
        #expect(web.status == 303)
        #expect(web.location?.contains("/login?return=") == true)
        #expect(!web.page.contains("ada"))
        return false
    }

    /// The ids of a person's live sessions.
    private func sessions(of login: String, _ api: TestAPI) async throws -> [String] {
        let listed = try await api.send(.get, "/api/v1/people/\(login)/sessions")
        #expect(listed.status == 200)
        return (listed.body?["items"]?.list ?? []).compactMap { $0["id"]?.string }
    }

    @Test func aPersonEndsOneOfTheirSessionsAndNobodyElses() async throws {
        let running = try await opened("ada", "bob")
        try await running.serve { api in
            let lost = try await signedIn("ada", api)
            let lostSession = try #require(try await sessions(of: "ada", api).first)
            let kept = try await signedIn("ada", api)
            let bob = try await signedIn("bob", api)
            let bobs = try #require(try await sessions(of: "bob", api).first)

            try await kept.open(WebPerson.gateway + "/account")
            // Somebody else's session has no name here, and neither has one that never was.
            for foreign in [bobs, SessionID.random(at: running.gateway.clock()).description, "x"] {
                try await kept.open(WebPerson.gateway + "/account")
                try await kept.submit("session", ["session": foreign])
                #expect(kept.status == 404, "\(foreign)")
            }
            #expect(try await isLetIn(bob))
            #expect(try await isLetIn(lost))

            try await kept.open(WebPerson.gateway + "/account")
            try await kept.submit("session", ["session": lostSession, "csrf": "forged"])
            #expect(kept.status == 403)
            #expect(try await isLetIn(lost))

            try await kept.open(WebPerson.gateway + "/account")
            try await kept.submit("session", ["session": lostSession])
            #expect(kept.page.contains("The session has ended."))
            #expect(try await !isLetIn(lost))
            #expect(try await isLetIn(kept))
            #expect(try await sessions(of: "ada", api).count == 1)
        }
    }

    @Test func aPersonEndsAllTheirOtherSessionsAtOnce() async throws {
        let running = try await opened("ada", "bob")
        try await running.serve { api in
            let others = [try await signedIn("ada", api), try await signedIn("ada", api)]
            let bob = try await signedIn("bob", api)
            let kept = try await signedIn("ada", api)
            let form = try #require(
                HTMLForm.all(in: kept.page).first { $0.action.hasSuffix("/account/sessions/end-others") })
            let address = WebPerson.gateway + form.action
            try await kept.request(.post, address, body: "csrf=forged")
            #expect(kept.status == 403)
            for other in others { #expect(try await isLetIn(other)) }

            try await kept.request(.post, address, body: "csrf=\(try #require(form.fields["csrf"]))")
            #expect(kept.status == 303 && kept.location?.hasSuffix("/account?done=others") == true)
            for other in others { #expect(try await !isLetIn(other)) }
            #expect(try await isLetIn(kept))
            #expect(try await isLetIn(bob), "nobody else's")
        }
    }

    @Test func anAdministratorEndsASessionAndAllOfAPerson() async throws {
        let running = try await opened("ada", "bob")
        try await running.serve { api in
            let first = try await signedIn("ada", api)
            let id = try #require(try await sessions(of: "ada", api).first)
            let second = try await signedIn("ada", api)
            let bob = try await signedIn("bob", api)
            let path = "/api/v1/sessions/\(id)"
            #expect(try await api.send(.delete, path, token: .some(nil)).status == 401)
            #expect(try await isLetIn(first))
            #expect(try await api.send(.delete, path).status == 204)
            #expect(try await !isLetIn(first))
            #expect(try await isLetIn(second))
            #expect(try await api.send(.delete, path).status == 404)

            let rest = try await api.send(.delete, "/api/v1/people/ada/sessions")
            #expect(rest.body?["ended"] == 1)
            #expect(try await !isLetIn(second))
            #expect(try await isLetIn(bob), "nobody else's")
        }
    }

    @Test func aListOfSessionsSaysWhoseTheyAre() async throws {
        let running = try await opened("ada", "bob")
        try await running.serve { api in
            _ = try await signedIn("ada", api)
            _ = try await signedIn("bob", api)
            for path in ["/api/v1/sessions", "/api/v1/sessions?limit=1", "/api/v1/people/ada/sessions"] {
                let items = try await api.send(.get, path).body?["items"]?.list ?? []
                #expect(!items.isEmpty)
                for item in items {
                    let person = try #require(item["person"]?.string)
                    let holder = try await api.send(.get, "/api/v1/people/\(person)").body
                    #expect(item["login"] != nil && item["login"] == holder?["login"], "\(path)")
                    #expect(item["display_name"] == holder?["display_name"], "\(path)")
                }
            }
            let both = try await api.send(.get, "/api/v1/sessions").body?["items"]?.list ?? []
            #expect(Set(both.compactMap { $0["login"]?.string }) == ["ada", "bob"])
        }
    }
}
