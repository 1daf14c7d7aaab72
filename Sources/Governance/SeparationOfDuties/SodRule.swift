import Vocabulary

/// A combination of entitlements that must not, or must, be held together: the fold of its events.
public struct SodRule: Sendable, Hashable, Codable {
    /// What the combination means.
    public enum ConflictType: String, Sendable, Codable, CaseIterable {
        /// Broken by holding two or more.
        case exclusive
        /// Broken by holding more than a maximum.
        case cardinality
        /// Broken by holding some but not all.
        case inclusive
    }

    /// Whether it is judged by.
    public enum Status: String, Sendable, Codable, CaseIterable {
        case active, inactive
    }

    public let id: SodRuleID
    public internal(set) var details: SodRuleDetails
    public internal(set) var status: Status
    /// An entitlement of it is gone. Such a rule is inactive until it is mended.
    public internal(set) var isOrphaned: Bool
    public let createdBy: Actor
    public let createdAt: Timestamp
    public internal(set) var updatedAt: Timestamp
    public internal(set) var version: Int64
}

/// What an author decides about a rule of separation of duties.
public struct SodRuleDetails: Sendable, Hashable, Codable {
    /// Entitlements of one rule; one more is refused.
    public static let entitlementLimit = 1_000

    public var name: String
    public var description: String?
    public var conflictType: SodRule.ConflictType
    public var entitlements: [EntitlementID]
    /// How many may be held together; for a cardinality rule only.
    public var maxCount: Int?
    public var severity: RiskLevel

    /// The details of a rule; they are checked by the command that carries them.
    public init(
        name: String, description: String? = nil, conflictType: SodRule.ConflictType, entitlements: [EntitlementID],
        maxCount: Int? = nil, severity: RiskLevel
    ) {
        (self.name, self.description, self.conflictType) = (name, description, conflictType)
        (self.entitlements, self.maxCount, self.severity) = (entitlements, maxCount, severity)
    }

    func check() throws(GovernanceError) {
        guard (1...EntitlementDetails.Limits.nameBytes).contains(name.utf8.count),
            (description?.utf8.count ?? 0) <= EntitlementDetails.Limits.descriptionBytes
        else { throw .invalid(field: "name", reason: "or the description is empty or too long") }
        let count = Set(entitlements).count
        guard count >= 2 else { throw .sodRuleTooFewEntitlements(count) }
        guard count == entitlements.count, count <= Self.entitlementLimit else {
            throw .invalid(field: "entitlement_ids", reason: "are too many, or one stands twice")
        }
        switch (conflictType, maxCount) {
        case (.cardinality, nil): throw .sodRuleMaxCountRequired
        case (.cardinality, let maximum?):
            guard (1..<count).contains(maximum) else { throw .sodRuleInvalidMaxCount(maximum, of: count) }
        case (_, nil): break
        case (_, _?): throw .invalid(field: "max_count", reason: "belongs to cardinality rules only")
        }
    }

    /// The most of its entitlements that may be held together; nil for an inclusive rule.
    var ceiling: Int? {
        switch conflictType {
        case .exclusive: 1
        case .cardinality: maxCount
        case .inclusive: nil
        }
    }
}

/// One broken rule, as it is told to whoever asks for an assignment.
public struct SodViolationInfo: Sendable, Hashable {
    public let rule: SodRuleID
    public let ruleName: String
    /// The entitlements of the rule that are, or would be, held.
    public let conflictingEntitlements: [EntitlementID]
    public let severity: RiskLevel
    public let message: String
}

/// A subject that was found to break a rule: the fold of its events.
public struct SodViolation: Sendable, Hashable, Codable {
    /// Whether it still does.
    public enum Status: String, Sendable, Codable, CaseIterable {
        case active, resolved
    }

    public let id: SodViolationID
    public let rule: SodRuleID
    public let subject: Subject
    public let entitlements: [EntitlementID]
    public let detectedAt: Timestamp
    public internal(set) var resolvedAt: Timestamp?
    public internal(set) var status: Status
}
