import Vocabulary

/// Where an assignment is in its life.
public enum AssignmentStatus: String, Sendable, Codable, CaseIterable {
    case active, pendingApproval = "pending_approval", revoked, expired
}

/// Why somebody holds an entitlement.
public enum AssignmentSource: String, Sendable, Codable, CaseIterable {
    case direct, role, birthright
}

/// An entitlement held by one subject: the fold of its events. The justification stays with the event, under the
/// subject's key.
public struct EntitlementAssignment: Sendable, Hashable, Codable {
    public let id: EntitlementAssignmentID
    public let entitlement: EntitlementID
    public let subject: Subject
    public let source: AssignmentSource
    public internal(set) var status: AssignmentStatus
    public let assignedBy: Actor
    public let assignedAt: Timestamp
    public let expiresAt: Timestamp?
    public let isJustified: Bool
    /// The assignment that was passed on, if this is one.
    public let delegatedFrom: EntitlementAssignmentID?
    /// The birthright rule that gave it, if one did.
    public let rule: BirthrightRuleID?
    public internal(set) var endedAt: Timestamp?
    public internal(set) var version: Int64

    /// Whether it gives access at a moment. It lapses by time, whether or not its end is written yet.
    public func isInForce(at now: Timestamp) -> Bool { holding.isInForce(at: now) }

    /// What the passing of time has made due: its end when that is over, and when what it was passed on from is.
    ///
    /// - Parameter source: the assignment it was passed on from, as far as there is one.
    public func due(at now: Timestamp, source: EntitlementAssignment? = nil) -> [AssignmentEvent] {
        guard [.active, .pendingApproval].contains(status) else { return [] }
        let isOver = expiresAt.map { $0 <= now } ?? false
        let isOrphaned = delegatedFrom != nil && !(source?.isInForce(at: now) ?? false)
        return isOver || isOrphaned ? [.expired(id)] : []
    }

    /// What of it counts for decisions about others.
    public var holding: Holding {
        Holding(
            assignment: id, subject: subject, entitlement: entitlement, source: source, status: status,
            expiresAt: expiresAt)
    }
}

/// An assignment as far as decisions about others need it: what an index tells without folding a stream.
public struct Holding: Sendable, Hashable {
    public let assignment: EntitlementAssignmentID
    public let subject: Subject
    public let entitlement: EntitlementID
    public let source: AssignmentSource
    public let status: AssignmentStatus
    public let expiresAt: Timestamp?

    /// What an assignment says about its holder.
    public init(
        assignment: EntitlementAssignmentID, subject: Subject, entitlement: EntitlementID, source: AssignmentSource,
        status: AssignmentStatus, expiresAt: Timestamp?
    ) {
        (self.assignment, self.subject, self.entitlement) = (assignment, subject, entitlement)
        (self.source, self.status, self.expiresAt) = (source, status, expiresAt)
    }

    /// Whether it gives access at a moment.
    public func isInForce(at now: Timestamp) -> Bool { status == .active && (expiresAt.map { now < $0 } ?? true) }

    /// Whether it stands in the way of a second one.
    public func isStanding(at now: Timestamp) -> Bool {
        [.active, .pendingApproval].contains(status) && (expiresAt.map { now < $0 } ?? true)
    }
}

/// What somebody asks for when an entitlement is to be assigned.
public struct AssignmentInput: Sendable, Hashable {
    /// Bytes of a justification; one more is refused.
    public static let justificationBytes = 4_096

    public let id: EntitlementAssignmentID
    public let entitlement: EntitlementID
    public let subject: Subject
    public let source: AssignmentSource
    public let expiresAt: Timestamp?
    public let justification: String?
    /// Whether it begins only once it is approved.
    public let awaitsApproval: Bool
    /// The birthright rule that gives it, if one does.
    public let rule: BirthrightRuleID?

    /// An assignment as it is asked for.
    public init(
        id: EntitlementAssignmentID, entitlement: EntitlementID, subject: Subject, source: AssignmentSource = .direct,
        expiresAt: Timestamp? = nil, justification: String? = nil, awaitsApproval: Bool = false,
        rule: BirthrightRuleID? = nil
    ) {
        (self.id, self.entitlement, self.subject, self.source) = (id, entitlement, subject, source)
        (self.expiresAt, self.justification, self.awaitsApproval) = (expiresAt, justification, awaitsApproval)
        self.rule = rule
    }
}

/// What can happen to an assignment.
public enum AssignmentEvent: Sendable, Hashable {
    /// The content of the event that begins an assignment; the justification is nil once erased.
    public struct Assigned: Sendable, Hashable {
        public let id: EntitlementAssignmentID
        public let entitlement: EntitlementID
        public let subject: Subject
        public let source: AssignmentSource
        public let status: AssignmentStatus
        public let expiresAt: Timestamp?
        public let isJustified: Bool
        public let justification: String?
        public let delegatedFrom: EntitlementAssignmentID?
        public let rule: BirthrightRuleID?
    }

    case assigned(Assigned)
    case activated(EntitlementAssignmentID)
    case revoked(EntitlementAssignmentID, ChangeReason?)
    case expired(EntitlementAssignmentID)

    /// Which assignment it happened to.
    public var assignment: EntitlementAssignmentID {
        switch self {
        case .assigned(let content): content.id
        case .activated(let id), .revoked(let id, _), .expired(let id): id
        }
    }
}
