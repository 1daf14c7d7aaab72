import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import JOSE
import NIOCore
import OAuth
import Testing
import Vocabulary

/// People who sign in to applications with the gateway (OpenID Connect Core §3.1).
@Suite("Signing in to applications", .timeLimit(.minutes(3)))
struct CodeFlowTests {
    private static func serve(
        _ people: [String] = ["ada"], _ body: @Sendable @escaping (TestAPI, TestGateway) async throws -> Void
    ) async throws {
        let running = try await OAuthScene.open(people)
        try await running.serve { try await body($0, running) }
    }

    private static func keys(_ api: TestAPI) async throws -> JSONWebKeySet {
        try await api.client.execute(uri: "/oauth2/jwks", method: .get) { response in
            try JSONWebKeySet(try JSONObject(parsing: Array(response.body.readableBytesView)))
        }
    }

    private static func claims(_ token: String?, _ client: String, _ api: TestAPI) async throws -> JWTClaims {
        let policy = JWTPolicy(
            issuer: .exactly(OAuthScene.issuer), audience: .contains(client), type: .absentOr("JWT"),
            requiredClaims: ["exp", "iat", "sub", "aud"])
        return try JWT.verify(
            token ?? "", with: try await keys(api), policy: policy,
            now: NumericDate(seconds: Int64(Date().timeIntervalSince1970))
        ).claims
    }

