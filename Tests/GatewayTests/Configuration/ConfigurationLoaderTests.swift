import Authorization
import Foundation
import Governance
import Testing
import Vocabulary

@testable import Gateway

/// The house's root, from where this file was compiled; through links, because the folder may be linked elsewhere.
private let root: String = {
    var path = (#filePath as NSString).resolvingSymlinksInPath
    for _ in 0..<4 { path = (path as NSString).deletingLastPathComponent }
    return path
}()

/// What is wrong with the smallest file and these lines after it.
private func faults(_ lines: String, environment: [String: String] = [:]) -> [ConfigurationFault] {
    do {
        _ = try WrittenFile.read(after: lines, environment: environment)
        return []
    } catch {
        return (error as? ConfigurationFaults)?.faults ?? []
    }
}

private func directory(_ servers: String, _ more: String = "") -> String {
    """
    providers:
      - id: corporate
        type: ldap
        servers: [\(servers)]
        people: { base: "ou=people,dc=example,dc=org" }
    \(more)
    """
}

@Suite struct ConfigurationLoaderTests {
    @Test(
        "S0-70 how many events lie between two snapshots is configured, from one to a million, and is a hundred unless")
    func snapshots() throws {
        #expect(try WrittenFile.read(after: "").governance.snapshots.every == 100)
        for number in [1, 7, 1_000_000] {
            let configured = try WrittenFile.read(after: "governance: { snapshot_every: \(number) }")
            #expect(configured.governance.snapshots.every == Int64(number))
        }
        for wrong in ["0", "1000001", "-1", "often"] {
            #expect(faults("governance: { snapshot_every: \(wrong) }").map(\.key) == ["governance.snapshot_every"])
        }
    }

    @Test func `the commented example loads, and every policy file it names holds a document`() throws {
        let configuration = try ConfigurationLoader.load(file: root + "/config/gatehouse.yaml", environment: [:])
        #expect(configuration.providers.map(\.key) == ["local", "corporate", "partner", "workforce"])
        #expect(configuration.applications.map(\.requiredAuthenticationAge) == [43_200])
        #expect(!configuration.policies.isEmpty)
        for policy in configuration.policies {
            let text = try String(contentsOfFile: policy.file, encoding: .utf8)
            #expect(!(try PolicyDocument(PolicyService.parse(text)).policies.isEmpty), "\(policy.file)")
        }
    }

    @Test func `what the example shows as a default is what leaving it out means`() throws {
        let example = try ConfigurationLoader.load(file: root + "/config/gatehouse.yaml", environment: [:])
        let bare = try WrittenFile.read(after: "")
        #expect("\(example.sessions)" == "\(bare.sessions)")
        #expect("\(example.login)" == "\(bare.login)")
        #expect("\(example.lockout)" == "\(bare.lockout)")
        #expect("\(example.decisions)" == "\(bare.decisions)")
        #expect("\(example.limits)" == "\(bare.limits)")
    }

    @Test func `the demo's policies are a document without a fault`() throws {
        let text = try String(contentsOfFile: root + "/config/demo/policies.yaml", encoding: .utf8)
        #expect(!(try PolicyDocument(PolicyService.parse(text)).policies.isEmpty))
    }

    @Test func `all faults are reported together, each with its key and its line`() throws {
        let found = faults(
            """
            sessions:
              idle: soon
              per_person: 0
            logging: { level: loud }
            mappings: [{ provider: nowhere, group: a, role: Admin }]
            """)
        #expect(found.map(\.key) == ["sessions.idle", "sessions.per_person", "logging.level", "mappings[0].provider"])
        #expect(found.map(\.line) == [7, 8, 9, 10])
    }

    @Test func `an unknown key is a fault with a hint at the one that was meant`() {
        let found = faults("sessions: { idel: 1h, absolut: 2h }\n")
        #expect(found.map(\.key) == ["sessions.absolut", "sessions.idel"])
        #expect(found.first?.message == "is not a known key here. Did you mean `absolute`?")
        #expect(found.last?.message == "is not a known key here.")
    }

    @Test func `a key that stands twice is a fault, and so is text that is not YAML`() {
        #expect(!faults("sessions: { idle: 1h, idle: 2h }\n").isEmpty)
        #expect(faults("sessions: [\n").map(\.key) == ["(file)"])
    }

    @Test func `the environment overrides a value, and answers for it where it is wrong`() throws {
        let name = "GATEHOUSE_SERVER_LISTEN"
        #expect(
            try WrittenFile.read(after: "", environment: [name: "127.0.0.1:9000"]).server.listen.port
                == 9_000)
        let found = faults("", environment: [name: "127.0.0.1:65536"])
        #expect(found.map(\.key) == [name])
        #expect(found.map(\.line) == [nil])
    }

    @Test func `a login's filter and template belong to their methods and name the login`() throws {
        func keys(_ login: String) -> [String] {
            faults(directory("ldaps://dc1.example.org", "    login: { \(login) }")).map(\.key)
        }
        #expect(keys("method: search, filter: \"(uid={localpart})\"") == [])
        #expect(keys("method: direct, template: \"{login}@example.org\"") == [])
        #expect(keys("method: search, filter: \"(uid=*)\"") == ["providers[0].login.filter"])
        #expect(keys("method: direct, template: \"cn=admin\"") == ["providers[0].login.template"])
        #expect(keys("method: search, template: \"{login}\"") == ["providers[0].login.template"])
        #expect(
            keys("method: direct, template: \"{login}@x\", filter: \"(uid={login})\"") == ["providers[0].login.filter"])
    }

    @Test func `groups are looked up as fits the key, unless it is said`() throws {
        func lookup(_ groups: String) throws -> LDAPGroupsConfiguration.GroupLookup? {
            let text = directory("ldaps://dc1.example.org", "    groups: { base: \"ou=g,dc=x\"\(groups) }")
            guard case .ldap(let settings)? = try WrittenFile.read(after: text).providers.first?.kind else {
                return nil
            }
            return settings.groups?.lookup
        }
        #expect(try lookup("") == .members)
        #expect(try lookup(", key_attribute: objectGUID") == .tokenGroups)
        #expect(try lookup(", key_attribute: objectGUID, lookup: members") == .members)
        #expect(
            faults(directory("ldaps://a", "    groups: { base: \"ou=g\", lookup: chain }")).map(\.key) == [
                "providers[0].groups.lookup"
            ])
    }

    @Test func `a directory over plain ldap is refused unless StartTLS is asked for`() {
        #expect(faults(directory("ldap://dc1.example.org")).map(\.key) == ["providers[0].servers"])
        #expect(faults(directory("ldap://dc1.example.org", "    tls: { start_tls: true }")) == [])
        #expect(faults(directory("ldaps://dc1.example.org")) == [])
        #expect(faults(directory("\"ldaps://dc1.example.org\", \"ldap://dc2.example.org\"")).count == 1)
    }

    @Test func `listening beyond loopback without TLS is refused`() {
        let found = faults("", environment: ["GATEHOUSE_SERVER_LISTEN": "0.0.0.0:8443"])
        #expect(found.map(\.key) == ["server.tls"])
    }

    @Test(
        "A value is accepted at its limit and refused one past it",
        arguments: [
            ("sessions: { idle: 1m }", "sessions: { idle: 59s }"),
            ("sessions: { idle: 30d }", "sessions: { idle: 31d }"),
            ("sessions: { revocation_bound: 10ms }", "sessions: { revocation_bound: 9ms }"),
            ("login: { link_lifetime: 7d }", "login: { link_lifetime: 169h }"),
            ("lockout: { account_limit: 3 }", "lockout: { account_limit: 2 }"),
            ("passwords: { minimum_length: 8 }", "passwords: { minimum_length: 7 }"),
            ("passwords: { maximum_bytes: 1024 }", "passwords: { maximum_bytes: 1025 }"),
            ("limits: { uri_bytes: 8KiB }", "limits: { uri_bytes: 9KiB }"),
            ("mfa: { totp: { digits: 8 } }", "mfa: { totp: { digits: 7 } }"),
        ])
    func limits(accepted: String, refused: String) {
        #expect(faults(accepted + "\n") == [])
        #expect(faults(refused + "\n").count == 1)
    }

    @Test func `an application asks for one factor or two, and there is no third strength`() {
        func application(_ strength: Int) -> String {
            "applications: [{ id: a, host: a.example.org, required_acr: \(strength) }]\n"
        }
        #expect(faults(application(1)) == [])
        #expect(faults(application(2)) == [])
        #expect(faults(application(3)).map(\.key) == ["applications[0].required_acr"])
        #expect(faults(application(0)).map(\.key) == ["applications[0].required_acr"])
    }

    @Test func `two applications on one host, two tenants of one slug and a tenant that is not there are refused`() {
        let twice = "applications: [{ id: a, host: a.example.org }, { id: b, host: A.example.org }]\n"
        #expect(faults(twice).map(\.key) == ["applications[1]"])
        #expect(faults("roles: [{ name: R, tenant: other }]\n").map(\.key) == ["roles[0].tenant"])
    }
}
