import Foundation
import Storage
import Testing
import Vocabulary

@Suite("One writer, many bodies, one durable commit")
struct WriterTests {
    private struct Refused: Error {}

    @Test func aBodyThatThrowsIsRolledBackAlone() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    do {
                        try await store.write(.login) { transaction in
                            try transaction.append(bench.event(bench.person()))
                            if index % 3 == 0 { throw Refused() }
                        }
                        return true
                    } catch is Refused {
                        return false
                    }
                }
            }
            var kept = 0
            for try await isKept in group where isKept { kept += 1 }
            #expect(kept == 133)
        }
        #expect(try await store.journalSize(of: bench.tenant).size == 133)
        #expect(try await store.check().isEmpty)
    }

    @Test func closuresRunInCommitOrderAfterTheCommit() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let seen = Shared<[Int64]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    try await store.write(.login) { transaction in
                        let position = try transaction.append(bench.event(bench.person())).position
                        transaction.afterCommit { seen.withLock { $0.append(position) } }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(seen.withLock { $0 } == Array(1...300))
    }

    @Test func closuresOfARefusedBodyNeverRun() async throws {
        let store = try await Bench().open()
        let ran = Shared(false)
        _ = await fault {
            try await store.write(.login) { transaction in
                transaction.afterCommit { ran.withLock { $0 = true } }
                throw Refused()
            }
        }
        #expect(!ran.withLock { $0 })
    }

    @Test func afterCommitAReaderSeesTheRow() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let size = try await store.write(.login) { try $0.append(bench.event(bench.person())).position }
        #expect(try await store.journalSize(of: bench.tenant).size == size)
    }

    @Test func aFailedCommitFailsEveryCallerAndAppliesNothing() async throws {
        let bench = try Bench()
        var configuration = bench.configuration()
        configuration.migrations.append(
            Migration(
                number: 9_000, name: "deferred",
                sql: """
                    CREATE TABLE parent (id INTEGER PRIMARY KEY NOT NULL);
                    CREATE TABLE child (id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)
                    """))
        let store = try await Store.open(configuration, masterKey: bench.master) { bench.tick() }
        let applied = Shared(0)
        let gate = DispatchSemaphore(value: 0)
        // Held in one batch: the first body waits until the others stand in the queue.
        async let first = fault {
            try await store.write(.login) { transaction in
                _ = gate.wait(timeout: .now() + 0.015)
                try transaction.sql.execute("INSERT INTO child VALUES (99)")
                transaction.afterCommit { applied.withLock { $0 += 1 } }
            }
        }
        try await Task.sleep(for: .milliseconds(2))
        async let second = fault {
            try await store.write(.login) { transaction in
                try transaction.append(bench.event(bench.person()))
                transaction.afterCommit { applied.withLock { $0 += 1 } }
            }
        }
        let outcome = await [first, second]
        #expect(outcome[0] == "storage.conflict")
        #expect(applied.withLock { $0 } == (outcome[1] == nil ? 1 : 0))
        // Whether or not the two met in one batch, the tree in memory is the tree on disk.
        #expect(
            try await store.write(.login) { try $0.append(bench.event(bench.person())).position }
                == (outcome[1] == nil ? 2 : 1))
        #expect(try await store.check().isEmpty)
    }

    @Test func aFullLaneRefusesAndTheStoreGoesOn() async throws {
        let bench = try Bench()
        var configuration = bench.configuration()
        configuration.laneLimit = 4
        let store = try await Store.open(configuration, masterKey: bench.master) { bench.tick() }
        let gate = DispatchSemaphore(value: 0)
        let held = Task { try await store.write(.login) { _ in gate.wait() } }
        try await Task.sleep(for: .milliseconds(50))
        let outcomes = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<5 { group.addTask { await fault { try await store.write(.sync) { _ in } } } }
            Task {
                try await Task.sleep(for: .milliseconds(100)); gate.signal()
            }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        try await held.value
        #expect(outcomes.filter { $0 == "storage.overloaded" }.count == 1)
        #expect(outcomes.filter { $0 == nil }.count == 4)
    }

    @Test func aReaderIsNotHeldUpByTheWriter() async throws {
        let store = try await Bench().open()
        let gate = DispatchSemaphore(value: 0)
        let held = Task {
            try await store.write(.login) { transaction in
                try transaction.sql.execute("DELETE FROM erased_person")
                gate.wait()
            }
        }
        #expect(try await store.read { try $0.queryOne("SELECT 1")?.integer(0) } == 1)
        gate.signal()
        try await held.value
    }

    @Test func aClosedStoreRefuses() async throws {
        let store = try await Bench().open()
        try await store.close()
        #expect(await fault { try await store.write(.login) { _ in } } == "storage.closed")
    }

    @Test func aCommandIsRememberedUntilItIsForgotten() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let command = CommandID.random(at: Bench.start)
        let tenant = bench.tenant
        let known: @Sendable () async throws -> [UInt8]? = {
            try await store.write(.login) { try $0.commandResult(command, tenant: tenant) }
        }
        #expect(try await known() == nil)
        try await store.write(.login) { try $0.record([1], of: command, tenant: tenant) }
        try await store.write(.login) { try $0.record([2], of: command, tenant: tenant) }
        #expect(try await known() == [2])
        #expect(
            await fault {
                try await store.write(.login) {
                    try $0.record(Array(repeating: 0, count: (64 << 10) + 1), of: command, tenant: tenant)
                }
            } == "storage.result_too_large")
        try await store.write(.login) { try $0.forget(command, tenant: tenant) }
        #expect(try await known() == nil)
        try await store.write(.login) { try $0.record([3], of: command, tenant: tenant) }
        #expect(try await store.write(.spool) { try $0.forgetCommands(before: .distantFuture, limit: 10) } == 1)
        #expect(try await known() == nil)
    }
}