    @Test("from the application to the login, over consent, and back with a code that is worth tokens")
    func wholeWay() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            try await web.open(OAuthScene.address("web"))
            #expect(web.page.contains("Sign in to go on to The Web Shop."))
            try await OAuthScene.signIn(web)
            #expect(web.page.contains("The Web Shop asks for access"))
            #expect(web.page.contains("Read your name and profile") && web.page.contains("The person ada"))
            try await web.submit("request", ["decision": "allow"])
            let answer = OAuthScene.answer(of: web)
            #expect(answer["state"] == "a state" && answer["iss"] == OAuthScene.issuer)
            let tokens = try await OAuthScene.redeem(api, answer["code"], "web")
            #expect(tokens.status == 200 && tokens["token_type"] == "Bearer" && tokens["scope"] == "openid profile")
            #expect(tokens["refresh_token"] == nil && tokens.headers[.cacheControl] == "no-store")
            let claims = try await Self.claims(tokens["id_token"], "web", api)
            #expect(claims.nonce == "a-nonce" && claims["auth_time"] != nil && claims["sid"]?.text != nil)
            #expect(claims.authenticationContext == "urn:gatehouse:aal:1" && claims.authenticationMethods == ["pwd"])
            #expect(claims["name"] == nil)
            let info = try await OAuthScene.userInfo(api, tokens["access_token"])
            #expect(info.status == 200 && info["sub"] == claims.subject && info["name"] == "The person ada")
            #expect(info["email"] == nil)
            // The second time nobody is asked anything.
            let again = try await OAuthScene.walk(web, OAuthScene.address("web"))
            #expect(again["code"] != nil && again["code"] != answer["code"])
        }
    }

    @Test("consent is asked once, again for what is new, and a no is told to the client")
    func consent() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            try await web.open(OAuthScene.address("web"))
            try await OAuthScene.signIn(web)
            try await web.submit("request", ["decision": "deny"])
            let refused = OAuthScene.answer(of: web)
            #expect(refused["error"] == "access_denied" && refused["code"] == nil && refused["state"] == "a state")
            let silent = try await OAuthScene.walk(web, OAuthScene.address("web", ["prompt": "none"]))
            #expect(silent["error"] == "consent_required")
            _ = try await OAuthScene.walk(web, OAuthScene.address("web"))
            let wider = OAuthScene.address("web", ["scope": "openid profile orders:read"])
            #expect(try await OAuthScene.walk(web, wider + "&prompt=none")["error"] == "consent_required")
            try await web.open(wider)
            #expect(web.page.contains("Read your orders <span class=\"badge\">new</span>"))
            try await web.submit("request", ["decision": "allow"])
            #expect(OAuthScene.answer(of: web)["code"] != nil)
            #expect(try await OAuthScene.walk(web, wider + "&prompt=none")["code"] != nil)
            // A form that is not this browser's own does nothing.
            try await web.open(OAuthScene.address("web", ["prompt": "consent"]))
            try await web.submit("request", ["decision": "allow", "csrf": "forged"])
            #expect(web.status == 403)
        }
    }

    @Test("nobody is redirected for a client or an address that is not known; everything else is told to the client")
    func refusals() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            let pages: [[String: String?]] = [
                ["client_id": "nobody"], ["redirect_uri": "https://app.example.net/callback/"],
                ["redirect_uri": "https://evil.example.org/callback"], ["redirect_uri": nil], ["client_id": nil],
                ["request_uri": "https://evil.example.org/request"],
                ["request_uri": "urn:ietf:params:oauth:request_uri:gh_ru_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
                ["request": "eyJhbGciOiJub25lIn0.e30."],
            ]
            for changes in pages {
                try await web.request(.get, OAuthScene.address("web", changes))
                #expect(web.status == 400 && web.location == nil, "\(changes)")
                #expect(web.page.contains("This request cannot be used"), "\(changes)")
            }
            try await web.request(.get, OAuthScene.address("web") + "&state=twice")
            #expect(web.status == 400 && web.location == nil)
            let told: [([String: String?], String)] = [
                (["response_type": "token"], "unsupported_response_type"), (["response_type": nil], "invalid_request"),
                (["code_challenge": nil, "code_challenge_method": nil], "invalid_request"),
                (["code_challenge_method": "plain"], "invalid_request"), (["scope": "openid admin:all x"], "login"),
                (["prompt": "none"], "login_required"), (["prompt": "none login"], "invalid_request"),
                (["resource": "https://other.example.org"], "invalid_target"), (["max_age": "-1"], "invalid_request"),
            ]
            for (changes, error) in told {
                try await web.request(.get, OAuthScene.address("web", changes))
                guard error != "login" else {
                    #expect(web.location?.hasPrefix("/login?") == true)
                    continue
                }
                let answer = OAuthScene.answer(of: web)
                #expect(answer["error"] == error && answer["iss"] == OAuthScene.issuer, "\(changes): \(answer)")
            }
        }
    }

    @Test("a code is good once, for its own client, address and verifier; the second time everything of it ends")
    func codes() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            func code() async throws -> String? { try await OAuthScene.walk(web, OAuthScene.address("web"))["code"] }
            let wrong: [[String: String?]] = [
                ["code_verifier": String(repeating: "x", count: 43)], ["code_verifier": nil],
                ["redirect_uri": "https://app.example.net/other"],
            ]
            let first = try await code()
            for changes in wrong {
                #expect(try await OAuthScene.redeem(api, first, "web", changes)["error"] == "invalid_grant")
            }
            #expect(try await OAuthScene.redeem(api, first, "own")["error"] == "invalid_grant")
            #expect(try await OAuthScene.redeem(api, first, "phone")["error"] == "invalid_grant")
            let tokens = try await OAuthScene.redeem(api, first, "web")
            #expect(tokens.status == 200)
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 200)
            #expect(try await OAuthScene.redeem(api, first, "web")["error"] == "invalid_grant")
            let after = try await OAuthScene.userInfo(api, tokens["access_token"])
            #expect(after.status == 401)
            #expect(after.headers[values: .wwwAuthenticate].contains { $0.contains("invalid_token") })
        }
    }

    @Test("whoever is asked to sign in again has a later auth_time, and who is signed in is answered silently")
    func again() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            func time(_ changes: [String: String?] = [:]) async throws -> Int64? {
                let answer = try await OAuthScene.walk(web, OAuthScene.address("own", changes))
                let tokens = try await OAuthScene.redeem(api, answer["code"], "own")
                return try await Self.claims(tokens["id_token"], "own", api).authenticatedAt?.seconds
            }
            let first = try #require(try await time())
            #expect(try await time(["prompt": "none"]) == first)
            #expect(try await time(["max_age": "10000"]) == first)
            try await Task.sleep(for: .seconds(2))
            #expect(try #require(try await time(["max_age": "1"])) > first)
            try await Task.sleep(for: .seconds(1.1))
            let second = try #require(try await time(["prompt": "login"]))
            #expect(second > first)
            // It was a step up of the same session: nothing that was granted before is lost.
            #expect(try await time(["prompt": "none"]) == second)
        }
    }

    @Test("what was granted goes on when its session proves more, and ends when that ends")
    func rotation() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            let answer = try await OAuthScene.walk(web, OAuthScene.address("own"))
            let tokens = try await OAuthScene.redeem(api, answer["code"], "own")
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 200)
            _ = try await OAuthScene.walk(web, OAuthScene.address("own", ["prompt": "login"]))
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 200)
            try await web.open(WebPerson.gateway + "/logout")
            try await web.submit(to: "/logout", [:])
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 401)
        }
    }

    @Test("an answer by form takes the browser to its client alone, and works without script")
    func formPost() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            _ = try await OAuthScene.walk(web, OAuthScene.address("own"))
            try await web.open(OAuthScene.address("own", ["response_mode": "form_post", "state": "\"><b>"]))
            #expect(web.status == 200 && web.location == nil)
            #expect(web.page.contains("action=\"https://app.example.net/callback\""))
            #expect(web.page.contains("value=\"&quot;&gt;&lt;b&gt;\"") && web.page.contains("name=\"code\""))
            #expect(web.contentSecurityPolicy.contains("form-action https://app.example.net;"))
        }
    }

    @Test("a request that comes by a form of another site goes on with this browser's cookies")
    func posted() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            _ = try await OAuthScene.walk(web, OAuthScene.address("own"))
            let query = OAuthScene.address("own", ["prompt": "none"]).split(separator: "?", maxSplits: 1)[1]
            // No cookie of ours comes along.
            let stranger = OAuthScene.browser(api)
            try await stranger.request(.post, WebPerson.gateway + "/oauth2/authorize", body: String(query))
            let next = try #require(stranger.location)
            #expect(next.hasPrefix("/oauth2/continue?request=gh_ar_"))
            try await web.open(WebPerson.gateway + next)
            #expect(OAuthScene.answer(of: web)["code"] != nil)
            // And from then on it is that browser's, and was answered.
            for other in [web, stranger] {
                try await other.request(.get, WebPerson.gateway + next)
                #expect(other.status == 400)
            }
        }
    }

    @Test("a pushed request is its client's, once, and for a short time")
    func pushed() async throws {
        try await Self.serve { api, _ in
            let web = OAuthScene.browser(api)
            var form = OAuth.Parameters([
                ("response_type", "code"), ("redirect_uri", OAuthScene.callback), ("scope", "openid"),
                ("state", "s"), ("code_challenge", OAuthScene.challenge), ("code_challenge_method", "S256"),
            ])
            let pushed = try await OAuthScene.post(api, "/oauth2/par", form, "own")
            #expect(pushed.status == 201 && pushed.json["expires_in"]?.integer == 90)
            let uri = try #require(pushed["request_uri"])
            func address(_ client: String) -> String {
                WebPerson.gateway + "/oauth2/authorize?client_id=\(client)&request_uri="
                    + uri.replacing(":", with: "%3A")
            }
            try await web.request(.get, address("web"))
            #expect(web.status == 400)
            // Seen twice, answered once.
            try await web.request(.get, address("own"))
            #expect(web.location?.hasPrefix("/login?") == true)
            let answer = try await OAuthScene.walk(web, address("own"))
            #expect(answer["state"] == "s")
            #expect(try await OAuthScene.redeem(api, answer["code"], "own").status == 200)
            try await web.request(.get, address("own"))
            #expect(web.status == 400)
            form.set("request_uri", uri)
            #expect(try await OAuthScene.post(api, "/oauth2/par", form, "own")["error"] == "invalid_request")
            form.set("request_uri", nil)
            form.set("redirect_uri", "https://evil.example.org")
            #expect(try await OAuthScene.post(api, "/oauth2/par", form, "own").status == 400)
        }
    }

    @Test("pages of applications may call the endpoints of programs, and no others")
    func crossOrigin() async throws {
        try await Self.serve { api, _ in
            let origin: HTTPFields = [.origin: "https://app.example.net", .accessControlRequestMethod: "POST"]
            for (path, isOpen) in [("token", true), ("userinfo", true), ("authorize", false), ("introspect", false)] {
                let allowed = try await api.client.execute(
                    uri: "/oauth2/\(path)", method: .options, headers: origin
                ) { $0.headers[.accessControlAllowOrigin] }
                #expect((allowed == "*") == isOpen, "\(path)")
            }
            let info = try await OAuthScene.userInfo(api, "gh_at_unknown")
            #expect(info.status == 401 && info.headers[.accessControlAllowOrigin] == "*")
        }
    }

    @Test("discovery tells what is there")
    func discovery() async throws {
        try await Self.serve { api, _ in
            for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
                let json = try await api.client.execute(uri: path, method: .get) { response in
                    try JSONObject(parsing: Array(response.body.readableBytesView))
                }
                for (name, end) in [
                    ("authorization_endpoint", "authorize"), ("userinfo_endpoint", "userinfo"),
                    ("end_session_endpoint", "logout"), ("pushed_authorization_request_endpoint", "par"),
                ] { #expect(json[name]?.text == "\(OAuthScene.issuer)/oauth2/\(end)") }
                #expect(json["id_token_signing_alg_values_supported"]?.texts?.contains("RS256") == true)
                #expect(json["backchannel_logout_session_supported"]?.bool == true)
            }
        }
    }
}

