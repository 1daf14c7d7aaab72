import Testing
import Vocabulary

@testable import Gateway

@Suite struct SyncScheduleTests {
    // Saturday, 21 November 2026, 05:20:30 UTC.
    let now = Timestamp(seconds: 1_795_238_430)

    @Test(
        "A cron line names the next minute after now",
        arguments: [
            ("* * * * *", "2026-11-21T05:21"), ("15 * * * *", "2026-11-21T06:15"), ("*/30 * * * *", "2026-11-21T05:30"),
            ("0 3 * * *", "2026-11-22T03:00"), ("0 3 * * 1-5", "2026-11-23T03:00"), ("0 0 1 * *", "2026-12-01T00:00"),
            ("0 0 29 2 *", "2028-02-29T00:00"), ("0 0 * * 7", "2026-11-22T00:00"), ("0 0 25 * 0", "2026-11-22T00:00"),
        ])
    func next(line: String, minute: String) throws {
        let cron = try #require(CronLine(line))
        #expect(cron.next(after: now).rfc3339.hasPrefix(minute), "\(cron.next(after: now).rfc3339)")
    }

    @Test func `a day that never comes is never`() throws {
        #expect(try #require(CronLine("0 0 30 2 *")).next(after: now) == .distantFuture)
    }

    @Test(
        "A cron line one past a field's range is refused",
        arguments: [
            "60 * * * *", "* 24 * * *", "* * 32 * *", "* * 0 * *", "* * * 13 *", "* * * 0 *", "* * * * 8", "* * * *",
            "* * * * * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1, * * * *", "-1 * * * *",
        ])
    func refused(line: String) {
        #expect(CronLine(line) == nil)
    }

    @Test func `an interval is a minute at least and counts from the last start`() throws {
        #expect(SyncSchedule("every 59s") == nil)
        #expect(SyncSchedule("hourly") == nil)
        let schedule = try #require(SyncSchedule("every 1m"))
        #expect(schedule.next(after: now, lastStart: nil) == now)
        #expect(schedule.next(after: now, lastStart: now) == now + .seconds(60))
        #expect(schedule.next(after: now, lastStart: now - .seconds(600)) == now)
    }
}
