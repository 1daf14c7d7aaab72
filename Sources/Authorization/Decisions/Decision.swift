import Vocabulary

/// Which compiled index answered: its generation, and the digests of what it was compiled from.
public final class IndexStamp: Sendable {
    /// Raised with every index that is put into service.
    public let generation: UInt64
    /// Digest over `CanonicalText.of(policies)`, made by the caller.
    public let policyDigest: [UInt8]
    /// Digest over `RoleGraph.canonicalText`, made by the caller.
    public let roleDigest: [UInt8]

    public init(generation: UInt64, policyDigest: [UInt8], roleDigest: [UInt8]) {
        self.generation = generation
        self.policyDigest = policyDigest
        self.roleDigest = roleDigest
    }
}

/// A rule that had a part in a decision.
public enum RuleReference: Sendable, Hashable, CustomStringConvertible {
    case policy(id: String, version: Int32)
    /// A permission of a role.
    case role(RoleID)

    public var description: String {
        switch self {
        case .policy(let id, let version): "policy:\(id)@\(version)"
        case .role(let id): "role:\(id)"
        }
    }
}

/// A rule that could not be evaluated. An erring allow was skipped, an erring deny counted as matched.
public struct RuleError: Sendable, Hashable {
    /// Why a rule could not be evaluated, as a stable word.
    public enum Code: String, Sendable {
        case missingAttribute = "missing_attribute"
        case typeMismatch = "type_mismatch"
        case textTooLong = "text_too_long"
    }

    public let rule: RuleReference
    public let effect: Policy.Effect
    public let code: Code
    /// The comparison that erred.
    public let condition: String
}

/// Something the caller has to do for the answer to hold or to change.
public enum Obligation: Sendable, Hashable {
    /// Authenticate again, this strongly and this recently; then the same request passes.
    case stepUp(strength: AuthenticationStrength?, maxAgeSeconds: Int64?)
}

/// The answer to a request, with all the rules that made it.
public struct Decision: Sendable {
    /// The answer; an error never permits.
    public enum Outcome: String, Sendable {
        case permit
        case deny
    }

    /// Stable reason codes.
    public enum Reason: String, Sendable, CaseIterable {
        case allowedByRule = "allowed_by_rule"
        case noMatchingRule = "no_matching_rule"
        case deniedByRule = "denied_by_rule"
        case stepUpRequired = "step_up_required"
        /// A rule could not be evaluated; stands beside another reason.
        case ruleError = "rule_error"
        /// Standing or facts were resolved against another index; resolve them again.
        case staleFacts = "stale_facts"
        /// What the standing rests on (an assignment, a membership) has ended.
        case standingExpired = "standing_expired"
    }

    public let outcome: Outcome
    public let reason: Reason
    /// All satisfied denies if there are any, else all satisfied allows; with `stepUpRequired` the allows that wait.
    /// Within a decision by descending priority, then as compiled.
    public var determining: [RuleReference] { owner.references(rules) }
    /// The same by number, for whoever writes them down while many decisions are made.
    public let rules: RuleNumbers
    public let erred: [RuleError]
    public let obligations: [Obligation]
    /// The strongest among the determining rules; role permissions and default deny are mandatory.
    public let enforcement: Enforcement
    /// When time alone may change the answer; nil when it cannot.
    public let validUntil: Timestamp?
    public var index: IndexStamp { owner.stamp }
    /// The index that decided: its numbers mean nothing to another.
    let owner: PolicyIndex
    /// Which attributes were read; `PolicyIndex.reads` turns it into values.
    public let readSet: AttributeReadSet
    /// The resource's row among the stored facts, so that reading again need not look it up; -1 for none.
    let row: Int

    public var isPermitted: Bool { outcome == .permit }
    /// The main reason first.
    public var reasons: [Reason] { erred.isEmpty ? [reason] : [reason, .ruleError] }
}

extension Decision {
    /// This decision about a subject as it would be with `strength`, turned into the demand for that strength: a deny
    /// that says what to do for the same request to pass. Nil when it would not pass then either.
    public func awaiting(_ strength: AuthenticationStrength) -> Decision? {
        guard reason == .allowedByRule || reason == .stepUpRequired else { return nil }
        var demand = (strength: strength, maxAge: Int64?.none)
        if case .stepUp(let more, let maxAge)? = obligations.first {
            demand = (max(strength, more ?? strength), maxAge)
        }
        return Decision(
            outcome: .deny, reason: .stepUpRequired, rules: rules, erred: erred,
            obligations: [.stepUp(strength: demand.strength, maxAgeSeconds: demand.maxAge)], enforcement: enforcement,
            validUntil: validUntil, owner: owner, readSet: readSet, row: row)
    }
}

/// The attributes that a decision read, as bits over the index's attribute list.
public struct AttributeReadSet: Sendable, Hashable {
    private(set) var words: SIMD4<UInt64>

    init(words: SIMD4<UInt64> = SIMD4()) { self.words = words }

    @inline(__always)
    mutating func insert(slot: Int) { words[slot >> 6 & 3] |= 1 << UInt64(slot & 63) }
    func contains(_ slot: Int) -> Bool { words[slot >> 6 & 3] >> UInt64(slot & 63) & 1 == 1 }
    public var isEmpty: Bool { words == SIMD4() }

    /// The slots below `limit` that are in it.
    public func slots(below limit: Int) -> [Int] { (0..<limit).filter(contains) }
}

/// One attribute that a decision read: its value and where it came from.
public struct AttributeRead: Sendable, Hashable {
    /// Where a value came from: what is stored goes before what a request says.
    public enum Source: String, Sendable {
        /// Stored facts about the subject or the resource.
        case stored
        /// Sent with the request.
        case request
        /// Nowhere to be found, or null.
        case absent
    }

    public let path: AttributePath
    public let value: AttributeValue?
    public let source: Source
}
