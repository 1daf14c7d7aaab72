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
        bench.source.groups.append(GroupRecord(key: "h", name: "keepers"))
        bench.source.memberships = (1..<12).map { ("g", "k\($0)") } + (1..<12).map { ("h", "k\($0)") }
        // Applied in order: a membership lost, a group added, eleven memberships gained.
        try await run(bench, cancelledAt: 6)
        let written = try await rows(bench, of: "h")
        #expect((1..<11).contains(written))
        #expect(try await bench.groups("p0").isEmpty)
        for person in 1..<12 { #expect(try await bench.groups("p\(person)") == ["everyone"]) }
        #expect(try await bench.eventTypes()["sync_run.failed"] == 1)

        let report = try await bench.run()
        #expect(report.counts.membershipsGained == 11 - written)
        #expect(report.counts.skipped == 0)
        for person in 1..<12 { #expect(try await bench.groups("p\(person)") == ["everyone", "keepers"]) }
        #expect(try await rows(bench, of: "h") == 11)
    }

    @Test("Nobody ever has a run's grant before somebody else has theirs")
    func oneSwitch() async throws {
        let bench = try await bench()
        let people = try await [1, 11].asyncMap { try #require(try await bench.person("p\($0)")).id }
        let watcher = Task { () -> [[Bool]] in
            var seen: [[Bool]] = []
            while !Task.isCancelled {
                bench.standings.forgetAll(in: bench.tenant)
                // The first to be written is asked first: where grants came one by one, it would be ahead.
                seen.append(
                    try await people.asyncMap { person in
                        try await bench.resolver.resolve(.person(person), in: bench.tenant, isStrong: true)?
                            .groups.count == 3
                    })
            }
            return seen
        }
        bench.source.groups += [GroupRecord(key: "h", name: "keepers"), GroupRecord(key: "i", name: "outer")]
        bench.source.memberships += (0..<12).map { ("h", "k\($0)") }
        bench.source.nestings = [("i", "h")]
        #expect(try await bench.run().counts.applied == 15)
        watcher.cancel()
        let seen = try await watcher.value
        #expect(!seen.contains([true, false]))
        let after = try await bench.resolver.resolve(.person(people[0]), in: bench.tenant, isStrong: true)
        #expect(after?.groups.count == 3)
    }

    @Test("Somebody who signs in meanwhile, or is added by hand, does not wait for the run")
    func newerObservation() async throws {
        let bench = try await bench()
        bench.source.groups.append(GroupRecord(key: "h", name: "keepers"))
        bench.source.memberships += (0..<12).map { ("h", "k\($0)") }
        try await run(bench, cancelledAt: 5)
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
        for person in 0..<12 { #expect(try await bench.groups("p\(person)") == ["everyone", "keepers"]) }
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

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
