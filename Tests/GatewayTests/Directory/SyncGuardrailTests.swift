import Identity
import Providers
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("A directory job that would remove too much")
struct SyncGuardrailTests {
    @Test("A fifth of everybody gone is held, nobody is touched, and a named administrator releases it")
    func heldAndReleased() async throws {
        let bench = try await SyncBench()
        bench.fill(100)
        try await bench.run()
        bench.source.people = Array(bench.source.people.dropFirst(20))
        let report = try await bench.run()
        let run = try #require(report.run)
        #expect(report.state == .held)
        #expect(report.holdReasons.first == .tooManyPeopleRemoved(count: 20, limit: 10))
        #expect(try await bench.person("p0")?.isActive == true)
        #expect(try await bench.groups("p0") == ["everyone"])
        let shown = try await bench.service.show(run, in: bench.tenant)
        #expect(shown.held == HeldPlan(report))

        let nobody = Caller(tenant: bench.tenant, actor: .system("sync"), command: .random(at: bench.clock()))
        await #expect(throws: Fault("forbidden", .caller, "")) { try await bench.service.release(run, by: nobody) }
        let stranger = Caller(
            tenant: .random(at: bench.clock()), actor: .operatingSystemUser(0), command: .random(at: bench.clock()))
        await #expect(throws: Fault("not_found", .caller, "")) { try await bench.service.release(run, by: stranger) }

        let row = try await bench.service.release(run, by: bench.administrator)
        #expect(row.state == .done)
        #expect(row.decidedBy == "os:0")
        #expect(try await bench.person("p0")?.status.word == "leaver")
        #expect(try await bench.person("p20")?.isActive == true)
        await #expect(throws: Fault("sync.not_held", .caller, "")) {
            try await bench.service.release(run, by: bench.administrator)
        }
        let sealed = try await bench.store.read { try $0.sealedPlan(of: run) }
        #expect(sealed == nil)
    }

    @Test("Removals at the limit pass, one more is held; the provider's own limits count")
    func limits() async throws {
        let bench = try await SyncBench()
        bench.fill(40)
        try await bench.run()
        let all = bench.source.people
        bench.source.people = Array(all.dropFirst(11))
        #expect(try await bench.service.plan(bench.target()).holdReasons.count == 2)
        #expect(
            try await bench.service.plan(bench.target(limits: RemovalLimits(count: 11, percent: 0))).holdReasons.isEmpty
        )
        bench.source.people = Array(all.dropFirst(10))
        #expect(try await bench.service.plan(bench.target()).holdReasons.isEmpty)
        #expect(
            try await bench.service.plan(bench.target(limits: RemovalLimits(count: 9, percent: 5))).holdReasons.count
                == 2)
    }

    @Test("A percentage of all people is the limit where it is more than the count, and one past it is held")
    func percent() async throws {
        let bench = try await SyncBench()
        bench.fill(100)
        try await bench.run()
        let all = bench.source.people
        let limits = RemovalLimits(count: 3, percent: 20)
        bench.source.people = Array(all.dropFirst(20))
        #expect(try await bench.service.plan(bench.target(limits: limits)).holdReasons.isEmpty)
        bench.source.people = Array(all.dropFirst(21))
        #expect(
            try await bench.service.plan(bench.target(limits: limits)).holdReasons
                == [.tooManyPeopleRemoved(count: 21, limit: 20), .tooManyMembershipsRemoved(count: 21, limit: 20)])
    }

    @Test("An empty answer is held, however few people there were")
    func empty() async throws {
        let bench = try await SyncBench()
        bench.fill(3)
        try await bench.run()
        bench.source.people = []
        bench.source.memberships = []
        let report = try await bench.run()
        #expect(report.holdReasons.contains(.emptySource))
        #expect(try await bench.person("p0")?.isActive == true)
    }

    /// Thirty people were imported, and half of them are gone from the directory.
    private func halved() async throws -> SyncBench {
        let bench = try await SyncBench()
        bench.fill(30)
        try await bench.run()
        bench.source.people = Array(bench.source.people.dropFirst(15))
        return bench
    }

    @Test("A dropped plan stays dropped, and a newer plan takes the place of one that waits")
    func dropAndSupersede() async throws {
        let bench = try await halved()
        let first = try #require(try await bench.run().run)
        let second = try #require(try await bench.run().run)
        #expect(try await bench.service.show(first, in: bench.tenant).run.state == .dropped)
        try await bench.service.drop(second, by: bench.administrator)
        let row = try await bench.service.show(second, in: bench.tenant)
        #expect(row.run.state == .dropped)
        #expect(row.held == nil)
        await #expect(throws: Fault("sync.not_held", .caller, "")) {
            try await bench.service.drop(second, by: bench.administrator)
        }
        #expect(try await bench.person("p0")?.isActive == true)
    }

    @Test("A protected role that would lose its last holder holds the plan; another holder lets it pass")
    func protectedRole() async throws {
        let bench = try await SyncBench()
        bench.fill(3)
        bench.source.memberships = [("g", "k0")]
        try await bench.run()
        let role = RoleID.random(at: bench.clock())
        try await bench.store.write(.administration) { [tenant = bench.tenant, provider = bench.provider] tx in
            try tx.sql.insert(Role(id: role, tenant: tenant, name: "admin", isProtected: true))
            try tx.sql.insert(
                RoleMapping(
                    id: .random(at: tx.now), tenant: tenant, provider: provider, match: .group(key: "g"), role: role),
                at: tx.position(of: tenant) + 1)
        }
        bench.source.memberships = []
        let report = try await bench.service.plan(bench.target())
        #expect(report.holdReasons == [.protectedRoleEmptied(role)])
        #expect(report.counts.rolesLost == 1)
        let other = try #require(try await bench.person("p2"))
        try await bench.store.write(.administration) { [tenant = bench.tenant] tx in
            try tx.sql.insert(
                RoleAssignment(
                    id: .random(at: tx.now), tenant: tenant, subject: .person(other.id), role: role,
                    grantedBy: .system("test"), grantedAt: tx.now), at: tx.position(of: tenant) + 1)
        }
        #expect(try await bench.service.plan(bench.target()).holdReasons.isEmpty)
    }

    @Test("Who holds a protected role through another directory counts; with the last of them gone, the plan is held")
    func protectedRoleElsewhere() async throws {
        let bench = try await SyncBench()
        bench.fill(3)
        bench.source.memberships = [("g", "k0")]
        try await bench.run()
        let (role, other) = (RoleID.random(at: bench.clock()), ProviderID.random(at: bench.clock()))
        let (outer, inner) = (GroupID.random(at: bench.clock()), GroupID.random(at: bench.clock()))
        let holder = try #require(try await bench.person("p2")).id
        try await bench.store.write(.administration) { [tenant = bench.tenant, provider = bench.provider] tx in
            let position = try tx.position(of: tenant) + 1
            try tx.sql.insert(Role(id: role, tenant: tenant, name: "admin", isProtected: true))
            for (provider, key) in [(provider, "g"), (other, "outer")] {
                try tx.sql.insert(
                    RoleMapping(
                        id: .random(at: tx.now), tenant: tenant, provider: provider, match: .group(key: key),
                        role: role), at: position)
            }
            for (group, key) in [(outer, "outer"), (inner, "inner")] {
                try tx.sql.insert(
                    Group(
                        id: group, tenant: tenant, name: key, upstream: UpstreamSubject(provider: other, key: key),
                        upstreamName: nil, managedBy: .sync, createdAt: tx.now))
            }
            try tx.sql.openNesting(GroupNesting(parent: outer, child: inner), in: tenant, at: position)
            try tx.sql.openMembership(person: holder, group: inner, at: position)
        }
        bench.source.memberships = []
        // A member there without an account there is nobody's word: the mapping does not apply.
        #expect(try await bench.service.plan(bench.target()).holdReasons == [.protectedRoleEmptied(role)])
        try await bench.store.write(.administration) { [tenant = bench.tenant] tx in
            try tx.sql.insert(
                LinkedIdentity(
                    id: .random(at: tx.now), tenant: tenant, person: holder,
                    subject: UpstreamSubject(provider: other, key: "x"), login: "p2", linkedAt: tx.now))
        }
        #expect(try await bench.service.plan(bench.target()).holdReasons.isEmpty)
        bench.source.remove("p2")
        #expect(try await bench.service.plan(bench.target()).holdReasons == [.protectedRoleEmptied(role)])
    }

    @Test("A run that was closed meanwhile is not held: neither its state nor its plan is stored")
    func heldWhole() async throws {
        let bench = try await halved()
        bench.source.pause = .milliseconds(200)
        let report = Task { try await bench.run() }
        try await Task.sleep(for: .milliseconds(60))
        let run = try #require(try await bench.service.list(in: bench.tenant).first { $0.state == .running }).id
        try await bench.store.write(.administration) { tx in
            _ = try tx.sql.execute("UPDATE sync_run SET state = 'failed' WHERE id = ?1", [.id(run)])
        }
        await #expect(throws: Fault("stale", .caller, "")) { try await report.value }
        let row = try await bench.service.show(run, in: bench.tenant)
        #expect(row.run.state == .failed)
        #expect(row.held == nil)
        #expect(try await bench.eventTypes()["sync_run.held"] == nil)
    }

    @Test("A held plan opens for its own run alone, and not when it was shortened")
    func sealedPlan() async throws {
        let bench = try await SyncBench()
        bench.fill(5)
        let plan = HeldPlan(try await bench.service.plan(bench.target()))
        let (run, other) = (SyncRunID.random(at: bench.clock()), SyncRunID.random(at: bench.clock()))
        let sealed = try SyncPlanSeal.seal(plan, run: run, tenant: bench.tenant, keys: bench.store.keys)
        #expect(try SyncPlanSeal.open(sealed, run: run, tenant: bench.tenant, keys: bench.store.keys) == plan)
        #expect(throws: Fault.self) {
            try SyncPlanSeal.open(sealed, run: other, tenant: bench.tenant, keys: bench.store.keys)
        }
        #expect(throws: Fault.self) {
            try SyncPlanSeal.open(Array(sealed.dropLast(9)), run: run, tenant: bench.tenant, keys: bench.store.keys)
        }
        #expect(throws: Fault.self) {
            try SyncPlanSeal.open(sealed + [0], run: run, tenant: bench.tenant, keys: bench.store.keys)
        }
    }

    @Test("A released plan that was interrupted goes on after a start; a run that was only fetching is closed")
    func recovery() async throws {
        let bench = try await halved()
        let run = try #require(try await bench.run().run)
        let fetching = SyncRunID.random(at: bench.clock())
        try await bench.store.write(.administration) { [tenant = bench.tenant, provider = bench.provider] tx in
            var row = try #require(try tx.sql.syncRun(run, in: tenant))
            row.state = .applying
            row.appliedChunks = 4
            try tx.sql.update(row, from: .held)
            try tx.sql.insert(
                StoredSyncRun(id: fetching, tenant: tenant, provider: provider, trigger: "manual", startedAt: tx.now))
        }
        await bench.service.recover([bench.target()])
        #expect(try await bench.service.show(run, in: bench.tenant).run.state == .done)
        #expect(try await bench.service.show(fetching, in: bench.tenant).run.failure == "sync.interrupted")
        // The first four changes were said to be written already; the others are.
        let statuses = try await bench.store.read { [tenant = bench.tenant] sql in
            try sql.people(in: tenant, after: nil, limit: 100).filter { $0.status.word == "leaver" }.count
        }
        #expect(statuses == 11)
    }
}
