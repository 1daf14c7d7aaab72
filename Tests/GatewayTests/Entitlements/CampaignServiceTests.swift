import Foundation
import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Access reviews over a directory")
struct CampaignServiceTests {
    /// A bench with reviews over it.
    private struct Desk {
        let bench: EntitlementBench
        let reviewer: Subject

        init() async throws {
            bench = try await EntitlementBench()
            reviewer = try await bench.person("reviewer")
        }

        var campaigns: CampaignService {
            let store = bench.sync.store
            return CampaignService(
                store: store, table: bench.sync.table,
                log: DecisionLogService(
                    log: DecisionLog(directory: NSTemporaryDirectory() + "none-\(UUID().uuidString)") { _, _, _, _ in []
                    }),
                applications: ApplicationTable(), standings: bench.sync.standings,
                providers: bench.providers,
                notifier: Notifier(store: store, tenants: TenantTable(), settings: NotificationConfiguration()),
                clock: bench.sync.clock)
        }

        func terms(_ scope: Campaign.Scope, _ undecided: Campaign.Verdict = .revoke) -> Campaign.Terms {
            Campaign.Terms(
                name: "Q4", scope: scope, reviewers: .named, reviewer: reviewer,
                deadline: bench.sync.clock() + .days(10), undecided: undecided)
        }

        func start(_ terms: Campaign.Terms) async throws -> CampaignService.Overview {
            try await campaigns.start(.random(at: bench.sync.clock()), terms, by: bench.caller)
        }
    }

    // S1-77, S4-73.
    @Test("what a directory gives is noted and left to it, and what nobody decided is kept where the terms say so")
    func elsewhere() async throws {
        let desk = try await Desk()
        let entitlement = try await desk.bench.entitlement(1)
        let role = try await desk.bench.role("approvers", with: entitlement)
        desk.bench.fill(3, groups: ["approvers": [0, 1]])
        try await desk.bench.sync.run()
        let byHand = try await desk.bench.person("by-hand")
        _ = try await desk.bench.roles.assign(role, to: byHand, expiresAt: nil, by: desk.bench.caller)
        let begun = try await desk.start(desk.terms(.application(desk.bench.application)))
        #expect(begun.campaign.lineCount == 3 && begun.campaign.recordedSince == nil)
        let lines = try await desk.campaigns.lines(.init(campaign: begun.campaign.id), in: desk.bench.sync.tenant)
        #expect(lines.filter { !$0.line.item.isRevocable }.count == 2)
        #expect(lines.allSatisfy { $0.line.use == .unknown && $0.isUnused == nil && $0.itemName == "approvers" })
        let closed = try await desk.campaigns.close(begun.campaign.id, by: desk.bench.caller)
        #expect(closed.counts == ["elsewhere": 2, "revoked": 1])
        #expect(try await desk.bench.access("p0") == [entitlement])
        #expect(try await desk.bench.access("by-hand").isEmpty)
        let mild = try await desk.start(desk.terms(.role(role), .keep))
        #expect(try await desk.campaigns.close(mild.campaign.id, by: desk.bench.caller).counts == ["kept": 2])
    }

    @Test("a restart in the middle of preparing or of closing is carried on with, and nothing is done twice")
    func interrupted() async throws {
        let desk = try await Desk()
        let entitlement = try await desk.bench.entitlement(1)
        let holders = [try await desk.bench.person("a"), try await desk.bench.person("b")]
        for holder in holders { _ = try await desk.bench.assign(entitlement, to: holder) }
        let id = CampaignID(high: 9, low: 9)
        let terms = desk.terms(.application(desk.bench.application))
        _ = try await desk.bench.sync.store.govern(by: desk.bench.caller) { writer in
            try writer.begin(Governed.campaign(id), "campaign", id: "x", row: GovernedRow.init) {
                try Campaign.decide(.start(id, terms), on: nil, now: writer.now)
            }
        }
        #expect(try await desk.campaigns.carryOutWhatIsDue(now: desk.bench.sync.clock()) == 0)
        desk.bench.sync.advance(.seconds(300))
        #expect(try await desk.campaigns.carryOutWhatIsDue(now: desk.bench.sync.clock()) == 1)
        let open = try await desk.campaigns.campaign(id, in: desk.bench.sync.tenant)
        #expect(open.campaign.phase == .open && open.counts == ["open": 2])
        // One line is settled, then the process ends.
        _ = try await desk.campaigns.change(id, .close, by: desk.bench.caller)
        let first = try #require(try await desk.campaigns.lines(.init(campaign: id), in: desk.bench.sync.tenant).first)
        _ = try await desk.bench.sync.store.govern(by: desk.bench.caller) { writer in
            try writer.change(Governed.campaignLine(first.line.id), "line", row: GovernedRow.init) { line in
                try CampaignLine.decide(
                    .settle(.kept), on: line, in: try writer.view.one(Governed.campaign(id), "campaign"))
            }
        }
        desk.bench.sync.advance(.seconds(300))
        #expect(try await desk.campaigns.carryOutWhatIsDue(now: desk.bench.sync.clock()) == 1)
        let closed = try await desk.campaigns.campaign(id, in: desk.bench.sync.tenant)
        #expect(closed.campaign.phase == .closed && closed.counts == ["kept": 1, "revoked": 1])
        #expect(try await desk.campaigns.carryOutWhatIsDue(now: desk.bench.sync.clock()) == 0)
    }

