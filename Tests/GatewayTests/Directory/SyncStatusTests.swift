import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("A directory job and whom an administrator disabled")
struct SyncStatusTests {
    private static func people(_ bench: SyncBench) -> PeopleService {
        PeopleService(store: bench.store, live: bench.live, standings: bench.standings, providers: ProviderTable())
    }

    private static func reason(_ bench: SyncBench) async throws -> DisabledReason? {
        guard case .disabled(let reason, _)? = try await bench.person("p0")?.status else { return nil }
        return reason
    }

    @Test("Whoever was disabled here stays disabled when their entry goes, past the grace period, and comes back")
    func entryGoesAndComesBack() async throws {
        let bench = try await SyncBench()
        bench.fill(3)
        try await bench.run()
        let person = try #require(try await bench.person("p0")?.id)
        try await Self.people(bench).disable(person, .administrator, by: bench.administrator)
        let (everybody, members) = (bench.source.people, bench.source.memberships)
        bench.source.remove("p0")
        bench.source.memberships = members.filter { $0.member != "k0" }
        try await bench.run()
        #expect(try await Self.reason(bench) == .administrator)
        bench.advance(.seconds(2 * 86_400))
        try await bench.run()
        #expect(try await bench.service.deleteLeavers(in: bench.tenant) == 0)
        bench.source.people = everybody
        bench.source.memberships = members
        let back = try await bench.run()
        #expect(back.counts.people.isEmpty)
        let after = try #require(try await bench.person("p0"))
        #expect(after.id == person)
        #expect(try await Self.reason(bench) == .administrator)
    }

    @Test("Disabling somebody whom the directory disabled is stored, journalled, and outlives the directory's resume")
    func disabledTwice() async throws {
        let bench = try await SyncBench()
        bench.fill(2)
        try await bench.run()
        let person = try #require(try await bench.person("p0")?.id)
        bench.source.people = [SyncBench.record(0, isDisabled: true), SyncBench.record(1)]
        try await bench.run()
        #expect(try await Self.reason(bench) == .directory)
        let before = try await bench.eventTypes()["person.disabled"] ?? 0
        try await Self.people(bench).disable(person, .administrator, by: bench.administrator)
        #expect(try await Self.reason(bench) == .administrator)
        #expect(try await bench.eventTypes()["person.disabled"] == before + 1)
        try await Self.people(bench).disable(person, .administrator, by: bench.administrator)
        #expect(try await bench.eventTypes()["person.disabled"] == before + 1)
        bench.source.people = [SyncBench.record(0), SyncBench.record(1)]
        try await bench.run()
        #expect(try await Self.reason(bench) == .administrator)
        try await Self.people(bench).enable(person, by: bench.administrator)
        #expect(try await bench.person("p0")?.isActive == true)
    }

    @Test("A leaver who is disabled here before their entry comes back stays disabled")
    func leaver() async throws {
        let bench = try await SyncBench()
        bench.fill(2)
        try await bench.run()
        let everybody = bench.source.people
        bench.source.remove("p0")
        try await bench.run()
        let person = try #require(try await bench.person("p0"))
        #expect(person.status.word == "leaver")
        try await Self.people(bench).disable(person.id, .compromise, by: bench.administrator)
        bench.source.people = everybody
        try await bench.run()
        #expect(try await Self.reason(bench) == .compromise)
    }
}
