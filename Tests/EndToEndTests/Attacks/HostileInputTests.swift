import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// Input that means harm rather than anything: each is answered, and the gateway goes on.
@Suite("Hostile input is answered and nothing ends")
struct HostileInputTests {
    static let local = "providers: [ { id: local, type: local, name: Password } ]"

    @Test func numbersBeyondTheirTypeAreRefusedAndStopNothing() async throws {
        let running = try await TestGateway.open(extra: Self.local)
        try await running.serve { api in
            let keys = "/api/v1/service-accounts/tests/keys"
            for days: AttributeValue in [.integer(.max), .integer(.min), 0, -1, 367, 1.5, "90"] {
                let answer = try await api.send(.post, keys, ["name": "k", "lifetime_days": days])
                #expect([400, 422].contains(answer.status), "\(days) answered \(answer.status)")
            }
            for time in ["9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z"] {
                _ = try await api.send(
                    .post, "/api/v1/assignments",
                    ["service_account": "tests", "role": "Analyst", "expires_at": .string(time)])
            }
            for number in ["9223372036854775807", "-1", "9223372036854775808", "1e9", "0x10"] {
                let age = try await api.send(.get, "/login?max_age=\(number)", token: .some(nil))
                #expect([200, 400].contains(age.status), "max_age=\(number) answered \(age.status)")
                _ = try await api.send(.get, "/api/v1/audit/events?after=\(number)&limit=\(number)")
                _ = try await api.send(.get, "/api/v1/people?limit=\(number)")
            }
            #expect(try await api.send(.get, "/api/v1/people").status == 200)
        }
    }

    @Test func aTargetOverTheConfiguredLengthIsRefused() async throws {
        let running = try await TestGateway.open(extra: "limits: { uri_bytes: 1KiB }")
        try await running.serve { api async throws in
            let path = "/healthz?"
            let longest = path + String(repeating: "x", count: 1_024 - path.utf8.count)
            #expect(try await api.send(.get, longest).status == 200)
            #expect(try await api.send(.get, longest + "x").status == 414)
        }
    }

    @Test func documentsThatTwoReadersWouldReadDifferentlyAreRefused() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            for text in [
                "{\"login\":\"a\",\"login\":\"b\"}", "{\"login\":\"a\"}{", "{\"login\":\"a\\ud800\"}",
                "\u{FEFF}{\"login\":\"a\"}", "{\"login\":\"a\",}", "{\"logi\\u006e\":\"a\",\"login\":\"b\"}",
                String(repeating: "[", count: 100),
                String(repeating: "{\"a\":", count: 33) + "1"
                    + String(repeating: "}", count: 33), "[" + String(repeating: "1,", count: 30_000) + "1]",
                "{\"login\":1e999}",
            ] {
                let answer = try await IntrospectionTests.ask(
                    api, text, token: api.token, path: "/api/v1/people", type: "application/json")
                #expect(answer.status == 400, "\(text.prefix(40)) answered \(answer.status)")
            }
        }
    }

    @Test func moreQueryParametersThanAreReadAreRefused() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api async throws in
            let query = { (count: Int) in (0..<count).map { "x\($0)=1" }.joined(separator: "&") }
            #expect(try await api.send(.get, "/login?" + query(64), token: .some(nil)).status == 200)
            #expect(try await api.send(.get, "/login?" + query(65), token: .some(nil)).status == 400)
            for bad in ["a=1&a=2", "a=%", "a=%00", "a=%ff", "a=%c0%80"] {
                #expect(try await api.send(.get, "/login?" + bad, token: .some(nil)).status == 400, "\(bad)")
            }
        }
    }

    @Test func aFloodFromOneSourceIsToldWhenToComeBack() async throws {
        let running = try await TestGateway.open(
            server: "trusted_proxies: [ \"127.0.0.1\" ]",
            extra: Self.local + "\nlimits: { requests_per_source: 5 }")
        try await running.serve { api in
            func ask(_ source: String) async throws -> TestAPI.Answer {
                try await api.send(
                    .get, "/login", token: .some(nil), headers: [.init("X-Forwarded-For")!: source])
            }
            // The minute may turn once in between: of twice the budget some are refused whichever way.
            var refused: [TestAPI.Answer] = []
            for number in 0..<20 {
                // One customer's IPv6 network is one source, whichever of its addresses are used.
                let answer = try await ask("2001:db8:1:2::\(String(number + 1, radix: 16))")
                if answer.status == 429 { refused.append(answer) }
            }
            #expect(refused.count >= 10)
            for answer in refused {
                let wait = Int(answer.headers[.retryAfter] ?? "") ?? 0
                #expect((1...60).contains(wait))
            }
            #expect(try await ask("2001:db8:1:3::1").status == 200)
            #expect(try await ask("203.0.113.9").status == 200)
        }
    }

    @Test func everyPostOfAPageNeedsItsOwnOriginAndToken() async throws {
        let running = try await TestGateway.open(extra: Self.local)
        try await running.serve { api in
            for path in [
                "/login", "/login/link/gh_l_\(String(repeating: "A", count: 43))", "/account/sessions/end",
                "/account/sessions/end-others", "/account/password", "/account/authenticator",
                "/account/authenticator/remove", "/account/recovery-codes", "/account/kept",
            ] {
                for headers: HTTPFields in [
                    [:], [.origin: "https://evil.example.org"], [.origin: "null"],
                    [.origin: "https://gate.example.org", .init("Sec-Fetch-Site")!: "same-site"],
                    // The right origin and no token.
                    [.origin: "https://gate.example.org", .init("Sec-Fetch-Site")!: "same-origin"],
                ] {
                    var fields = headers
                    fields[.contentType] = "application/x-www-form-urlencoded"
                    let answer = try await api.send(.post, path, token: .some(nil), headers: fields)
                    // Nobody is signed in: the account's forms lead to the login before anything else is looked at.
                    #expect(answer.status == 403 || (answer.status == 303 && path.hasPrefix("/account")), "\(path)")
                }
            }
        }
    }

    @Test func aRequestIDCannotForgeALogLineOrAHeader() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            for made in ["a b c d e f g", "short", String(repeating: "x", count: 65), "<script>alert(1)</script>"] {
                let answer = try await api.send(
                    .get, "/healthz", token: .some(nil), headers: [.init("X-Request-ID")!: made])
                #expect(answer.headers[.init("X-Request-ID")!] != made)
            }
            let kept = try await api.send(
                .get, "/healthz", token: .some(nil), headers: [.init("X-Request-ID")!: "trace-0123"])
            #expect(kept.headers[.init("X-Request-ID")!] == "trace-0123")
        }
    }
}
