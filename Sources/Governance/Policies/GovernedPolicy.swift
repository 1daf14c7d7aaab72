import Authorization
import Vocabulary

/// A policy with a life: the fold of its events. Its rules stand in their order of precedence, the first first.
public struct GovernedPolicy: Sendable, Hashable, Codable {
    /// Bounds; one past each is refused.
    public enum Limits {
        /// Bytes of a name.
        public static let nameBytes = 256
        /// Bytes of a description, and of a reason for a change.
        public static let textBytes = 4_096
        /// Rules of one policy.
        public static let rules = 256
        /// Framework tags of one policy.
        public static let frameworks = 16
    }

    /// A rule at its place: the document as accepted, read again when it is compiled.
    public struct PlacedRule: Sendable, Hashable, Codable {
        public let id: RuleID
        public let document: AttributeValue
    }

    public let id: PolicyID
    public internal(set) var name: String
    public internal(set) var description: String
    public internal(set) var type: PolicyType
    public internal(set) var enforcement: Enforcement
    public internal(set) var scope: PolicyScope
    public internal(set) var state: PolicyState
    public internal(set) var rules: [PlacedRule]
    /// The frameworks whose controls it serves; a breach of it is reported as an issue of each.
    public internal(set) var frameworks: [ComplianceFramework]
    /// The IANA zone of windows and of the days that limits count; UTC without one.
    public internal(set) var zone: String?
    /// Whether a tenant may put its own policy in place of this one, when it comes from above.
    public internal(set) var isOverridable: Bool
    /// The policy of the level above that this one stands in for.
    public let overrides: PolicyID?
    /// The policy that this one replaces when it is activated.
    public let supersedes: PolicyID?
    /// When it is in force, once activated.
    public internal(set) var effective: EffectivePeriod?
    /// Whether somebody asked for its review.
    public internal(set) var isSubmitted: Bool
    /// Events so far: the version that a decision names.
    public internal(set) var version: Int64
    public let createdAt: Timestamp
    public internal(set) var updatedAt: Timestamp
    public let createdBy: Actor
    /// Who wrote the last change of what it says.
    public internal(set) var editedBy: Actor
    public internal(set) var approvedBy: Actor?

    /// Whether it is enforced at a moment: active, and within its effective period.
    public func isInForce(at now: Timestamp) -> Bool { state == .active && (effective?.contains(now) ?? false) }
}

/// From when until when; the end is not part of it, and may be open.
public struct EffectivePeriod: Sendable, Hashable, Codable {
    public let from: Timestamp
    public let until: Timestamp?

    /// Nil when it would end before it begins.
    public init?(from: Timestamp, until: Timestamp? = nil) {
        if let until, until <= from { return nil }
        self.from = from
        self.until = until
    }

    /// Whether a moment is inside.
    public func contains(_ moment: Timestamp) -> Bool { moment >= from && (until.map { moment < $0 } ?? true) }

    /// The next moment after `now` at which this begins or ends.
    func nextEdge(after now: Timestamp) -> Timestamp? {
        [from, until].compactMap { $0 }.filter { $0 > now }.min()
    }
}

/// A body of rules that organizations are assessed against.
public enum ComplianceFramework: String, Sendable, Codable, CaseIterable {
    case soc2, hipaa, pciDSS = "pci_dss", iso27001, gdpr, sox
}
