import Testing
import Vocabulary

@testable import Gateway

/// A configuration is its operator's, but what it says ends up in headers, cookies and addresses.
@Suite struct HostileConfigurationTests {
    private func faults(_ application: String) -> [String] {
        let text = """
            version: 1
            server: { listen: "127.0.0.1:8443", public_url: "https://gate.example.org" }
            storage: { directory: data }
            keys: { master_key_file: master.key }
            tenants: [ { slug: main, name: Main } ]
            applications:
              - { host: app.example.org, \(application) }
            """
        do {
            _ = try ConfigurationLoader.parse(text, file: "gatehouse.yaml", folder: "/etc", environment: [:])
            return []
        } catch { return ((error as? ConfigurationFaults)?.faults ?? []).map(\.key) }
    }

    // A header that is never set is one that the browser may set.
    @Test(arguments: [
        "X Y", "X-Y:", "X-Y\\r\\nZ: 1", "X_User", "X-User_Name", "", "Location", "Set-Cookie", "Content-Length",
        "Connection", "X-Forwarded-Host", "X-Original-URI", "X-\\u00e9", "X-" + String(repeating: "y", count: 64),
    ])
    func `what an application is called in headers and cookies is held to their grammar`(name: String) {
        let header = faults("id: app, forward_auth: { headers: { user: \"\(name)\" } }")
        #expect(name.isEmpty ? header.isEmpty : header == ["applications[0].forward_auth.headers.user"], "\(header)")
    }

    @Test(arguments: [
        ("resource: \"https://other.example.org\"", "resource"), ("resource: \"http://app.example.org\"", "resource"),
        ("resource: \"https://app.example.org.evil.test/\"", "resource"), ("resource: \"/mcp\"", "resource"),
        ("resource: \"https://app.example.org/a?b\"", "resource"),
        ("resource: \"https://app.example.org/a#b\"", "resource"),
        ("resource: \"https://app.example.org/a/../b\"", "resource"),
        ("resource: \"https://app.example.org/%61\"", "resource"),
        ("resource: \"https://app.example.org//a\"", "resource"),
        ("scopes: [ { name: \"a b\" } ]", "scopes[0].name"), ("scopes: [ { name: a }, { name: a } ]", "scopes"),
        ("documentation: \"http://docs.example.org\"", "documentation"), ("require_dop: true", "require_dop"),
    ])
    func `what an application takes tokens for is below its own address`(text: String, key: String) {
        let found = faults(
            "id: app, public_url: \"https://app.example.org\", forward_auth: {}, access_tokens: { \(text) }"
        )
        #expect(found == ["applications[0].access_tokens.\(key)"], "\(found)")
    }

    @Test func `tokens are taken behind a proxy that asks`() {
        #expect(faults("id: app, forward_auth: {}, access_tokens: { enabled: true }").isEmpty)
        #expect(faults("id: app, access_tokens: { enabled: true }") == ["applications[0].access_tokens.enabled"])
        #expect(faults("id: app, access_tokens: { enabled: false }").isEmpty)
        let names = "forward_auth: { headers: { user: X-Gatehouse-Authorization } }"
        #expect(faults("id: app, \(names)") == ["applications[0].forward_auth.headers"])
    }

    @Test func `four identity headers have four names`() {
        #expect(faults("id: app, forward_auth: { headers: { user: X-Who, name: x-who } }").count == 1)
        #expect(faults("id: app, forward_auth: { headers: { user: X-Who, name: Remote-Name } }").isEmpty)
    }

    @Test(arguments: ["a b", "a\\\"b", "a;b", "a=b", "a/b", "\\u00e9", "a\\nb", String(repeating: "a", count: 65)])
    func `an id that cannot stand in an address, a cookie and a header is refused`(id: String) {
        #expect(!faults("id: \"\(id)\"").isEmpty)
        #expect(!faults("id: app, forward_auth: { session_cookie: \"\(id)\" }").isEmpty || id.count == 65)
    }

    // Ten lines that stand for ten thousand million values.
    @Test func `a document that multiplies by aliases is refused before it grows`() {
        var text = "version: 1\npolicies: []\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<10 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let start = ContinuousClock.now
        #expect(throws: Fault.self) { try PolicyService.parse(text) }
        #expect(throws: ConfigurationFaults.self) {
            try ConfigurationLoader.parse(text, file: "gatehouse.yaml", folder: "/etc", environment: [:])
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
