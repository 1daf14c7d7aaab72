import Foundation
import Storage
import Testing
import Vocabulary

@Suite("Heads go outside, and a database behind them refuses to append")
struct HeadTests {
    private func fill(_ bench: Bench, _ store: Store, _ count: Int) async throws {
        try await store.write(.login) { for _ in 0..<count { try $0.append(bench.event(bench.person())) } }
    }

    @Test func headsAreSignedOnceAndKept() async throws {
        let bench = try Bench()
        let sink = FileHeadSink(path: bench.headsPath)
        defer { try? FileManager.default.removeItem(atPath: bench.headsPath) }
        let store = try await bench.open(heads: sink)
        #expect(try await store.signHeads(now: bench.tick()).isEmpty)
        try await fill(bench, store, 3)
        let head = try #require(try await store.signHeads(now: bench.tick()).first)
        #expect(try await store.signHeads(now: bench.tick()).isEmpty)
        #expect(head.size == 3 && head.epoch == 1)
        #expect(try FileHeadSink(path: bench.headsPath).newest() == [bench.tenant: head])
        #expect(store.keys.verify(head.signature, over: head.message, keyID: head.keyID, tenant: bench.tenant))
        #expect(!store.keys.verify(head.signature, over: head.message + [0], keyID: head.keyID, tenant: bench.tenant))
    }

    @Test func anOlderDatabaseRefusesToAppend() async throws {
        let bench = try Bench()
        let sink = FileHeadSink(path: bench.headsPath)
        defer { try? FileManager.default.removeItem(atPath: bench.headsPath) }
        let files = FileManager.default
        var store = try await bench.open(heads: sink)
        try await fill(bench, store, 3)
        try await store.signHeads(now: bench.tick())
        try await store.close()
        let old = try Data(contentsOf: URL(fileURLWithPath: bench.directory + "/gatehouse.db"))
        store = try await bench.open(heads: sink)
        #expect(store.appendRefusal == nil)
        try await fill(bench, store, 2)
        try await store.signHeads(now: bench.tick())
        try await store.close()
        for name in try files.contentsOfDirectory(atPath: bench.directory) where name.hasPrefix("gatehouse.db") {
            try files.removeItem(atPath: bench.directory + "/" + name)
        }
        try old.write(to: URL(fileURLWithPath: bench.directory + "/gatehouse.db"))
        store = try await bench.open(heads: FileHeadSink(path: bench.headsPath))
        #expect(store.appendRefusal?.code == "journal.behind_head")
        #expect(await fault { try await fill(bench, store, 1) } == "journal.behind_head")
        #expect(await fault { _ = try await store.signHeads(now: bench.tick()) } == "journal.behind_head")
        #expect(try await store.events(of: bench.tenant).map(\.position) == [1, 2, 3])
    }

    @Test func aSinkThatFailedIsCaughtUpLater() async throws {
        final class Flaky: HeadSink {
            let real: FileHeadSink
            init(_ real: FileHeadSink) { self.real = real }
            func publish(_ heads: [SignedHead]) throws {
                if heads[0].size == 1 { throw Fault("sink.away", .peer, "away") }
                try real.publish(heads)
            }
            func newest() throws -> [TenantID: SignedHead] { try real.newest() }
        }
        let bench = try Bench()
        defer { try? FileManager.default.removeItem(atPath: bench.headsPath) }
        let sink = Flaky(FileHeadSink(path: bench.headsPath))
        let store = try await bench.open(heads: sink)
        try await fill(bench, store, 1)
        #expect(await fault { _ = try await store.signHeads(now: bench.tick()) } == "sink.away")
        try await fill(bench, store, 1)
        try await store.signHeads(now: bench.tick())
        #expect(try sink.newest()[bench.tenant]?.size == 2)
    }

    @Test func aDamagedSinkIsAnErrorAndATornLastLineIsNot() async throws {
        let bench = try Bench()
        defer { try? FileManager.default.removeItem(atPath: bench.headsPath) }
        let store = try await bench.open(heads: FileHeadSink(path: bench.headsPath))
        try await fill(bench, store, 1)
        let head = try #require(try await store.signHeads(now: bench.tick()).first)
        let url = URL(fileURLWithPath: bench.headsPath)
        let good = try Data(contentsOf: url)
        try (good + Data("{\"epo".utf8)).write(to: url)
        let sink = FileHeadSink(path: bench.headsPath)
        #expect(try sink.newest() == [bench.tenant: head])
        try sink.publish([head])
        #expect(try Data(contentsOf: url) == good + good)
        try (Data("nonsense\n".utf8) + good).write(to: url)
        #expect(await fault { _ = try FileHeadSink(path: bench.headsPath).newest() } == "storage.lines_damaged")
    }
}
