import Vocabulary

/// A request for approval on its way through its stages: the fold of its events.
///
/// Approvers are distinct, over all stages, and never the requester. What people wrote stays with the events.
public struct Approval: Sendable, Hashable, Codable {
    /// Where it stands.
    public enum State: String, Sendable, Codable, CaseIterable {
        case pending, approved, rejected, expired, cancelled
        /// Let through in an emergency.
        case overridden
    }

    /// One person's word at a stage.
    public struct Vote: Sendable, Hashable, Codable {
        public let stage: Int
        public let by: Approver
        /// The one who delegated, when somebody votes in another's place.
        public let onBehalfOf: Approver?
        public let at: Timestamp
    }

    /// An outsider who may vote at one stage, by the digest their link is bound to, until a moment.
    public struct Outsider: Sendable, Hashable, Codable {
        public let digest: [UInt8]
        public let stage: Int
        public let until: Timestamp
        /// Whoever chose them, and answers for it: their words count as one. Nil for the gateway and its operator.
        public let invitedBy: Approver?

        init(digest: [UInt8], stage: Int, until: Timestamp, invitedBy: Approver? = nil) {
            (self.digest, self.stage, self.until, self.invitedBy) = (digest, stage, until, invitedBy)
        }
    }

    /// Somebody who votes in another's place until a moment, at the stage it was given at and at no other.
    public struct Delegation: Sendable, Hashable, Codable {
        public let stage: Int
        public let from: Approver
        public let to: Approver
        public let until: Timestamp
    }

    /// What was asked for and along which stages, as it was then.
    public struct Terms: Sendable, Hashable, Codable {
        public let id: ApprovalID
        /// The template whose stages these are; nil when a rule asked for one stage by roles alone.
        public let template: WorkflowTemplateID?
        public let requester: Subject
        /// Who gets what is asked for, where that is somebody else: they approve it no more than the requester.
        public let beneficiary: Subject?
        /// Who asked in the requester's name, where that is somebody else: they have no say in it either.
        public let submitter: Subject?
        /// What the approval is good for.
        public let rules: [RuleID]
        /// The version of the policy that each of these rules stood in, in the same order: what was approved under other
        /// parameters is approved no longer.
        public let versions: [Int64]
        /// The decision that was refused for want of it; nil when it is about something else.
        public let evaluation: DecisionID?
        /// The assignment that waits for it; nil when it is about something else.
        public let assignment: EntitlementAssignmentID?
        /// Digest of the request that it is good for, and for no other.
        public let requestDigest: [UInt8]
        public let risk: RiskLevel
        /// As they were when it was asked for; a later change of the template does not touch them.
        public let details: WorkflowTemplate.Details
        /// Stages that are not passed through, by their conditions.
        public let skipped: [Int]
    }

    /// Outsiders that one approval may invite, over all its stages; one more is refused.
    public static let outsiderLimit = 64
    /// How long an outsider may take at most.
    public static let longestInvitation = Duration.days(30)

    public let terms: Terms
    public internal(set) var state: State
    /// The stage that is being decided.
    public internal(set) var stage: Int
    public internal(set) var deadline: Timestamp
    public internal(set) var votes: [Vote]
    /// Who rejected and was overruled by an escalation, and in whose place they did; none of them votes again.
    public internal(set) var rejections: [Approver]
    /// Whether the approvers of this stage were reminded.
    public internal(set) var isReminded: Bool
    /// What has been escalated at this stage.
    public internal(set) var escalated: [Escalation.Trigger]
    /// Roles asked besides those of the stage.
    public internal(set) var furtherRoles: [String]
    public internal(set) var delegations: [Delegation]
    public internal(set) var outsiders: [Outsider]
    /// Who began an emergency override that a second person has to confirm.
    public internal(set) var overrideBegunBy: Approver?
    /// Who carried an emergency override out; with whoever began it, nobody who may review it.
    public internal(set) var overriddenBy: Approver?
    /// An override whose review is still to come.
    public internal(set) var needsReview: Bool
    public internal(set) var version: Int64
    public let createdAt: Timestamp
    public internal(set) var endedAt: Timestamp?

    public var id: ApprovalID { terms.id }
    public var requester: Subject { terms.requester }
    public var rules: [RuleID] { terms.rules }
    public var stages: [WorkflowStage] { terms.details.stages }
    /// Those of the stage that is being decided.
    public var escalations: [Escalation] { terms.details.escalations(at: stage) }

    /// Who asked for it, in whose name, and who gets what was asked for: they never have a say in it.
    public var parties: Set<Subject> {
        Set([terms.requester, terms.beneficiary, terms.submitter].compactMap { $0 })
    }

    func isParty(_ approver: Approver) -> Bool {
        if case .subject(let subject) = approver { parties.contains(subject) } else { false }
    }

    /// Whether whoever watches has to be told: an override is under way or was used.
    public var isAlarming: Bool { overrideBegunBy != nil || state == .overridden }

    /// Whether the request with this digest may be carried out on the strength of it.
    public func permits(_ digest: [UInt8]) -> Bool {
        [.approved, .overridden].contains(state) && equalInConstantTime(digest, terms.requestDigest)
    }

