import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("The overview for administrators")
struct AdminPageTests {
    private static let password = "a long enough local one"

    private func person(
        _ login: String, holding role: String?, _ gateway: Gateway, tenant: String = "default"
    ) async throws {
        let caller = try TestGateway.operatorCaller(gateway, tenant: tenant)
        var edit = PersonEdit()
        edit.login = login
        let made = try await gateway.people.create(edit, by: caller)
        let outcome = try await gateway.credentials.setPassword(
            SecretText(Self.password), of: made.id, mustChange: false, by: caller)
        #expect(outcome == .changed)
        guard let role else { return }
        let held = try await gateway.roles.role(named: role, in: caller.tenant)
        _ = try await gateway.roles.assign(held.id, to: .person(made.id), expiresAt: nil, by: caller)
    }

    private func signedIn(_ login: String, _ api: TestAPI, at path: String = "/login") async throws -> WebPerson {
        let web = WebPerson(api.client)
        try await web.open(WebPerson.gateway + path)
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": Self.password])
        return web
    }

    private static let local = "providers: [ { id: local, type: local, name: Password } ]"

    @Test("an administrator sees people, providers, sessions and the journal")
    func overview() async throws {
        let running = try await TestGateway.open(extra: Self.local)
        try await person("adele", holding: "Admin", running.gateway)
        try await person("bob<b>", holding: nil, running.gateway)
        try await running.serve { api in
            let web = try await signedIn("adele", api)
            try await web.open(WebPerson.gateway + "/admin")
            #expect(web.status == 200)
            for words in ["Providers", "Directory jobs", "People", "Sessions", "Newest journal entries", "adele"] {
                #expect(web.page.contains(words), "\(words)")
            }
            #expect(web.page.contains("login.succeeded"))
            #expect(web.page.contains("bob&lt;b&gt;"))
            #expect(!web.page.contains("<b>"))
        }
    }

    @Test("the front door leads in, and the account page leads on to the overview those whom it lets in")
    func ways() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"], extra: Self.local)
        try await person("adele", holding: "Admin", running.gateway)
        try await person("bob", holding: nil, running.gateway)
        try await running.serve { api in
            let stranger = WebPerson(api.client)
            try await stranger.request(.get, WebPerson.gateway + "/")
            #expect(stranger.status == 303 && stranger.location == "/login")
            try await stranger.request(.get, WebPerson.gateway + "/t/other")
            #expect(stranger.status == 303 && stranger.location == "/t/other/login")
            try await stranger.request(.get, WebPerson.gateway + "/t/nowhere")
            #expect(stranger.status == 404)
            for (login, isOffered) in [("adele", true), ("bob", false)] {
                let web = try await signedIn(login, api, at: "/")
                #expect(web.url.hasSuffix("/account") && web.status == 200, "\(login) \(web.url)")
                #expect(web.page.contains("href=\"/admin\"") == isOffered, "\(login)")
                try await web.request(.get, WebPerson.gateway + "/")
                #expect(web.status == 303 && web.location == "/account")
            }
        }
    }

    @Test("whoever may not read them is refused, and a stranger is asked who they are")
    func refused() async throws {
        let running = try await TestGateway.open(extra: Self.local)
        try await person("bob", holding: nil, running.gateway)
        try await running.serve { api in
            let stranger = WebPerson(api.client)
            try await stranger.open(WebPerson.gateway + "/admin")
            #expect(stranger.page.contains("name=\"identifier\""))
            let web = try await signedIn("bob", api)
            try await web.open(WebPerson.gateway + "/admin")
            #expect(web.status == 403)
            #expect(!web.page.contains("Newest journal entries"))
            for action in ["release", "drop"] {
                let run = SyncRunID.random(at: running.gateway.clock())
                try await web.request(.post, WebPerson.gateway + "/admin/sync-runs/\(run)/\(action)", body: "csrf=x")
                #expect(web.status == 403)
            }
        }
    }

    @Test("an administrator whose role asks for two factors is sent to prove the second")
    func stepUp() async throws {
        let running = try await TestGateway.open(extra: Self.local + "\nmfa: { required_roles: [Admin] }")
        try await person("adele", holding: nil, running.gateway)
        let caller = try TestGateway.operatorCaller(running.gateway, tenant: "default")
        try await running.serve { api in
            let web = try await signedIn("adele", api)
            let adele = try await running.gateway.people.person(named: "adele", in: caller.tenant)
            let admin = try await running.gateway.roles.role(named: "Admin", in: caller.tenant)
            _ = try await running.gateway.roles.assign(
                admin.id, to: .person(adele.id), expiresAt: nil, by: caller)
            try await web.open(WebPerson.gateway + "/account")
            #expect(web.page.contains("href=\"/admin\""), "the way is offered, and the second factor asked for there")
            try await web.request(.get, WebPerson.gateway + "/admin")
            #expect(web.status == 303)
            #expect(web.location?.contains("/login?return=%2Fadmin&acr=urn%3Agatehouse%3Aaal%3A2") == true)
        }
    }

    @Test("an administrator of one tenant is a stranger in the other")
    func tenants() async throws {
        let running = try await TestGateway.open(
            tenants: ["default", "other"],
            extra: """
                providers:
                  - { id: local, type: local, name: Password }
                  - { id: theirs, type: local, name: Password, tenant: other }
                """)
        try await person("adele", holding: "Admin", running.gateway)
        try await person("otto", holding: nil, running.gateway, tenant: "other")
        try await running.serve { api in
            let web = try await signedIn("adele", api)
            try await web.open(WebPerson.gateway + "/t/other/admin")
            #expect(web.page.contains("name=\"identifier\""))
            #expect(!web.page.contains("otto"))
            try await web.open(WebPerson.gateway + "/admin")
            #expect(web.status == 200)
            #expect(!web.page.contains("otto"))
        }
    }
}
