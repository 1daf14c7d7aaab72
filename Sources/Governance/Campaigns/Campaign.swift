import Vocabulary

extension IDKind {
    /// A review of who holds what.
    public enum Campaign {}
}

/// A review of who holds what.
public typealias CampaignID = Identifier<IDKind.Campaign>

/// A review of who holds what: reviewers keep or revoke each line with a reason, and never one that is their own. The
/// fold of its events; reasons stay with them.
public struct Campaign: Sendable, Hashable, Codable {
    /// Bounds; one past each is refused.
    public enum Limits {
        /// Lines of one event of a campaign's beginning.
        public static let linesPerEvent = 500
        public static let lines = 200_000
    }

    /// What a reviewer says of a line.
    public enum Verdict: String, Sendable, Codable, CaseIterable {
        case keep, revoke
    }

    /// One assignment under review.
    public struct Line: Sendable, Hashable, Codable {
        public let assignment: EntitlementAssignmentID
        public let entitlement: EntitlementID
        public let holder: Subject
        public internal(set) var reviewer: Subject
        /// When it was last used, as decisions tell; nil when never.
        public let lastUsed: Timestamp?
        public internal(set) var verdict: Verdict?

        /// A line for a reviewer.
        public init(
            _ assignment: EntitlementAssignmentID, of entitlement: EntitlementID, held by: Subject, reviewer: Subject,
            lastUsed: Timestamp? = nil
        ) {
            (self.assignment, self.entitlement, holder) = (assignment, entitlement, by)
            (self.reviewer, self.lastUsed, verdict) = (reviewer, lastUsed, nil)
        }

        /// Whether it was not used for so long before a moment.
        public func isUnused(for time: Duration, at now: Timestamp) -> Bool {
            lastUsed.map { now - $0 >= time } ?? true
        }
    }

    public let id: CampaignID
    public let name: String
    public let deadline: Timestamp
    /// Who decides what is left when the deadline has passed.
    public let escalatesTo: Subject?
    /// What becomes of lines that nobody has decided when it is closed.
    public let undecided: Verdict
    public internal(set) var lines: [EntitlementAssignmentID: Line]
    public internal(set) var isReminded: Bool
    public internal(set) var isEscalated: Bool
    public internal(set) var closedAt: Timestamp?
    public internal(set) var version: Int64
    public let startedAt: Timestamp

    /// Lines without a verdict, by assignment.
    public var open: [Line] { lines.values.filter { $0.verdict == nil }.sorted { $0.assignment < $1.assignment } }
}

/// What can be asked of a campaign.
public enum CampaignCommand: Sendable, Hashable {
    case start(
        CampaignID, name: String, deadline: Timestamp, escalatesTo: Subject?, undecided: Campaign.Verdict,
        [Campaign.Line])
    case decide(EntitlementAssignmentID, Campaign.Verdict, by: Subject, reason: String)
    /// A reviewer hands a line to somebody else.
    case delegate(EntitlementAssignmentID, by: Subject, to: Subject)
    case close
}

/// What can happen to a campaign.
public enum CampaignEvent: Sendable, Hashable {
    case started(CampaignID, name: String, deadline: Timestamp, escalatesTo: Subject?, undecided: Campaign.Verdict)
    case linesAdded([Campaign.Line])
    case decided(EntitlementAssignmentID, Campaign.Verdict, by: Subject, reason: String?)
    case delegated(EntitlementAssignmentID, to: Subject)
    case reminded
    case escalated
    case closed
}
