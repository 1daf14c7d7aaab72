import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Separation of duties in directory jobs")
struct SyncDutyTests {
    // S1-75.
    @Test("memberships that lead to a breach are held back and named, the rest of the plan is applied")
    func heldRows() async throws {
        let bench = try await EntitlementBench()
        let (approve, create) = (try await bench.entitlement(1), try await bench.entitlement(2))
        _ = try await bench.role("approvers", with: approve)
        _ = try await bench.role("creators", with: create)
        try await bench.rule(1, [approve, create])
        bench.fill(3, groups: ["approvers": [0, 1], "creators": [1, 2], "staff": [0, 1, 2]])
        let report = try await bench.sync.run()
        #expect(report.state == .done && report.holdReasons.isEmpty)
        #expect(report.plan.conflicts == [SyncConflict(kind: .separationOfDuties, key: SyncBench.record(1).key)])
        #expect(try await bench.access("p0") == [approve])
        #expect(try await bench.access("p2") == [create])
        #expect(try await bench.access("p1").isEmpty)
        #expect(try await bench.sync.groups("p1") == ["staff"])
        #expect(report.roleEffect.gained.count == 2)
        // The next run says so again, until somebody decides.
        let again = try await bench.sync.run()
        #expect(again.plan.membershipsGained.isEmpty && again.plan.conflicts.count == 1)
        let scan = try await bench.duties.scan(in: bench.sync.tenant, by: bench.caller)
        #expect(scan.violating == 0)
    }

    @Test("who loses the one and gains the other in the same run, or is exempted, is let through")
    func swap() async throws {
        let bench = try await EntitlementBench()
        let (approve, create) = (try await bench.entitlement(1), try await bench.entitlement(2))
        _ = try await bench.role("approvers", with: approve)
        _ = try await bench.role("creators", with: create)
        let rule = try await bench.rule(1, [approve, create])
        bench.fill(2, groups: ["approvers": [0, 1], "creators": []])
        try await bench.sync.run()
        bench.fill(2, groups: ["approvers": [1], "creators": [0, 1]])
        let report = try await bench.sync.run()
        #expect(report.plan.conflicts.map(\.key) == [SyncBench.record(1).key])
        #expect(try await bench.access("p0") == [create])
        #expect(try await bench.access("p1") == [approve])
        let person = try #require(try await bench.sync.person("p1")).id
        let governance = GovernanceService(store: bench.sync.store, clock: bench.sync.clock)
        _ = try await governance.execute(
            "grant_exemption",
            [
                "exemption_id": .string(ExemptionID(high: 9, low: 9).description),
                "sod_rule_id": .string(rule.description), "entity_type": "person",
                "entity_id": .string(person.description), "reason": "Approved by CFO for Q4 close",
            ], by: bench.caller)
        #expect(try await bench.sync.run().plan.conflicts.isEmpty)
        #expect(try await bench.access("p1") == [approve, create])
    }

    @Test("entitlements that belong together begin together in one run, and not one without the other")
    func together() async throws {
        let bench = try await EntitlementBench()
        let (read, train) = (try await bench.entitlement(1), try await bench.entitlement(2))
        _ = try await bench.role("readers", with: read)
        _ = try await bench.role("trained", with: train)
        try await bench.rule(1, [read, train], .inclusive)
        bench.fill(2, groups: ["readers": [0, 1], "trained": [0]])
        let report = try await bench.sync.run()
        #expect(report.state == .done && report.plan.conflicts.map(\.key) == [SyncBench.record(1).key])
        #expect(try await bench.access("p0") == [read, train])
        #expect(try await bench.access("p1").isEmpty)
    }

    @Test("a breach that comes by nesting holds the whole run for a named administrator")
    func nested() async throws {
        let bench = try await EntitlementBench()
        let (approve, create) = (try await bench.entitlement(1), try await bench.entitlement(2))
        _ = try await bench.role("approvers", with: approve)
        _ = try await bench.role("creators", with: create)
        try await bench.rule(1, [approve, create])
        bench.fill(1, groups: ["approvers": [0], "creators": [], "team": [0]])
        #expect(try await bench.sync.run().state == .done)
        bench.fill(1, groups: ["approvers": [0], "creators": [], "team": [0]], nestings: [("creators", "team")])
        let report = try await bench.sync.run()
        #expect(report.state == .held && report.holdReasons == [.separationOfDuties(count: 1)])
        #expect(try await bench.access("p0") == [approve])
    }

    @Test("a mapping whose holders would break a rule is refused")
    func mapping() async throws {
        let bench = try await EntitlementBench()
        let (approve, create) = (try await bench.entitlement(1), try await bench.entitlement(2))
        _ = try await bench.role("approvers", with: approve)
        let creators = try await bench.role("creators", with: create, isMapped: false)
        try await bench.rule(1, [approve, create])
        bench.fill(2, groups: ["approvers": [0], "staff": [0], "others": [1]])
        try await bench.sync.run()
        func map(_ group: String) async throws {
            _ = try await bench.roles.createMapping(
                provider: bench.sync.provider, match: .group(key: group), role: creators, by: bench.caller)
        }
        #expect(await refusal { try await map("staff") } == "sod.violation")
        #expect(await refusal { try await map("others") } == nil)
        #expect(try await bench.access("p1") == [create])
    }

    @Test("a login at the directory brings no group that a job would hold back, and brings it once it does no harm")
    func login() async throws {
        let bench = try await EntitlementBench()
        let (approve, create) = (try await bench.entitlement(1), try await bench.entitlement(2))
        _ = try await bench.role("approvers", with: approve)
        _ = try await bench.role("creators", with: create)
        let rule = try await bench.rule(1, [approve, create])
        func signIn(_ groups: [String]) async throws {
            let authorization = try await bench.sync.table.snapshot(of: bench.sync.tenant)
            let refresh = UpstreamRefresh(
                identity: ExternalIdentity(
                    provider: bench.sync.provider, subjectKey: "k0", login: "p0", displayName: nil, mail: nil,
                    groups: groups.map { UpstreamGroup(key: $0, name: $0) }), createsPeople: true,
                containers: authorization.containers, duties: GroupDuties(authorization: authorization),
                caller: bench.caller)
            _ = try await bench.sync.store.write(.login) { try refresh.apply($0) }
            _ = try await bench.sync.table.reload(bench.sync.tenant)
        }
        try await signIn(["approvers"])
        #expect(try await bench.access("p0") == [approve])
        try await signIn(["approvers", "creators", "staff"])
        #expect(try await bench.sync.groups("p0") == ["approvers", "staff"])
        #expect(try await bench.access("p0") == [approve])
        try await signIn(["creators", "staff"])
        #expect(try await bench.access("p0") == [create])
        _ = try await bench.duties.change(rule, expecting: nil, by: bench.caller) { $1 = .inactive }
        try await signIn(["approvers", "creators"])
        #expect(try await bench.access("p0") == [approve, create])
    }
}
