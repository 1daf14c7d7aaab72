import Foundation
import Storage
import Testing
import Vocabulary

@Suite("Backups are whole, keyless, and restored into a new epoch")
struct BackupTests {
    private func filled(_ bench: Bench, heads: (any HeadSink)? = nil) async throws -> (Store, PersonID) {
        let store = try await bench.open(heads: heads)
        let person = bench.person()
        try await store.write(.login) { transaction in
            for _ in 0..<5 { try transaction.append(bench.event(person, secret: "secret of ada")) }
        }
        return (store, person)
    }

    private func restore(
        _ path: String, _ target: Bench, _ source: Bench, heads: (any HeadSink)? = nil, erased: [ErasedPerson] = [],
        master: MasterKey? = nil, end: @escaping @Sendable (Transaction) throws -> Void = { _ in }
    ) async throws -> RestoreReport {
        try await Store.restore(
            path, configuration: target.configuration(heads: heads), masterKey: master ?? source.master, erased: erased,
            now: source.tick(), eraseRows: { _, _ in }, endEverything: end)
    }

    @Test func aRestoreIsANewSignedEpochThatEndsEverything() async throws {
        let (bench, target) = (try Bench(), try Bench())
        let sink = FileHeadSink(path: bench.headsPath)
        defer { try? FileManager.default.removeItem(atPath: bench.headsPath) }
        let (store, _) = try await filled(bench, heads: sink)
        let path = bench.directory + "/backup.db"
        let manifest = try await store.backup(to: path, now: bench.tick())
        #expect(manifest.heads.map(\.size) == [5])
        try await store.write(.login) { for _ in 0..<9 { try $0.append(bench.event(bench.person())) } }
        try await store.signHeads(now: bench.tick())

        let ended = Shared(0)
        let report = try await restore(path, target, bench, heads: sink) { _ in ended.withLock { $0 += 1 } }
        #expect(report.epochs == [bench.tenant: 2] && ended.withLock { $0 } == 1)
        let restored = try await target.open(heads: FileHeadSink(path: bench.headsPath))
        #expect(restored.appendRefusal == nil)
        #expect(try await restored.events(of: bench.tenant).map(\.envelope.type).last == "journal.epoch_started")
        #expect(try await restored.newestHeads()[bench.tenant].map { [$0.epoch, $0.size] } == [2, 6])
        #expect(try sink.newest()[bench.tenant]?.epoch == 2)
        #expect(try await restored.check().isEmpty)
        // The database that was left behind may not go on beside the restored one.
        try await store.close()
        #expect(
            try await bench.open(heads: FileHeadSink(path: bench.headsPath)).appendRefusal?.code
                == "journal.behind_head")
    }

    @Test func erasuresMadeSinceAreRepeated() async throws {
        let (bench, target) = (try Bench(), try Bench())
        let (store, person) = try await filled(bench)
        let path = bench.directory + "/backup.db"
        try await store.backup(to: path, now: bench.tick())
        let log = ErasureLog(path: bench.directory + "/erased.jsonl")
        try await store.write(.login) { _ = try $0.erase(person, bench.context()) }
        try log.append(try await store.erasedPeople())
        // Whoever is of a tenant that the backup does not know is in it neither.
        let stranger = ErasedPerson(tenant: .random(at: Bench.start), person: bench.person(), at: Bench.start)
        let report = try await restore(path, target, bench, erased: try log.all() + [stranger])
        #expect(report.erasuresRepeated == 1)
        let restored = try await target.open()
        #expect(try await restored.events(of: bench.tenant, opening: true)[0].sections[0].plaintext == nil)
        #expect(try await restored.check().isEmpty)
    }

    @Test func aBackupTakenAfterAnErasureHasNoTrace() async throws {
        let bench = try Bench()
        let (store, person) = try await filled(bench)
        let sealed = try await store.read { try $0.queryOne("SELECT sealed FROM journal_section")!.blob(0) }
        try await store.write(.login) { _ = try $0.erase(person, bench.context()) }
        let path = bench.directory + "/backup.db"
        try await store.backup(to: path, now: bench.tick())
        let copy = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(copy.range(of: Data(sealed)) == nil)
        #expect(copy.range(of: Data([UInt8](repeating: 7, count: 32))) == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func damagedForeignAndMisplacedRestoresAreRefused() async throws {
        let (bench, target) = (try Bench(), try Bench())
        let (store, _) = try await filled(bench)
        let path = bench.directory + "/backup.db"
        try await store.backup(to: path, now: bench.tick())
        #expect(await fault { _ = try await store.backup(to: path, now: bench.tick()) } == "backup.exists")
        #expect(await fault { _ = try await restore(path, bench, bench) } == "backup.not_empty")
        #expect(await fault { _ = try await restore(path, target, bench, master: .generate()) } == "keys.wrong_master")
        // Nothing is left of a restore that failed, so the right key may be tried at once.
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.directory) == ["gatehouse.lock"])
        struct Stopped: Error {}
        #expect(await fault { _ = try await restore(path, target, bench) { _ in throw Stopped() } } == "Stopped()")
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.directory) == ["gatehouse.lock"])
        #expect(try await restore(path, target, bench).epochs == [bench.tenant: 2])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(await fault { _ = try await restore(path, try Bench(), bench) } == "backup.damaged")
    }

    @Test func checkFindsWhatWasChangedInPlace() async throws {
        let bench = try Bench()
        let (store, person) = try await filled(bench)
        try await store.signHeads(now: bench.tick())
        #expect(try await store.check() == [])
        try await store.write(.login) { transaction in
            try transaction.sql.execute("UPDATE journal_event SET record = zeroblob(10) WHERE position = 2")
            try transaction.sql.execute("UPDATE person_key SET sealed = zeroblob(94)")
            try transaction.sql.execute("UPDATE journal_head SET signature = zeroblob(64)")
        }
        let found = try await store.check()
        #expect(found.contains(.treeMismatch(bench.tenant)))
        #expect(found.contains(.headMismatch(bench.tenant, size: 5)))
        #expect(found.contains(.badSignature(bench.tenant, size: 5)))
        #expect(found.contains(.unreadableKey(bench.tenant, person)))
    }
}
