import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JOSE
import NIOCore
import OAuth
import Synchronization
import Testing
import Vocabulary

/// Applications that sign somebody out, and those that hear of it (RP-Initiated Logout, Back-Channel Logout).
@Suite("Signing out of applications", .timeLimit(.minutes(2)))
struct SignOutTests {
    private static let bye = "https://app.example.net/bye"

    private static func signedIn(_ api: TestAPI, _ client: String = "web") async throws -> (WebPerson, String) {
        let web = OAuthScene.browser(api)
        let answer = try await OAuthScene.walk(web, OAuthScene.address(client))
        let tokens = try await OAuthScene.redeem(api, answer["code"], client)
        return (web, try #require(tokens["id_token"]))
    }

    private static func address(_ parameters: [(String, String)]) -> String {
        WebPerson.gateway + "/oauth2/logout?" + OAuth.Parameters(parameters).encoded
    }

    private static func isSignedIn(_ web: WebPerson) async throws -> Bool {
        try await web.request(.get, WebPerson.gateway + "/account")
        return web.status == 200
    }

    @Test("with its own hint a client signs somebody out at once, and gets them back")
    func hinted() async throws {
        try await OAuthScene.open().serve { api in
            let (web, hint) = try await Self.signedIn(api)
            try await web.open(
                Self.address([("id_token_hint", hint), ("post_logout_redirect_uri", Self.bye), ("state", "s t")]))
            #expect(web.location == Self.bye + "?state=s%20t")
            #expect(try await !Self.isSignedIn(web))
            let silent = try await OAuthScene.walk(web, OAuthScene.address("web", ["prompt": "none"]))
            #expect(silent["error"] == "login_required")
        }
    }

    @Test("without one somebody is asked first, and with a wrong one nobody is sent anywhere")
    func asked() async throws {
        try await OAuthScene.open(["ada", "bob"]).serve { api in
            let (web, hint) = try await Self.signedIn(api)
            let (_, others) = try await Self.signedIn(api, "own")
            let wrong: [[(String, String)]] = [
                [("post_logout_redirect_uri", Self.bye)], [("client_id", "nobody")],
                [("id_token_hint", hint), ("post_logout_redirect_uri", Self.bye + "?a=b")],
                [("id_token_hint", hint), ("post_logout_redirect_uri", "https://evil.example.org/")],
                [("id_token_hint", String(hint.dropLast(4)) + "AAAA"), ("post_logout_redirect_uri", Self.bye)],
                [("id_token_hint", "eyJhbGciOiJub25lIn0.e30."), ("post_logout_redirect_uri", Self.bye)],
                [("id_token_hint", hint), ("client_id", "own")],
                [("id_token_hint", others), ("post_logout_redirect_uri", Self.bye)],
            ]
            for parameters in wrong {
                try await web.request(.get, Self.address(parameters))
                #expect(web.status == 400 && web.location == nil, "\(parameters)")
                #expect(web.page.contains("Nobody was signed out"))
            }
            #expect(try await Self.isSignedIn(web))
            // Another session's hint, of the right client: asked, because it says nothing about this browser.
            let (other, _) = try await Self.signedIn(api)
            for parameters in [[("id_token_hint", hint)], [], [("state", "s")], [("client_id", "web")]] {
                try await other.open(Self.address(parameters))
                #expect(other.status == 200 && other.page.contains("Sign out?"), "\(parameters)")
                #expect(try await Self.isSignedIn(other))
            }
            try await other.open(Self.address([("id_token_hint", hint), ("post_logout_redirect_uri", Self.bye)]))
            let forms = other.page
            try await other.submit("flow", ["csrf": "forged"])
            #expect(other.status == 403)
            #expect(try await Self.isSignedIn(other))
            try await other.open(Self.address([("id_token_hint", hint), ("post_logout_redirect_uri", Self.bye)]))
            #expect(forms.contains("The Web Shop asks to sign you out"))
            try await other.submit("flow", [:])
            #expect(other.location == Self.bye)
            #expect(try await !Self.isSignedIn(other))
            #expect(try await Self.isSignedIn(web))
        }
    }

    /// A client's server that keeps the logout tokens it is sent, and at first answers as it is told.
    private final class Client: Sendable {
        private let state: Mutex<(failures: Int, tokens: [String])>
        init(failing count: Int = 0) { state = Mutex((count, [])) }
        var tokens: [String] { state.withLock(\.tokens) }

        func listen(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
            let router = Router()
            router.post("/logout") { request, _ in
                let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
                let form = try OAuth.Parameters(reading: bytes, limits: .body)
                return self.state.withLock { state in
                    guard state.failures == 0 else {
                        state.failures -= 1
                        return Response(status: .serviceUnavailable)
                    }
                    state.tokens.append(form["logout_token"] ?? "")
                    return Response(status: .ok)
                }
            }
            try await LoopbackListener.serve(router, body)
        }
    }

    private static func told(_ port: Int) -> String {
        """
          - client_id: told
            token_endpoint_auth_method: none
            consent: false
            redirect_uris: ["https://app.example.net/callback"]
            scope: "openid"
            backchannel_logout_uri: "http://127.0.0.1:\(port)/logout"
        """
    }

    private static func waitUntil(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<200 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        Issue.record("It did not happen in time.")
    }

    @Test("a client hears of the end of its session, once, by a token that names it, although it was away")
    func told() async throws {
        let client = Client(failing: 2)
        try await client.listen { port in
            let clock = MovedClock()
            let running = try await OAuthScene.open(extra: Self.told(port), clock: clock.now)
            try await running.serve { api in
                let gateway = running.gateway
                let (web, hint) = try await Self.signedIn(api, "told")
                // A step up is no end.
                clock.advance(.seconds(2))
                _ = try await OAuthScene.walk(web, OAuthScene.address("told", ["prompt": "login"]))
                await gateway.logouts.deliver()
                #expect(client.tokens.isEmpty)
                #expect(try await gateway.waitingLogouts == 0)
                try await web.open(WebPerson.gateway + "/logout")
                try await web.submit(to: "/logout", [:])
                for _ in 0..<3 {
                    #expect(client.tokens.isEmpty)
                    #expect(try await gateway.waitingLogouts == 1)
                    await gateway.logouts.deliver()
                    clock.advance(.seconds(10))
                }
                #expect(try await gateway.waitingLogouts == 0)
                let keys = try await api.client.execute(uri: "/oauth2/jwks", method: .get) { response in
                    try JSONWebKeySet(try JSONObject(parsing: Array(response.body.readableBytesView)))
                }
                let token = try #require(client.tokens.first)
                let read = try LogoutToken.verify(
                    token, issuer: OAuthScene.issuer, clientID: "told", keys: keys, algorithms: [.es256],
                    now: clock.now().seconds)
                let claims = try JWT.unverifiedClaims(of: hint)
                #expect(read.sessionID == claims["sid"]?.text && read.subject == claims.subject)
                #expect(client.tokens.count == 1)
            }
        }
    }

    @Test("whoever is disabled is signed out of applications too, and a restart loses no word of it")
    func disabled() async throws {
        let client = Client()
        try await client.listen { port in
            var running = try await OAuthScene.open(extra: Self.told(port))
            let first = running
            try await first.visit { api in
                _ = try await Self.signedIn(api, "told")
                let answer = try await api.send(.post, "/api/v1/people/ada/disable")
                #expect(answer.status < 300)
                #expect(try await first.gateway.waitingLogouts == 1)
            }
            running = try await first.restarted(clock: SystemClock.now)
            await running.gateway.logouts.deliver()
            #expect(client.tokens.count == 1)
            try await running.close()
        }
    }
}
