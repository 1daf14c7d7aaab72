import Foundation
import Storage
import Testing
import Vocabulary

@Suite("Another process reads beside the one that owns the store")
struct StoreReaderTests {
    @Test func backupExportAndCheckWorkBesideAnOpenStoreAndTheWriterDoesNotWait() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let person = bench.person()
        try await store.write(.login) { tx in
            for _ in 0..<200 { try tx.append(bench.event(person, secret: "beside")) }
        }
        try await store.signHeads(now: bench.tick())
        let reader = try await StoreReader.open(bench.configuration(), masterKey: bench.master)
        let writing = Task {
            for _ in 0..<50 { try await store.write(.login) { _ = try $0.append(bench.event(person)) } }
        }
        let copy = bench.directory + "/copy.db"
        #expect(try await reader.writeBackup(to: copy, now: bench.tick()).heads.map(\.size) == [200])
        let export = bench.directory + "/export"
        #expect(try await reader.exportJournal(of: bench.tenant, to: export) >= 200)
        #expect(try JournalVerifier.verify(exportAt: export).findings == [])
        #expect(try await reader.check() == [])
        try await writing.value
        // It sees what was committed after it was opened.
        #expect(try await reader.journalSize(of: bench.tenant).size == 250)
        try reader.close()
        #expect(try Store.checkedManifest(copy).bytes > 0)
        try await store.close()
    }

    @Test func aReaderNeverMakesADatabaseNorTakesAWrongKey() async throws {
        let bench = try Bench()
        let missing = await fault { _ = try await StoreReader.open(bench.configuration(), masterKey: bench.master) }
        #expect(missing == "storage.missing")
        #expect(!FileManager.default.fileExists(atPath: bench.directory))
        let store = try await bench.open()
        let wrong = await fault { _ = try await StoreReader.open(bench.configuration(), masterKey: .generate()) }
        #expect(wrong == "keys.wrong_master")
        let reader = try await StoreReader.open(bench.configuration(), masterKey: bench.master)
        let written = await fault { try await reader.read { _ = try $0.execute("DELETE FROM journal_event", []) } }
        #expect(written != nil)
        try await store.close()
    }
}

@Suite("The erasure log forgets nobody")
struct ErasureLogTests {
    @Test func everybodyStandsInItOnceHoweverOftenTheyAreNoted() async throws {
        let bench = try Bench()
        var configuration = bench.configuration()
        let log = ErasureLog(path: bench.headsPath)
        defer { try? FileManager.default.removeItem(atPath: bench.headsPath) }
        configuration.erasureLog = log
        let store = try await Store.open(configuration, masterKey: bench.master) { bench.tick() }
        let (first, second) = (bench.person(), bench.person())
        for person in [first, second] {
            try await store.write(.login) { tx in
                try tx.append(bench.event(person, secret: "x"))
                try tx.erase(person, bench.context())
            }
        }
        // What a crash kept from the log is there after the next look.
        try store.keepErasures([ErasedPerson(tenant: bench.tenant, person: first, at: bench.tick())])
        try await store.reconcileErasures()
        try await store.reconcileErasures()
        #expect(Set(try ErasureLog(path: bench.headsPath).all().map(\.person)) == [first, second])
        #expect(try ErasureLog(path: bench.headsPath).all().count == 2)
        try await store.close()
    }

    @Test func aLogThatCannotBeWrittenIsSaidAndCaughtUpLater() async throws {
        let bench = try Bench()
        var configuration = bench.configuration()
        let folder = bench.headsPath + ".folder"
        configuration.erasureLog = ErasureLog(path: folder + "/erasures.jsonl")
        let store = try await Store.open(configuration, masterKey: bench.master) { bench.tick() }
        let person = bench.person()
        try await store.write(.login) { _ = try $0.erase(person, bench.context()) }
        #expect(await fault { try await store.reconcileErasures() } == "erasure.not_kept")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await store.reconcileErasures()
        #expect(try ErasureLog(path: folder + "/erasures.jsonl").all().map(\.person) == [person])
        try await store.close()
    }
}
