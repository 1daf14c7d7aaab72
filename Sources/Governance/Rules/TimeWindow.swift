import Vocabulary

/// When a rule applies: days of the week and a time of day, both ends inclusive to the minute, by a clock on the wall.
///
/// A window that ends before it begins runs over midnight and belongs to the day on which it begins. In the night in
/// which clocks change it follows the clock: a time that is skipped is not there, one that comes twice counts twice.
public struct TimeWindow: Sendable, Hashable {
    /// 0 is Sunday, 6 is Saturday.
    public let days: Set<Int>
    /// Minutes since midnight.
    public let start: Int
    /// Minutes since midnight; that whole minute is inside.
    public let end: Int

    /// Nil when a day or a time is out of range or no day is named.
    public init?(days: Set<Int>, start: Int, end: Int) {
        guard !days.isEmpty, days.allSatisfy({ (0...6).contains($0) }), (0..<1_440).contains(start),
            (0..<1_440).contains(end)
        else { return nil }
        (self.days, self.start, self.end) = (days, start, end)
    }

    /// Whether the moment is inside.
    public func contains(_ moment: Timestamp, in zone: Zone) -> Bool {
        let local = zone.local(moment)
        if start <= end { return days.contains(local.weekday) && (start...end).contains(local.minute) }
        if local.minute >= start { return days.contains(local.weekday) }
        return local.minute <= end && days.contains((local.weekday + 6) % 7)
    }

    /// A moment after `now` no later than the one at which the answer of `contains` may next change.
    public func nextEdge(after now: Timestamp, in zone: Zone) -> Timestamp {
        let today = zone.local(now).day
        var edge = zone.change(after: now) ?? now + .days(1)
        for day in today - 1...today + 1 {
            for minute in [start, end + 1, 0] {
                let (one, other) = zone.moments(day: day, minute: minute)
                if one > now { edge = min(edge, one) }
                if other > now { edge = min(edge, other) }
            }
        }
        return edge
    }

    /// Minutes since midnight of `HH:MM`.
    static func minutes(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == 0x3A, let hour = Int(text.prefix(2)), let minute = Int(text.suffix(2)),
            [0, 1, 3, 4].allSatisfy({ (0x30...0x39).contains(bytes[$0]) }), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }
}
