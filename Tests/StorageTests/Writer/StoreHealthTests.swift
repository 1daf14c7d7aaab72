import Testing
import Vocabulary

@testable import Storage

@Suite("A store says whether it can be written")
struct StoreHealthTests {
    @Test func aRefusedChangeIsNoFailureOfTheDisk() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let refused = await fault {
            try await store.write(.login) { _ in throw Fault("test.refused", .caller, "No.") }
        }
        #expect(refused == "test.refused")
        #expect(store.writer.judgeHealth(at: .now).failure == nil)
        #expect(await store.writeRefusal() == nil)
    }

    @Test func aFullDatabaseIsNotedUntilAWriteOfItsOwnPasses() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let full = await fault {
            try await store.write(.administration) { [tenant = bench.tenant] transaction in
                // No page more than there are.
                _ = try transaction.sql.query("PRAGMA max_page_count = 1", [])
                let result = [UInt8](repeating: 1, count: 60 << 10)
                for _ in 0..<64 {
                    try transaction.record(result, of: .random(at: transaction.now), tenant: tenant)
                }
            }
        }
        #expect(full == "storage.full")
        #expect(store.writer.judgeHealth(at: .now).failure?.code == "storage.full")
        // Changing a page that is there needs no room.
        let deadline = ContinuousClock.now + .seconds(20)
        while await store.writeRefusal() != nil, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(await store.writeRefusal() == nil)
    }

    @Test func oneCallerASecondTriesAgain() {
        var health = WriterHealth()
        let now = ContinuousClock.now
        let well = health.takesTurn(at: now)
        health.failure = Fault("storage.full", .ourselves, "Full.")
        let turns = [Duration.zero, .milliseconds(999), .seconds(1)].map { health.takesTurn(at: now + $0) }
        #expect(!well && turns == [true, false, true])
    }

    @Test func spaceIsTooLittleOneByteBelowWhatIsNeeded() {
        #expect(Store.spaceFault(free: Store.neededSpace) == nil)
        #expect(Store.spaceFault(free: Store.neededSpace - 1)?.code == "storage.full")
        #expect(Store.freeSpace(at: "/nonexistent/folder") == nil)
    }
}
