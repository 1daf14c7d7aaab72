import Crypto
import Testing
import Vocabulary

@testable import HTTPAPI

let testMAC: MACFunction = { bytes in
    Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: Array(repeating: 7, count: 32))))
}

@Suite("ETags, cursors, credentials, forms")
struct WireTests {
    @Test("a change must name the version it was made upon")
    func ifMatch() throws {
        let current = EntityTag(version: 7)
        #expect(try EntityTag.require(ifMatch: "\"v7\"", current: current) == 7)
        #expect(try EntityTag.require(ifMatch: "\"v1\", \"v7\"", current: current) == 7)
        #expect(try EntityTag.require(ifMatch: "*", current: current) == nil)
        #expect(throws: Refusal.preconditionRequired) { try EntityTag.require(ifMatch: nil, current: current) }
        for tag in ["\"v6\"", "W/\"v7\"", "v7", "\"v07\"", "\"v-7\"", "", "\"v7"] {
            #expect(throws: Refusal.preconditionFailed) { try EntityTag.require(ifMatch: tag, current: current) }
        }
        #expect(EntityTag.isFresh(ifNoneMatch: "W/\"v7\"", current: current))
        #expect(!EntityTag.isFresh(ifNoneMatch: "\"v8\"", current: current))
    }

    @Test("a cursor works for its own list only and cannot be forged")
    func cursor() throws {
        let sealed = try Cursor(after: "alice'; DROP").sealed(for: "people:t1", mac: testMAC)
        #expect(try Cursor(sealed: sealed, for: "people:t1", mac: testMAC).after == "alice'; DROP")
        var forged = Array(sealed)
        forged[30] = forged[30] == "A" ? "B" : "A"
        for (text, list) in [
            (sealed, "people:t2"), (String(forged), "people:t1"), ("", "people:t1"), ("!!", "people:t1"),
        ] {
            #expect(throws: Refusal.self) { try Cursor(sealed: text, for: list, mac: testMAC) }
        }
    }

    @Test("a page holds 1 to 200 items")
    func limit() throws {
        #expect(try PageRequest(limit: nil, cursor: nil, list: "l", mac: testMAC).limit == 50)
        #expect(try PageRequest(limit: "200", cursor: nil, list: "l", mac: testMAC).limit == 200)
        for limit in ["0", "201", "-1", "x", ""] {
            #expect(throws: Refusal.self) { try PageRequest(limit: limit, cursor: nil, list: "l", mac: testMAC) }
        }
    }

    @Test("authorization headers are read strictly")
    func authorization() throws {
        guard case .bearer(let token) = try AuthorizationHeader("Bearer abc.DEF-_~+/==") else { throw WrongKind() }
        #expect(token.reveal() == "abc.DEF-_~+/==")
        // "cl%3Aid:s+e%20c" as RFC 6749 §2.3.1 encodes it.
        let basic = try AuthorizationHeader("basic " + Base64.encode(Array("cl%3Aid:s+e%20c".utf8), .padded))
        #expect(basic.clientCredentials?.id == "cl:id")
        #expect(basic.clientCredentials?.secret.reveal() == "s e c")
        for value in [
            "", "Bearer", "Bearer ", "Bearer a b", "Bearer =", "Digest x", "Basic !!", "Basic YQ", "Basic YQ==",
        ] {
            #expect(throws: Refusal.self) { try AuthorizationHeader(value) }
        }
        #expect(throws: Refusal.self) { try AuthorizationHeader("Bearer " + String(repeating: "a", count: 4_090)) }
    }

    struct WrongKind: Error {}

    @Test("forms are decoded once and refuse a field sent twice")
    func forms() throws {
        let form = try FormBody("a=1+2&b=%C3%A9&c=".utf8)
        #expect(form["a"] == "1 2")
        #expect(form["b"] == "é")
        #expect(form["c"] == "")
        #expect(form["d"] == nil)
        for text in ["a=1&a=2", "a=%", "a=%0", "a=%00", "a=%ff", "%61=1&a=2"] {
            #expect(throws: Refusal.self) { try FormBody(text.utf8) }
        }
        let fields = { (n: Int) in (0..<n).map { "f\($0)=x" }.joined(separator: "&") }
        for mark in ["\u{301}", "%CC%81"] {
            let most = "a=e" + String(repeating: mark, count: 30)
            _ = try FormBody(most.utf8)
            #expect(throws: Refusal.self) { try FormBody((most + mark).utf8) }
        }
        _ = try FormBody(fields(64).utf8)
        #expect(throws: Refusal.self) { try FormBody(fields(65).utf8) }
    }

    @Test("faults map to statuses, and ours say nothing to a stranger")
    func mapping() {
        let rows: [(Fault, Int)] = [
            (Fault("person.not_found", .caller, "m"), 404), (Fault("storage.conflict", .caller, "m"), 409),
            (Fault("x.odd", .caller, "m"), 400), (Fault("ldap.refused", .peer, "m"), 502),
            (Fault("ldap.unavailable", .peer, "m"), 503),
            (Fault("directory.unreachable", .peer, "m", retryAfter: .seconds(5)), 503),
            (Fault("passwords.busy", .ourselves, "m", retryAfter: .seconds(5)), 429),
            (Fault("storage.broken", .ourselves, "m"), 500),
        ]
        for (fault, status) in rows { #expect(ErrorMapping.failure(for: fault).problem.status == status) }
        let ours = ErrorMapping.failure(for: Fault("storage.broken", .ourselves, "the path /var/secret"))
        #expect(!CanonicalJSON.encode(ours.problem.json).contains("storage"))
        #expect(!CanonicalJSON.encode(ours.problem.json).contains("/var"))
        #expect(ErrorMapping.told(ours, isOperator: false) == ours.problem)
        let told = ErrorMapping.told(ours, isOperator: true)
        #expect(told.code == "storage.broken" && told.detail?.contains("/var/secret") == true)
    }

    @Test("metrics render as Prometheus text, within a bound")
    func metrics() {
        let registry = MetricsRegistry()
        registry.counter("c_total", help: "C.", labels: ["a": "x\"y\n"]).increment(by: 2)
        let histogram = registry.histogram("h", help: "H.", empty: Distribution(bounds: [1, 5]))
        for value in [0.5, 1, 3, 9] { histogram.observe(value) }
        let text = registry.render()
        #expect(text.contains("c_total{a=\"x\\\"y\\n\"} 2\n"))
        #expect(text.contains("h_bucket{le=\"1.0\"} 2\nh_bucket{le=\"5.0\"} 3\nh_bucket{le=\"+Inf\"} 4\n"))
        #expect(text.contains("h_sum 13.5\nh_count 4\n"))
        for index in 0..<MetricsRegistry.seriesLimit + 50 {
            registry.counter("many_total", help: "M.", labels: ["i": "\(index)"]).increment()
        }
        #expect(registry.render().contains("many_total{i=\"overflow\"} 52\n"))
    }
}
