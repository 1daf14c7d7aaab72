import Foundation
import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

@Suite("A sign-in elsewhere does what any other does", .timeLimit(.minutes(2)))
struct UpstreamJourneyTests {
    private static func button(on web: WebPerson) throws -> String {
        let path = try #require(
            web.page.firstMatch(of: /href="([^"]+provider=mock)"/)?.output.1, "\(web.url) \(web.page.suffix(400))")
        return WebPerson.gateway + path.replacing("&amp;", with: "&")
    }

    // From a client of ours to a provider of theirs and back: two OpenID Connect flows, one inside the other.
    @Test func anApplicationsSignInGoesByWayOfAnotherProvider() async throws {
        let clients = OAuthScene.clients.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        let stage = try await UpstreamStage.open(extra: clients.joined(separator: "\n"), files: OAuthScene.files)
        try await stage.running.serve { api in
            let web = OAuthScene.browser(api)
            try await web.open(OAuthScene.address("own"))
            try await web.request(.get, try Self.button(on: web))
            try await web.open(try stage.provider.authorize(try #require(web.location)))
            let answer = OAuthScene.answer(of: web)
            #expect(answer["state"] == "a state", "\(web.status) \(web.page.suffix(400))")
            let tokens = try await OAuthScene.redeem(api, answer["code"], "own")
            let claims = try JWT.unverifiedClaims(of: tokens.json["id_token"]?.text ?? "")
            #expect(claims.issuer == OAuthScene.issuer && claims.authenticationMethods == ["fed"])
            #expect(claims.nonce == "a-nonce" && claims.authenticatedAt != nil)
            // Its own end reaches the client's tokens: the session behind them is gone.
            let out = try await api.send(
                .post, "/login/backchannel-logout/mock", token: .some(nil),
                headers: [.contentType: "application/x-www-form-urlencoded"],
                form: "logout_token=" + stage.provider.logoutToken())
            #expect(out.status == 200 && stage.sessions == 0)
            let info = try await OAuthScene.userInfo(api, tokens.json["access_token"]?.text)
            #expect(info.status == 401, "\(info.status)")
        }
    }

    // `auth_time` comes in whole seconds and by the provider's clock, which may be behind ours.
    @Test func aFreshSignInElsewhereIsAskedForOnce() async throws {
        let clients = OAuthScene.clients.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        let stage = try await UpstreamStage.open(extra: clients.joined(separator: "\n"), files: OAuthScene.files)
        try await stage.running.serve { api in
            let web = OAuthScene.browser(api)
            try await web.signIn(at: stage.provider)
            for behind: Int64 in [0, 20] {
                let now = Int64(Date().timeIntervalSince1970)
                stage.provider.lies.claims = ["auth_time": .integer(now - behind)]
                try await web.request(.get, OAuthScene.address("own", ["prompt": "login"]))
                try await web.request(.get, WebPerson.gateway + (try #require(web.location)))
                let departure = try #require(web.location)
                #expect(departure.contains("prompt=login"))
                try await web.open(try stage.provider.authorize(departure))
                #expect(OAuthScene.answer(of: web)["code"] != nil, "\(web.status) \(web.page.suffix(300))")
            }
            // Nothing that was proven before the request is taken for it.
            try await web.request(.get, OAuthScene.address("own", ["prompt": "login"]))
            #expect(web.location?.hasPrefix("/login?") == true)
        }
    }

    // glewlwyd says that everybody signed in in 1970.
    @Test func whoeverSaysNothingOfWhenIsNotBelievedAboutIt() async throws {
        let stage = try await UpstreamStage.open("says_sign_in_time: false")
        stage.provider.lies.claims = ["auth_time": .integer(0)]
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let before = stage.gateway.clock()
            try await web.signIn(at: stage.provider)
            let session = try #require(try await stage.newestSession(of: "ada"))
            #expect(session.authenticatedAt.map { $0 >= before } ?? false)
        }
    }

    @Test func whereNothingIsTypedNothingIsAskedFor() async throws {
        let provider = try MockProvider()
        let running = try await TestGateway.open(
            extra: """
                providers:
                  - { id: mock, type: oidc, name: Mock, issuer: "\(provider.issuer)", client_id: gatehouse, \
                client_secret_file: client.secret }
                """, files: ["client.secret": MockProvider.secret], fetch: UpstreamStage.fetch([provider]))
        try await running.serve { api in
            let web = WebPerson(api.client)
            try await web.open(WebPerson.gateway + "/login")
            #expect(!web.page.contains("name=\"identifier\""))
            try await web.request(.get, try Self.button(on: web))
            try await web.open(try provider.authorize(try #require(web.location)))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }

    // The device's cookie is Strict: a browser that comes back from another site does not bring it.
    @Test func aKnownBrowserIsKnownWhenItComesBack() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            try await web.submit(to: "/logout", [:])
            let address = try await web.depart()
            let name = try #require(web.jar[WebPerson.gateway]?.keys.first { $0.contains("-dev-") })
            web.jar[WebPerson.gateway]?[name] = nil
            try await web.open(try stage.provider.authorize(address))
            #expect(try await stage.newestSession(of: "ada")?.anomalies == [])
            let strange = WebPerson(api.client)
            try await strange.signIn(at: stage.provider)
            #expect(try await stage.newestSession(of: "ada")?.anomalies == [.newDevice])
        }
    }

    // Whoever may not sign in at all may not by another way either.
    @Test func aPersonWhoIsDisabledHereStaysOut() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(try await api.send(.post, "/api/v1/people/ada/disable").status < 300)
            #expect(stage.sessions == 0)
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(stage.sessions == 0 && !web.isAtAccount)
        }
    }

    // Each tenant has its providers, and its own addresses for their answers.
    @Test func anAnswerOfOneTenantIsNoneOfAnother() async throws {
        let provider = try MockProvider()
        let lines = ["default", "other"].map {
            """
              - { id: mock, tenant: \($0), type: oidc, name: Mock, issuer: "\(provider.issuer)", client_id: gatehouse, \
            client_secret_file: client.secret }
            """
        }
        let running = try await TestGateway.open(
            tenants: ["default", "other"], extra: "providers:\n" + lines.joined(separator: "\n"),
            files: ["client.secret": MockProvider.secret], fetch: UpstreamStage.fetch([provider]))
        let stage = UpstreamStage(running: running, providers: [provider])
        try await running.serve { api in
            let web = WebPerson(api.client)
            let address = try await web.depart()
            let back = try provider.authorize(address)
            try await web.open(back.replacing("/login/", with: "/t/other/login/"))
            #expect(stage.sessions == 0)
            try await web.open(back)
            #expect(stage.sessions == 1, "\(web.status) \(web.page.suffix(300))")
        }
    }
}
