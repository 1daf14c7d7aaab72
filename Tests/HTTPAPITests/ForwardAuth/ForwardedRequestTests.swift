import HTTPTypes
import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("Forwarded headers")
struct ForwardedRequestTests {
    let proxy = IPAddress("10.1.2.3")!

    func headers(_ changes: [(String, String?)] = []) -> HTTPFields {
        var fields: HTTPFields = [:]
        let base = [
            ("X-Original-Method", "GET"), ("X-Original-URI", "/reports?q=1"), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "App.Example.org:443"), ("X-Forwarded-For", "203.0.113.9"),
        ]
        for (name, value) in base { fields[HTTPField.Name(name)!] = value }
        for (name, value) in changes { fields[HTTPField.Name(name)!] = value }
        return fields
    }

    @Test("a trusted proxy's question is read whole")
    func accepted() throws {
        let request = try ForwardedRequest(headers: headers(), peer: proxy, trusted: TrustedProxies(["10.0.0.0/8"]))
        #expect(request.host == "app.example.org")
        #expect(request.uri.path == "/reports")
        #expect(request.isSecure)
        #expect(request.client == IPAddress("203.0.113.9"))
    }

    // oauth2-proxy CVE-2026-40575 / CVE-2026-76835: the default trusted everybody.
    @Test("nobody is trusted by default, and nobody can be trusted with everything")
    func trust() throws {
        #expect(throws: ForwardedRequest.Refusal.untrustedPeer) {
            try ForwardedRequest(headers: headers(), peer: proxy, trusted: TrustedProxies())
        }
        #expect(throws: ForwardedRequest.Refusal.untrustedPeer) {
            try ForwardedRequest(headers: headers(), peer: nil, trusted: TrustedProxies(["10.0.0.0/8"]))
        }
        for entry in ["0.0.0.0/0", "::/0", "10.0.0.5/8", "proxy.example", ""] {
            #expect(throws: Fault("forward_auth.trusted_proxies", .ourselves, "")) { try TrustedProxies([entry]) }
        }
        #expect(throws: Fault.self) { try TrustedProxies(Array(repeating: "10.0.0.1", count: 257)) }
        #expect(try TrustedProxies(Array(repeating: "10.0.0.1", count: 256)).contains(IPAddress("10.0.0.1")))
    }

    // CVE-2024-47070 (authentik): an unparsable X-Forwarded-For skipped the password.
    @Test(
        "an unparsable or missing header is a refusal, never left out",
        arguments: [
            ("X-Forwarded-For", "unknown"), ("X-Forwarded-For", "1.2.3.4, "), ("X-Forwarded-For", "1.2.3.4, evil"),
            ("X-Forwarded-For", nil), ("X-Forwarded-Proto", "HTTPS"), ("X-Forwarded-Proto", "https,http"),
            ("X-Forwarded-Host", "a, b"), ("X-Forwarded-Host", "user@host"), ("X-Forwarded-Host", "-a.example"),
            ("X-Forwarded-Host", "a..example"), ("X-Forwarded-Host", "a:0"), ("X-Forwarded-Host", "a:99999"),
            ("X-Forwarded-Host", nil), ("X-Original-Method", "get"), ("X-Original-Method", "GET /"),
            ("X-Original-Method", nil), ("X-Original-URI", nil), ("X-Original-URI", "/%"),
        ] as [(String, String?)])
    func malformed(_ name: String, _ value: String?) throws {
        let trusted = try TrustedProxies(["10.0.0.0/8"])
        #expect(throws: ForwardedRequest.Refusal.self) {
            try ForwardedRequest(headers: headers([(name, value)]), peer: proxy, trusted: trusted)
        }
    }

    @Test("a header sent twice is refused")
    func repeated() throws {
        var fields = headers()
        fields.append(HTTPField(name: HTTPField.Name("X-Original-URI")!, value: "/admin"))
        let trusted = try TrustedProxies(["10.0.0.0/8"])
        #expect(throws: ForwardedRequest.Refusal.repeated("X-Original-URI")) {
            try ForwardedRequest(headers: fields, peer: proxy, trusted: trusted)
        }
    }

    @Test("the client is the nearest address that is no proxy, whatever stands to its left")
    func client() throws {
        let forwarded = headers([("X-Forwarded-For", "127.0.0.1, 198.51.100.7, 10.9.9.9")])
        let request = try ForwardedRequest(headers: forwarded, peer: proxy, trusted: TrustedProxies(["10.0.0.0/8"]))
        #expect(request.client == IPAddress("198.51.100.7"))
    }
}

@Suite("Identity headers")
struct IdentityHeadersTests {
    @Test("every header is set even when nothing is known")
    func empty() {
        let fields = IdentityHeaders().fields
        for name in IdentityHeaders.names { #expect(fields[values: HTTPField.Name(name)!] == [""]) }
    }

    @Test("no value ends a header or pretends to be two")
    func sanitized() {
        var headers = IdentityHeaders()
        headers.name = "Zoë\r\nRemote-Roles: admin"
        headers.groups = ["staff,admins", "50% club", ""]
        let fields = headers.fields
        #expect(fields[HTTPField.Name("Remote-Name")!] == "Zo%C3%AB%0D%0ARemote-Roles: admin")
        #expect(fields[HTTPField.Name("Remote-Groups")!] == "50%25 club,staff%2Cadmins")
    }

    @Test("a name with a comma cannot skip the escaping")
    func commaIsNoBypass() {
        var headers = IdentityHeaders()
        headers.name = "Doe, Jane\n"
        #expect(headers.fields[HTTPField.Name("Remote-Name")!] == "Doe, Jane%0A")
    }

    @Test("a list stops before the name that does not fit")
    func limit() {
        var headers = IdentityHeaders()
        headers.roles = (0..<100).map { "role\($0)-" + String(repeating: "x", count: 90) }
        let value = headers.fields[HTTPField.Name("Remote-Roles")!] ?? ""
        #expect(value.utf8.count <= IdentityHeaders.valueLimit)
        #expect(value.split(separator: ",").allSatisfy { headers.roles.contains(String($0)) })
        headers.name = String(repeating: "n", count: IdentityHeaders.valueLimit + 1)
        #expect(headers.fields[HTTPField.Name("Remote-Name")!] == "")
    }
}
