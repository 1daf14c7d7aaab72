import Vocabulary

/// Limits how often one-time codes may be tried: three times in a step, so that a million codes are not a minute's work
/// (RFC 6238 §5.2 and RFC 4226 §7.3 demand throttling). One small value per person, kept in one row.
public struct CodeAttempts: Hashable, Sendable, Codable {
    /// Tries that one step admits.
    public static let limit = 3

    /// Whether a code may be compared at all.
    public enum Decision: Hashable, Sendable {
        case allowed
        /// Until the next step begins.
        case retryAfter(Duration)
    }

    private var step: Int64 = -1
    private var tries = 0

    public init() {}

    /// Counts a try before the code is compared, so that concurrent tries cannot share one. A clock that steps back
    /// gives nothing back.
    public mutating func admit(at now: Timestamp, stepSeconds: Int64 = 30) -> Decision {
        let width = max(1, stepSeconds)
        let current = now.seconds / width
        if current > step { (step, tries) = (current, 0) }
        guard tries < Self.limit else { return .retryAfter(Timestamp(seconds: (step + 1) * width) - now) }
        tries += 1
        return .allowed
    }

    /// After a right code the next one, of a later step, is not made to wait.
    public mutating func succeeded() { tries = 0 }
}
