import Foundation
import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite("Names in the configuration that point somewhere")
struct ConfigurationReferenceTests {
    private static func faults(
        _ lines: String, server: String = "", environment: [String: String] = [:]
    ) -> [ConfigurationFault] {
        let text = """
            version: 1
            server: { listen: 127.0.0.1:8443, public_url: https://gate.example.org\(server) }
            storage: { directory: data }
            keys: { master_key_file: master.key }
            tenants: [{ slug: main }, { slug: other, public_url: https://other.example.org }]

            """
        do {
            _ = try ConfigurationLoader.parse(text + lines, file: "f", folder: "/etc", environment: environment)
            return []
        } catch { return (error as? ConfigurationFaults)?.faults ?? [] }
    }

    // Misspelt, it once asked nobody for a second factor.
    @Test func `a role that two factors are asked of exists, or the file says which was meant`() {
        let found = Self.faults(
            """
            roles: [{ name: Treasurer }]
            mfa:
              required_roles:
                - Admin
                - Treasurer
                - Admn
                - treasurer
                - Somebody
            """)
        #expect(found.map(\.key) == (2...4).map { "mfa.required_roles[\($0)]" })
        #expect(found.map(\.line) == [11, 12, 13])
        #expect(
            found.map(\.message) == [
                "there is no role `Admn`. Did you mean `Admin`?",
                "there is no role `treasurer`. Did you mean `Treasurer`?", "there is no role `Somebody`.",
            ])
    }

    @Test func `protected roles, mappings, parents and tenants are found, all together and each in its own tenant`() {
        let found = Self.faults(
            """
            roles:
              - { name: Reader }
              - { name: Editor, inherits: [Raeder] }
              - { name: Guest, tenant: other, inherits: [Reader] }
              - { name: Admin }
            providers:
              - id: corporate
                type: ldap
                servers: [ldaps://dc1.example.org]
                people: { base: "ou=people,dc=example,dc=org" }
                sync: { guard: { protected_roles: [Admin, Reader, Guest] } }
            mappings:
              - { provider: corporat, group: g, role: Reader }
              - { provider: corporate, group: g, role: Edtior }
              - { provider: corporate, group: g, role: Reader, tenant: othr }
            """)
        #expect(
            found.map { "\($0.line ?? 0) \($0.key)" } == [
                "20 mappings[2].tenant", "8 roles[1].inherits[0]", "9 roles[2].inherits[0]", "10 roles[3].name",
                "16 providers[0].sync.guard.protected_roles[2]", "18 mappings[0].provider", "19 mappings[1].role",
                "20 mappings[2].provider", "20 mappings[2].role",
            ])
        #expect(found[1].message == "there is no role `Raeder`. Did you mean `Reader`?")
        #expect(found[5].message == "there is no provider `corporat`. Did you mean `corporate`?")
    }

    @Test func `roles in a circle are told with the way round, and so are two that differ in case`() {
        let found = Self.faults(
            """
            roles:
              - { name: A, inherits: [B] }
              - { name: B, inherits: [C] }
              - { name: C, inherits: [A] }
              - { name: D, inherits: [A] }
              - { name: E, inherits: [E] }
              - { name: d }
              - { name: d, tenant: other }
            """)
        #expect(
            found.map(\.key) == ["roles[0]", "roles[1]", "roles[2]", "roles[4]"].map { "\($0).inherits" }
                + ["roles[5].name"])
        #expect(found.first?.message == "`A` would inherit from itself: `A` from `B` from `C` from `A`.")
        #expect(found.last?.message == "`d` and `D` differ in their letters' case only.")
    }

    @Test func `an application on the gateway's own host is refused, whichever tenant's it is`() {
        let found = Self.faults(
            """
            applications:
              - { id: a, host: gate.example.org }
              - { id: b, host: Other.example.org }
              - { id: c, host: wiki.example.org }
            """)
        #expect(found.map(\.key) == ["applications[0].host", "applications[1].host"])
    }

    @Test(
        "A network as wide as the world is not trusted",
        arguments: [
            ("10.0.0.0/8", true), ("10.0.0.0/7", false), ("0.0.0.0/0", false), ("128.0.0.0/1", false),
            ("2001::/16", true), ("2000::/3", false), ("::/0", false), ("::/16", false), ("::ffff:0:0/96", false),
            ("::ffff:10.0.0.0/104", true), ("::ffff:10.0.0.0/103", false),
        ])
    func networks(text: String, isTrusted: Bool) {
        let found = Self.faults("", server: ", trusted_proxies: [\"192.0.2.1\", \"\(text)\"]")
        #expect(found.map(\.key) == (isTrusted ? [] : ["server.trusted_proxies[1]"]), "\(found)")
    }

    @Test func `networks that are half of all addresses together are not trusted either`() {
        func list(_ count: Int) -> [ConfigurationFault] {
            let networks = (0..<count).map { "\"\($0).0.0.0/8\"" }.joined(separator: ", ")
            return Self.faults("", server: ", trusted_proxies: [\(networks), \"1.0.0.0/8\"]")
        }
        #expect(list(127) == [])
        #expect(list(128).map(\.key) == ["server.trusted_proxies"])
        #expect(list(256).map(\.key) == ["server.trusted_proxies"])
    }

    @Test func `a wrong value of the environment is found under its variable's name`() {
        let found = Self.faults("", environment: ["GATEHOUSE_GOVERNANCE_GLOBAL_TENANT": "mian"])
        #expect(found.map(\.key) == ["GATEHOUSE_GOVERNANCE_GLOBAL_TENANT"])
        #expect(found.first?.description.contains("Did you mean `main`?") == true)
    }

    @Test func `a start that is refused has applied nothing`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let lines = "applications: [{ id: wiki, host: wiki.example.org }]"
        try await bench.run(lines) { (gateway, caller) async throws in
            let own = Role(id: .random(at: gateway.clock()), tenant: caller.tenant, name: "Own")
            _ = try await gateway.roles.create(own, by: caller)
        }
        // The application left, and a role of the API is named: the second is refused before the first is carried out.
        #expect(try await bench.refusal("roles: [{ name: Own }]")?.code == "configuration.role")
        try await bench.run(lines) { (gateway, caller) async throws in
            #expect(try await gateway.count("application.removed", in: caller.tenant) == 0)
        }
    }
}
