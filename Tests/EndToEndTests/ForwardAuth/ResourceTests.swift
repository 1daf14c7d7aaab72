import Fixtures
import Foundation
import Gateway
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

/// Applications behind a real nginx that take access tokens beside sessions (RFC 6750, RFC 8707, RFC 9470, RFC 9728).
@Suite("Access tokens at applications behind a real nginx", .serialized)
struct ResourceTests {
    typealias Stage = ForwardAuthStage

    @Test func aTokenForTheApplicationOpensItAndStaysOutside() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let ada = try await Self.person("ada", stage)
            for client in ["cli", "signing"] {
                let token = try #require(try await program.tokens(client)["access_token"]?.text)
                #expect(token.hasPrefix("gh_at_") == (client == "cli"))
                // Several times: nothing about a bearer token is used up.
                for _ in 0..<2 {
                    let answer = try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)"])
                    #expect(answer.status == 200, "\(client) \(answer)")
                    let received = try ResourceClient.received(answer)
                    #expect(received["x-gatehouse-user"] == "ada")
                    #expect(received["x-gatehouse-subject"] == ada)
                    #expect(received["x-gatehouse-client"] == client)
                    #expect(received["x-gatehouse-scope"] == "pages:read")
                    #expect(received["x-gatehouse-roles"] == "Reader")
                    #expect(received["authorization"] == nil && received["dpop"] == nil)
                    #expect(!answer.body.contains(token))
                }
                // The scheme knows no case, and what a page of a browser accepts changes nothing.
                let again = try await program.ask(
                    Stage.api, with: ["Authorization: bEaReR \(token)"], accept: "text/html")
                #expect(again.status == 200)
            }
        }
    }

    @Test func aProgramLearnsWhereTokensAreGot() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let first = try await program.ask(Stage.api)
            #expect(first.status == 401)
            let place = "https://\(Stage.api):\(stage.port)/.well-known/oauth-protected-resource"
            let challenge = try #require(first["WWW-Authenticate"])
            #expect(challenge.hasPrefix("Bearer scope=\"pages:read\", resource_metadata=\"\(place)\""))
            #expect(challenge.contains(", DPoP ") && !challenge.contains("error="))
            let writing = try await program.ask(Stage.api, method: "POST")
            #expect(writing["WWW-Authenticate"]?.contains("scope=\"pages:write\"") == true)
            let answer = try await program.ask(Stage.api, "/.well-known/oauth-protected-resource")
            #expect(answer.status == 200 && answer["Access-Control-Allow-Origin"] == "*")
            let told = try JSONObject(parsing: Array(answer.body.utf8))
            #expect(told["resource"]?.text == program.resource(Stage.api))
            #expect(told["authorization_servers"]?.array?.map(\.text) == [program.resource(Stage.gate)])
            #expect(told["scopes_supported"]?.array?.map(\.text) == ["pages:read", "pages:write"])
            #expect(told["bearer_methods_supported"]?.array?.map(\.text) == ["header"])
            #expect(told["dpop_bound_access_tokens_required"]?.bool == false)
            #expect(told["resource_name"]?.text == "The API")
            #expect(told["resource_documentation"]?.text == "https://docs.example.org/api")
            #expect(told["tls_client_certificate_bound_access_tokens"] == nil)
            // The document's name is the one it was found by (RFC 9728 §3.3).
            for path in ["/headers", "/", "/t/default"] {
                let other = try await program.ask(Stage.api, "/.well-known/oauth-protected-resource" + path)
                #expect(other.status == 404, "\(path)")
            }
            // One that takes bound tokens alone says so, and asks for nothing else.
            let strict = try await program.ask(Stage.strict)
            #expect(strict["WWW-Authenticate"]?.hasPrefix("DPoP ") == true)
            #expect(strict["WWW-Authenticate"]?.contains("Bearer") == false)
            // The gateway's own resource is userinfo; an application that takes no tokens has none.
            let own = try await program.ask(Stage.gate, "/.well-known/oauth-protected-resource")
            #expect(try JSONObject(parsing: Array(own.body.utf8))["resource"]?.text == program.resource(Stage.gate))
            let userInfo = try await program.ask(Stage.gate, "/oauth2/userinfo")
            #expect(
                userInfo["WWW-Authenticate"]?.contains(
                    "resource_metadata=\"\(program.resource(Stage.gate))/.well-known/oauth-protected-resource\"")
                    == true)
            let vault = try await program.ask(Stage.vault)
            #expect(vault["WWW-Authenticate"] == "Bearer realm=\"vault\"")
        }
    }

    @Test func eachKindOfWrongTokenIsChallengedAndOpensNothing() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let good = try await program.tokens("signing", scope: "openid offline_access pages:read")
            let token = try #require(good["access_token"]?.text)
            let parts = token.split(separator: ".").map(String.init)
            let none = Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt"}"#.utf8))
            var wrong: [String: String] = [
                "unknown": "gh_at_" + String(repeating: "A", count: 43), "no token of ours": "abc",
                "signature changed": parts[0] + "." + parts[1] + "." + String(parts[2].reversed()),
                "unsigned": "\(none).\(parts[1]).", "a refresh token": good["refresh_token"]?.text ?? "",
                "an ID token": good["id_token"]?.text ?? "", "an API key": stage.running.token,
                "another audience": try await program.tokens(for: Stage.recent)["access_token"]?.text ?? "",
                "no audience": try await program.tokens(for: nil)["access_token"]?.text ?? "",
                "in its own name, elsewhere": try await program.own(for: Stage.recent)["access_token"]?.text ?? "",
            ]
            let browser = try await stage.signedIn()
            wrong["a session's cookie"] = browser.cookies[Stage.vault]?.first { $0.key.contains("gh-app") }?.value
            #expect(try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)"]).status == 200)
            for (name, text) in wrong {
                #expect(!text.isEmpty, "\(name)")
                // A page of a browser gets the same: nobody is sent to log in.
                for accept in ["application/json", "text/html"] {
                    let answer = try await program.ask(
                        Stage.api, with: ["Authorization: Bearer \(text)"], accept: accept)
                    #expect(answer.status == 401 && answer["Location"] == nil, "\(name) \(answer)")
                    let challenge = answer["WWW-Authenticate"] ?? ""
                    #expect(challenge.contains("error=\"invalid_token\""), "\(name) \(challenge)")
                    #expect(challenge.contains("resource_metadata="), "\(name) \(challenge)")
                }
            }
            // Shown in another way than the one.
            for headers in [
                ["Authorization: Bearer  \(token)"], ["Authorization: Bearer\t\(token)"], ["Authorization: \(token)"],
                ["Authorization: Bearer \(token) \(token)"], ["Authorization: Basic YTpi"],
                ["Authorization: Bearer \(token)", "Authorization: Bearer \(token)"], ["Authorization: Bearer"],
            ] {
                let answer = try await program.ask(Stage.api, with: headers)
                #expect([400, 401].contains(answer.status), "\(headers[0].prefix(24)) \(answer.status)")
            }
            let twice = try await program.ask(
                Stage.api, "/headers?x=1&access_token=\(token)", with: ["Authorization: Bearer \(token)"])
            #expect(twice.status == 401 && twice["WWW-Authenticate"]?.contains("invalid_request") == true)
            #expect(try await program.ask(Stage.api, "/headers?access_token=\(token)").status == 401)
            // An unbound token is no bound one.
            let dpop = try await program.ask(Stage.api, with: ["Authorization: DPoP \(token)"])
            #expect(dpop.status == 401)
        }
    }

    @Test func aTokenEndsWithItsRevocationItsSessionAndItsTime() async throws {
        let clock = MovedClock()
        try await Stage.run(clock: clock.now) { stage in
            let program = ResourceClient(stage: stage)
            func status(_ token: String?) async throws -> Int {
                try await program.ask(Stage.api, with: ["Authorization: Bearer \(token ?? "")"]).status
            }
            for client in ["cli", "signing"] {
                let browser = stage.browser()
                let revoked = try await program.tokens(client, in: browser)["access_token"]?.text
                let kept =
                    try await program.tokens(client, scope: "openid pages:read", in: browser)["access_token"]?.text
                #expect(try await status(revoked) == 200)
                #expect(try await status(kept) == 200)
                _ = try await stage.browser().ask(
                    Stage.gate, "/oauth2/revoke", method: "POST",
                    ["Content-Type: application/x-www-form-urlencoded"],
                    body: OAuth.Parameters([("token", revoked ?? ""), ("client_id", client)]).encoded)
                #expect(try await status(revoked) == 401)
                #expect(try await status(kept) == 200)
                let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
                let ada = try await stage.gateway.people.person(named: "ada", in: caller.tenant)
                for session in stage.gateway.sessions.sessions(of: ada.id, in: caller.tenant) {
                    _ = try await stage.gateway.sessions.end(session.id, .logout, by: caller)
                }
                #expect(try await status(kept) == 401, "\(client) outlived its session")
                let late = try await program.tokens(client)["access_token"]?.text
                #expect(try await status(late) == 200)
                clock.advance(.minutes(11))
                #expect(try await status(late) == 401, "\(client) outlived its time")
            }
        }
    }

    @Test func scopesOpenActionsAndPolicyHasTheLastWord() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let read = try await program.tokens(scope: "pages:read")["access_token"]?.text ?? ""
            let write = try await program.tokens(scope: "pages:write")["access_token"]?.text ?? ""
            let neither = try await program.tokens(scope: "openid")["access_token"]?.text ?? ""
            // A scope that opens the action is missing.
            for (token, method, wanted) in [(read, "POST", "pages:write"), (neither, "GET", "pages:read")] {
                let answer = try await program.ask(Stage.api, method: method, with: ["Authorization: Bearer \(token)"])
                #expect(answer.status == 403)
                let challenge = answer["WWW-Authenticate"] ?? ""
                #expect(challenge.contains("error=\"insufficient_scope\""), "\(challenge)")
                #expect(challenge.contains("scope=\"\(wanted)\""), "\(challenge)")
                #expect(challenge.contains("resource_metadata="), "\(challenge)")
                let problem = try JSONObject(parsing: Array(answer.body.utf8))
                #expect(problem["code"]?.text == "insufficient_scope")
            }
            // No scope opens what none is for.
            let gone = try await program.ask(Stage.api, method: "DELETE", with: ["Authorization: Bearer \(write)"])
            #expect(gone.status == 403 && gone["WWW-Authenticate"]?.contains(" scope=") == false, "\(gone)")
            // The scope is there; the person may not.
            let denied = try await program.ask(Stage.api, method: "POST", with: ["Authorization: Bearer \(write)"])
            #expect(denied.status == 403 && denied["WWW-Authenticate"] == nil)
            #expect(denied["Content-Type"]?.hasPrefix("application/problem+json") == true)
            let problem = try JSONObject(parsing: Array(denied.body.utf8))
            #expect(problem["code"]?.text == "no_matching_rule", "\(denied.body)")
            #expect(problem["detail"]?.text?.contains("No rule allows this for you.") == true)
            #expect(
                try await program.ask(Stage.api, "/restricted", with: ["Authorization: Bearer \(read)"]).status == 403)
            // Both are in the record, by the grant that stood behind them.
            let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
            let records = try await Self.decisions(stage, caller.tenant)
            #expect(records.contains { $0 == "grant" }, "\(records)")
        }
    }

    @Test func aProgramsOwnTokenIsItsAccountsAndNobodyElses() async throws {
        try await Stage.run { stage in
            let program = ResourceClient(stage: stage)
            let token = try #require(try await program.own(for: Stage.api)["access_token"]?.text)
            #expect(try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)"]).status == 403)
            let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
            let account = try #require(
                try await stage.gateway.serviceAccounts.list(in: caller.tenant).first { $0.name == "robot" })
            let role = try await stage.gateway.roles.role(named: "Reader", in: caller.tenant)
            _ = try await stage.gateway.roles.assign(
                role.id, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
            let answer = try await program.ask(Stage.api, with: ["Authorization: Bearer \(token)"])
            #expect(answer.status == 200, "\(answer)")
            let received = try ResourceClient.received(answer)
            #expect(received["x-gatehouse-user"] == "robot" && received["x-gatehouse-client"] == "robot")
            #expect(received["x-gatehouse-subject"] == account.id.description)
        }
    }

    @Test func aSignInThatIsTooOldIsSteppedUpByTheNextToken() async throws {
        let clock = MovedClock()
        try await Stage.run(clock: clock.now) { stage in
            let program = ResourceClient(stage: stage)
            let browser = stage.browser()
            let token = try await program.tokens(for: Stage.recent, in: browser)["access_token"]?.text ?? ""
            #expect(try await program.ask(Stage.recent, with: ["Authorization: Bearer \(token)"]).status == 200)
            clock.advance(.seconds(40))
            let old = try await program.ask(Stage.recent, with: ["Authorization: Bearer \(token)"])
            #expect(old.status == 401 && old["Location"] == nil)
            let challenge = old["WWW-Authenticate"] ?? ""
            #expect(challenge.contains("error=\"insufficient_user_authentication\""), "\(challenge)")
            #expect(challenge.contains("max_age=\"30\"") && challenge.contains("resource_metadata="), "\(challenge)")
            // The sign-in that is there gives no better one; the one that is asked for does.
            let same = try await program.tokens(for: Stage.recent, in: browser)["access_token"]?.text ?? ""
            #expect(try await program.ask(Stage.recent, with: ["Authorization: Bearer \(same)"]).status == 401)
            let fresh =
                try await program.tokens(for: Stage.recent, in: browser, [("max_age", "30")])["access_token"]?.text
                ?? ""
            #expect(try await program.ask(Stage.recent, with: ["Authorization: Bearer \(fresh)"]).status == 200)
            // What was told of the old one stays what it was.
            #expect(try await program.ask(Stage.recent, with: ["Authorization: Bearer \(token)"]).status == 401)
        }
    }

    // MARK: What the tests look at

    static func person(_ login: String, _ stage: Stage) async throws -> String {
        let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
        return try await stage.gateway.people.person(named: login, in: caller.tenant).id.description
    }

    /// The kinds of credentials behind the decisions that were recorded.
    static func decisions(_ stage: Stage, _ tenant: TenantID) async throws -> [String] {
        for _ in 0..<100 {
            let found = try await stage.gateway.decisionLog.list(DecisionFilter(), in: tenant, limit: 100).decisions
                .compactMap { $0.credential?.kind }
            if found.contains("grant") { return found }
            try await Task.sleep(for: .milliseconds(50))
        }
        return []
    }
}
