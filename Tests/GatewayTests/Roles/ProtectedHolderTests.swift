import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("The last administrator")
struct ProtectedHolderTests {
    private static let password = SecretText("a walk along the river")

    /// A person who holds Admin; `isAble` gives them a password.
    private static func admin(
        _ login: String, isAble: Bool = true, _ gateway: Gateway, by caller: Caller
    ) async throws -> (person: PersonID, assignment: AssignmentID) {
        var edit = PersonEdit()
        edit.login = login
        let person = try await gateway.people.create(edit, by: caller).id
        if isAble {
            _ = try await gateway.credentials.setPassword(password, of: person, mustChange: false, by: caller)
        }
        let role = try await gateway.roles.role(named: "Admin", in: caller.tenant).id
        let given = try await gateway.roles.assign(role, to: .person(person), expiresAt: nil, by: caller)
        return (person, given.id)
    }

    @Test("The last one who can sign in is neither disabled nor erased nor unassigned, and nothing of the try is kept")
    func lastOne() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run("providers: [{ id: local, type: local }]") { gateway, caller in
            let ada = try await Self.admin("ada", gateway, by: caller)
            // Holds the role, and nobody can be her.
            _ = try await Self.admin("ghost", isAble: false, gateway, by: caller)
            let account = try await gateway.serviceAccounts.create(name: "robot", description: nil, by: caller)
            let role = try await gateway.roles.role(named: "Admin", in: caller.tenant).id
            _ = try await gateway.roles.assign(role, to: .serviceAccount(account.id), expiresAt: nil, by: caller)
            let conflict = Fault("conflict", .caller, "")
            await #expect(throws: conflict) { try await gateway.people.disable(ada.person, .administrator, by: caller) }
            await #expect(throws: conflict) { try await gateway.people.erase(ada.person, by: caller) }
            await #expect(throws: conflict) { try await gateway.roles.revoke(ada.assignment, by: caller) }
            #expect(try await gateway.people.person(ada.person, in: caller.tenant).isActive)
            #expect(try await gateway.count("person.disabled", in: caller.tenant) == 0)
            #expect(try await gateway.count("role.revoked", in: caller.tenant) == 0)

            let bob = try await Self.admin("bob", gateway, by: caller)
            try await gateway.people.disable(ada.person, .administrator, by: caller)
            await #expect(throws: conflict) { try await gateway.roles.revoke(bob.assignment, by: caller) }
            // Whoever is not the last goes.
            try await gateway.people.erase(ada.person, by: caller)
        }
    }

    @Test("Of two administrators who disable each other at once, one stays")
    func race() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run("providers: [{ id: local, type: local }]") { gateway, caller in
            let people = [
                try await Self.admin("ada", gateway, by: caller).person,
                try await Self.admin("bob", gateway, by: caller).person,
            ]
            let done = await withTaskGroup(of: Bool.self) { group in
                for person in people {
                    group.addTask {
                        (try? await gateway.people.disable(person, .administrator, by: caller)) != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(done == 1)
        }
    }

    @Test("An abandoned set-up link is followed by another one, and the journal says who made the administrator")
    func abandonedSetup() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run("providers: [{ id: local, type: local }]") { gateway, caller in
            let link = try #require(try await gateway.makeFirstSetupLink())
            #expect(try await gateway.makeFirstSetupLink() == nil)
            let text = try #require(link.reveal().split(separator: "/").last.map(String.init))
            let browser = LoginBrowser(tenant: caller.tenant, preSession: nil, source: IPAddress("192.0.2.1"))
            let offer = try #require(try await gateway.login.offer(link: text, to: browser))
            let own = LoginBrowser(tenant: caller.tenant, preSession: offer.secret, source: IPAddress("192.0.2.1"))
            _ = try await gateway.login.redeem(link: text, in: offer.flow, from: own)
            // The tab is closed here. The administrator is there, and nobody can be them.
            let person = try await gateway.people.person(named: "admin", in: caller.tenant).id
            #expect(try await gateway.makeFirstSetupLink() != nil)
            let made = try await gateway.audit.events(in: caller.tenant, after: 0, type: "person.created", limit: 10)
            #expect(made.map(\.actor) == ["system:installation"])
            let given = try await gateway.audit.events(in: caller.tenant, after: 0, type: "role.assigned", limit: 10)
            #expect(given.map(\.actor) == ["system:installation"])
            _ = try await gateway.credentials.setPassword(
                Self.password, of: person, mustChange: false, by: caller)
            try await gateway.store.write(.administration) { tx in
                _ = try tx.sql.execute("UPDATE single_use_link SET expires_at = 0", [])
            }
            #expect(try await gateway.makeFirstSetupLink() == nil)
        }
    }

    /// A directory that is never asked here.
    private static func providers(corpIsOn: Bool) -> String {
        """
        providers:
          - { id: local, type: local }
          - { id: corp, type: ldap, enabled: \(corpIsOn), servers: [ldaps://ldap.invalid], people: { base: "dc=example" } }
        """
    }

    /// Gives somebody an account at the directory.
    private static func link(_ person: PersonID, _ gateway: Gateway, by caller: Caller) async throws -> ProviderID {
        let provider = try #require(gateway.providers.provider(named: "corp", in: caller.tenant)).id
        try await gateway.store.write(.administration) { tx in
            try tx.sql.insert(
                LinkedIdentity(
                    id: .random(at: tx.now), tenant: caller.tenant, person: person,
                    subject: UpstreamSubject(provider: provider, key: person.description), login: "eve",
                    linkedAt: tx.now))
        }
        return provider
    }

    @Test("An account at a provider that is switched off, or at none that is configured, is no way to sign in")
    func switchedOff() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let conflict = Fault("conflict", .caller, "")
        let ada = try await bench.run(Self.providers(corpIsOn: false)) { gateway, caller in
            let ada = try await Self.admin("ada", gateway, by: caller)
            let eve = try await Self.admin("eve", isAble: false, gateway, by: caller)
            _ = try await Self.link(eve.person, gateway, by: caller)
            await #expect(throws: conflict) { try await gateway.people.disable(ada.person, .administrator, by: caller) }
            await #expect(throws: conflict) { try await gateway.roles.revoke(ada.assignment, by: caller) }
            return ada.person
        }
        try await bench.run("providers: [{ id: local, type: local }]") { gateway, caller in
            await #expect(throws: conflict) { try await gateway.people.disable(ada, .administrator, by: caller) }
        }
        // Passwords count where a provider takes them.
        try await bench.run(Self.providers(corpIsOn: true).replacing("  - { id: local, type: local }\n", with: "")) {
            gateway, caller in
            try await gateway.people.disable(ada, .administrator, by: caller)
            try await gateway.people.enable(ada, by: caller)
        }
        try await bench.run(Self.providers(corpIsOn: true)) { gateway, caller in
            try await gateway.people.disable(ada, .administrator, by: caller)
        }
    }

    @Test("Whoever is the last by a group is neither taken out of it nor loses it with the group")
    func lastByGroup() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(Self.providers(corpIsOn: true)) { gateway, caller in
            var edit = PersonEdit()
            edit.login = "eve"
            let eve = try await gateway.people.create(edit, by: caller).id
            let provider = try await Self.link(eve, gateway, by: caller)
            let role = try await gateway.roles.role(named: "Admin", in: caller.tenant).id
            // A group of the directory's that was handed over to the API.
            let group = GroupID.random(at: gateway.clock())
            try await gateway.store.write(.administration) { tx in
                try tx.sql.insert(
                    Group(
                        id: group, tenant: caller.tenant, name: "keepers",
                        upstream: UpstreamSubject(provider: provider, key: "keepers"), createdAt: tx.now))
                try RoleService.insert(
                    RoleMapping(
                        id: .random(at: tx.now), tenant: caller.tenant, provider: provider,
                        match: .group(key: "keepers"), role: role), by: caller, tx)
            }
            #expect(try await gateway.groups.setMember(eve, of: group, true, by: caller))
            let conflict = Fault("conflict", .caller, "")
            await #expect(throws: conflict) { try await gateway.groups.setMember(eve, of: group, false, by: caller) }
            await #expect(throws: conflict) { try await gateway.groups.delete(group, by: caller) }
            #expect(try await gateway.count("group.member_removed", in: caller.tenant) == 0)
            _ = try await Self.admin("ada", gateway, by: caller)
            #expect(try await gateway.groups.setMember(eve, of: group, false, by: caller))
            try await gateway.groups.delete(group, by: caller)
        }
    }
}
