import Authorization
import Vocabulary

/// Which rule it was, in which version of which policy.
public struct RuleOrigin: Sendable, Hashable, CustomStringConvertible {
    public let policy: PolicyID
    /// The version of the policy that decided.
    public let version: Int64
    public let rule: RuleID
    /// The rule's name within its policy.
    public let name: String

    /// A rule of a version of a policy.
    public init(policy: PolicyID, version: Int64, rule: RuleID, name: String) {
        (self.policy, self.version, self.rule, self.name) = (policy, version, rule, name)
    }

    /// As records name it: the policy, its version and the rule, such as `governed:<id>@7/office-hours`.
    public var description: String { "governed:\(policy)@\(version)/\(name)" }
}

/// The answer of the rules, with everything that made it.
public struct RuleDecision: Sendable, Hashable {
    /// Why, as a stable code. `sentence` is the wording people know.
    public enum Reason: String, Sendable, CaseIterable {
        case allowed = "allowed_by_rule"
        case approvalRequired = "approval_required"
        case noMatchingRule = "no_matching_rule"
        case outsideWindow = "outside_window"
        case limitExceeded = "limit_exceeded"
        case denied = "denied_by_rule"
        case setNotMet = "set_not_met"
        case stepUpRequired = "step_up_required"
        case roleRequired = "role_required"
        /// What is known of the subject has ended or belongs to other rules; resolve it again.
        case staleFacts = "stale_facts"

        /// In words.
        public var sentence: String {
            switch self {
            case .allowed: "Allowed"
            case .approvalRequired: "Approval required"
            case .noMatchingRule: "No matching rule"
            case .outsideWindow: "Outside window"
            case .limitExceeded: "Limit exceeded"
            case .denied: "Denied by rule"
            case .setNotMet: "Too few policies of the set allow it"
            case .stepUpRequired: "Stronger authentication required"
            case .roleRequired: "Role required"
            case .staleFacts: "Facts out of date"
            }
        }
    }

    /// Something a rule had to say without deciding.
    public struct Note: Sendable, Hashable {
        /// What became of the rule.
        public enum Kind: Sendable, Hashable {
            /// It matched, and its enforcement only logs.
            case logged
            /// It matched, and its enforcement only warns.
            case warned
            case exempted(ExemptionID)
            /// Members of a set outvoted it.
            case outvoted(PolicySetID)
            /// It voted in a set that too few members of allow it.
            case voted(PolicySetID)
            /// It could not be evaluated: an allow was skipped, anything else counts as matched.
            case erred
            /// Nobody was asked because of the severity.
            case bypassed(Severity)
            case approved(ApprovalID)
        }

        public let rule: RuleOrigin
        public let kind: Kind
    }

    /// Whether it may be done at all; with `needsApproval` only once others have agreed.
    public internal(set) var isAllowed: Bool
    public internal(set) var reason: Reason
    /// The rule whose parameters, limits and approval count, or the first that stands in the way.
    public internal(set) var rule: RuleOrigin?
    /// Every rule that made the decision.
    public internal(set) var determining: [RuleOrigin] = []
    /// Do it now, without asking anybody.
    public internal(set) var execute = false
    public internal(set) var needsApproval = false
    /// One of these roles has to approve; empty without a need.
    public internal(set) var approverRoles: [String] = []
    public internal(set) var workflows: [WorkflowTemplateID] = []
    /// Whoever asks for approval names these rules, and the approval is good for them.
    public internal(set) var approvalRules: [RuleOrigin] = []
    /// Offer it to a person as a button.
    public internal(set) var suggest = false
    public internal(set) var resolvedParams: [String: AttributeValue] = [:]
    public internal(set) var stepUp: AuthenticationDemand?
    /// Set aside what was asked about.
    public internal(set) var quarantine = false
    /// Somebody has to be told now: a critical policy blocked it.
    public internal(set) var alert = false
    public internal(set) var notes: [Note] = []
    /// Policies that the request breaks, whether or not they block it.
    public internal(set) var violations: [RuleOrigin] = []
    /// Frameworks of those policies.
    public internal(set) var issues: [ComplianceFramework] = []
    /// The strongest of the determining policies.
    public internal(set) var enforcement = Enforcement.mandatory
    /// What carrying it out adds to the counters of `rule`; nil when it has no limits.
    public internal(set) var usage: Usage?
    /// When time alone may change the answer; nil when it cannot.
    public internal(set) var validUntil: Timestamp?

    /// The same decision after somebody else took what was left under its limits.
    public func exceedingLimits() -> RuleDecision {
        var decision = self
        (decision.isAllowed, decision.reason) = (false, .limitExceeded)
        (decision.execute, decision.suggest, decision.needsApproval) = (false, false, false)
        decision.determining = rule.map { [$0] } ?? []
        return decision
    }
}
