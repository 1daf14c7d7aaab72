import Vocabulary

/// A time zone's offsets from UTC, read from the compiled form of the IANA database (TZif, RFC 9636).
///
/// Immutable and self-contained: the shell loads the file, pure code asks. Nothing here knows a default zone.
public struct Zone: Sendable, Hashable {
    /// Bytes of a TZif file; one more is refused. The largest of the database has less than 4 KiB.
    public static let fileLimit = 65_536

    /// The IANA name, such as `Europe/Berlin`.
    public let name: String
    private let transitions: [Int64]
    /// Seconds east of UTC after each transition.
    private let offsets: [Int32]
    /// Before the first transition.
    private let initialOffset: Int32
    private let rule: ZoneRule?

    /// Coordinated universal time.
    public static let utc = Zone(name: "UTC", transitions: [], offsets: [], initialOffset: 0, rule: nil)

    private init(name: String, transitions: [Int64], offsets: [Int32], initialOffset: Int32, rule: ZoneRule?) {
        (self.name, self.transitions, self.offsets) = (name, transitions, offsets)
        (self.initialOffset, self.rule) = (initialOffset, rule)
    }

    /// Reads a TZif file of version 2 or later. Nil when it is malformed or too long.
    public init?(name: String, tzif bytes: [UInt8]) {
        guard bytes.count <= Self.fileLimit, let data = ZoneData(bytes) else { return nil }
        self.init(
            name: name, transitions: data.transitions, offsets: data.offsets, initialOffset: data.initialOffset,
            rule: data.footer.flatMap(ZoneRule.init))
    }

    /// Seconds east of UTC at a moment, given in seconds since the epoch.
    public func offset(at seconds: Int64) -> Int64 {
        guard let last = transitions.last else { return rule?.offset(at: seconds) ?? Int64(initialOffset) }
        if seconds >= last, let rule { return rule.offset(at: seconds) }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return Int64(low == 0 ? initialOffset : offsets[low - 1])
    }

    /// What a clock on the wall shows.
    public func local(_ moment: Timestamp) -> LocalTime {
        let seconds = moment.seconds
        return LocalTime(localSeconds: seconds + offset(at: seconds))
    }

    /// The moment within a day after `now` at which clocks change; nil when they do not.
    func change(after now: Timestamp) -> Timestamp? {
        var (low, high) = (now.seconds, now.seconds + 86_400)
        let before = offset(at: low)
        guard offset(at: high) != before else { return nil }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return Timestamp(seconds: high)
    }

    /// The one or two moments at which a clock on the wall may show that time; a time that is skipped in spring
    /// gives the moments around the gap.
    func moments(day: Int64, minute: Int) -> (Timestamp, Timestamp) {
        let local = day * 86_400 + Int64(minute) * 60
        return (
            Timestamp(seconds: local - offset(at: local - 86_400)),
            Timestamp(seconds: local - offset(at: local + 86_400))
        )
    }
}

/// What a clock on the wall shows: a day, and the time on it.
public struct LocalTime: Sendable, Hashable {
    /// Days since 1970-01-01, in the zone's calendar.
    public let day: Int64
    public let secondOfDay: Int

    init(localSeconds: Int64) {
        day = floorDivided(localSeconds, by: 86_400)
        secondOfDay = Int(localSeconds - day * 86_400)
    }

    /// 0 is Sunday, 6 is Saturday.
    public var weekday: Int { Self.weekday(of: day) }
    /// Minutes since midnight.
    public var minute: Int { secondOfDay / 60 }
    /// Weeks since the Monday before the epoch; weeks begin on Monday (ISO 8601 §5.2.3).
    public var isoWeek: Int64 { floorDivided(day + 3, by: 7) }

    /// 1970-01-01 was a Thursday.
    static func weekday(of day: Int64) -> Int { Int(day + 4 - floorDivided(day + 4, by: 7) * 7) }
}

/// Division that rounds towards negative infinity.
func floorDivided(_ value: Int64, by divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

/// The zones known to a gateway, by name, with the version of the database they are from.
public struct ZoneTable: Sendable, Hashable {
    /// Such as `2025b`; recorded with each decision that read a clock on a wall.
    public let version: String
    private let zones: [String: Zone]

    /// A table of zones, UTC always among them.
    public init(version: String, _ zones: [Zone]) {
        self.version = version
        self.zones = Dictionary((zones + [.utc]).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The zone of that name; UTC for nil, and nil for a name that is not known.
    public subscript(name: String?) -> Zone? { name.map { zones[$0] } ?? .utc }
}
