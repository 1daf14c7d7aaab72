import Vocabulary

/// A decision, and how it came about rule by rule. For privileged eyes: it holds attribute values and rule ids.
public struct Explanation: Sendable {
    /// Bounds of what is listed; `omittedRules` counts the rest.
    public enum Limits {
        public static let rules = 1_000
        public static let nearest = 5
    }

    public let decision: Decision
    /// Every rule for this action and resource type, in the order of the index.
    public let rules: [RuleTrace]
    public let omittedRules: Int
    /// For a deny: the allows that came nearest, fewest unmet conditions first.
    public let nearest: [Shortfall]
    /// For a deny by rule: for each deny what would have to be otherwise.
    public let blocking: [Shortfall]
    public let reads: [AttributeRead]
}

/// What became of one rule.
public struct RuleTrace: Sendable, Hashable {
    /// What became of a rule, as a stable word for programs.
    public enum Verdict: String, Sendable {
        /// It is about this subject and its conditions hold.
        case satisfied
        /// An allow whose demand on the authentication is open.
        case stepUpRequired = "step_up_required"
        case conditionFalse = "condition_false"
        case erred
        /// It names other subjects.
        case otherSubject = "other_subject"
    }

    public let rule: RuleReference
    public let name: String
    public let effect: Policy.Effect
    public let enforcement: Enforcement
    public let verdict: Verdict
    /// Each comparison, with what it found.
    public let comparisons: [ComparisonTrace]
    /// For a role's permission, and for a policy that names roles: from a held role to the named one.
    public let roleChain: [RoleID]
}

/// One comparison and its result.
public struct ComparisonTrace: Sendable, Hashable {
    /// The result of a comparison; what is neither `holds` nor `fails` is an error of the rule.
    public enum Result: String, Sendable {
        case holds
        case fails
        case missingAttribute = "missing_attribute"
        case typeMismatch = "type_mismatch"
        case textTooLong = "text_too_long"
    }

    /// Such as `subject.clearance greater_than_or_equal 3`.
    public let comparison: String
    public let result: Result
    /// The attribute's value, nil where absent.
    public let found: AttributeValue?
    /// The other side, where that is an attribute too.
    public let other: AttributeValue?
}

/// What stands between a request and another outcome of one rule.
public struct Shortfall: Sendable, Hashable {
    public let rule: RuleReference
    /// The smallest set of conditions that would have to change.
    public let unmet: [UnmetCondition]
}

/// One thing that would have to be otherwise.
public enum UnmetCondition: Sendable, Hashable, CustomStringConvertible {
    /// The subject is none of these.
    case subject(users: [String], roles: [String], groups: [String], serviceAccounts: [String])
    /// This comparison would have to hold.
    case mustHold(ComparisonTrace)
    /// This comparison would have to fail.
    case mustFail(ComparisonTrace)
    /// The session would have to be authenticated this well.
    case authentication(AuthenticationRequirement)
    /// A deny is about this subject without any condition: nothing in the request can change it.
    case unconditional

    public var description: String {
        switch self {
        case .subject(let users, let roles, let groups, let accounts):
            Self.sentence(users, roles, groups, accounts)
        case .mustHold(let trace): "\(trace.comparison) does not hold" + Self.finding(trace)
        case .mustFail(let trace): "\(trace.comparison) holds" + Self.finding(trace)
        case .authentication(let demand):
            "authentication must be "
                + [demand.strength.map(\.acr), demand.maxAgeSeconds.map { "at most \($0) s old" }].compactMap { $0 }
                .joined(separator: " and ")
        case .unconditional: "the rule applies to this subject without conditions"
        }
    }

    private static func sentence(
        _ users: [String], _ roles: [String], _ groups: [String], _ accounts: [String]
    ) -> String {
        let kinds = [("user", users), ("role", roles), ("group", groups), ("service account", accounts)]
        let parts = kinds.filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.joined(separator: " or "))" }
        return "subject is not " + parts.joined(separator: ", nor ")
    }

    private static func finding(_ trace: ComparisonTrace) -> String {
        let values = [trace.found, trace.other].compactMap { $0 }.map { String(CanonicalText.of($0).prefix(200)) }
        return trace.found == nil ? " (absent)" : " (found \(values.joined(separator: " and ")))"
    }
}
