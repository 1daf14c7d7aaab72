import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The rows of the attack catalogue that touch forward-auth, through a real nginx.
@Suite("Forward-auth behind a real nginx", .serialized)
struct ForwardAuthTests {
    typealias Stage = ForwardAuthStage

    @Test func aStrangerIsSentToTheLoginAndAProgramGetsItsPlainAnswer() async throws {
        try await Stage.run { stage in
            let browser = stage.browser()
            let first = try await browser.ask(Stage.vault, "/headers?x=1")
            #expect(first.status == 302)
            #expect(first["Location"]?.hasPrefix("https://\(Stage.vault):\(stage.port)/.gatehouse/start?") == true)
            let page = try await browser.follow(first)
            #expect(browser.host == Stage.gate)
            #expect(page.body.contains("name=\"identifier\""))
            let back = try await browser.signIn(page, "ada", Stage.password)
            #expect(back.status == 200)
            #expect(browser.host == Stage.vault && browser.path == "/headers?x=1")
            let program = try await stage.browser().ask(Stage.vault, "/headers", accept: "application/json")
            #expect(program.status == 401)
            #expect(program["Location"] == nil)
        }
    }

    // What nginx itself refuses never reaches the gateway; what it lets through meets the one canonicalization.
    @Test func aPathThatTwoServersCouldReadDifferentlyIsNotServed() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            for target in [
                "/open/../restricted", "/open/%2e%2e/restricted", "/open%2f..%2frestricted", "/open/..%2frestricted",
                "/open/%252e%252e/restricted", "/open/..%5crestricted", "/open/..\\restricted", "//restricted",
                "/open//../restricted", "/open;/../restricted", "/open;x=1", "/headers%00",
                "/open/%c0%ae%c0%ae/restricted",
                "/open/%ff", "/open/..;/restricted", "/open/./../restricted", "/%", "/../restricted", "/open/..",
                "/open%0d%0aX: y", "https://\(Stage.gate)/headers", "/RESTRICTED", "/restricted/", "/restricted.",
                "/headers/../restricted", "/open/%2E%2E%2Frestricted", "/%2e/restricted", "/restricted%20", "*",
            ] {
                let answer = try await browser.ask(Stage.vault, target)
                #expect(answer.status >= 400 || answer.status == 302, "\(target) answered \(answer.status)")
                #expect(!answer.body.contains("<h1>Restricted</h1>"), "\(target)")
            }
            #expect(try await browser.ask(Stage.vault, "/headers").status == 200)
        }
    }

    @Test func madeUpIdentityAndOverrideHeadersDoNotReachTheApplication() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            let answer = try await browser.ask(
                Stage.vault, "/headers",
                [
                    "X-Gatehouse-User: root", "x-gatehouse-roles: Admin", "X-Gatehouse-Roles: Admin, Root",
                    "X_Gatehouse_User: root", "X-Gatehouse_User: root", "X-Gatehouse-Mail: root@evil",
                    "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE",
                    "X-Original-URL: /restricted", "X-Rewrite-URL: /restricted", "X-Original-URI: /restricted",
                    "X-Original-Method: DELETE", "X-Forwarded-Host: evil.test", "X-Forwarded-For: 10.0.0.1",
                    "X-Forwarded-Proto: http", "Forwarded: for=10.0.0.1;host=evil.test",
                ])
            #expect(answer.status == 200)
            for made in ["root", "Admin", "DELETE", "restricted", "evil", "10.0.0.1"] {
                // The display name tries to end its header; it arrives as one escaped value.
                let rest = answer.body.replacing("X-Gatehouse-Roles: Admin", with: "")
                #expect(!rest.contains(made), "\(made) reached the application: \(answer.body)")
            }
            #expect(answer.body.contains("Zo%C3%AB%0D%0AX-Gatehouse-Roles: Admin"))
            let nobody = try await stage.browser().ask(Stage.vault, "/headers", ["X-Gatehouse-User: root"])
            #expect(nobody.status == 302)
        }
    }

    @Test func theMethodDecidesAndNoOverrideHeaderChangesIt() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"] {
                let answer = try await browser.ask(
                    Stage.vault, "/headers", method: method, ["X-HTTP-Method-Override: GET"])
                #expect(answer.status == 403, "\(method) answered \(answer.status)")
            }
        }
    }

    @Test func aWebSocketIsAskedAboutLikeAnyRequest() async throws {
        try await Stage.run { stage in
            let upgrade = [
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]
            let nobody = try await stage.browser().ask(Stage.vault, "/headers", upgrade, accept: "*/*")
            #expect(nobody.status == 401)
            let browser = try await stage.signedIn()
            #expect(try await browser.ask(Stage.vault, "/restricted", upgrade).status == 403)
            #expect(try await browser.ask(Stage.vault, "/headers", upgrade).status == 200)
        }
    }

    @Test func aHostThatIsNobodysIsServedByNobody() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            for host in ["evil.test", "", "\(Stage.vault).evil.test", "localhost"] {
                let answer = try await browser.ask(Stage.vault, "/headers", ["Host: \(host)"])
                #expect([400, 421].contains(answer.status), "\(host) answered \(answer.status)")
            }
            // The same host in capitals or with its root dot is the same host.
            for host in [Stage.vault.uppercased(), Stage.vault + "."] {
                let answer = try await browser.ask(Stage.vault, "/headers", ["Host: \(host)"])
                #expect(answer.status == 200, "\(host) answered \(answer.status)")
            }
            // Another application's name with this one's cookie: nobody is signed in there.
            #expect(try await browser.ask(Stage.vault, "/headers", ["Host: \(Stage.other)"]).status == 302)
        }
    }

    @Test func everythingTheApplicationReceivedIsWorthNothingElsewhere() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            let echo = try await browser.ask(Stage.vault, "/headers")
            #expect(!echo.body.contains("__Host-gh-sso"))
            let held = try #require(browser.cookies[Stage.vault])
            #expect(held.keys.contains { $0.contains("gh-app") })
            for host in [Stage.gate, Stage.other] {
                let thief = stage.browser()
                // As it is, and under every name that the other place would look at.
                var stolen = held
                let token = held.first { $0.key.contains("gh-app") }?.value
                for name in ["__Host-gh-sso-default", "__Host-gh-app-other", "__Host-gh-dev-default"] {
                    stolen[name] = token
                }
                thief.cookies[host] = stolen
                let answer = try await thief.ask(host, host == Stage.gate ? "/account" : "/headers")
                #expect([302, 303].contains(answer.status), "\(host) answered \(answer.status)")
                let api = try await thief.ask(host, "/api/v1/people", ["Authorization: Bearer \(token ?? "")"])
                #expect(api.status != 200)
            }
        }
    }

    // Not its cookie alone: whoever repeats all that the application was told of its visitor is nobody elsewhere.
    @Test func theHeadersThatTheApplicationReceivedAreWorthNothingElsewhere() async throws {
        try await Stage.run { stage in
            let echo = try await stage.signedIn().ask(Stage.vault, "/headers", accept: "application/json")
            let dump = try JSONDecoder().decode(AttributeValue.self, from: Data(echo.body.utf8))
            let received = (dump["headers"]?.list ?? []).compactMap { field -> (name: String, value: String)? in
                guard let name = field["name"]?.string, let value = field["value"]?.string else { return nil }
                return (name.lowercased(), value)
            }
            let identity = Set(received.map(\.name).filter { $0.hasPrefix("x-gatehouse-") })
            #expect(
                identity.isSuperset(of: ["x-gatehouse-user", "x-gatehouse-name", "x-gatehouse-roles"]), "\(identity)")
            // A request of one's own has its own host and its own connection.
            let repeated = received.filter { !["host", "connection", "accept"].contains($0.name) }
                .map { "\($0.name): \($0.value)" }
            for (host, path) in [(Stage.gate, "/account"), (Stage.gate, "/admin"), (Stage.other, "/headers")] {
                let answer = try await stage.browser().ask(host, path, repeated)
                #expect([302, 303].contains(answer.status), "\(host)\(path) answered \(answer.status)")
                #expect(answer["Location"]?.contains("/login") == true || host == Stage.other)
                #expect(!answer.body.contains("Zo"))
            }
            let program = try await stage.browser().ask(Stage.other, "/headers", repeated, accept: "application/json")
            #expect(program.status == 401)
            // Nor past the proxy, at the gateway itself.
            for path in ["/account", "/api/v1/people"] {
                var request = URLRequest(url: URL(string: "http://127.0.0.1:\(stage.gatewayPort)\(path)")!)
                request.httpShouldHandleCookies = false
                for field in received where field.name.hasPrefix("x-") {
                    request.setValue(field.value, forHTTPHeaderField: field.name)
                }
                let (body, response) = try await URLSession.shared.data(for: request)
                let text = String(decoding: body, as: UTF8.self)
                #expect((response as? HTTPURLResponse)?.statusCode != nil)
                #expect(!text.contains("Where you are signed in") && !text.contains("\"items\""), "\(path)")
            }
        }
    }

    @Test func aHandOverCodeOpensOnceAtItsOwnApplicationInItsOwnBrowser() async throws {
        try await Stage.run { stage in
            let browser = stage.browser()
            let page = try await browser.open(Stage.vault, "/headers")
            let leaving = try await browser.signIn(page, "ada", Stage.password, following: false)
            let callback = try #require(CurlBrowser.location(leaving))
            let (host, target) = browser.split(callback)
            #expect(host == Stage.vault && target.hasPrefix("/.gatehouse/callback?code=gh_h_"))
            // Login CSRF: the sender's code opens nothing in somebody else's browser …
            let victim = stage.browser()
            let offered = try await victim.ask(Stage.vault, target)
            #expect(offered.status == 403)
            #expect(victim.cookies[Stage.vault]?.isEmpty ?? true)
            // … and is used up by the attempt.
            #expect(try await browser.ask(Stage.vault, target).status == 403)
            // A victim who has begun a login of their own is no better prey.
            _ = try await victim.open(Stage.vault, "/headers")
            let fresh = try await code(in: browser)
            #expect(try await victim.ask(Stage.vault, fresh).status == 403)
            // Another application does not take it, and it stays good for its own.
            let second = try await code(in: browser)
            #expect(try await browser.ask(Stage.other, second).status == 403)
            let opened = try await browser.ask(Stage.vault, second)
            #expect(opened.status == 303)
            #expect(opened["Cache-Control"] == "no-store")
            let cookie = opened.all("Set-Cookie").first { $0.contains("gh-app") } ?? ""
            for word in ["__Host-", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                #expect(cookie.contains(word), "\(cookie)")
            }
            #expect(!cookie.lowercased().contains("domain"))
            #expect(try await browser.ask(Stage.vault, second).status == 403)
            for wrong in ["", "?code=", "?code=gh_h_x", "?code=\(String(repeating: "A", count: 5_000))"] {
                #expect(try await browser.ask(Stage.vault, "/.gatehouse/callback" + wrong).status == 403)
            }
        }
    }

    /// A code of the browser's present session, not yet presented.
    private func code(in browser: CurlBrowser) async throws -> String {
        var answer = try await browser.ask(ForwardAuthStage.vault, "/.gatehouse/start", sendsCookies: true)
        for _ in 0..<4 {
            let location = try #require(CurlBrowser.location(answer))
            let (host, target) = browser.split(location)
            if target.hasPrefix("/.gatehouse/callback") { return target }
            answer = try await browser.ask(host, target)
        }
        throw CurlBrowser.Loop()
    }

    @Test func twoTabsOfOneBrowserBothArrive() async throws {
        try await Stage.run { stage in
            let browser = stage.browser()
            let first = try await browser.open(Stage.vault, "/headers?tab=1")
            _ = try await browser.open(Stage.vault, "/headers?tab=2")
            let arrived = try await browser.signIn(first, "ada", Stage.password)
            #expect(arrived.status == 200 && browser.path == "/headers?tab=1")
            #expect(try await browser.open(Stage.vault, "/headers?tab=2").status == 200)
        }
    }

    @Test func aLoginBegunAtTheGatewayArrivesAtTheApplicationToo() async throws {
        try await Stage.run { stage in
            let browser = stage.browser()
            let target = CurlBrowser.encode("https://\(Stage.vault):\(stage.port)/headers")
            let page = try await browser.open(Stage.gate, "/login?application=vault&return=\(target)")
            let arrived = try await browser.signIn(page, "ada", Stage.password)
            #expect(arrived.status == 200)
            #expect(browser.host == Stage.vault && browser.path == "/headers")
        }
    }

    @Test func nobodyIsSentToAnAddressThatIsNotTheApplications() async throws {
        try await Stage.run { stage in
            for target in [
                "https://evil.test/", "//evil.test/", "https://\(Stage.vault).evil.test/", "javascript:alert(1)",
                "https://\(Stage.vault):\(stage.port)@evil.test/", "/\\evil.test",
                "https://\(Stage.other):\(stage.port)/",
                "http://\(Stage.vault):\(stage.port)/", "https://\(Stage.vault):\(stage.port)\\@evil.test/",
                "https://\(Stage.vault):\(stage.port)/\r\nSet-Cookie: a=b", String(repeating: "x", count: 3_000),
            ] {
                let browser = stage.browser()
                let wanted = CurlBrowser.encode(target)
                for begin in [
                    (Stage.vault, "/.gatehouse/start?return=\(wanted)"),
                    (Stage.gate, "/login?application=vault&return=\(wanted)"),
                ] {
                    browser.cookies = [:]
                    let page = try await browser.open(begin.0, begin.1)
                    _ = try await browser.signIn(page, "ada", Stage.password)
                    let hosts = Set(browser.visited.map { browser.split($0).host })
                    #expect(hosts.isSubset(of: [Stage.gate, Stage.vault]), "\(target): \(browser.visited)")
                    #expect(browser.host == Stage.vault && browser.path == "/", "\(target) led to \(browser.path)")
                }
            }
        }
    }

    @Test func signingOutAtTheApplicationEndsItsSessionThere() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            let held = browser.cookies
            // A link on another site does not end it.
            let lured = try await browser.ask(Stage.vault, "/.gatehouse/logout", ["Sec-Fetch-Site: cross-site"])
            #expect(lured.status == 303 && lured.all("Set-Cookie").isEmpty)
            #expect(try await browser.ask(Stage.vault, "/headers").status == 200)
            _ = try await browser.ask(Stage.vault, "/.gatehouse/logout", ["Sec-Fetch-Site: same-origin"])
            // Not the browser's cookie alone: what it held opens nothing any more.
            browser.cookies = held
            #expect(try await browser.ask(Stage.vault, "/headers").status == 302)
            #expect(try await browser.ask(Stage.gate, "/account").status == 200)
        }
    }

    @Test func aSessionThatEndsAtTheGatewayIsOverAtEveryApplicationAtOnce() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            #expect(try await browser.open(Stage.other, "/headers").status == 200)
            let caller = try TestGateway.operatorCaller(stage.gateway, tenant: "default")
            let ada = try await stage.gateway.people.person(named: "ada", in: caller.tenant)
            try await stage.gateway.people.disable(ada.id, .administrator, by: caller)
            for host in [Stage.vault, Stage.other] {
                #expect(try await browser.ask(host, "/headers").status == 302)
            }
        }
    }

    @Test func whoIsNoProxyIsNotBelieved() async throws {
        let running = try await TestGateway.open(
            extra: """
                providers: [ { id: local, type: local, name: Password } ]
                applications:
                  - { id: vault, host: vault.test, public_url: "https://vault.test", forward_auth: { enabled: true } }
                """)
        // The test's own peer is loopback, and nobody is trusted by default.
        try await running.serve { api in
            for path in ["/auth/verify", "/auth/denied", "/.gatehouse/start", "/.gatehouse/callback?code=x"] {
                let answer = try await api.send(
                    .get, path, token: .some(nil),
                    headers: [
                        .init("X-Original-Method")!: "GET", .init("X-Original-URI")!: "/",
                        .init("X-Forwarded-Proto")!: "https", .init("X-Forwarded-Host")!: "vault.test",
                        .init("X-Forwarded-For")!: "203.0.113.9",
                    ])
                #expect([403, 404].contains(answer.status), "\(path) answered \(answer.status)")
                #expect(answer.headers[.location] == nil)
            }
        }
    }

    @Test func aQuestionThatIsNotWholeIsRefusedAndNeverAnsweredWithAPermit() async throws {
        try await Stage.run { stage in
            let whole = [
                "X-Original-Method": "GET", "X-Original-URI": "/headers", "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": Stage.vault, "X-Forwarded-For": "203.0.113.9",
            ]
            let browser = try await stage.signedIn()
            let cookie = browser.cookies[Stage.vault]?.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") ?? ""
            // The shared session sends cookies of its own in place of ours, whatever a request says.
            let configuration = URLSessionConfiguration.ephemeral
            configuration.httpCookieStorage = nil
            let session = URLSession(configuration: configuration)
            func verify(_ headers: [String: String?], cookie other: String? = nil) async throws -> Int {
                var request = URLRequest(url: URL(string: "http://127.0.0.1:\(stage.gatewayPort)/auth/verify")!)
                request.setValue(other ?? cookie, forHTTPHeaderField: "Cookie")
                request.httpShouldHandleCookies = false
                for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
                let (_, response) = try await session.data(for: request)
                return (response as? HTTPURLResponse)?.statusCode ?? 0
            }
            #expect(try await verify(whole) == 200)
            for name in whole.keys {
                var lacking: [String: String?] = whole
                lacking[name] = .some(nil)
                #expect(try await verify(lacking) == 403, "without \(name)")
            }
            for (name, value) in [
                ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", Stage.other), ("X-Forwarded-Host", "a, b"),
                ("X-Forwarded-For", "unknown"), ("X-Original-URI", "http://\(Stage.vault)/headers"),
                ("X-Original-Method", "GET, POST"), ("X-Forwarded-Host", "\(Stage.vault)."),
            ] {
                var wrong = whole
                wrong[name] = value
                let status = try await verify(wrong)
                #expect([401, 403].contains(status), "\(name): \(value)")
            }
            // nginx makes 500 of every answer but 401 and 403.
            let many = (0..<200).map { "c\($0)=1" }.joined(separator: "; ")
            for cookies in ["\(cookie); \(many)", "\(cookie); \(cookie)"] {
                #expect(try await verify(whole, cookie: cookies) == 403, "\(cookies.prefix(100))")
            }
        }
    }

    @Test func everyAnswerAboutAPersonForbidsFramesSniffingAndKeeping() async throws {
        try await Stage.run { stage in
            let browser = try await stage.signedIn()
            for (host, path) in [
                (Stage.gate, "/account"), (Stage.gate, "/login?max_age=0"), (Stage.gate, "/logout"),
                (Stage.gate, "/account/password"), (Stage.vault, "/restricted"), (Stage.gate, "/nowhere"),
            ] {
                let answer = try await browser.ask(host, path)
                #expect(answer["Cache-Control"] == "no-store", "\(path): \(answer["Cache-Control"] ?? "-")")
                #expect(answer["X-Frame-Options"] == "DENY" || answer.status == 302, "\(path)")
                #expect(answer["Content-Security-Policy"]?.contains("frame-ancestors 'none'") ?? false, "\(path)")
                #expect(answer["X-Content-Type-Options"] == "nosniff", "\(path)")
                #expect(answer["Strict-Transport-Security"] != nil, "\(path)")
                #expect(answer["Referrer-Policy"] == "same-origin", "\(path)")
            }
        }
    }
}
