import Storage
import Testing
import Vocabulary

@Suite("The schema only goes forward")
struct MigrationTests {
    @Test func aDatabaseNewerThanTheBinaryIsRefused() async throws {
        let bench = try Bench()
        var newer = bench.configuration()
        newer.migrations.append(Migration(number: 9_000, name: "future", sql: "CREATE TABLE future (id INTEGER)"))
        try await Store.open(newer, masterKey: bench.master) { Bench.start }.close()
        #expect(await fault { _ = try await bench.open() } == "storage.schema_newer")
        try await Store.open(newer, masterKey: bench.master) { Bench.start }.close()
    }

    @Test func aStepThatFailsLeavesNothingAndIsTriedAgain() async throws {
        let bench = try Bench()
        var broken = bench.configuration()
        broken.migrations.append(
            Migration(
                number: 9_000, name: "half", sql: "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1)"))
        #expect(
            await fault { _ = try await Store.open(broken, masterKey: bench.master) { Bench.start } }
                == "storage.failed")
        let store = try await bench.open()
        let left = try await store.read { try $0.query("SELECT 1 FROM sqlite_master WHERE name = 'half'") }
        #expect(left.isEmpty)
    }

    @Test func numbersAreUniqueAndOrdered() {
        let numbers = Migration.all.map(\.number)
        #expect(numbers == Array(Set(numbers)).sorted())
    }
}
