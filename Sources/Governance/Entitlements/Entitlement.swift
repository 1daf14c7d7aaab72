import Vocabulary

/// Whether an entitlement can be assigned.
public enum EntitlementStatus: String, Sendable, Codable, CaseIterable {
    case active, inactive, pendingApproval = "pending_approval"
}

/// What an author decides about an entitlement.
public struct EntitlementDetails: Sendable, Hashable, Codable {
    /// Bounds; one past each is refused.
    public enum Limits {
        public static let nameBytes = 256
        public static let descriptionBytes = 4_096
        public static let externalIDBytes = 1_024
        /// Values of the metadata altogether.
        public static let metadataValues = 256
        public static let metadataTextBytes = 4_096
    }

    public var name: String
    public var description: String?
    public var riskLevel: RiskLevel
    public var owner: PersonID?
    /// What the target system calls it.
    public var externalID: String?
    public var metadata: AttributeValue?
    /// Whether a holder may pass it on.
    public var isDelegable: Bool

    /// The details of an entitlement; bounds are checked by the command that carries them.
    public init(
        name: String, description: String? = nil, riskLevel: RiskLevel, owner: PersonID? = nil,
        externalID: String? = nil, metadata: AttributeValue? = nil, isDelegable: Bool = false
    ) {
        (self.name, self.description, self.riskLevel, self.owner) = (name, description, riskLevel, owner)
        (self.externalID, self.metadata, self.isDelegable) = (externalID, metadata?.normalized, isDelegable)
    }

    func check() throws(GovernanceError) {
        guard (1...Limits.nameBytes).contains(name.utf8.count) else {
            throw .invalid(field: "name", reason: "has not 1 to \(Limits.nameBytes) bytes")
        }
        guard (description?.utf8.count ?? 0) <= Limits.descriptionBytes else {
            throw .invalid(field: "description", reason: "is longer than \(Limits.descriptionBytes) bytes")
        }
        guard (externalID?.utf8.count ?? 0) <= Limits.externalIDBytes else {
            throw .invalid(field: "external_id", reason: "is longer than \(Limits.externalIDBytes) bytes")
        }
        var left = Limits.metadataValues
        guard metadata.map({ $0.isWithin(&left, depth: 8) }) ?? true else {
            throw .invalid(field: "metadata", reason: "holds too much, or nests too deep")
        }
    }
}

/// An access right of an application: the fold of its events.
public struct Entitlement: Sendable, Hashable, Codable {
    public let id: EntitlementID
    public let application: ApplicationID
    public internal(set) var details: EntitlementDetails
    public internal(set) var status: EntitlementStatus
    /// Roles whose holders have it without an assignment of their own.
    public internal(set) var roles: [RoleID]
    public let createdAt: Timestamp
    public internal(set) var updatedAt: Timestamp
    public internal(set) var version: Int64
}

extension AttributeValue {
    /// Whether it holds at most so many values, nested no deeper, with texts of a bounded length.
    func isWithin(_ left: inout Int, depth: Int) -> Bool {
        left -= 1
        guard left >= 0, depth > 0 else { return false }
        switch self {
        case .string(let text): return text.utf8.count <= EntitlementDetails.Limits.metadataTextBytes
        case .list(let items):
            for item in items where !item.isWithin(&left, depth: depth - 1) { return false }
        case .object(let members):
            for (key, item) in members {
                guard key.utf8.count <= EntitlementDetails.Limits.nameBytes, item.isWithin(&left, depth: depth - 1)
                else { return false }
            }
        case .number(let number): return number.isFinite
        case .null, .bool, .integer: break
        }
        return true
    }
}

/// What can happen to an entitlement.
public enum EntitlementEvent: Sendable, Hashable {
    case created(EntitlementID, ApplicationID, EntitlementDetails, EntitlementStatus)
    case updated(EntitlementID, EntitlementDetails)
    case statusChanged(EntitlementID, EntitlementStatus)
    case boundToRole(EntitlementID, RoleID)
    case unboundFromRole(EntitlementID, RoleID)
    case deleted(EntitlementID)

    /// Which entitlement it happened to.
    public var entitlement: EntitlementID {
        switch self {
        case .created(let id, _, _, _), .updated(let id, _), .statusChanged(let id, _), .boundToRole(let id, _),
            .unboundFromRole(let id, _), .deleted(let id):
            id
        }
    }
}
