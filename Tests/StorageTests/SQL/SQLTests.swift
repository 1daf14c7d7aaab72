import Foundation
import Storage
import Testing
import Vocabulary

@Suite("The connection is durable, typed and alone")
struct SQLTests {
    @Test func theWriterIsDurable() async throws {
        let store = try await Bench().open()
        let found = try await store.write(.administration) { transaction in
            try ["synchronous", "journal_mode", "foreign_keys", "secure_delete"].map {
                try transaction.sql.query("PRAGMA \($0)").flatMap(\.values)
            }
        }.flatMap { $0 }
        #expect(found == [2, "wal", 1, 1])
    }

    @Test func valuesComeBackAsTheyWere() async throws {
        let store = try await Bench().open()
        let values: [SQLValue] = [nil, 42, 1.5, "æ\u{0}b", .blob([0, 255]), .blob([]), "", true]
        let row = try await store.read { connection in
            try connection.queryOne("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8", values)
        }
        #expect(row?.values == values)
    }

    @Test func aColumnOfAnotherTypeIsRefused() async throws {
        let row = SQLRow(["text", nil, .blob([1, 2])])
        #expect(await fault { _ = try row.integer(0) } == "storage.corrupt")
        #expect(await fault { _ = try row.text(1) } == "storage.corrupt")
        #expect(await fault { _ = try row.id(2) as PersonID } == "storage.corrupt")
        #expect(await fault { _ = try row.text(3) } == "storage.corrupt")
        #expect(try row.optionalText(1) == nil)
    }

    @Test func aCountOfValuesThatDoesNotFitIsRefused() async throws {
        let store = try await Bench().open()
        #expect(await fault { _ = try await store.read { try $0.query("SELECT ?1, ?2", [1]) } } == "storage.failed")
    }

    @Test func theSameStatementMayRunInsideItself() async throws {
        let store = try await Bench().open()
        let sql = "SELECT value FROM (SELECT 1 AS value UNION SELECT 2) WHERE value <= ?1 ORDER BY value"
        let pairs = try await store.read { connection in
            var pairs: [Int64] = []
            try connection.forEach(sql, [2]) { outer in
                try connection.forEach(sql, [2]) { pairs.append(try outer.integer(0) * 10 + $0.integer(0)) }
            }
            return pairs
        }
        #expect(pairs == [11, 12, 21, 22])
    }

    @Test func aConflictIsTheCallersAndCountsAreHonest() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        let erase = "INSERT INTO erased_person (tenant, person, at) VALUES (?1, ?2, 1)"
        let values: [SQLValue] = [.id(bench.tenant), .id(bench.person())]
        #expect(try await store.write(.login) { try $0.sql.execute(erase, values) } == 1)
        #expect(
            await fault { _ = try await store.write(.login) { try $0.sql.execute(erase, values) } }
                == "storage.conflict")
        let again = erase + " ON CONFLICT DO NOTHING"
        #expect(try await store.write(.login) { try $0.sql.execute(again, values) } == 0)
    }

    @Test func readersCannotWrite() async throws {
        let store = try await Bench().open()
        #expect(
            await fault { _ = try await store.read { try $0.execute("DELETE FROM erased_person") } } == "storage.denied"
        )
    }

    @Test func aSecondGatewayIsKeptOut() async throws {
        let bench = try Bench()
        let store = try await bench.open()
        do {
            _ = try await bench.open()
            Issue.record("two stores on one directory")
        } catch let fault as Fault {
            #expect(fault.code == "storage.locked")
            #expect(fault.message.contains("\(ProcessInfo.processInfo.processIdentifier)"))
        }
        try await store.close()
        try await bench.open().close()
    }
}
