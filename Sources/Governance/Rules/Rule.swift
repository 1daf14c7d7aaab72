import Authorization
import Vocabulary

/// One rule of a governed policy, read from its document and checked: what it matches, and what follows.
public struct Rule: Sendable, Hashable {
    /// Bounds; one past each is a fault of the document.
    public enum Limits {
        /// Parameters of a rule.
        public static let params = 32
        /// Bytes of a text parameter.
        public static let templateBytes = 4_096
        /// Limits of a rule.
        public static let limits = 16
        /// Windows of a rule.
        public static let windows = 16
    }

    /// What a matching rule asks for. How hard it bites is its policy's enforcement.
    public enum Effect: String, Sendable, Codable, CaseIterable {
        case allow
        case deny
        /// Nobody may until others have approved.
        case requireApproval = "require_approval"
        /// Nobody may until somebody has looked at it: an approval by reviewers.
        case requireReview = "require_review"
        /// Denied, and what was asked about is to be set aside.
        case quarantine
        /// Noted, nothing more.
        case logOnly = "log_only"
        /// Nobody may until they have authenticated more strongly or anew.
        case stepUp = "step_up"
    }

    /// Who has to agree before an allow may be used.
    public struct Approval: Sendable, Hashable {
        /// One hit is enough. Empty with a workflow.
        public let roles: [String]
        public let workflow: WorkflowTemplateID?
        /// At this severity nobody is asked; the decision says so.
        public let bypassAt: Severity?

        /// Who is asked by a rule that names nobody: somebody has to be able to say yes. Nil for what asks nobody.
        static func fallback(_ effect: Effect) -> Approval? {
            switch effect {
            case .requireApproval: Approval(roles: ["Reviewer", "Admin"], workflow: nil, bypassAt: nil)
            case .requireReview: Approval(roles: ["Reviewer"], workflow: nil, bypassAt: nil)
            case .allow, .deny, .quarantine, .logOnly, .stepUp: nil
            }
        }
    }

    /// A parameter of the action, fixed or by severity.
    public enum Parameter: Sendable, Hashable {
        case fixed(AttributeValue)
        case bySeverity([Severity: AttributeValue])
    }

    public let id: RuleID
    /// Unique within its policy.
    public let name: String
    public let effect: Effect
    /// Whom, what and when, as the decision engine matches it. Its effect is of no meaning here.
    let matcher: Policy
    public let priority: Int64
    /// What a step-up demands, and what an allow demands of the session.
    public let demand: AuthenticationDemand?
    public let params: [String: Parameter]
    /// Empty means always; several are alternatives.
    public let windows: [TimeWindow]
    public let limits: [Limit]
    public let approval: Approval?
    /// Roles one of which the caller has to hold; empty asks for none.
    public let roles: [String]
    public let autoExecute: Bool
    public let autoSuggest: Bool

    /// Whether it stands in the way rather than opening one.
    var isRestriction: Bool { effect != .allow }

    /// Whether the moment is in one of its windows.
    func isOpen(at now: Timestamp, in zone: Zone) -> Bool {
        windows.isEmpty || windows.contains { $0.contains(now, in: zone) }
    }
}

/// A demand on the authentication behind a request.
public struct AuthenticationDemand: Sendable, Hashable {
    public let strength: AuthenticationStrength?
    public let maxAgeSeconds: Int64?

    /// Whether an authentication meets it. None meets nothing.
    func isMet(by authentication: RequestAuthentication?, now: Timestamp) -> Bool {
        guard let authentication else { return false }
        if let strength, authentication.strength < strength { return false }
        guard let maxAgeSeconds else { return true }
        guard let at = authentication.authenticatedAt, at <= now else { return false }
        return now - at <= .seconds(maxAgeSeconds)
    }
}