/// What rules of the organization, and administrators, have to say of clients.
@Suite("Who may enter a client, and what it gets", .timeLimit(.minutes(2)))
struct ClientEntryTests {
    private static let noWriting: AttributeValue = [
        "id": "no-writing", "effect": "deny", "actions": ["grant"],
        "resources": ["types": ["scope"], "ids": ["orders:write"]],
    ]
    private static let noEntry: AttributeValue = [
        "id": "no-entry", "effect": "deny", "actions": ["enter"],
        "resources": ["types": ["client"], "ids": ["web", "phone"]],
    ]

    @Test("whoever a rule keeps out reads why, and goes back to the client with a refusal")
    func barred() async throws {
        try await OAuthScene.open().serve { api in
            try await OAuthScene.govern(api, Self.noEntry)
            let web = OAuthScene.browser(api)
            try await web.open(OAuthScene.address("web"))
            try await OAuthScene.signIn(web)
            #expect(web.status == 403 && web.page.contains("You may not go on to The Web Shop"))
            #expect(web.page.contains("Why") && web.page.contains("error=access_denied"))
            #expect(web.page.contains("href=\"https://app.example.net/callback?error=access_denied"))
            #expect(OAuthScene.answer(of: web)["code"] == nil)
            let phone = ["prompt": "none", "scope": "openid"]
            let silent = try await OAuthScene.walk(web, OAuthScene.address("phone", phone))
            #expect(silent["error"] == "access_denied")
            #expect(try await OAuthScene.walk(web, OAuthScene.address("own"))["code"] != nil)
        }
    }

