import Identity
import Providers
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("A directory job")
struct SyncRunTests {
    @Test("A dry run tells everything and writes nothing")
    func dryRun() async throws {
        let bench = try await SyncBench()
        bench.fill(3)
        let before = try await bench.eventTypes()
        let report = try await bench.service.plan(bench.target())
        #expect(report.run == nil)
        #expect(report.counts.people == ["add": 3])
        #expect(report.counts.membershipsGained == 3)
        #expect(try await bench.eventTypes() == before)
        #expect(try await bench.person("p0") == nil)
        #expect(try await bench.service.list(in: bench.tenant).isEmpty)
    }

    // S4-67.
    @Test("The first run imports people, groups and memberships, each with its event; the second writes nothing")
    func firstAndSecond() async throws {
        let bench = try await SyncBench()
        bench.fill(25)
        let first = try await bench.run()
        #expect(first.state == .done)
        #expect(first.counts.applied == 25 + 1 + 25)
        #expect(first.counts.skipped == 0)
        #expect(try await bench.groups("p7") == ["everyone"])
        let events = try await bench.eventTypes()
        #expect(events["person.created"] == 25)
        #expect(events["group.created"] == 1)
        #expect(events["group.members_changed"] == 1)
        let person = try #require(try await bench.person("p7"))
        #expect(person.managedBy == .sync)

        let second = try await bench.run()
        #expect(second.plan.isEmpty)
        #expect(second.counts.applied == 0)
        let after = try await bench.eventTypes()
        #expect(after["person.created"] == 25)
        #expect(after["sync_run.applied"] == 2)
        #expect(try await bench.person("p7")?.version == person.version)
    }

    @Test("A renamed entry is the same account, and its session lives on")
    func rename() async throws {
        let bench = try await SyncBench()
        bench.fill(2)
        try await bench.run()
        let before = try #require(try await bench.person("p0"))
        let token = try await bench.startSession(of: before.id)
        bench.source.people = [SyncBench.record(0, login: "renamed"), SyncBench.record(1)]
        let report = try await bench.run()
        #expect(report.counts.people == ["rename": 1])
        let after = try #require(try await bench.person("renamed"))
        #expect(after.id == before.id)
        #expect(try await bench.person("p0") == nil)
        #expect((try? bench.live.session(token, in: bench.tenant, at: bench.clock()).get()) != nil)
        let identity = try await bench.store.read { try $0.identities(of: after.id) }
        #expect(identity.map(\.login) == ["renamed"])
    }

    @Test("Cycles and self-loops end, and everybody within is in all of them")
    func cycles() async throws {
        let bench = try await SyncBench()
        bench.source.people = [SyncBench.record(0)]
        bench.source.groups = ["a", "b", "c", "loop"].map { GroupRecord(key: $0, name: $0) }
        bench.source.memberships = [("a", "k0"), ("loop", "k0")]
        bench.source.nestings = [("a", "c"), ("b", "a"), ("c", "b"), ("loop", "loop")]
        let report = try await bench.run()
        #expect(report.counts.warnings == 4)
        #expect(try await bench.groups("p0") == ["a", "b", "c", "loop"])
    }

    @Test("The same mail in two spellings imports both and lists the conflict")
    func sameMail() async throws {
        let bench = try await SyncBench()
        bench.source.people = [
            SyncBench.record(0, mail: "Same@Example.org"), SyncBench.record(1, mail: "same@example.ORG"),
        ]
        let report = try await bench.run()
        #expect(report.plan.conflicts.map(\.kind) == [.duplicateMail, .duplicateMail])
        #expect(try await bench.person("p0") != nil)
        #expect(try await bench.person("p1") != nil)
    }

    @Test("A login that a local person has is refused for the newcomer alone")
    func takenLogin() async throws {
        let bench = try await SyncBench()
        let people = PeopleService(
            store: bench.store, live: bench.live, standings: bench.standings, providers: ProviderTable())
        var edit = PersonEdit()
        edit.login = "P1"
        let local = try await people.create(edit, by: bench.administrator)
        bench.fill(3)
        let report = try await bench.run()
        #expect(report.counts.people == ["add": 2])
        #expect(report.plan.conflicts.map(\.kind) == [.duplicateLogin])
        #expect(try await bench.person("p1")?.id == local.id)
    }

