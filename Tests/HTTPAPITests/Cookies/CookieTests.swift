import HTTPTypes
import Testing
import Vocabulary

@testable import HTTPAPI

@Suite("Cookies and form tokens")
struct CookieTests {
    func header(_ lines: String...) -> HTTPFields {
        HTTPFields(lines.map { HTTPField(name: .cookie, value: $0) })
    }

    @Test("a cookie of ours is Secure, HttpOnly, host-only and named after its tenant")
    func attributes() {
        let name = CookieName.name(.session, tenant: "acme")
        #expect(name == "__Host-gh-sso-acme")
        let cookie = SetCookie(name, Secret("tok"), sameSite: .strict, lifetime: .seconds(60))
        #expect(cookie.field.value == "__Host-gh-sso-acme=tok; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60")
        #expect(!String(describing: cookie).contains("tok"))
    }

    @Test("a cookie is found among others; one sent twice is refused")
    func parsing() throws {
        #expect(try CookieHeader(header("x=1; a=tok; junk; y=2")).secret("a")?.reveal() == "tok")
        #expect(try CookieHeader(header("x=1")).secret("a") == nil)
        #expect(try CookieHeader(header("a=to k")).secret("a") == nil)
        #expect(try CookieHeader(header("a=")).secret("a") == nil)
        for twice in [header("a=1; a=2"), header("a=1", "a=1")] {
            #expect(throws: Refusal.self) { try CookieHeader(twice).secret("a") }
        }
    }

    @Test("100 cookies and 16 KiB are read, one more is refused")
    func limits() throws {
        let list = { (n: Int) in (0..<n).map { "c\($0)=1" }.joined(separator: ";") }
        _ = try CookieHeader(header(list(100)))
        #expect(throws: Refusal.self) { try CookieHeader(header(list(101))) }
        _ = try CookieHeader(header("a=" + String(repeating: "x", count: CookieHeader.byteLimit - 2)))
        #expect(throws: Refusal.self) {
            try CookieHeader(header("a=" + String(repeating: "x", count: CookieHeader.byteLimit - 1)))
        }
    }

    @Test("a form token is worth nothing in another form or browser")
    func formToken() throws {
        let binding = Secret("pre-session")
        let token = try FormToken.make(binding: binding, purpose: "login.password", mac: testMAC)
        try FormToken.verify(token, binding: binding, purpose: "login.password", mac: testMAC)
        let wrong: [(String?, SecretText?, String)] = [
            (nil, binding, "login.password"), (token, nil, "login.password"),
            (token, Secret("other"), "login.password"),
            (token, binding, "login.totp"), (token + "A", binding, "login.password"), ("", binding, "login.password"),
        ]
        for (text, binding, purpose) in wrong {
            #expect(throws: Refusal.self) {
                try FormToken.verify(text, binding: binding, purpose: purpose, mac: testMAC)
            }
        }
    }

    @Test("a form post comes from our own origin or not at all")
    func origin() throws {
        let site = HTTPField.Name("Sec-Fetch-Site")!
        let ours = "https://login.example.org"
        try OriginCheck.require([site: "same-origin", .origin: ours], origin: ours)
        try OriginCheck.require([.origin: ours], origin: ours)
        let refused: [HTTPFields] = [
            [:], [site: "cross-site"], [site: "same-site"], [site: "none"], [.origin: "null"],
            [.origin: "https://evil.example"], [site: "same-origin", .origin: "https://evil.example"],
            [.origin: "http://login.example.org"], [.origin: "https://login.example.org.evil"],
        ]
        for headers in refused {
            #expect(throws: Refusal.forbidden(code: "csrf.origin")) { try OriginCheck.require(headers, origin: ours) }
        }
    }
}