    @Test("a rule takes a scope away, and a refresh after it gets less")
    func narrowed() async throws {
        try await OAuthScene.open().serve { api in
            let web = OAuthScene.browser(api)
            let all = ["scope": "openid offline_access orders:read orders:write"]
            let code = try await OAuthScene.walk(web, OAuthScene.address("web", all))["code"]
            let before = try await OAuthScene.redeem(api, code, "web")
            #expect(before["scope"] == "offline_access openid orders:read orders:write")
            try await OAuthScene.govern(api, Self.noWriting)
            let form = OAuth.Parameters([
                ("grant_type", "refresh_token"), ("refresh_token", before["refresh_token"] ?? ""),
            ])
            let after = try await OAuthScene.post(api, "/oauth2/token", form, "web")
            #expect(after.status == 200 && after["scope"] == "offline_access openid orders:read")
            let next = try await OAuthScene.walk(web, OAuthScene.address("web", all))["code"]
            #expect(try await OAuthScene.redeem(api, next, "web")["scope"] == "offline_access openid orders:read")
            let only = try await OAuthScene.walk(web, OAuthScene.address("web", ["scope": "orders:write"]))
            #expect(only["error"] == "access_denied")
            #expect(only["error_description"]?.contains("orders:write: denied_by_rule") == true)
        }
    }

