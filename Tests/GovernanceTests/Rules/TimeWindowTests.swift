import Fixtures
import Governance
import Testing
import Vocabulary

@Suite("Windows")
struct TimeWindowTests {
    private func berlin() throws -> Zone { try #require(try zones()["Europe/Berlin"]) }
    private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    @Test("S3-07 days count from Sunday, and both ends are inside to the minute")
    func officeHours() throws {
        let zone = try berlin()
        let window = try #require(TimeWindow(days: [1, 2, 3, 4, 5], start: 480, end: 1_080))
        let inside = [
            "2026-11-16T08:00:00+01:00", "2026-11-16T18:00:59+01:00", "2026-11-20T12:00:00+01:00",
            "2026-07-01T08:00:00+02:00",
        ]
        let outside = [
            "2026-11-16T07:59:59+01:00", "2026-11-16T18:01:00+01:00", "2026-11-21T12:00:00+01:00",
            "2026-11-22T12:00:00+01:00",
            "2026-07-01T07:59:59+02:00",
        ]
        for text in inside { #expect(window.contains(try at(text), in: zone), "\(text)") }
        for text in outside { #expect(!window.contains(try at(text), in: zone), "\(text)") }
    }

    @Test("a window over midnight belongs to the day on which it begins")
    func overMidnight() throws {
        let zone = try berlin()
        let friday = try #require(TimeWindow(days: [5], start: 1_320, end: 360))
        #expect(friday.contains(try at("2026-11-20T22:00:00+01:00"), in: zone))
        #expect(friday.contains(try at("2026-11-21T06:00:59+01:00"), in: zone))
        #expect(!friday.contains(try at("2026-11-21T06:01:00+01:00"), in: zone))
        #expect(!friday.contains(try at("2026-11-20T06:00:00+01:00"), in: zone))
        #expect(!friday.contains(try at("2026-11-21T22:00:00+01:00"), in: zone))
    }

    @Test("when clocks change, the window follows the clock on the wall")
    func daylightSaving() throws {
        let zone = try berlin()
        let night = try #require(TimeWindow(days: [0], start: 120, end: 179))
        // 2026-03-29: 02:00 to 02:59 does not exist. 2026-10-25: it comes twice.
        #expect(!night.contains(try at("2026-03-29T00:59:59Z"), in: zone))
        #expect(!night.contains(try at("2026-03-29T01:00:00Z"), in: zone))
        #expect(night.contains(try at("2026-10-25T00:30:00Z"), in: zone))
        #expect(night.contains(try at("2026-10-25T01:30:00Z"), in: zone))
        #expect(!night.contains(try at("2026-10-25T02:00:00Z"), in: zone))
    }

    @Test("nothing out of range is a window")
    func bounds() {
        #expect(TimeWindow(days: [], start: 0, end: 1) == nil)
        #expect(TimeWindow(days: [7], start: 0, end: 1) == nil)
        #expect(TimeWindow(days: [-1], start: 0, end: 1) == nil)
        #expect(TimeWindow(days: [0], start: 1_440, end: 1) == nil)
        #expect(TimeWindow(days: [0], start: 0, end: 1_440) == nil)
    }

    @Test("no answer outlives its next edge", arguments: 0..<24)
    func edges(seed: UInt64) throws {
        var generator = Seeded(seed)
        let zone = try berlin()
        let start = Int.random(in: 0..<1_440, using: &generator), end = Int.random(in: 0..<1_440, using: &generator)
        let days = Set((0..<3).map { _ in Int.random(in: 0...6, using: &generator) })
        let window = try #require(TimeWindow(days: days, start: start, end: end))
        // Around the nights in which clocks change, and anywhere in a year.
        let anchors: [Int64] = [
            1_774_746_000, 1_792_890_000, 1_767_225_600 + Int64.random(in: 0..<31_536_000, using: &generator),
        ]
        for anchor in anchors {
            var moment = Timestamp(seconds: anchor - 86_400)
            let last = Timestamp(seconds: anchor + 86_400)
            while moment < last {
                let answer = window.contains(moment, in: zone)
                let edge = window.nextEdge(after: moment, in: zone)
                #expect(edge > moment)
                while moment < edge, moment < last {
                    guard window.contains(moment, in: zone) == answer else {
                        Issue.record("\(window) changes at \(moment), before \(edge)")
                        return
                    }
                    moment = moment + .seconds(60)
                }
                moment = min(edge, moment)
            }
        }
    }
}
