import Vocabulary

/// Which list an auditor asks for.
public enum Population: String, Sendable, CaseIterable {
    /// Who came, or came back.
    case joiners
    /// Whose access ended with them.
    case leavers
    /// Every right that somebody got or lost.
    case changes
    /// Every right that much hangs on, and who had it at some time between the two dates.
    case privileged

    /// The events that make the list; privileged access is read from what it was, not from events.
    var types: [String] {
        switch self {
        case .joiners: ["person.created", "person.restored", "person.enabled"]
        case .leavers: ["person.disabled", "person.deleted", "person.erased"]
        case .changes:
            [
                "role.assigned", "role.revoked", "group.member_added", "group.member_removed", "group.members_changed",
                "person.groups_refreshed", "assignment.assigned", "assignment.activated", "assignment.revoked",
                "assignment.expired",
            ]
        case .privileged: []
        }
    }
}

/// Where a list begins or ends.
public enum PopulationBound: Sendable, Hashable {
    case time(Timestamp)
    case position(Int64)
}

/// One line of a list: who, what, by whom, why, when, and how long it took.
public struct PopulationRow: Sendable, Hashable {
    /// In the journal; of privileged access, where it began.
    public let position: Int64
    /// Apart from others of the same event, from 0.
    public let ordinal: Int
    public let at: Timestamp
    /// A word: `joined`, `returned`, `left`, `deleted`, `erased`, `granted`, `requested`, `removed`, `expired`, `held`.
    public let change: String
    /// `person`, `service_account` or `group`, and the id.
    public let subjectKind: String
    public let subjectID: String
    /// As it is now; nil once nobody has this id any more.
    public var login: String?
    /// What the right is: `account`, `role`, `group`, `entitlement`.
    public let what: String
    public let whatID: String?
    public var whatName: String?
    /// Who did it, as the journal names the actor.
    public let actor: String
    /// The reason in a word of the journal's, and whatever was written beside it.
    public var why: String?
    public var text: String?
    /// The event that it followed from, such as the start of a directory job: its type and stream.
    public var cause: String?
    /// When that began, or when it was asked for.
    public var causedAt: Timestamp?
    /// Of a leaver: when the directory job before had begun, which still found them. Their access lasted at most since
    /// then.
    public var lastSeenAt: Timestamp?
    /// Of privileged access: when it ended, where it has.
    public var endedAt: Timestamp?
    /// Of privileged access: when it ends by itself.
    public var expiresAt: Timestamp?

    /// From the cause to the event; nil where no cause is recorded.
    public var lag: Duration? { causedAt.map { max(.zero, at - $0) } }
    /// The longest that a leaver's access may have outlived the directory's word.
    public var longestLag: Duration? { lastSeenAt.map { max(.zero, at - $0) } }
}

/// A part of a list, and where the next one begins.
public struct PopulationPage: Sendable {
    public let rows: [PopulationRow]
    public let next: PopulationPlace?
}

/// A place in a list whose bounds are fixed, so that what is appended meanwhile changes no part of it.
public struct PopulationPlace: Sendable, Hashable {
    /// Positions, both inside.
    public let first: Int64
    public let last: Int64
    /// Behind which event, and which of its rows; of privileged access, behind which row.
    public let after: Int64
    public let ordinal: Int

    /// As text, for a cursor.
    public var text: String { "\(first):\(last):\(after):\(ordinal)" }

    public init(first: Int64, last: Int64, after: Int64, ordinal: Int) {
        (self.first, self.last, self.after, self.ordinal) = (first, last, after, ordinal)
    }

    /// Nil for anything that `text` did not make.
    public init?(_ text: String) {
        let parts = text.split(separator: ":").map { Int64($0) }
        guard parts.count == 4, let first = parts[0], let last = parts[1], let after = parts[2], let ordinal = parts[3]
        else { return nil }
        self.init(first: first, last: last, after: after, ordinal: Int(ordinal))
    }
}
