import Identity
import Providers
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

@Suite("What a directory job grants and takes away")
struct SyncSwitchTests {
    /// Writes a step at a time, so that every run has as many chunks as changes.
    private func bench() async throws -> SyncBench {
        let bench = try await SyncBench(batchBudget: .microseconds(1))
        bench.fill(12)
        try await bench.run()
        return bench
    }

    private func run(_ bench: SyncBench, cancelledAt step: Int) async throws {
        let stop = Mutex<Task<SyncReport, any Error>?>(nil)
        let reached = Mutex(false)
        let task = Task {
            try await bench.service.run(bench.target(), trigger: "manual", by: bench.administrator) { progress in
                guard case .applying(let done, _) = progress, done >= step else { return }
                reached.withLock { $0 = true }
                stop.withLock { $0?.cancel() }
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        stop.withLock { $0 = task }
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(reached.withLock { $0 })
    }

    private func rows(_ bench: SyncBench, of group: String) async throws -> Int {
        try await bench.store.read { [provider = bench.provider] sql in
            let id = try sql.groupID(of: group, provider: provider)
            return try sql.query(
                "SELECT 1 FROM membership WHERE member_of = ?1 AND valid_to IS NULL", [.id(id)]
            ).count
        }
    }

    @Test("An interrupted run has taken away what it got to and granted nothing; the next one grants it all")
    func interrupted() async throws {
        let bench = try await bench()
        bench.source.groups += [GroupRecord(key: "h", name: "keepers"), GroupRecord(key: "i", name: "others")]
        bench.source.memberships = ["g", "h", "i"].flatMap { group in (1..<12).map { (group, "k\($0)") } }
        // Applied in order: a membership lost, two groups added, eleven memberships gained of one and of the other.
        try await run(bench, cancelledAt: 14)
        #expect(try await rows(bench, of: "h") == 11)
        #expect(try await rows(bench, of: "i") == 0)
        #expect(try await bench.groups("p0").isEmpty)
        for person in 1..<12 { #expect(try await bench.groups("p\(person)") == ["everyone"]) }
        #expect(try await bench.eventTypes()["sync_run.failed"] == 1)

        let report = try await bench.run()
        #expect(report.counts.membershipsGained == 11)
        #expect(report.counts.skipped == 0)
        for person in 1..<12 { #expect(try await bench.groups("p\(person)") == ["everyone", "keepers", "others"]) }
        #expect(try await rows(bench, of: "h") == 11)
    }

    /// How many groups each of these people is in, resolved over and over until cancelled.
    private static func watch(_ people: [PersonID], _ bench: SyncBench) async -> [[Int]] {
        var seen: [[Int]] = []
        while !Task.isCancelled {
            bench.standings.forgetAll(in: bench.tenant)
            var counts: [Int] = []
            for person in people {
                let found = try? await bench.resolver.resolve(.person(person), in: bench.tenant, isStrong: true)
                guard let found else { return seen }
                counts.append(found.groups.count)
            }
            seen.append(counts)
        }
        return seen
    }

    @Test("Nobody ever has a run's grant before somebody else has theirs")
    func oneSwitch() async throws {
        let bench = try await bench()
        // Whose grant is written first is asked first: where grants came one by one, they would be ahead.
        let people = [try #require(try await bench.person("p1")).id, try #require(try await bench.person("p11")).id]
        let watcher = Task { await Self.watch(people, bench) }
        bench.source.groups += ["h", "i", "j"].map { GroupRecord(key: $0, name: $0) }
        bench.source.memberships += [("h", "k1"), ("i", "k11")]
        bench.source.nestings = [("j", "h"), ("j", "i")]
        #expect(try await bench.run().counts.applied == 7)
        watcher.cancel()
        // One's own group and the outer one, or neither; and never the first person alone.
        let seen = Set(await watcher.value)
        #expect(!seen.isEmpty && seen.isSubset(of: [[1, 1], [1, 3], [3, 3]]))
        let after = try await bench.resolver.resolve(.person(people[0]), in: bench.tenant, isStrong: true)
        #expect(after?.groups.count == 3)
    }

    @Test("Somebody who signs in meanwhile, or is added by hand, does not wait for the run")
    func newerObservation() async throws {
        let bench = try await bench()
        bench.source.groups += [GroupRecord(key: "h", name: "keepers"), GroupRecord(key: "i", name: "others")]
        bench.source.memberships += ["h", "i"].flatMap { group in (0..<12).map { (group, "k\($0)") } }
        try await run(bench, cancelledAt: 14)
        let person = try #require(try await bench.person("p0"))
        #expect(try await bench.groups("p0") == ["everyone"])
        try await bench.store.write(.login) { [tenant = bench.tenant, provider = bench.provider] tx in
            let group = try #require(try tx.sql.groupID(of: "h", provider: provider))
            let position = try tx.position(of: tenant) + 1
            #expect(try tx.sql.openMembership(person: person.id, group: group, at: position))
            #expect(try !tx.sql.openMembership(person: person.id, group: group, at: position + 1))
        }
        #expect(try await bench.groups("p0") == ["everyone", "keepers"])
        try await bench.run()
        for person in 0..<12 { #expect(try await bench.groups("p\(person)") == ["everyone", "keepers", "others"]) }
        #expect(try await rows(bench, of: "h") == 12)
    }

    @Test("At an earlier position a run's grants are not there, and from its switch on they all are")
    func positions() async throws {
        let bench = try await bench()
        let person = try #require(try await bench.person("p3"))
        let before = try await bench.position()
        bench.source.groups.append(GroupRecord(key: "h", name: "keepers"))
        bench.source.memberships += (0..<12).map { ("h", "k\($0)") }
        try await bench.run()
        let after = try await bench.position()
        let counts = try await bench.store.read { sql in
            try (before...after).map { try sql.directGroups(of: person.id, at: $0).count }
        }
        #expect(counts == (before..<after).map { _ in 1 } + [2])
    }

    @Test("Roles by attributes come to newcomers with the switch as well")
    func newcomers() async throws {
        let bench = try await bench()
        let role = RoleID.random(at: bench.clock())
        try await bench.store.write(.administration) { [tenant = bench.tenant, provider = bench.provider] tx in
            try tx.sql.insert(Role(id: role, tenant: tenant, name: "Reader"))
            try tx.sql.insert(
                RoleMapping(
                    id: .random(at: tx.now), tenant: tenant, provider: provider,
                    match: .attribute(name: "status", values: ["active"]), role: role),
                at: tx.position(of: tenant) + 1)
        }
        try await bench.table.reload(bench.tenant)
        bench.source.people += (20..<25).map { SyncBench.record($0) }
        try await run(bench, cancelledAt: 3)
        func roles(_ login: String) async throws -> [RoleID] {
            guard let person = try await bench.person(login) else { return [] }
            return try await bench.resolver.resolve(.person(person.id), in: bench.tenant, isStrong: true)?.roleIDs ?? []
        }
        #expect(try await bench.person("p20") != nil)
        #expect(try await roles("p20").isEmpty)
        #expect(try await roles("p1") == [role])
        try await bench.run()
        for person in 20..<25 { #expect(try await roles("p\(person)") == [role]) }
    }
}