    @Test("the claims of a person are shown before anybody signs in, and what policy takes away is named")
    func preview() async throws {
        let text = OAuthScene.clients.replacing(
            "resources: [\"https://api.example.org\"]",
            with: "resources: [\"https://api.example.org\"]\n    claims: { team: attribute:team, groups: groups }")
        try await OAuthScene.open(configuration: text).serve { api in
            let path = "/api/v1/clients/web/preview?person=ada&scope="
            let answer = try await api.send(.get, path + "openid%20profile")
            #expect(answer.status == 200 && answer.body?["may_enter"]?.bool == true)
            #expect(answer.body?["scope"]?.string == "openid profile")
            #expect(answer.body?["userinfo"]?["name"]?.string == "The person ada")
            #expect(answer.body?["userinfo"]?["email"] == nil)
            #expect(answer.body?["id_token"]?["aud"]?.string == "web")
            #expect(answer.body?["id_token"]?["groups"]?.list == [])
            #expect(answer.body?["access_token"]?["client_id"]?.string == "web")
            for path in ["web/preview", "nobody/preview?person=ada", "web/preview?person=nobody"] {
                let refused = try await api.send(.get, "/api/v1/clients/\(path)")
                #expect([400, 404].contains(refused.status), "\(path)")
            }
            try await OAuthScene.govern(api, Self.noEntry)
            try await OAuthScene.govern(api, Self.noWriting)
            let ruled = try await api.send(.get, path + "openid%20orders:write")
            #expect(ruled.body?["may_enter"]?.bool == false)
            #expect(ruled.body?["reasons"]?.list == ["denied_by_rule"])
            #expect(ruled.body?["refused"]?["orders:write"]?.string == "denied_by_rule")
        }
    }

    @Test("people see which applications they let in, and take it back with every token of it")
    func takenBack() async throws {
        try await OAuthScene.open().serve { api in
            let web = OAuthScene.browser(api)
            let code = try await OAuthScene.walk(
                web, OAuthScene.address("web", ["scope": "openid offline_access orders:read"]))["code"]
            let tokens = try await OAuthScene.redeem(api, code, "web")
            try await web.open(WebPerson.gateway + "/account")
            #expect(web.page.contains("Applications you let in") && web.page.contains("The Web Shop"))
            #expect(web.page.contains("Read your orders"))
            try await web.submit("application", ["csrf": "forged"])
            #expect(web.status == 403)
            try await web.open(WebPerson.gateway + "/account")
            try await web.submit("application", [:])
            #expect(web.page.contains("gets nothing any more") && !web.page.contains("Applications you let in"))
            #expect(try await OAuthScene.userInfo(api, tokens["access_token"]).status == 401)
            let silent = try await OAuthScene.walk(web, OAuthScene.address("web", ["prompt": "none"]))
            #expect(silent["error"] == "consent_required")
        }
    }
}
