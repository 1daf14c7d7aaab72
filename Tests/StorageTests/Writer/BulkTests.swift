import Foundation
import Testing
import Vocabulary

@testable import Storage

@Suite struct BulkTests {
    @Test func aBulkBodyThatFailsLeavesNothingAndTheNextOneWrites() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        try await store.write(.sync) { _ = try $0.append(bench.event(bench.person())) }
        let refused = await fault {
            try await store.write(.sync) { transaction in
                _ = try transaction.append(bench.event(bench.person(), secret: "gone"))
                try transaction.sql.execute(
                    "INSERT INTO tenant (id, slug, name, managed_by, created_at) VALUES (?1, 'x', 'x', 'api', 0)",
                    [.id(bench.tenant)])
                throw Fault("test.refused", .ourselves, "No.")
            }
        }
        #expect(refused == "test.refused")
        #expect(try await store.journalSize(of: bench.tenant).size == 1)
        #expect(try await store.read { try $0.query("SELECT 1 FROM tenant").isEmpty })
        #expect(try await store.read { try $0.query("SELECT 1 FROM person_key").isEmpty })
        #expect(try await store.write(.sync) { try $0.append(bench.event(bench.person())).position } == 2)
        #expect(try await store.check().isEmpty)
    }

    @Test func bulkWorkIsToldToEndBeforeTheWritersTimeIsOver() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let left = try await store.write(.sync) { $0.workUntil - ContinuousClock.now }
        #expect(left > .zero && left < .milliseconds(20))
    }

    @Test func aNewStreamThatIsNotNewIsAConflict() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let person = bench.person()
        try await store.write(.sync) { _ = try $0.append(bench.event(person, secret: "{}", expected: 0)) }
        let again = await fault {
            try await store.write(.sync) { _ = try $0.append(bench.event(person, secret: "{}", expected: 0)) }
        }
        #expect(again == "storage.conflict")
        #expect(try await store.journalSize(of: bench.tenant).size == 1)
    }

    // Nothing else moves the log: without its thread the file would stay as small as at the start.
    @Test func theLogIsCopiedIntoTheFileBesideTheWriter() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        func size() -> Int {
            let path = bench.configuration().databasePath
            return (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }
        let blob = [UInt8](repeating: 5, count: 60 << 10)
        let wanted = Int(Checkpointer.wakePages) * 4_096 / 2
        for _ in 0..<3_000 where size() < wanted {
            try await store.write(.sync) { [tenant = bench.tenant] transaction in
                for _ in 0..<8 {
                    try transaction.record(blob, of: CommandID.random(at: Bench.start), tenant: tenant)
                }
            }
        }
        #expect(size() >= wanted)
        #expect(try await store.check().isEmpty)
    }

    @Test func randomBytesAreHandedOutOnce() {
        let drawn = (0..<1_000).map { RandomBytes.draw(16 + $0 % 49) }
        #expect(drawn.enumerated().allSatisfy { $1.count == 16 + $0 % 49 })
        #expect(Set(drawn.map { Array($0.prefix(16)) }).count == 1_000)
    }
}
