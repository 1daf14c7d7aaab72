import Vocabulary

/// Slows guessing without locking anybody out for good: one small value per account, source or known device, to be
/// kept in one row and replaced by a conditional update.
///
/// Pauses after a failure: 1 s up to 3 failures, 3 s to 9, 5 s to 25, 10 s to 100, then until the day ends.
public struct SoftLock: Hashable, Sendable, Codable {
    /// Whether an attempt may be made now.
    public enum Decision: Hashable, Sendable {
        case allowed
        case retryAfter(Duration)
    }

    public private(set) var failures = 0
    public private(set) var lastFailure: Timestamp?
    public private(set) var lockedUntil: Timestamp?

    public init() {}

    /// Asks without counting; an attempt at the very moment a pause ends is allowed.
    public func decide(now: Timestamp) -> Decision {
        guard let lockedUntil, now < lockedUntil else { return .allowed }
        return .retryAfter(lockedUntil - now)
    }

    /// `zoneOffsetSeconds` says where the day ends (0 is UTC). A new day begins a new count.
    public mutating func failed(at now: Timestamp, zoneOffsetSeconds: Int64 = 0) {
        if let lastFailure, Self.day(lastFailure, zoneOffsetSeconds) < Self.day(now, zoneOffsetSeconds) { failures = 0 }
        failures = min(failures + 1, 1_000_000)
        lastFailure = max(lastFailure ?? now, now)
        let until = failures > 100 ? Self.endOfDay(now, zoneOffsetSeconds) : now + Self.pause(after: failures)
        lockedUntil = max(lockedUntil ?? until, until)
    }

    /// Forgets every failure.
    public mutating func succeeded(at now: Timestamp) { self = SoftLock() }

    private static func pause(after failures: Int) -> Duration {
        switch failures {
        case ...3: .seconds(1)
        case ...9: .seconds(3)
        case ...25: .seconds(5)
        default: .seconds(10)
        }
    }

    private static func day(_ time: Timestamp, _ offset: Int64) -> Int64 {
        let local = time.seconds + offset
        return local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
    }

    private static func endOfDay(_ time: Timestamp, _ offset: Int64) -> Timestamp {
        Timestamp(seconds: (day(time, offset) + 1) * 86_400 - offset)
    }
}
