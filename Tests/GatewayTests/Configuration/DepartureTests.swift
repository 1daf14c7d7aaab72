import Authorization
import Foundation
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// What leaves the configuration is no longer in force, and never ends up as nobody's.
@Suite struct DepartureTests {
    private let policy = """
        version: 1
        policies:
          - id: front
            name: Everybody reads the front page
            effect: allow
            subjects: any
            actions: [read]
            resources: { types: [page], ids: ["/"] }
        """
    private let reader = "{ name: Reader, permissions: [{ action: read, type: page }] }"
    private let editor = "{ name: Editor, inherits: [Reader] }"

    private func mayRead(_ gateway: Gateway, _ login: String, _ tenant: TenantID) async throws -> Bool {
        let question = DecisionQuestion(
            .subject(kind: .person, id: login), action: "read", resourceType: "page", resourceID: "/")
        let origin = DecisionOrigin(caller: nil, protocol: "api")
        return try await gateway.decisions.decide(question, in: tenant, origin: origin).isPermitted
    }

    private func addAda(_ gateway: Gateway, _ caller: Caller) async throws -> PersonID {
        var edit = PersonEdit()
        edit.login = "ada"
        return try await gateway.people.create(edit, by: caller).id
    }

    @Test func `a policy that left permits nothing from the next start on, and the journal says so`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try bench.write(policy, to: "front.yaml")
        let lines = "policies: [{ file: front.yaml }]"
        try await bench.run(lines) { (gateway, caller) async throws in
            _ = try await addAda(gateway, caller)
            #expect(try await mayRead(gateway, "ada", caller.tenant))
        }
        try await bench.run(lines) { (gateway, caller) async throws in
            #expect(try await mayRead(gateway, "ada", caller.tenant))
            #expect(try await gateway.count("policy.deleted", in: caller.tenant) == 0)
        }
        try await bench.run { (gateway, caller) async throws in
            #expect(try await !mayRead(gateway, "ada", caller.tenant))
            #expect(try await gateway.policies.list(in: caller.tenant).isEmpty)
            #expect(try await gateway.count("policy.deleted", in: caller.tenant) == 1)
        }
    }

    @Test func `a policy of the API stays when the configuration has none`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { (gateway, caller) async throws in
            _ = try await gateway.policies.put("own", policy, expecting: nil, by: caller)
        }
        try await bench.run { (gateway, caller) async throws in
            #expect(try await gateway.policies.list(in: caller.tenant).map(\.name) == ["own"])
        }
    }

    @Test func `roles that left are deleted with their configured mappings, predefined and API ones stay`() async throws
    {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let lines = """
            roles: [\(reader), \(editor)]
            providers: [{ id: local, type: local, name: Password }]
            mappings: [{ provider: local, group: g, role: Editor }]
            """
        let kept = try await bench.run(lines) { (gateway, caller) async throws in
            let own = Role(id: .random(at: gateway.clock()), tenant: caller.tenant, name: "Own")
            _ = try await gateway.roles.create(own, by: caller)
            return try await gateway.roles.roles(in: caller.tenant).map(\.name).filter {
                !["Reader", "Editor"].contains($0)
            }
        }
        #expect(kept.count == 6)
        try await bench.run { (gateway, caller) async throws in
            #expect(try await gateway.roles.roles(in: caller.tenant).map(\.name) == kept)
            #expect(try await gateway.roles.mappings(in: caller.tenant).isEmpty)
            #expect(try await gateway.count("role.deleted", in: caller.tenant) == 2)
        }
        // And it comes back as if it had never been there.
        #expect(try await bench.refusal(lines) == nil)
    }

    @Test func `a role that somebody holds passes to the API with those it inherits, and can then be deleted`()
        async throws
    {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run("roles: [\(reader), \(editor), { name: Unused }]") { (gateway, caller) async throws in
            let ada = try await addAda(gateway, caller)
            let editor = try await gateway.roles.role(named: "Editor", in: caller.tenant)
            _ = try await gateway.roles.assign(editor.id, to: .person(ada), expiresAt: nil, by: caller)
        }
        try await bench.run { (gateway, caller) async throws in
            let left = try await gateway.roles.roles(in: caller.tenant).filter { !$0.isPredefined }
            #expect(left.map(\.name) == ["Editor", "Reader"])
            #expect(left.allSatisfy { $0.managedBy == .api })
            #expect(try await gateway.count("role.released", in: caller.tenant) == 2)
            #expect(try await gateway.count("role.deleted", in: caller.tenant) == 1)
            #expect(try await mayRead(gateway, "ada", caller.tenant))
            for assignment in try await gateway.roles.assignments(in: caller.tenant) {
                try await gateway.roles.revoke(assignment.id, by: caller)
            }
            for role in left { try await gateway.roles.delete(role.id, by: caller) }
            #expect(try await !mayRead(gateway, "ada", caller.tenant))
        }
    }

    @Test func `a role cannot inherit, nor a mapping give, one that leaves`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run("roles: [\(reader), \(editor)]") { (_, _) async throws in }
        #expect(throws: ConfigurationFaults.self) { try bench.configuration("roles: [\(editor)]") }
        let mapping = """
            providers: [{ id: local, type: local, name: Password }]
            mappings: [{ provider: local, group: g, role: Reader }]
            """
        #expect(throws: ConfigurationFaults.self) { try bench.configuration(mapping) }
        try await bench.run("roles: [\(reader), \(editor)]") { (gateway, caller) async throws in
            #expect(try await gateway.count("role.deleted", in: caller.tenant) == 0)
        }
    }

    @Test func `a role of the API is taken over only where the configuration says so`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { (gateway, caller) async throws in
            let own = Role(id: .random(at: gateway.clock()), tenant: caller.tenant, name: "Reader")
            _ = try await gateway.roles.create(own, by: caller)
        }
        let refusal = try await bench.refusal("roles: [\(reader)]")
        #expect(refusal?.code == "configuration.role")
        #expect(refusal?.message.contains("managed by api, and the configuration names it too") == true)
        #expect(refusal?.remedy?.contains("adopt: true") == true)
        try await bench.run { (gateway, caller) async throws in
            let role = try await gateway.roles.role(named: "Reader", in: caller.tenant)
            #expect(role.managedBy == .api)
            #expect(role.permissions.isEmpty)
        }
        try await bench.run("roles: [{ name: Reader, adopt: true }]") { (gateway, caller) async throws in
            #expect(try await gateway.roles.role(named: "Reader", in: caller.tenant).managedBy == .configuration)
        }
    }

    @Test func `an application that left is closed and its sessions end; another may take its host`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        func application(_ id: String) -> String { "applications: [{ id: \(id), host: wiki.example.org }]" }
        let session = try await bench.run(application("wiki")) { (gateway, caller) async throws in
            let ada = try await addAda(gateway, caller)
            let wiki = try #require(gateway.applications.application(host: "wiki.example.org"))
            return try await gateway.store.write(.login) { tx in
                let parent = Session(
                    id: .random(at: tx.now), tenant: caller.tenant, person: ada, events: [], provider: nil,
                    createdAt: tx.now, lifetime: .standard,
                    secretHash: try Randomness.token(.session).hash)
                try tx.sql.insert(parent)
                try tx.sql.insert(
                    ApplicationSession(
                        id: .random(at: tx.now), tenant: caller.tenant, parent: parent.id, application: wiki.id,
                        tokenHash: try Randomness.token(.applicationSession).hash, createdAt: tx.now,
                        lifetime: .standard))
                return parent.id
            }
        }
        try await bench.run(application("wiki")) { (gateway, _) async throws in
            #expect(gateway.counts.applicationSessions == 1)
        }
        try await bench.run(application("notes")) { (gateway, caller) async throws in
            #expect(gateway.counts.applicationSessions == 0)
            #expect(gateway.counts.sessions == 1, "\(session) is the gateway's own and goes on")
            #expect(gateway.applications.all(in: caller.tenant).map(\.settings.key) == ["notes"])
            #expect(gateway.applications.application(host: "wiki.example.org")?.settings.key == "notes")
            #expect(try await gateway.count("application.removed", in: caller.tenant) == 1)
        }
        try await bench.run { (gateway, _) async throws in
            #expect(gateway.applications.application(host: "wiki.example.org") == nil)
        }
    }

    @Test func `a host may pass to an application of another tenant in one start`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let tenants = "[{ slug: main }, { slug: other }]"
        func application(_ tenant: String) -> String {
            "applications: [{ id: wiki, tenant: \(tenant), host: wiki.example.org }]"
        }
        try await bench.run(application("other"), tenants: tenants) { (_, _) async throws in }
        try await bench.run(application("main"), tenants: tenants) { (gateway, caller) async throws in
            #expect(gateway.applications.application(host: "wiki.example.org")?.tenant == caller.tenant)
        }
    }

    @Test func `two policy files of one name in one tenant are a fault, in two tenants they are not`() throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let tenants = "[{ slug: main }, { slug: other }]"
        #expect(throws: ConfigurationFaults.self) {
            try bench.configuration("policies: [{ file: a/p.yaml }, { file: b/p.yaml }]", tenants: tenants)
        }
        _ = try bench.configuration(
            "policies: [{ file: a/p.yaml }, { file: b/p.yaml, tenant: other }]", tenants: tenants)
    }
}
