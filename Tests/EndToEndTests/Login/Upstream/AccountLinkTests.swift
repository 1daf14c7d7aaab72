import Foundation
import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

// Keycloak CVE-2026-9087, nOAuth and pre-hijacking: an account is linked by whoever is signed in, and by nothing else.
@Suite(
    "An account elsewhere is linked from a session that was proved lately, and never by an address",
    .timeLimit(.minutes(2)))
struct AccountLinkTests {
    private static let password = "a sufficiently long passphrase"

    @discardableResult
    private static func make(
        _ stage: UpstreamStage, _ api: TestAPI, login: String = "grace", mail: String? = nil
    ) async throws -> Person {
        var body: [String: AttributeValue] = ["login": .string(login)]
        if let mail { body["mail"] = .string(mail) }
        #expect(try await api.send(.post, "/api/v1/people", .object(body)).status == 201)
        let person = try #require(try await stage.person(login))
        let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
        #expect(
            try await stage.gateway.credentials.setPassword(
                SecretText(password), of: person.id, mustChange: false, by: caller) == .changed)
        return person
    }

    private static func signIn(_ web: WebPerson, _ login: String = "grace") async throws {
        try await web.open(WebPerson.gateway + "/login")
        try await web.submit("identifier", ["identifier": login])
        try await web.submit("password", ["password": password])
        #expect(web.isAtAccount, "\(web.page.suffix(300))")
    }

    /// Presses the buttons that lead to the provider, and answers where it sends the browser back.
    private static func link(_ web: WebPerson, _ provider: MockProvider) async throws -> String {
        try await web.open(WebPerson.gateway + "/account/link/mock")
        let form = try web.prepared(to: "/account/link/mock")
        try await web.request(.post, WebPerson.gateway + form.path, body: form.body)
        return try provider.authorize(try #require(web.location, "\(web.status) \(web.page.suffix(300))"))
    }

    @Test func whoeverIsSignedInLinksTheirAccountAndSignsInWithItFromThenOn() async throws {
        let stage = try await UpstreamStage.open("create_people_at_login: false")
        try await stage.running.serve { api in
            let grace = try await Self.make(stage, api)
            let web = WebPerson(api.client)
            try await Self.signIn(web)
            #expect(web.page.contains("Mock") && web.page.contains("Not linked."))
            try await web.open(try await Self.link(web, stage.provider))
            #expect(web.page.contains("The account is linked.") && web.page.contains("you are ada there"))
            let other = WebPerson(api.client)
            try await other.signIn(at: stage.provider)
            #expect(other.isAtAccount)
            let session = try #require(try await stage.newestSession(of: "grace"))
            #expect(session.person == grace.id && session.events.map(\.method) == [.federated])
            let after = try #require(try await stage.person("grace"))
            #expect(after.displayName == nil && after.login == "grace", "a linked account renames nobody")
            let events = try await api.send(.get, "/api/v1/audit/events?type=identity.linked")
            #expect(events.body?["items"]?.list?.count == 1)
        }
    }

    @Test func aSessionThatIsOldProvesItselfAnewFirst() async throws {
        let clock = MovedClock()
        let stage = try await UpstreamStage.open("create_people_at_login: false", clock: clock.now)
        try await stage.running.serve { api in
            try await Self.make(stage, api)
            let web = WebPerson(api.client)
            try await Self.signIn(web)
            clock.advance(.minutes(6))
            try await web.open(WebPerson.gateway + "/account/link/mock")
            #expect(web.url.contains("/login?"), "\(web.url)")
        }
    }

    @Test func anotherBrowsersOrAnotherSessionsAnswerLinksNothing() async throws {
        let stage = try await UpstreamStage.open("create_people_at_login: false")
        try await stage.running.serve { api in
            try await Self.make(stage, api)
            try await Self.make(stage, api, login: "mallory")
            let (grace, mallory) = (WebPerson(api.client), WebPerson(api.client))
            try await Self.signIn(grace)
            try await Self.signIn(mallory, "mallory")
            // Mallory's answer, in Grace's browser: her account would be his to sign in to.
            let back = try await Self.link(mallory, stage.provider)
            try await grace.open(back)
            // Her own, after she has signed out.
            let own = try await Self.link(grace, stage.provider)
            try await grace.open(WebPerson.gateway + "/account")
            try await grace.submit(to: "/logout", [:])
            try await grace.open(own)
            let events = try await api.send(.get, "/api/v1/audit/events?type=identity.linked")
            #expect(events.body?["items"]?.list?.count == 0, "\(events.text)")
        }
    }

    @Test func anAccountThatIsSomebodysStaysTheirs() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            try await Self.make(stage, api)
            try await WebPerson(api.client).signIn(at: stage.provider)
            let web = WebPerson(api.client)
            try await Self.signIn(web)
            try await web.open(try await Self.link(web, stage.provider))
            #expect(web.page.contains("belongs to somebody else"))
        }
    }

    // Verified or not: an address finds nobody, and neither does a name.
    @Test func aNameOrAnAddressThatIsTakenRefuses() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            try await Self.make(stage, api, mail: "ada@corp.example")
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 0)
            stage.provider.person["preferred_username"] = "grace"
            stage.provider.person["email"] = "other@corp.example"
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 0)
        }
    }

    @Test func anAddressFindsSomebodyOnlyWhereTheProviderOwnsItsDomain() async throws {
        let stage = try await UpstreamStage.open("owns_domains: [corp.example]")
        try await stage.running.serve { api in
            let grace = try await Self.make(stage, api, mail: "ada@corp.example")
            stage.provider.person["email_verified"] = false
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(try await stage.newestSession(of: "grace") == nil, "not unless it says that it is verified")
            stage.provider.person["email_verified"] = true
            stage.provider.person["sub"] = "ada-2"
            stage.provider.person["preferred_username"] = "ada2"
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(try await stage.newestSession(of: "grace")?.person == grace.id)
        }
    }

    // Pre-hijacking: somebody has put the address where its owner will be looked for.
    @Test func anAddressThatAnotherProviderWroteThereFindsNobody() async throws {
        let (honest, evil) = (try MockProvider(), try MockProvider(issuer: "https://evil.example"))
        let stage = try await UpstreamStage.open(
            "owns_domains: [corp.example]", providers: [honest, evil],
            more: """
                  - { id: evil, type: oidc, name: Evil, issuer: "https://evil.example", client_id: gatehouse, \
                client_secret_file: client.secret }
                """)
        try await stage.running.serve { api in
            evil.person["preferred_username"] = "mallory"
            try await WebPerson(api.client).signIn(at: evil, "evil")
            #expect(try await stage.person("mallory")?.mail == "ada@corp.example")
            try await WebPerson(api.client).signIn(at: honest)
            let mallory = try #require(try await stage.person("mallory"))
            #expect(stage.gateway.sessions.sessions(of: mallory.id, in: mallory.tenant).count == 1)
            #expect(stage.sessions == 1, "the owner of the address does not come to sit in Mallory's account")
        }
    }

    @Test func aLinkIsTakenAwayUnlessItIsTheOnlyWayIn() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let ada = WebPerson(api.client)
            try await ada.signIn(at: stage.provider)
            try await ada.open(WebPerson.gateway + "/account/unlink/mock")
            try await ada.submit(to: "/account/unlink/mock", [:])
            #expect(ada.page.contains("the only way you can sign in") && ada.page.contains("you are ada there"))
            let person = try #require(try await stage.person("ada"))
            let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
            #expect(
                try await stage.gateway.credentials.setPassword(
                    SecretText(Self.password), of: person.id, mustChange: false, by: caller) == .changed)
            let again = WebPerson(api.client)
            try await Self.signIn(again, "ada")
            #expect(stage.gateway.sessions.sessions(of: person.id, in: person.tenant).count == 2)
            try await again.open(WebPerson.gateway + "/account/unlink/mock")
            try await again.submit(to: "/account/unlink/mock", [:])
            #expect(again.page.contains("The account is unlinked."), "\(again.page.suffix(400))")
            #expect(stage.gateway.sessions.sessions(of: person.id, in: person.tenant).count == 1)
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.gateway.sessions.sessions(of: person.id, in: person.tenant).count == 1, "and opens nothing")
        }
    }
}
