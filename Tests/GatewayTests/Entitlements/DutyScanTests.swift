import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Scans of separation of duties")
struct DutyScanTests {
    @Test("only whoever changed is looked at, everybody after a change that concerns anybody, and nobody for nothing")
    func changed() async throws {
        let bench = try await EntitlementBench()
        let tenant = bench.sync.tenant
        let (first, second) = (try await bench.entitlement(1), try await bench.entitlement(2))
        let (ada, bob) = (try await bench.person("ada"), try await bench.person("bob"))
        func scan() async throws -> SodScan? {
            try await bench.duties.scanWhatChanged(in: tenant, by: bench.caller)
        }
        #expect(try await scan() == nil, "there is no rule")
        for subject in [ada, bob] { _ = try await bench.assign(first, to: subject) }
        let extra = try await bench.assign(second, to: ada)
        try await bench.rule(1, [first, second])
        let whole = try #require(try await scan())
        #expect(whole.subjectsScanned == 2 && whole.found == 1)
        #expect(try await scan() == nil)
        _ = try await bench.assignments.revoke(extra.id, by: bench.caller)
        let narrow = try #require(try await scan())
        #expect(narrow.subjectsScanned == 1 && narrow.resolved == 1)
        #expect(try await bench.duties.violations(in: tenant, of: ada, status: .resolved).count == 1)
        let role = try await bench.role("late", with: try await bench.entitlement(3))
        #expect(try await scan()?.subjectsScanned == 2, "a binding concerns anybody")
        _ = try await bench.roles.assign(role, to: bob, expiresAt: nil, by: bench.caller)
        #expect(try await scan()?.subjectsScanned == 1)
        bench.sync.advance(.hours(24))
        #expect(try await scan()?.subjectsScanned == 2, "everything once a day")
        let scans = try await bench.sync.eventTypes()["sod.scanned"]
        #expect(scans == 5)
    }

    @Test("what lapses by time is resolved without a caller, and an exemption's end finds again what it allowed")
    func lapse() async throws {
        let bench = try await EntitlementBench()
        let tenant = bench.sync.tenant
        let (first, second) = (try await bench.entitlement(1), try await bench.entitlement(2))
        let ada = try await bench.person("ada")
        _ = try await bench.assign(first, to: ada)
        _ = try await bench.assign(second, to: ada, until: SyncBench.start + .hours(2))
        let rule = try await bench.rule(1, [first, second])
        let governance = GovernanceService(store: bench.sync.store, clock: bench.sync.clock)
        _ = try await governance.execute(
            "grant_exemption",
            [
                "exemption_id": .string(ExemptionID(high: 9, low: 9).description),
                "sod_rule_id": .string(rule.description), "entity_type": "person", "entity_id": .string(ada.id),
                "reason": "Approved by CFO for Q4 close",
                "expires_at": .string((SyncBench.start + .hours(1)).rfc3339),
            ], by: bench.caller)
        func round() async throws -> SodScan? {
            try await governance.endWhatIsDue(now: bench.sync.clock())
            return try await bench.duties.scanWhatChanged(in: tenant, by: bench.caller)
        }
        #expect(try await round()?.exempted.count == 1)
        #expect(try await bench.duties.violations(in: tenant, status: .active).isEmpty)
        bench.sync.advance(.hours(1))
        #expect(try await round()?.found == 1)
        bench.sync.advance(.hours(1))
        #expect(try await round()?.resolved == 1)
        #expect(try await bench.duties.violations(in: tenant, status: .active).isEmpty)
    }

    @Test("a rule that goes takes what it found with it, however much that is")
    func deletion() async throws {
        let bench = try await EntitlementBench()
        let (first, second) = (try await bench.entitlement(1), try await bench.entitlement(2))
        for number in 0..<45 {
            let person = try await bench.person("p\(number)")
            _ = try await bench.assign(first, to: person)
            _ = try await bench.assign(second, to: person)
        }
        let rule = try await bench.rule(1, [first, second])
        let scan = try await bench.duties.scan(in: bench.sync.tenant, by: bench.caller)
        #expect(scan.found == 45 && scan.rulesScanned == 1)
        try await bench.duties.delete(rule, by: bench.caller)
        #expect(try await bench.duties.violations(in: bench.sync.tenant, status: .active).isEmpty)
        #expect(try await bench.duties.violations(in: bench.sync.tenant, status: .resolved).count == 45)
        #expect(await refusal { _ = try await bench.duties.rule(rule, in: bench.sync.tenant) } == "sod.rule_not_found")
    }
}
