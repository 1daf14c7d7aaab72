import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Time zones")
struct ZoneTests {
    @Test("S3-01 offsets agree with an independent reader of the IANA database, past its last transition too")
    func offsets() throws {
        let table = try zones()
        let rows = try corpus("zones")["offsets"]?.list ?? []
        #expect(rows.count > 400)
        for row in rows {
            let cells = row.list ?? []
            let zone = try #require(table[cells[0].string])
            let moment = try #require(cells[1].integer)
            #expect(zone.offset(at: moment) == cells[2].integer, "\(zone.name) at \(moment)")
        }
    }

    @Test("what is cut short, foreign or too long is no zone")
    func malformed() throws {
        let text = try #require(try corpus("zones")["zones"]?["Europe/Berlin"]?.string)
        let bytes = [UInt8](try #require(Data(base64Encoded: text)))
        #expect(Zone(name: "x", tzif: bytes) != nil)
        for length in [0, 4, 43, 44, 200, bytes.count / 2] {
            #expect(Zone(name: "x", tzif: Array(bytes.prefix(length))) == nil, "\(length)")
        }
        var foreign = bytes
        foreign[0] = 0x41
        #expect(Zone(name: "x", tzif: foreign) == nil)
        var old = bytes
        old[4] = 0
        #expect(Zone(name: "x", tzif: old) == nil)
        #expect(Zone(name: "x", tzif: Array(repeating: 0, count: 65_537)) == nil)
        // Counts that promise more than there is.
        var greedy = bytes
        greedy[32] = 0xFF
        #expect(Zone(name: "x", tzif: greedy) == nil)
    }

    @Test("an unknown name is not taken for UTC")
    func names() throws {
        let table = try zones()
        #expect(table[nil] == .utc && table["UTC"] == .utc)
        #expect(table["Mars/Olympus"] == nil && table["Europe/Berlin"]?.name == "Europe/Berlin")
    }

    @Test("weeks begin on Monday, also over a new year")
    func isoWeeks() throws {
        func week(_ text: String) throws -> Int64 { Zone.utc.local(try #require(Timestamp(rfc3339: text))).isoWeek }
        #expect(try week("2026-12-31T12:00:00Z") == week("2027-01-03T23:59:59Z"))
        #expect(try week("2027-01-04T00:00:00Z") == week("2027-01-03T23:59:59Z") + 1)
        #expect(try week("1969-12-29T00:00:00Z") == 0 && week("1969-12-28T23:59:59Z") == -1)
        #expect(Zone.utc.local(try #require(Timestamp(rfc3339: "2026-11-22T00:00:00Z"))).weekday == 0)
    }
}
