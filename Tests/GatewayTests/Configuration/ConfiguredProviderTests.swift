import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// A provider that the configuration names is the same one at every start, whatever it is called.
@Suite struct ConfiguredProviderTests {
    private static func corp(_ id: String, _ more: String = "") -> String {
        "  - { id: \(id), type: ldap, servers: [ldaps://ldap.invalid], people: { base: \"dc=example\" }\(more) }\n"
    }

    /// Starts with a directory `corp` and gives ada an account there; answers its id and hers.
    private static func begun(_ bench: ConfigurationBench) async throws -> (provider: ProviderID, person: PersonID) {
        try await bench.run(
            "providers:\n" + corp("corp") + "mappings: [{ provider: corp, group: keepers, role: Analyst }]"
        ) { gateway, caller in
            var edit = PersonEdit()
            edit.login = "ada"
            let person = try await gateway.people.create(edit, by: caller).id
            let provider = try #require(gateway.providers.provider(named: "corp", in: caller.tenant)).id
            try await gateway.store.write(.administration) { tx in
                try tx.sql.insert(
                    LinkedIdentity(
                        id: .random(at: tx.now), tenant: caller.tenant, person: person,
                        subject: UpstreamSubject(provider: provider, key: "1"), login: "ada", linkedAt: tx.now))
            }
            return (provider, person)
        }
    }

    @Test func `with was its identities and mappings go on under the new name, and the line may stay`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let begun = try await Self.begun(bench)
        let renamed =
            "providers:\n" + Self.corp("works", ", was: corp")
            + "mappings: [{ provider: works, group: keepers, role: Analyst }]"
        for _ in 0..<2 {
            try await bench.run(renamed) { gateway, caller in
                #expect(gateway.providers.provider(named: "works", in: caller.tenant)?.id == begun.provider)
                #expect(gateway.providers.provider(named: "corp", in: caller.tenant) == nil)
                let linked = try await gateway.store.read { try $0.identities(of: begun.person) }
                #expect(linked.map(\.subject.provider) == [begun.provider])
                #expect(try await gateway.roles.mappings(in: caller.tenant).map(\.provider) == [begun.provider])
                let counts = [
                    try await gateway.count("provider.renamed", in: caller.tenant),
                    try await gateway.count("provider.added", in: caller.tenant),
                    try await gateway.count("mapping.deleted", in: caller.tenant),
                ]
                #expect(counts == [1, 1, 0])
            }
        }
    }

    @Test func `one that begins anew in the place of one with people is refused, and nothing is applied`() async throws
    {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let begun = try await Self.begun(bench)
        let refusal = try await bench.refusal("providers:\n" + Self.corp("works"))
        #expect(refusal?.code == "configuration.provider" && refusal?.remedy?.contains("`was: corp`") == true)
        // Named both, they are two; then the old one may go.
        let off = Self.corp("corp", ", enabled: false")
        try await bench.run("providers:\n" + off + Self.corp("works")) { gateway, caller in
            #expect(gateway.providers.provider(named: "corp", in: caller.tenant)?.id == begun.provider)
            #expect(gateway.providers.provider(named: "works", in: caller.tenant)?.id != begun.provider)
        }
        try await bench.run("providers:\n" + Self.corp("works")) { _, _ in }
        // From now on one cannot have been the other.
        let both = try await bench.refusal("providers:\n" + Self.corp("works", ", was: corp"))
        #expect(both?.code == "configuration.provider" && both?.message.contains("both exist") == true)
    }

    @Test func `a provider of another type, and one that is named beside, cannot be what it was`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        _ = try await Self.begun(bench)
        let local = try await bench.refusal("providers: [{ id: own, was: corp, type: local }]")
        #expect(local?.message.contains("different types") == true)
        for text in [Self.corp("works", ", was: corp") + Self.corp("corp"), Self.corp("works", ", was: works")] {
            #expect(throws: ConfigurationFaults.self) { try bench.configuration("providers:\n" + text) }
        }
        // A provider that vouches for nobody is replaced freely.
        let empty = try ConfigurationBench()
        defer { empty.remove() }
        try await empty.run("providers:\n" + Self.corp("corp")) { _, _ in }
        try await empty.run("providers:\n" + Self.corp("works")) { _, _ in }
    }
}
