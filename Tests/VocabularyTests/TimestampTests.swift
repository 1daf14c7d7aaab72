import Testing
import Vocabulary

@Suite("Timestamps are microseconds in UTC and read and write RFC 3339")
struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Int64(0)),
        ("1969-12-31T23:59:59.5Z", -500_000),
        ("2000-02-29T12:00:00Z", 951_825_600_000_000),
        ("2026-11-21T03:35:00.000001Z", 1_795_232_100_000_001),
    ])
    func readsWhatItWrites(text: String, microseconds: Int64) {
        let parsed = Timestamp(rfc3339: text)
        #expect(parsed?.microseconds == microseconds)
        #expect(parsed.flatMap { Timestamp(rfc3339: $0.rfc3339) } == parsed)
    }

    @Test func anOffsetIsSubtracted() {
        #expect(Timestamp(rfc3339: "2026-01-01T01:30:00+01:30") == Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    }

    @Test(arguments: [
        "", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
    ])
    func refusesWhatRFC3339Refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func arithmeticSaturates() {
        #expect(Timestamp.distantFuture + .seconds(1) == .distantFuture)
        #expect(Timestamp(seconds: 10) - .seconds(4) == Timestamp(seconds: 6))
        #expect(Timestamp(seconds: 10) - Timestamp(seconds: 4) == .seconds(6))
        let distantPast = Timestamp(microseconds: .min)
        #expect(Timestamp.distantFuture - distantPast == .microseconds(Int64.max))
        #expect(distantPast - Timestamp.distantFuture == .microseconds(Int64.min))
    }

    // Each of these stopped the whole process: a number in a request must not.
    @Test(arguments: [Int64.max, Int64.min, Int64.max / 1_000_000 + 1])
    func aNumberThatIsTooLargeIsTheLastMomentAndNotTheEndOfTheProcess(number: Int64) {
        let limit = number < 0 ? Int64.min : Int64.max
        #expect(Timestamp(seconds: number).microseconds == limit)
        for duration in [Duration.minutes(Int(number)), .hours(Int(number)), .days(Int(number))] {
            #expect(duration.microseconds == limit)
            #expect((Timestamp(seconds: 0) + duration).microseconds == limit)
        }
        #expect((Duration.seconds(Int64.max / 1_000_000) + .milliseconds(999)).microseconds == Int64.max)
    }
}
