import Identity
import Providers
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("A directory job that moves logins from one person to another")
struct SyncLoginTests {
    private func ids(_ bench: SyncBench, _ count: Int) async throws -> [PersonID] {
        var ids: [PersonID] = []
        for index in 0..<count { ids.append(try #require(try await bench.person("p\(index)")).id) }
        return ids
    }

    @Test("Two people exchange their logins in one run, and keep their accounts", arguments: [20_000, 1])
    func exchange(budget: Int) async throws {
        let bench = try await SyncBench(batchBudget: .microseconds(budget))
        bench.fill(3)
        try await bench.run()
        let before = try await ids(bench, 2)
        bench.source.people = [
            SyncBench.record(0, login: "p1"), SyncBench.record(1, login: "p0"), SyncBench.record(2),
        ]
        let report = try await bench.run()
        #expect(report.counts.people == ["rename": 2])
        #expect((report.counts.applied, report.counts.skipped) == (2, 0))
        #expect(try await bench.person("p1")?.id == before[0])
        #expect(try await bench.person("p0")?.id == before[1])
        #expect(try await bench.eventTypes()["person.changed"] == 2)
        #expect(try await bench.run().plan.isEmpty)
    }

    @Test("A circle of four, a chain, and a newcomer who gets a login that was given up", arguments: [20_000, 1])
    func circleAndChain(budget: Int) async throws {
        let bench = try await SyncBench(batchBudget: .microseconds(budget))
        bench.fill(7)
        try await bench.run()
        let before = try await ids(bench, 7)
        // 0 → 1 → 2 → 3 → 0; 4 takes 5's, 5 takes 6's, 6 a free one, and a newcomer 4's.
        let logins = ["p1", "p2", "p3", "p0", "p5", "p6", "free"]
        bench.source.people = logins.enumerated().map { SyncBench.record($0, login: $1) }
        bench.source.people.append(SyncBench.record(9, login: "p4"))
        let report = try await bench.run()
        #expect(report.counts.people == ["rename": 7, "add": 1])
        #expect((report.counts.applied, report.counts.skipped) == (8, 0))
        for (index, login) in logins.enumerated() { #expect(try await bench.person(login)?.id == before[index]) }
        #expect(try await bench.person("p4") != nil)
        #expect(try await bench.run().plan.isEmpty)
    }

    @Test("Whoever keeps a login after all keeps it: the other is left out, and nobody is without one")
    func kept() async throws {
        let bench = try await SyncBench()
        bench.fill(30)
        try await bench.run()
        let before = try await ids(bench, 2)
        let all = bench.source.people
        bench.source.people =
            [SyncBench.record(0, login: "p1"), SyncBench.record(1, login: "p0")] + all[2..<15]
        let held = try #require(try await bench.run().run)
        let people = PeopleService(
            store: bench.store, live: bench.live, standings: bench.standings, providers: ProviderTable())
        try await people.disable(before[1], .compromise, by: bench.administrator)
        let row = try await bench.service.release(held, by: bench.administrator)
        #expect(try JSONColumn.decode(SyncCounts.self, row.summary).skipped == 2)
        #expect(try await bench.person("p0")?.id == before[0])
        #expect(try await bench.person("p1")?.id == before[1])
    }
}
