import Foundation
import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

// OpenID Connect Back-Channel Logout 1.0 §2.6, and RP-Initiated Logout 1.0 §2, on the relying party's side.
@Suite("Whoever signs out at their provider is signed out here, and the other way round", .timeLimit(.minutes(2)))
struct UpstreamLogoutTests {
    private static func send(_ token: String, _ api: TestAPI, to key: String = "mock") async throws -> TestAPI.Answer {
        try await api.send(
            .post, "/login/backchannel-logout/\(key)", token: .some(nil),
            headers: [.contentType: "application/x-www-form-urlencoded"], form: "logout_token=" + token)
    }

    @Test("a logout token ends the sessions that came of that provider's, and no others")
    func backChannel() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let ada = WebPerson(api.client)
            try await ada.signIn(at: stage.provider)
            stage.provider.lies.claims = ["sid": "another-session"]
            try await WebPerson(api.client).signIn(at: stage.provider)
            stage.provider.person["sub"] = "grace-1"
            stage.provider.person["preferred_username"] = "grace"
            stage.provider.person["email"] = "grace@corp.example"
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 3)
            // One session of hers.
            let one = try await Self.send(try stage.provider.logoutToken(["sub": "ada-1"]), api)
            #expect(one.status == 200 && one.headers[.cacheControl] == "no-store", "\(one.status) \(one.text)")
            #expect(stage.sessions == 2)
            try await ada.open(WebPerson.gateway + "/account")
            #expect(ada.url.contains("/login"))
            // All that are left of hers.
            #expect(
                try await Self.send(try stage.provider.logoutToken(["sub": "ada-1", "sid": nil]), api).status == 200)
            #expect(stage.sessions == 1)
            let events = try await api.send(.get, "/api/v1/audit/events?type=session.ended")
            let reasons = events.body?["items"]?.list?.map { $0["facts"]?["reason"] }
            #expect(reasons == ["upstreamlogout", "upstreamlogout"], "\(events.text)")
        }
    }

    // Drafts before the final text knew no `exp`.
    @Test func aTokenWithoutExpiryIsTakenOnceWhileItIsYoung() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            try await WebPerson(api.client).signIn(at: stage.provider)
            let now = Int64(Date().timeIntervalSince1970)
            for refused in [["exp": nil, "iat": nil], ["exp": nil, "iat": .integer(now - 700)]] as [JSONObject] {
                let token = try stage.provider.logoutToken(refused)
                #expect(try await Self.send(token, api).status == 400)
            }
            #expect(stage.sessions == 1)
            let token = try stage.provider.logoutToken(["exp": nil])
            #expect(try await Self.send(token, api).status == 200)
            #expect(stage.sessions == 0)
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(try await Self.send(token, api).status == 400)
            #expect(stage.sessions == 1)
        }
    }

    @Test func aSessionThatWasStrengthenedMeanwhileEndsToo() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            let ada = WebPerson(api.client)
            stage.provider.lies.claims = ["auth_time": .integer(Int64(Date().timeIntervalSince1970) - 3_600)]
            try await ada.signIn(at: stage.provider)
            stage.provider.lies.claims = [:]
            try await ada.open(try stage.provider.authorize(try await ada.depart(to: "mock", "&max_age=60")))
            #expect(try await stage.newestSession(of: "ada")?.rotatedFrom != nil)
            #expect(try await Self.send(try stage.provider.logoutToken(), api).status == 200)
            #expect(stage.sessions == 0)
        }
    }

    @Test func aTokenThatIsNotRightInEverythingEndsNothing() async throws {
        let (honest, evil) = (try MockProvider(), try MockProvider(issuer: "https://evil.example"))
        let stage = try await UpstreamStage.open(
            providers: [honest, evil],
            more: """
                  - { id: evil, type: oidc, name: Evil, issuer: "https://evil.example", client_id: gatehouse, \
                client_secret_file: client.secret }
                """)
        try await stage.running.serve { api in
            try await WebPerson(api.client).signIn(at: honest)
            let lies: [JSONObject] = [
                ["aud": "other"], ["iss": "https://evil.example"], ["iat": nil], ["jti": nil], ["events": nil],
                ["events": ["http://schemas.openid.net/event/other": [:]]], ["nonce": "n"],
                ["sub": nil, "sid": nil], ["exp": .integer(1_000_000_000)],
            ]
            for lie in lies {
                let answer = try await Self.send(try honest.logoutToken(lie), api)
                #expect(answer.status == 400 && stage.sessions == 1, "\(lie.names) \(answer.status)")
                #expect(answer.text == #"{"error":"invalid_request"}"#)
            }
            let impostor = try SigningKey.generate(.es256, keyID: honest.key.keyID)
            let head = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
            let body = try honest.logoutToken().split(separator: ".")[1]
            let tokens = [
                try honest.logoutToken(signer: impostor), try honest.logoutToken(signer: .generate(.es256)),
                "\(head).\(body).", "e.y.J", "", try honest.logoutToken(type: "at+jwt"),
            ]
            for token in tokens {
                #expect(try await Self.send(token, api).status == 400)
                #expect(stage.sessions == 1)
            }
            // Another provider says so of its own people, whatever it calls them.
            #expect(try await Self.send(try evil.logoutToken(), api, to: "evil").status == 200)
            #expect(try await Self.send(try evil.logoutToken(), api).status == 400)
            #expect(stage.sessions == 1)
            #expect(try await Self.send(try honest.logoutToken(), api, to: "nobody").status == 404)
        }
    }

    @Test func aTokenIsGoodOnce() async throws {
        let stage = try await UpstreamStage.open()
        try await stage.running.serve { api in
            try await WebPerson(api.client).signIn(at: stage.provider)
            let token = try stage.provider.logoutToken()
            #expect(try await Self.send(token, api).status == 200)
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(try await Self.send(token, api).status == 400)
            #expect(stage.sessions == 1)
        }
    }

    @Test func signingOutHereLeadsOnToTheProviderWhereThatIsSaid() async throws {
        let stage = try await UpstreamStage.open("sign_out_upstream: true")
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            let form = try web.prepared(to: "/logout")
            try await web.request(.post, WebPerson.gateway + form.path, body: form.body)
            #expect(stage.sessions == 0)
            let address = try #require(web.location)
            let query = try MockProvider.query(address)
            #expect(address.hasPrefix("https://idp.example/logout?"))
            #expect(query["post_logout_redirect_uri"] == "https://gate.example.org/logout")
            let hint = try JWT.unverifiedClaims(of: query["id_token_hint"] ?? "")
            #expect(hint.subject == "ada-1")
        }
        let quiet = try await UpstreamStage.open()
        try await quiet.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: quiet.provider)
            try await web.submit(to: "/logout", [:])
            #expect(web.page.contains("You are signed out") && web.location == nil)
        }
    }
}
