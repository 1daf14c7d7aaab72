import Vocabulary

/// Whether a person may act, and if not, why and until when the account is kept.
public enum PersonStatus: Sendable, Hashable, Codable {
    case active
    /// Kept, but refused everywhere; enabled again by whoever disabled it.
    case disabled(DisabledReason, at: Timestamp)
    /// Gone from the source of record: disabled at once, deleted after the grace period, restored when the same
    /// upstream key reappears.
    case leaver(since: Timestamp, deleteAfter: Timestamp)

    /// Disabled by somebody other than the directory: no directory job changes it, whatever becomes of the entry. Only
    /// whoever may enable people does.
    public var isHeldHere: Bool {
        if case .disabled(let reason, _) = self { reason != .directory } else { false }
    }

    /// Whether the other one says the same, whenever it began.
    public func isSame(as other: PersonStatus) -> Bool {
        switch (self, other) {
        case (.active, .active): true
        case (.disabled(let mine, _), .disabled(let theirs, _)): mine == theirs
        case (.leaver(_, let mine), .leaver(_, let theirs)): mine == theirs
        default: false
        }
    }

    /// The word for rows, facts and the API.
    public var word: String {
        switch self {
        case .active: "active"
        case .disabled: "disabled"
        case .leaver: "leaver"
        }
    }
}

/// The closed vocabulary of reasons a person is disabled for.
public enum DisabledReason: String, Sendable, Codable, CaseIterable, Hashable {
    /// An administrator, through the API or the command line.
    case administrator
    /// The directory says so (userAccountControl, nsAccountLock, accountExpires).
    case directory
    /// The configuration file.
    case configuration
    /// Credentials known or suspected to be in other hands.
    case compromise
}