    @Test("Somebody gone is disabled and out at once, restored as the same account, or deleted after the grace period")
    func leaver() async throws {
        let bench = try await SyncBench()
        bench.fill(5)
        try await bench.run()
        let person = try #require(try await bench.person("p0"))
        let token = try await bench.startSession(of: person.id)
        let all = bench.source.people
        bench.source.remove("p0")
        let report = try await bench.run()
        #expect(report.counts.people == ["leave": 1])
        #expect((try? bench.live.session(token, in: bench.tenant, at: bench.clock()).get()) == nil)
        #expect(try await bench.person("p0")?.status.word == "leaver")
        #expect(try await bench.groups("p0").isEmpty)

        bench.source.people = all
        #expect(try await bench.run().counts.people == ["restore": 1])
        #expect(try await bench.person("p0")?.id == person.id)
        #expect(try await bench.person("p0")?.isActive == true)
        #expect(try await bench.groups("p0") == ["everyone"])

        bench.source.remove("p0")
        try await bench.run()
        bench.advance(.seconds(86_399))
        #expect(try await bench.service.deleteLeavers(in: bench.tenant) == 0)
        bench.advance(.seconds(1))
        #expect(try await bench.service.deleteLeavers(in: bench.tenant) == 1)
        #expect(try await bench.person("p0") == nil)
        let events = try await bench.eventTypes()
        #expect(events["person.deleted"] == 1)
        #expect(events["person.restored"] == 1)
        #expect(events["session.ended"] == 1)
    }

    @Test("Disabled and enabled in the directory is disabled and enabled here; an administrator's no stays")
    func suspension() async throws {
        let bench = try await SyncBench()
        bench.fill(2)
        try await bench.run()
        let person = try #require(try await bench.person("p0"))
        let token = try await bench.startSession(of: person.id)
        bench.source.people = [SyncBench.record(0, isDisabled: true), SyncBench.record(1)]
        #expect(try await bench.run().counts.people == ["suspend": 1])
        #expect((try? bench.live.session(token, in: bench.tenant, at: bench.clock()).get()) == nil)
        bench.source.people = [SyncBench.record(0), SyncBench.record(1)]
        #expect(try await bench.run().counts.people == ["resume": 1])
        #expect(try await bench.person("p0")?.isActive == true)

        let people = PeopleService(
            store: bench.store, live: bench.live, standings: bench.standings, providers: ProviderTable())
        try await people.disable(person.id, .administrator, by: bench.administrator)
        #expect(try await bench.run().plan.isEmpty)
        #expect(try await bench.person("p0")?.isActive == false)
    }

    @Test("A directory that fails leaves everything as it was, and the run says why")
    func failure() async throws {
        let bench = try await SyncBench()
        bench.fill(3)
        try await bench.run()
        bench.source.fault = Fault("directory.service_refused", .ourselves, "The service account was refused.")
        bench.advance(.seconds(1))
        await #expect(throws: Fault("directory.service_refused", .ourselves, "")) { try await bench.run() }
        #expect(try await bench.person("p0")?.isActive == true)
        let last = try #require(try await bench.service.list(in: bench.tenant).first)
        #expect(last.state == .failed)
        #expect(last.failure == "directory.service_refused")
        #expect(try await bench.eventTypes()["sync_run.failed"] == 1)
        bench.source.fault = nil
        #expect(try await bench.run().state == .done)
    }

    @Test("A second run of the same provider is refused while one is going on")
    func oneAtATime() async throws {
        let bench = try await SyncBench()
        bench.fill(1)
        bench.source.pause = .milliseconds(300)
        async let first = bench.run()
        try await Task.sleep(for: .milliseconds(80))
        await #expect(throws: Fault("sync.running", .caller, "")) { try await bench.run() }
        #expect(try await first.state == .done)
    }

    @Test("A row changed since it was read is left alone: the newer observation wins")
    func newerObservation() async throws {
        let bench = try await SyncBench()
        bench.fill(12)
        try await bench.run()
        for login in 0..<11 { bench.source.remove("p\(login)") }
        let held = try await bench.run()
        let run = try #require(held.run)
        #expect(held.state == .held)
        let people = PeopleService(
            store: bench.store, live: bench.live, standings: bench.standings, providers: ProviderTable())
        let person = try #require(try await bench.person("p3"))
        try await people.disable(person.id, .compromise, by: bench.administrator)
        let row = try await bench.service.release(run, by: bench.administrator)
        #expect(row.state == .done)
        #expect(try await bench.person("p3")?.status.word == "disabled")
        #expect(try await bench.person("p4")?.status.word == "leaver")
        let counts = try JSONColumn.decode(SyncCounts.self, row.summary)
        #expect(counts.skipped == 1)
    }
}
