import Authorization
import Vocabulary

/// What can happen to a policy. Texts that a person wrote (why) are kept beside the events and never folded.
public enum PolicyEvent: Sendable, Hashable {
    /// The fixed part of a new policy.
    public struct Creation: Sendable, Hashable {
        public let id: PolicyID
        public let details: PolicyDetails
        public let overrides: PolicyID?
        public let supersedes: PolicyID?
    }

    case created(Creation)
    /// The whole of the details as they are now; `submitted` when the change asks for review.
    case updated(PolicyDetails, submitted: Bool, reason: ChangeReason?)
    case approved(ChangeReason?)
    /// Also what a suspended policy becomes when it is resumed.
    case activated(EffectivePeriod, ChangeReason?)
    case suspended(ChangeReason?)
    case revoked(ChangeReason?)
    case archived(ChangeReason?)
    case ruleAdded(RuleID, AttributeValue)
    case ruleUpdated(RuleID, AttributeValue)
    case ruleRemoved(RuleID)
    /// Every rule, in its new order.
    case ruleReordered([RuleID])

    /// The name of the event as the outside knows it.
    public var name: String {
        switch self {
        case .created: "PolicyCreated"
        case .updated: "PolicyUpdated"
        case .approved: "PolicyApproved"
        case .activated: "PolicyActivated"
        case .suspended: "PolicySuspended"
        case .revoked: "PolicyRevoked"
        case .archived: "PolicyArchived"
        case .ruleAdded: "PolicyRuleAdded"
        case .ruleUpdated: "PolicyRuleUpdated"
        case .ruleRemoved: "PolicyRuleRemoved"
        case .ruleReordered: "PolicyRuleReordered"
        }
    }

    /// Why, as far as it was said.
    public var reason: ChangeReason? {
        switch self {
        case .updated(_, _, let reason), .activated(_, let reason), .approved(let reason), .suspended(let reason),
            .revoked(let reason), .archived(let reason):
            reason
        case .created, .ruleAdded, .ruleUpdated, .ruleRemoved, .ruleReordered: nil
        }
    }
}

/// Why somebody changed something, in their words and under their key, and what the payload claimed beside it.
public struct ChangeReason: Sendable, Hashable {
    /// Whose words these are; nil for the machine's administrator and parts of the gateway.
    public let author: PersonID?
    public let text: String?
    /// A name inside the payload, such as `approved_by`: kept as it was claimed. The actor is the caller.
    public let claim: String?
    /// A date inside the payload, such as `approval_date`.
    public let claimedAt: Timestamp?

    /// Nil when there is nothing to keep.
    public init?(by actor: Actor, text: String? = nil, claim: String? = nil, claimedAt: Timestamp? = nil) {
        guard text != nil || claim != nil || claimedAt != nil else { return nil }
        if case .person(let person) = actor { author = person } else { author = nil }
        (self.text, self.claim, self.claimedAt) = (text, claim, claimedAt)
    }

    init(author: PersonID?, text: String?, claim: String?, claimedAt: Timestamp?) {
        (self.author, self.text, self.claim, self.claimedAt) = (author, text, claim, claimedAt)
    }
}

/// What an author decides about a policy, apart from its rules.
public struct PolicyDetails: Sendable, Hashable {
    public let name: String
    public let description: String
    public let type: PolicyType
    public let enforcement: Enforcement
    public let scope: PolicyScope
    public let frameworks: [ComplianceFramework]
    public let zone: String?
    public let isOverridable: Bool

    /// The details of a policy; bounds are checked by the command that carries them.
    public init(
        name: String, description: String, type: PolicyType, enforcement: Enforcement, scope: PolicyScope,
        frameworks: [ComplianceFramework] = [], zone: String? = nil, isOverridable: Bool = false
    ) {
        (self.name, self.description, self.type) = (name, description, type)
        (self.enforcement, self.scope, self.frameworks) = (enforcement, scope, frameworks)
        (self.zone, self.isOverridable) = (zone, isOverridable)
    }
}
