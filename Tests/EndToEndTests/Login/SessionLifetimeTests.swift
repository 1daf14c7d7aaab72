import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// What `sessions` says in the configuration is when a session ends.
@Suite("Sessions end when the configuration says")
struct SessionLifetimeTests {
    private static let password = "a long enough local one"
    private static let application = "https://wiki.example.org/"

    private static let extra = """
        sessions: { idle: 10m, absolute: 35m, application_idle: 5m }
        providers: [ { id: local, type: local, name: Password } ]
        roles:
          - { name: Reader, permissions: [ { action: read, type: page } ] }
        applications:
          - id: wiki
            name: Wiki
            host: wiki.example.org
            public_url: https://wiki.example.org
            forward_auth: { enabled: true }
        """

    private func serve(_ body: @Sendable @escaping (TestAPI, MovedClock) async throws -> Void) async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(
            server: "trusted_proxies: [127.0.0.1/32]", extra: Self.extra, clock: clock.now)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        var edit = PersonEdit()
        edit.login = "ada"
        let ada = try await running.gateway.people.create(edit, by: caller)
        let outcome = try await running.gateway.credentials.setPassword(
            SecretText(Self.password), of: ada.id, mustChange: false, by: caller)
        #expect(outcome == .changed)
        let reader = try await running.gateway.roles.role(named: "Reader", in: caller.tenant)
        _ = try await running.gateway.roles.assign(reader.id, to: .person(ada.id), expiresAt: nil, by: caller)
        try await running.serve { try await body($0, clock) }
    }

    private func signedIn(_ api: TestAPI, opening page: String) async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(page)
        try await web.submit("identifier", ["identifier": "ada"])
        try await web.submit("password", ["password": Self.password])
        try #require(web.url == page && web.status == 200, "\(web.url) \(web.status)")
        return web
    }

    private func isLetIn(_ web: WebPerson) async throws -> Bool {
        try await web.request(.get, WebPerson.gateway + "/account")
        return web.status == 200
    }

    @Test func aSessionThatIsNotUsedEndsAfterItsIdleTime() async throws {
        try await serve { api, clock in
            let page = WebPerson.gateway + "/account"
            let used = try await signedIn(api, opening: page)
            let left = try await signedIn(api, opening: page)
            clock.advance(.minutes(10) - .seconds(1))
            #expect(try await isLetIn(used), "a second before")
            clock.advance(.seconds(1))
            #expect(try await !isLetIn(left), "at the very moment")
            #expect(try await isLetIn(used), "its use began the time anew")
            clock.advance(.minutes(10))
            #expect(try await !isLetIn(used))
        }
    }

    @Test func aSessionEndsAtItsAbsoluteTimeHoweverMuchItIsUsed() async throws {
        try await serve { api, clock in
            let web = try await signedIn(api, opening: WebPerson.gateway + "/account")
            for _ in 0..<6 {
                clock.advance(.minutes(5))
                #expect(try await isLetIn(web))
            }
            clock.advance(.minutes(5) - .seconds(1))
            #expect(try await isLetIn(web), "a second before")
            clock.advance(.seconds(1))
            #expect(try await !isLetIn(web))
        }
    }

    @Test func anApplicationsSessionEndsAfterItsOwnIdleTimeAndTheGatewaysGoesOn() async throws {
        try await serve { api, clock in
            let web = try await signedIn(api, opening: Self.application)
            clock.advance(.minutes(5) - .seconds(1))
            try await web.request(.get, Self.application)
            #expect(web.status == 200, "a second before")
            clock.advance(.minutes(5))
            try await web.request(.get, Self.application)
            #expect(web.status == 401)
            // The gateway's session still stands: another one of the application's is handed over without a login.
            try await web.open(Self.application)
            #expect(web.url == Self.application && web.status == 200, "\(web.url) \(web.status)")
        }
    }
}