    @Test("the last administrator's role is not taken away, and the line says so")
    func protected() async throws {
        let desk = try await Desk()
        let holder = try await desk.bench.person("admin")
        let role = try await desk.bench.sync.store.write(.administration) { tx in
            let role = Role(
                id: RoleID.random(at: tx.now), tenant: desk.bench.sync.tenant, name: "Admin", isProtected: true)
            try tx.sql.insert(role)
            return role.id
        }
        await desk.bench.sync.table.refresh(desk.bench.sync.tenant)
        try await desk.bench.sync.store.write(.administration) { tx in
            guard case .person(let id) = holder else { return }
            try tx.sql.setPassword(
                "$argon2id$", of: id, in: desk.bench.sync.tenant, mustChange: false, keeping: 0, at: tx.now)
        }
        _ = try await desk.bench.roles.assign(role, to: holder, expiresAt: nil, by: desk.bench.caller)
        let begun = try await desk.start(desk.terms(.role(role)))
        let closed = try await desk.campaigns.close(begun.campaign.id, by: desk.bench.caller)
        #expect(closed.counts == ["refused": 1])
        #expect(try await desk.bench.roles.assignments(in: desk.bench.sync.tenant, role: role).count == 1)
    }

    @Test("a manager's people are reviewed by the manager, and the manager's own by somebody else")
    func managers() async throws {
        let desk = try await Desk()
        let entitlement = try await desk.bench.entitlement(1)
        let boss = try await desk.bench.person("boss"), worker = try await desk.bench.person("worker")
        let people = PeopleService(
            store: desk.bench.sync.store, live: desk.bench.sync.live, standings: desk.bench.sync.standings,
            providers: desk.bench.providers)
        guard case .person(let worked) = worker, case .person(let led) = boss else { return }
        var edit = PersonEdit()
        edit.manager = led
        _ = try await people.change(worked, edit, expecting: nil, by: desk.bench.caller)
        for holder in [boss, worker] { _ = try await desk.bench.assign(entitlement, to: holder) }
        var terms = desk.terms(.application(desk.bench.application))
        terms = Campaign.Terms(
            name: terms.name, scope: terms.scope, reviewers: .manager, reviewer: desk.reviewer, deadline: terms.deadline
        )
        let begun = try await desk.start(terms)
        let lines = try await desk.campaigns.lines(.init(campaign: begun.campaign.id), in: desk.bench.sync.tenant)
        let reviewers = Dictionary(uniqueKeysWithValues: lines.map { ($0.line.holder, $0.line.reviewer) })
        #expect(reviewers == [worker: boss, boss: desk.reviewer])
        let own = try await desk.start(desk.terms(.manager(led)))
        #expect(own.campaign.lineCount == 1)
    }

    // Birthrights.
    @Test("birthrights follow a directory job, and end for whoever it takes away")
    func birthrights() async throws {
        let bench = try await EntitlementBench()
        let entitlement = try await bench.entitlement(1)
        let service = BirthrightService(store: bench.sync.store, table: bench.sync.table, clock: bench.sync.clock)
        let tenant = bench.sync.tenant
        bench.fill(3, groups: [:])
        try await bench.sync.run()
        _ = try await service.create(
            .random(at: bench.sync.clock()),
            BirthrightDetails(
                name: "everybody", condition: ["equals": ["subject.status": "active"]], entitlements: [entitlement]),
            by: bench.caller)
        #expect(try await bench.access("p0") == [entitlement])
        bench.fill(4, groups: [:])
        try await bench.sync.run()
        #expect(try await service.follow(in: tenant) == .init(begun: 1))
        bench.sync.source.remove("p0")
        try await bench.sync.run(limits: RemovalLimits(percent: 100))
        #expect(try await service.follow(in: tenant).ended == 1)
        #expect(try await service.follow(in: tenant) == .init())
    }
}
