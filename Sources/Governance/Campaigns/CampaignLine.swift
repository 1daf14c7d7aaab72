import Vocabulary

/// One access of one holder under review: what it is, who says whether it is kept, and what came of it. The fold of its
/// events; reasons stay with them.
public struct CampaignLine: Sendable, Hashable, Codable {
    /// What is held, and by which way.
    public enum Item: Sendable, Hashable, Codable {
        case entitlement(EntitlementAssignmentID, EntitlementID, AssignmentSource)
        /// A role that was given by hand.
        case role(AssignmentID, RoleID)
        /// A role that a directory's group or attribute gives: it is taken away there.
        case mappedRole(RoleID)

        /// The word it is listed by.
        public var kind: String {
            switch self {
            case .entitlement: "entitlement"
            case .role: "role"
            case .mappedRole: "mapped_role"
            }
        }

        /// Whether taking it away is in this gateway's hands. What a rule or a directory gives comes back until that is
        /// changed.
        public var isRevocable: Bool {
            switch self {
            case .entitlement(_, _, let source): source == .direct
            case .role: true
            case .mappedRole: false
            }
        }
    }

    /// What the record of decisions tells of an access.
    public enum Use: Sendable, Hashable, Codable {
        case last(Timestamp)
        /// None was recorded, as far back as decisions are kept.
        case none
        /// The record cannot tell: nothing was recorded, or what was cannot be read.
        case unknown
    }

    /// What came of it when the campaign was closed.
    public enum Settlement: String, Sendable, Codable, CaseIterable {
        case kept, revoked
        /// It had ended before.
        case gone
        /// It is given by a rule or a directory, and has to be taken away there.
        case elsewhere
        /// It could not be taken away, such as a protected role from its last holder.
        case refused
    }

    public let id: CampaignLineID
    public let campaign: CampaignID
    public let item: Item
    public let holder: Subject
    /// Nil where nobody but the holder could be asked; whoever runs the campaign names somebody.
    public internal(set) var reviewer: Subject?
    public let use: Use
    public internal(set) var verdict: Campaign.Verdict?
    public internal(set) var decidedBy: Subject?
    public internal(set) var decidedAt: Timestamp?
    public internal(set) var settlement: Settlement?
    public internal(set) var version: Int64

    /// Whether no use was recorded for so long before a moment; nil where the record cannot tell, because it does not
    /// reach back that far.
    public func isUnused(for time: Duration, at now: Timestamp, recordedSince since: Timestamp?) -> Bool? {
        switch use {
        case .last(let at): now - at >= time
        case .none: since.flatMap { now - $0 >= time ? true : nil }
        case .unknown: nil
        }
    }

    /// How it is listed: `open`, the verdict, or what came of it.
    public var state: String { settlement?.rawValue ?? verdict?.rawValue ?? "open" }

    /// Every word of `state`.
    public static let states =
        ["open"] + Campaign.Verdict.allCases.map(\.rawValue) + Settlement.allCases.map(\.rawValue)
}

/// What can be asked of a line.
public enum CampaignLineCommand: Sendable, Hashable {
    case open(CampaignLineEvent.Opened)
    case decide(Campaign.Verdict, by: Subject, reason: String)
    /// Hands it to somebody else.
    ///
    /// - Parameter isManager: whether the speaker runs campaigns, and may hand on what others are to decide.
    case delegate(to: Subject, by: Subject?, isManager: Bool)
    case settle(CampaignLine.Settlement)
}

/// What can happen to a line.
public enum CampaignLineEvent: Sendable, Hashable {
    /// The content of the event that begins a line.
    public struct Opened: Sendable, Hashable {
        public let id: CampaignLineID
        public let campaign: CampaignID
        public let item: CampaignLine.Item
        public let holder: Subject
        public let reviewer: Subject?
        public let use: CampaignLine.Use

        /// A line for a reviewer.
        public init(
            id: CampaignLineID, campaign: CampaignID, item: CampaignLine.Item, holder: Subject, reviewer: Subject?,
            use: CampaignLine.Use
        ) {
            (self.id, self.campaign, self.item, self.holder) = (id, campaign, item, holder)
            (self.reviewer, self.use) = (reviewer, use)
        }
    }

    case opened(Opened)
    /// The reason is nil once it is erased.
    case decided(Campaign.Verdict, by: Subject, reason: String?)
    case delegated(to: Subject)
    case settled(CampaignLine.Settlement)
}
