import Gateway
import HTTPTypes
import Testing
import Vocabulary

@testable import Gateway
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
    let names = ApplicationConfiguration.Headers()

    func fields(_ change: (inout SubjectDescription) -> Void) -> HTTPFields {
        var person = SubjectDescription(login: "zoe")
        change(&person)
        return IdentityHeaders(person, names: names).fields
    }

    func value(_ name: String, _ fields: HTTPFields) -> String { fields[HTTPField.Name(name)!] ?? "absent" }

    @Test("every header is set even when nobody is known")
    func empty() {
        let fields = IdentityHeaders(nil, names: names).fields
        for name in [names.user, names.name, names.mail, names.roles] {
            #expect(fields[values: HTTPField.Name(name)!] == [""])
        }
    }

    @Test("no value ends a header or pretends to be two")
    func sanitized() {
        let name = "Zo\u{EB}\r\nX-Gatehouse-Roles: admin"
        let fields = fields {
            $0 = SubjectDescription(login: "zoe", name: name, roles: ["staff,admins", "50% club", ""])
        }
        #expect(value(names.name, fields) == "Zo%C3%AB%0D%0AX-Gatehouse-Roles: admin")
        #expect(value(names.roles, fields) == "50%25 club,staff%2Cadmins")
    }

    @Test("a name with a comma cannot skip the escaping")
    func commaIsNoBypass() {
        #expect(
            value(names.name, fields { $0 = SubjectDescription(login: "j", name: "Doe, Jane\n") }) == "Doe, Jane%0A")
    }

    @Test("a list stops before the name that does not fit, and a single value that does not fit is empty")
    func limit() {
        let roles = (0..<100).map { "role\($0)-" + String(repeating: "x", count: 90) }
        let long = String(repeating: "n", count: IdentityHeaders.valueLimit + 1)
        let fields = fields { $0 = SubjectDescription(login: String(long.dropLast()), name: long, roles: roles) }
        let list = value(names.roles, fields)
        #expect(list.utf8.count <= IdentityHeaders.valueLimit)
        #expect(list.split(separator: ",").allSatisfy { roles.contains(String($0)) })
        #expect(value(names.name, fields) == "")
        #expect(value(names.user, fields).utf8.count == IdentityHeaders.valueLimit)
    }
}

extension SubjectDescription {
    init(login: String, name: String? = nil, roles: [String] = []) {
        self.init(
            subject: .person(PersonID(high: 0, low: 1)), login: login, displayName: name, mail: nil, roles: roles,
            groups: [])
    }
}
