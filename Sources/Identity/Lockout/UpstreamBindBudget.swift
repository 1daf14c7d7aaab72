import Vocabulary

/// Keeps failed binds that pass through here from locking an account in its directory: strangers at our login page must
/// not be able to lock people out of everything else. One small value per account, kept in one row.
///
/// Directories such as Active Directory start counting anew only when a whole window went by without a failure, so this
/// does the same.
public struct UpstreamBindBudget: Hashable, Sendable, Codable {
    /// Whether a bind may be tried.
    public enum Decision: Hashable, Sendable {
        case allowed
        case retryAfter(Duration)
    }

    /// Binds that failed, or are counted as if they had, since the window began.
    public private(set) var failures = 0
    public private(set) var lastFailure: Timestamp?

    public init() {}

    /// How many failures may pass for a directory that locks at `directoryThreshold`: two are left for the person
    /// elsewhere, and one always passes. Nil, without any limit, for a directory that never locks (0 or nil).
    public static func limit(directoryThreshold: Int?) -> Int? {
        guard let threshold = directoryThreshold, threshold > 0 else { return nil }
        return max(1, threshold - 2)
    }

    /// Takes one bind out of the budget before it is sent, as if it failed, so that concurrent binds cannot share one.
    public mutating func reserve(limit: Int, window: Duration, at now: Timestamp) -> Decision {
        if let lastFailure, now >= lastFailure + window { failures = 0 }
        guard failures < limit else { return .retryAfter((lastFailure ?? now) + window - now) }
        failures += 1
        lastFailure = max(lastFailure ?? now, now)
        return .allowed
    }

    /// Gives a reserved bind back: the directory could not be asked, so it did not count one either.
    public mutating func refund() { failures = max(0, failures - 1) }

    /// A successful bind sets the directory's own count back; binds that may still arrive after it, so many, stay taken.
    public mutating func succeeded(leaving others: Int = 0) {
        failures = min(failures, max(0, others))
        if failures == 0 { self = UpstreamBindBudget() }
    }
}
