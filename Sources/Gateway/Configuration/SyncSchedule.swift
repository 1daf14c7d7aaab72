import Vocabulary

/// When a directory job runs by itself: every so often, or at the minutes of a five-field cron line in UTC.
public enum SyncSchedule: Sendable, Equatable {
    case every(Duration)
    case cron(CronLine)

    /// `every 15m` (one minute at least) or `cron 15 * * * *`.
    public init?(_ text: String) {
        if text.hasPrefix("every "), let interval = Quantity.duration(String(text.dropFirst(6))),
            interval >= .seconds(60)
        {
            self = .every(interval)
        } else if text.hasPrefix("cron "), let line = CronLine(String(text.dropFirst(5))) {
            self = .cron(line)
        } else {
            return nil
        }
    }

    /// The next moment after `now`, counted from the last start where the schedule is an interval.
    public func next(after now: Timestamp, lastStart: Timestamp?) -> Timestamp {
        switch self {
        case .every(let interval):
            guard let lastStart else { return now }
            return max(now, lastStart + interval)
        case .cron(let line): return line.next(after: now)
        }
    }
}

/// A five-field cron line (minute hour day month weekday) in UTC: numbers, `*`, lists, ranges and steps. As in POSIX
/// crontab, a day matches when either restricted day field matches.
public struct CronLine: Sendable, Equatable {
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    private let restrictsDays: Bool
    private let restrictsWeekdays: Bool

    public init?(_ text: String) {
        let fields = text.split(separator: " ")
        guard fields.count == 5, let minutes = Self.set(fields[0], 0...59), let hours = Self.set(fields[1], 0...23),
            let days = Self.set(fields[2], 1...31), let months = Self.set(fields[3], 1...12),
            let weekdays = Self.set(fields[4], 0...7)
        else { return nil }
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        // 7 is Sunday too.
        self.weekdays = weekdays & 0x7F | (weekdays >> 7 & 1)
        restrictsDays = fields[2] != "*"
        restrictsWeekdays = fields[4] != "*"
    }

    private static func set(_ field: Substring, _ range: ClosedRange<Int>) -> UInt64? {
        var bits: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count <= 2, let step = halves.count == 2 ? Int(halves[1]) : 1, (1...59).contains(step) else {
                return nil
            }
            var (low, high) = (range.lowerBound, range.upperBound)
            if halves[0] != "*" {
                let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                    range.contains(first), range.contains(last), first <= last
                else { return nil }
                (low, high) = (first, ends.count == 1 && halves.count == 2 ? range.upperBound : last)
            }
            for value in stride(from: low, through: high, by: step) { bits |= 1 << UInt64(value) }
        }
        return bits
    }

    /// The first matching minute after `now`; `.distantFuture` when none comes within five years (30 February).
    public func next(after now: Timestamp) -> Timestamp {
        let minute: Int64 = 60
        var second = (now.seconds / minute + 1) * minute
        let end = second + 5 * 366 * 86_400
        while second < end {
            let candidate = Timestamp(seconds: second)
            if !matchesDay(candidate) {
                second = (second / 86_400 + 1) * 86_400
            } else if hours >> UInt64(second % 86_400 / 3_600) & 1 == 0 {
                second = (second / 3_600 + 1) * 3_600
            } else if minutes >> UInt64(second % 3_600 / 60) & 1 == 0 {
                second += minute
            } else {
                return candidate
            }
        }
        return .distantFuture
    }

    private func matchesDay(_ time: Timestamp) -> Bool {
        let text = time.rfc3339.utf8.map { Int($0) - 0x30 }
        let month = text[5] * 10 + text[6]
        let day = text[8] * 10 + text[9]
        // 1970-01-01 was a Thursday.
        let weekday = (time.seconds / 86_400 + 4) % 7
        guard months >> UInt64(month) & 1 == 1 else { return false }
        let dayMatches = days >> UInt64(day) & 1 == 1
        let weekdayMatches = weekdays >> UInt64(weekday) & 1 == 1
        return restrictsDays && restrictsWeekdays ? dayMatches || weekdayMatches : dayMatches && weekdayMatches
    }
}