    /// What a later request is granted by it: the rules that ask for it today, as far as they are those it was given
    /// for, in the version it was given under. Nil where nothing is left of it.
    public func grant(for asking: [RuleOrigin]) -> RuleInquiry.ApprovalGrant? {
        guard [.approved, .overridden].contains(state) else { return nil }
        let covered = Set(asking.filter(covers).map(\.rule))
        return covered.isEmpty ? nil : RuleInquiry.ApprovalGrant(id, rules: covered)
    }

    /// Whether it was asked for by this rule in this very version of its policy.
    public func covers(_ origin: RuleOrigin) -> Bool {
        zip(rules, terms.versions).contains { $0 == origin.rule && $1 == origin.version }
    }

    /// The roles of which one makes an approver now.
    public var approverRoles: [String] {
        stages.indices.contains(stage) ? stages[stage].approverRoles + furtherRoles : []
    }
}

/// Who gives their word: somebody of the tenant, or an outsider by the digest their signed link is bound to.
public enum Approver: Sendable, Hashable, Codable {
    case subject(Subject)
    case outsider([UInt8])
}

/// What is asked for when an approval is requested.
public struct ApprovalRequest: Sendable, Hashable {
    /// Rules one approval may be good for; one more is refused.
    public static let ruleLimit = 256

    public let id: ApprovalID
    public let requester: Subject
    public let beneficiary: Subject?
    /// Who asks in the requester's name; nil where they do themselves.
    public let submitter: Subject?
    /// The rules that ask for it, in the versions that do.
    public let rules: [RuleOrigin]
    public let assignment: EntitlementAssignmentID?
    public let evaluation: DecisionID?
    public let requestDigest: [UInt8]
    public let circumstances: StageCircumstances
    public let reason: String?
    /// What is asked for, in names that people know; kept under the requester's key.
    public let matter: AttributeValue?

    /// A request for approval of one thing.
    public init(
        id: ApprovalID, requester: Subject, for beneficiary: Subject? = nil, submitter: Subject? = nil,
        rules: [RuleOrigin] = [],
        assignment: EntitlementAssignmentID? = nil, evaluation: DecisionID? = nil, requestDigest: [UInt8],
        circumstances: StageCircumstances, reason: String? = nil, matter: AttributeValue? = nil
    ) {
        (self.beneficiary, self.evaluation, self.matter) = (beneficiary, evaluation, matter)
        self.submitter = submitter == requester ? nil : submitter
        (self.id, self.requester, self.rules, self.assignment) = (id, requester, rules, assignment)
        (self.requestDigest, self.circumstances, self.reason) = (requestDigest, circumstances, reason)
    }
}

/// What can be asked of an approval. Whoever acts comes with the roles they hold now, and with the roles that those hold
/// now who delegated to them; whoever is no longer active is left out.
public enum ApprovalCommand: Sendable, Hashable {
    case approve(
        by: Approver, roles: Set<String>, delegators: [Approver: Set<String>] = [:], comment: String? = nil)
    case reject(by: Approver, roles: Set<String>, delegators: [Approver: Set<String>] = [:], comment: String? = nil)
    /// Somebody who may vote names somebody who votes in their place.
    case delegate(from: Approver, roles: Set<String>, to: Approver, until: Timestamp)
    /// Lets an outsider vote at the present stage, by the digest their link is bound to, until a moment. Whoever invites
    /// answers for it: their own word and those of everybody they invite count as one. Nil for the gateway itself.
    case invite(outsider: [UInt8], until: Timestamp, by: Approver? = nil)
    /// By an approver of the stage, or by somebody whose permission the caller has checked.
    case escalate(
        by: Approver, roles: Set<String>, delegators: [Approver: Set<String>] = [:], isPermitted: Bool = false)
    case cancel(by: Subject)
    /// In an emergency: begun by one, done by a second.
    case override(by: Approver, reason: String)
    /// In an emergency, alone: done at once, and to be reviewed.
    case overrideAlone(by: Approver, reason: String)
    /// The review of an override, by somebody who had no part in it.
    case review(by: Approver, comment: String? = nil)
}

/// What can happen to an approval.
public enum ApprovalEvent: Sendable, Hashable {
    /// The content of the event that begins an approval.
    public struct Requested: Sendable, Hashable {
        public let terms: Approval.Terms
        public let deadline: Timestamp
        /// Nil once erased.
        public let reason: String?
        /// What is asked for, in names that people know; nil once erased.
        public let matter: AttributeValue?
    }

    case requested(Requested)
    case approved(Approver, onBehalfOf: Approver?, comment: String?)
    case rejected(Approver, onBehalfOf: Approver?, comment: String?)
    case stageEntered(Int, deadline: Timestamp)
    case delegated(from: Approver, to: Approver, until: Timestamp)
    case outsiderInvited(Approval.Outsider)
    case escalated(Escalation.Trigger, roles: [String], deadline: Timestamp)
    case reminded
    case overrideBegun(Approver, reason: String?)
    case overridden(Approver, reason: String?, needsReview: Bool)
    case reviewed(Approver, comment: String?)
    case closed(Approval.State)
}
