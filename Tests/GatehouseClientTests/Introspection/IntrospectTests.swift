import Foundation
import Testing

@testable import GatehouseClient

@Suite("Introspecting a token")
struct IntrospectTests {
    let active = """
        {"active":true,"sub":"p1","username":"mira","scope":"read write","aud":["reports"],"client_id":"c1",
         "exp":4102444800,"acr":"urn:gatehouse:aal:2","sid":"s1","roles":["editor"],"unknown":{"a":[1]}}
        """

    @Test("asks as RFC 7662 has it and reads the answer")
    func asks() async throws {
        let gateway = ScriptedGateway(active)
        let answer = try await gateway.client().introspect("abc+/d==")
        let request = try #require(gateway.requests.first)
        #expect(request.url.absoluteString == "https://id.example.org/t/acme/oauth2/introspect")
        #expect(request.headers["Authorization"] == "Bearer gh_key")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        #expect(request.text == "token=abc%2B%2Fd%3D%3D&token_type_hint=access_token")
        #expect(answer.isActive && answer.subject == "p1" && answer.scopes == ["read", "write"])
        #expect(
            answer.audiences == ["reports"] && answer.roles == ["editor"] && answer.strength == "urn:gatehouse:aal:2")
    }

    @Test("an inactive token keeps no other member")
    func inactive() async throws {
        let answer = try await ScriptedGateway(#"{"active":false,"sub":"p1","roles":["admin"]}"#).client().introspect(
            "a")
        #expect(answer == .inactive)
    }

    @Test(
        "an answer that is not whole is an error, never an active token",
        arguments: [
            "", "[]", "null", "{}", #"{"active":"true"}"#, #"{"active":1}"#, #"{"active":true,"scope":7}"#,
            #"{"active":true,"exp":"never"}"#, #"{"active":true,"aud":{}}"#, #"{"active":true"#,
        ])
    func malformed(json: String) async throws {
        let client = try ScriptedGateway(json).client()
        await #expect(throws: GatehouseError("gateway.answer", "The gateway's answer is not the JSON it has to be.")) {
            try await client.introspect("a")
        }
    }

    @Test("every other status is an error", arguments: [201, 204, 302, 400, 401, 403, 404, 429, 500, 503])
    func statuses(status: Int) async throws {
        let client = try ScriptedGateway(active, status: status).client()
        await #expect(throws: GatehouseError.self) { try await client.introspect("a") }
    }

    @Test(
        "what cannot be a token is inactive without asking",
        arguments: ["", "=", "a b", "a\r\nb", "ä", "a&token=b", "a=b", String(repeating: "a", count: 4_097)])
    func notATokens(text: String) async throws {
        let gateway = ScriptedGateway(active)
        #expect(try await gateway.client().introspect(text) == .inactive)
        #expect(gateway.requests.isEmpty)
    }

    @Test("the longest token is asked about")
    func longest() async throws {
        let gateway = ScriptedGateway(active)
        #expect(try await gateway.client().introspect(String(repeating: "a", count: 4_096)).isActive)
    }

    @Test("an active answer is remembered, an inactive or failed one is not")
    func remembers() async throws {
        let good = ScriptedGateway(active)
        let client = try good.client()
        for _ in 0..<3 { _ = try await client.introspect("a") }
        #expect(good.requests.count == 1)
        let bad = ScriptedGateway(#"{"active":false}"#)
        let other = try bad.client()
        for _ in 0..<3 { _ = try await other.introspect("a") }
        #expect(bad.requests.count == 3)
    }

    @Test("a bound of zero asks every time")
    func noCache() async throws {
        let gateway = ScriptedGateway(active)
        let client = try gateway.client(cache: .zero)
        for _ in 0..<3 { _ = try await client.introspect("a") }
        #expect(gateway.requests.count == 3)
    }

    @Test("a revoked token is refused after the bound")
    func revoked() async throws {
        let gateway = ScriptedGateway(active)
        let client = try gateway.client(cache: .milliseconds(60))
        _ = try await client.introspect("a")
        try await Task.sleep(for: .milliseconds(80))
        _ = try await client.introspect("a")
        #expect(gateway.requests.count == 2)
    }

    @Test("nothing is remembered beyond the token's own end")
    func ended() async throws {
        let gateway = ScriptedGateway(#"{"active":true,"exp":1000}"#)
        let client = try gateway.client()
        for _ in 0..<2 { _ = try await client.introspect("a") }
        #expect(gateway.requests.count == 2)
    }
}

@Suite("The memory of introspections")
struct IntrospectionCacheTests {
    let start = ContinuousClock.now

    @Test("an entry ends at its instant")
    func ends() {
        let cache = IntrospectionCache(limit: 2)
        cache.insert(Introspection(isActive: true), for: "a", until: start + .seconds(5), now: start)
        #expect(cache.find("a", now: start + .milliseconds(4_999)) != nil)
        #expect(cache.find("a", now: start + .seconds(5)) == nil)
        #expect(cache.count == 0)
    }

    @Test("one past the limit makes room by what ends first")
    func full() {
        let cache = IntrospectionCache(limit: 8)
        for index in 0..<9 {
            cache.insert(
                Introspection(isActive: true), for: "\(index)", until: start + .seconds(10 + index), now: start)
        }
        #expect(cache.count == 8)
        #expect(cache.find("0", now: start) == nil && cache.find("8", now: start) != nil)
    }
}
