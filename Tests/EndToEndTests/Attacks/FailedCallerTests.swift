import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

/// Credentials that prove nobody are bounded by source; whoever is right is never hurt by whoever is wrong.
@Suite("Wrong credentials are slowed by source")
struct FailedCallerTests {
    private static let limits = "limits: { failed_calls_per_source: 5 }"
    private static let wrong = "gh_k_" + String(repeating: "A", count: 43)

    /// The endpoints that programs authenticate at; each answers this with a right key.
    private static let endpoints: [(method: HTTPRequest.Method, path: String, right: Int)] = [
        (.get, "/api/v1/people", 200), (.post, "/access/v1/evaluation", 400), (.post, "/access/v1/evaluations", 400),
        (.post, "/oauth2/introspect", 415),
    ]

    private func ask(
        _ api: TestAPI, _ endpoint: Int, token: String?, from source: String? = nil
    ) async throws -> TestAPI.Answer {
        var headers = HTTPFields()
        if let source { headers[HTTPField.Name("X-Forwarded-For")!] = source }
        let (method, path, _) = Self.endpoints[endpoint]
        return try await api.send(method, path, method == .post ? [:] : nil, token: .some(token), headers: headers)
    }

    @Test func beyondTheLimitASourceHears429AndARightCallerBesideItIsServed() async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(extra: Self.limits, clock: clock.now)
        try await running.serve { api in
            // One budget for all of them.
            for number in 0..<5 {
                #expect(try await ask(api, number % 4, token: Self.wrong).status == 401)
            }
            for (endpoint, row) in Self.endpoints.enumerated() {
                let refused = try await ask(api, endpoint, token: Self.wrong)
                #expect(refused.status == 429, "\(row.path)")
                let wait = refused.headers[.retryAfter].flatMap { Int($0) } ?? 0
                #expect((1...60).contains(wait), "\(row.path)")
                // The same address, another credential; and none at all, which is only asked for one.
                #expect(try await ask(api, endpoint, token: api.token).status == row.right, "\(row.path)")
                #expect(try await ask(api, endpoint, token: nil).status == 401, "\(row.path)")
            }
            clock.advance(.seconds(60))
            #expect(try await ask(api, 0, token: Self.wrong).status == 401, "the next minute")
        }
    }

    @Test func whatCannotBeReadAsACredentialCountsToo() async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(extra: Self.limits, clock: clock.now)
        try await running.serve { api in
            let headers: HTTPFields = [.authorization: "Negotiate abc"]
            for _ in 0..<5 {
                let answer = try await api.send(.get, "/api/v1/people", token: .some(nil), headers: headers)
                #expect(answer.status == 400)
            }
            let answer = try await api.send(.get, "/api/v1/people", token: .some(nil), headers: headers)
            #expect(answer.status == 429)
            #expect(try await ask(api, 0, token: Self.wrong).status == 429)
        }
    }

    @Test func behindAProxyEachOfItsClientsHasABudgetOfItsOwn() async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(
            server: "trusted_proxies: [127.0.0.1/32]", extra: Self.limits, clock: clock.now)
        try await running.serve { api in
            for _ in 0..<5 { _ = try await ask(api, 0, token: Self.wrong, from: "192.0.2.1") }
            #expect(try await ask(api, 0, token: Self.wrong, from: "192.0.2.1").status == 429)
            // What stands left of the proxy's word was written by the client.
            #expect(try await ask(api, 0, token: Self.wrong, from: "198.51.100.7, 192.0.2.1").status == 429)
            #expect(try await ask(api, 0, token: Self.wrong, from: "192.0.2.2").status == 401)
            // A customer's whole /64 is one source.
            for host in 1...5 { _ = try await ask(api, 0, token: Self.wrong, from: "2001:db8::\(host)") }
            #expect(try await ask(api, 0, token: Self.wrong, from: "2001:db8::ffff").status == 429)
            #expect(try await ask(api, 0, token: Self.wrong, from: "2001:db8:0:1::1").status == 401)
        }
    }

    @Test func aRightKeyWithoutTheRightIsNoFailedCaller() async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(extra: Self.limits, clock: clock.now)
        let idle = try await IntrospectionTests.key(running.gateway, "idle", roles: [])
        try await running.serve { api async throws in
            for _ in 0..<12 { #expect(try await ask(api, 0, token: idle.key).status == 403) }
        }
    }
}
