import Vocabulary

extension IDKind {
    /// A review of who holds what.
    public enum Campaign {}
    /// One access of one holder, as a campaign asks about it.
    public enum CampaignLine {}
}

/// A review of who holds what.
public typealias CampaignID = Identifier<IDKind.Campaign>
/// One access of one holder, as a campaign asks about it.
public typealias CampaignLineID = Identifier<IDKind.CampaignLine>

/// A review of who holds what: its terms and how far it has come, as the fold of its events. The lines are streams of
/// their own, so that a word about one of many thousands costs what a word about one of three does.
public struct Campaign: Sendable, Hashable, Codable {
    /// Bounds; one past each is refused.
    public enum Limits {
        public static let nameBytes = EntitlementDetails.Limits.nameBytes
        public static let lines = 200_000
        /// Lines that one command names.
        public static let linesAtOnce = 200
        public static let unusedDays = 1...3_650
        public static let longest = Duration.days(366)
    }

    /// What a reviewer says of a line.
    public enum Verdict: String, Sendable, Codable, CaseIterable {
        case keep, revoke
    }

    /// How far it has come. What is being prepared or closed is carried on with after a restart.
    public enum Phase: String, Sendable, Codable, CaseIterable {
        case preparing, open, closing, closed
    }

    /// Whose access is looked at.
    public enum Scope: Sendable, Hashable, Codable {
        /// What an application's entitlements give, and the roles that they come with.
        case application(ApplicationID)
        /// Whoever holds the role itself.
        case role(RoleID)
        /// Everything the people hold who are led by this person.
        case manager(PersonID)
        /// Entitlements of this level or a higher one, and the roles that they come with.
        case risk(RiskLevel)
    }

    /// Who is asked first; whoever would be asked about themselves is passed over.
    public enum Reviewers: String, Sendable, Codable, CaseIterable {
        /// The holder's manager, then the entitlement's owner, then the named reviewer.
        case manager
        /// The owner of the entitlement or of its application, then the holder's manager, then the named reviewer.
        case owner
        /// The named reviewer.
        case named
    }

    /// What its author decides.
    public struct Terms: Sendable, Hashable, Codable {
        public let name: String
        public let scope: Scope
        public let reviewers: Reviewers
        /// Asked where nobody else can be.
        public let reviewer: Subject
        public let deadline: Timestamp
        /// Who decides, beside the reviewers, what is left when the deadline has passed.
        public let escalatesTo: Subject?
        /// What becomes of lines that nobody has decided when it is closed.
        public let undecided: Verdict
        /// After so many days without a recorded use an access counts as unused.
        public let unusedAfterDays: Int

        /// The terms of a campaign; they are checked by the command that carries them.
        public init(
            name: String, scope: Scope, reviewers: Reviewers, reviewer: Subject, deadline: Timestamp,
            escalatesTo: Subject? = nil, undecided: Verdict = .revoke, unusedAfterDays: Int = 90
        ) {
            (self.name, self.scope, self.reviewers, self.reviewer) = (name, scope, reviewers, reviewer)
            (self.deadline, self.escalatesTo, self.undecided) = (deadline, escalatesTo, undecided)
            self.unusedAfterDays = unusedAfterDays
        }
    }

    public let id: CampaignID
    public let terms: Terms
    public internal(set) var phase: Phase
    /// How many lines it has; 0 while it is prepared.
    public internal(set) var lineCount: Int
    /// Since when decisions were recorded that could tell of a use; nil where none were.
    public internal(set) var recordedSince: Timestamp?
    public internal(set) var isReminded: Bool
    public internal(set) var isEscalated: Bool
    public internal(set) var closingSince: Timestamp?
    public internal(set) var closedAt: Timestamp?
    public internal(set) var version: Int64
    public let startedAt: Timestamp

    /// When time alone has something to do with it next.
    public var nextDue: Timestamp? {
        switch phase {
        case .preparing: startedAt + Self.patience
        case .closing: (closingSince ?? startedAt) + Self.patience
        case .closed: nil
        case .open: isReminded ? lastDay : terms.deadline - quarter
        }
    }

    /// How long whoever prepares or closes it is left alone before the work is taken up by somebody else.
    static let patience = Duration.hours(1) / 12

    /// The last part of its time, in which reviewers are reminded.
    var quarter: Duration { (terms.deadline - startedAt) / 4 }

    /// When it ends by itself: at the deadline, or a quarter of its time later where somebody was asked instead.
    var lastDay: Timestamp { isEscalated ? terms.deadline + quarter : terms.deadline }
}

/// What can be asked of a campaign.
public enum CampaignCommand: Sendable, Hashable {
    case start(CampaignID, Campaign.Terms)
    /// All lines are written.
    case open(lines: Int, recordedSince: Timestamp?)
    case remind
    case escalate
    /// Nobody decides any more; what was not kept is taken away.
    case close
    /// All lines are settled.
    case finish
}

/// What can happen to a campaign.
public enum CampaignEvent: Sendable, Hashable {
    case started(CampaignID, Campaign.Terms)
    case opened(lines: Int, recordedSince: Timestamp?)
    case reminded
    case escalated
    case closing
    case closed
}
