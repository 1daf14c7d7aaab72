import Foundation
import Identity
import Testing
import Vocabulary

@testable import Gateway

/// A tenant that the configuration names is the same one at every start, whatever it is called.
@Suite struct ConfiguredTenantTests {
    @Test func `renaming a configured tenant is refused with who owns it and what to write there`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { (gateway, caller) async throws in
            let fault = await #expect(throws: Fault.self) {
                try await gateway.tenantService.rename(caller.tenant, slug: "corp", name: nil, by: caller)
            }
            #expect(fault?.code == "ownership.conflict")
            #expect(fault?.message == "The tenant `main` is managed by configuration.")
            #expect(fault?.remedy?.contains("`was: main`") == true)
            await #expect(throws: Fault.self) {
                try await gateway.tenantService.rename(caller.tenant, slug: nil, name: "Corporation", by: caller)
            }
            #expect(gateway.tenants.tenant(slug: "main")?.id == caller.tenant)
            #expect(gateway.tenants.tenant(slug: "corp") == nil)
        }
    }

    @Test func `a tenant of the API is renamed, and a configured one disabled over starts`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let tenants = "[{ slug: main }, { slug: other }]"
        try await bench.run(tenants: tenants) { (gateway, caller) async throws in
            let own = try await gateway.tenantService.add(slug: "guild", name: "Guild", by: caller)
            let renamed = try await gateway.tenantService.rename(own.id, slug: "clan", name: "Clan", by: caller)
            #expect(renamed.slug == "clan")
            let other = try await gateway.tenantService.tenant(slug: "other")
            _ = try await gateway.tenantService.setDisabled(other.id, true, by: caller)
        }
        try await bench.run(tenants: tenants) { (gateway, _) async throws in
            #expect(gateway.tenants.tenant(slug: "other")?.isDisabled == true)
            #expect(gateway.tenants.tenant(slug: "clan")?.name == "Clan")
        }
    }

    @Test func `with was the tenant is renamed at the next start, keeps its people, and the line may stay`()
        async throws
    {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let id = try await bench.run { (gateway, caller) async throws in
            var edit = PersonEdit()
            edit.login = "ada"
            _ = try await gateway.people.create(edit, by: caller)
            return caller.tenant
        }
        for _ in 0..<2 {
            try await bench.run(tenants: "[{ slug: corp, was: main, name: Corporation }]") {
                (gateway, caller) async throws in
                #expect(caller.tenant == id)
                #expect(gateway.tenants.all.map(\.slug) == ["corp"])
                #expect(gateway.tenants.defaultTenant?.name == "Corporation")
                #expect(try await gateway.count("tenant.renamed", in: id) == 1)
            }
        }
        try await bench.run(tenants: "[{ slug: corp, name: Corporation }]") { (_, caller) async throws in
            #expect(caller.tenant == id)
        }
    }

    @Test func `a slug that changed without was is refused, not begun as an empty tenant`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { (_, _) async throws in }
        let fault = try await bench.refusal(tenants: "[{ slug: corp }]")
        #expect(fault?.code == "configuration.tenant")
        #expect(fault?.remedy?.contains("was: main") == true)
        #expect(try await bench.refusal(tenants: "[{ slug: corp, was: mian }]")?.code == "configuration.tenant")
        try await bench.run { (gateway, _) async throws in #expect(gateway.tenants.all.map(\.slug) == ["main"]) }
    }

    @Test func `was cannot join two tenants that both exist, nor name one that is configured`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(tenants: "[{ slug: main }, { slug: corp }]") { (_, _) async throws in }
        #expect(try await bench.refusal(tenants: "[{ slug: corp, was: main }]")?.code == "configuration.tenant")
        for tenants in ["[{ slug: main }, { slug: corp, was: main }]", "[{ slug: main, was: main }]"] {
            #expect(throws: ConfigurationFaults.self) { try bench.configuration("", tenants: tenants) }
        }
    }

    @Test func `a tenant of the API that takes the old slug stops no start`() async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { (_, _) async throws in }
        let tenants = "[{ slug: corp, was: main }]"
        try await bench.run(tenants: tenants) { (gateway, caller) async throws in
            _ = try await gateway.tenantService.add(slug: "main", name: "Another", by: caller)
        }
        try await bench.run(tenants: tenants) { (gateway, _) async throws in
            #expect(Set(gateway.tenants.all.map(\.slug)) == ["corp", "main"])
        }
    }

    @Test func `a tenant that left passes to the API without the configuration's roles, and can be adopted again`()
        async throws
    {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let both = "[{ slug: main }, { slug: other }]"
        let other = try await bench.run("roles: [{ name: Reader, tenant: other }]", tenants: both) {
            (gateway, _) async throws in
            try await gateway.tenantService.tenant(slug: "other").id
        }
        try await bench.run { (gateway, caller) async throws in
            #expect(try await gateway.roles.roles(in: other).allSatisfy(\.isPredefined))
            #expect(try await gateway.count("tenant.released", in: other) == 1)
            _ = try await gateway.tenantService.rename(other, slug: "another", name: nil, by: caller)
        }
        try await bench.run(tenants: "[{ slug: main }, { slug: another }]") { (gateway, caller) async throws in
            #expect(gateway.tenants.tenant(slug: "another")?.id == other)
            #expect(try await gateway.count("tenant.adopted", in: other) == 1)
            await #expect(throws: Fault.self) {
                try await gateway.tenantService.rename(other, slug: "third", name: nil, by: caller)
            }
        }
    }
}
