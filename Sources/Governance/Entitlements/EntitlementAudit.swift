import Vocabulary

/// One entry of the audit of entitlements: derived from an event and the states around it, kept nowhere else.
public struct EntitlementAuditEntry: Sendable, Hashable {
    /// What was done.
    public enum Action: String, Sendable, CaseIterable {
        case created, updated, deleted, statusChanged = "status_changed", assigned, revoked
    }

    public let event: EventID
    public let tenant: TenantID
    public let action: Action
    public let entitlement: EntitlementID
    /// Who got or lost it; nil when the entitlement itself changed.
    public let subject: Subject?
    public let actor: Actor
    public let at: Timestamp
    /// The state before and after, as far as there was one.
    public let before: AttributeValue?
    public let after: AttributeValue?
}

/// Which entries are wanted; what is left open does not narrow.
public struct EntitlementAuditFilter: Sendable, Hashable {
    public var actions: Set<EntitlementAuditEntry.Action>?
    public var entitlement: EntitlementID?
    public var subject: Subject?
    public var actor: Actor?
    public var from: Timestamp?
    public var until: Timestamp?

    /// A filter; without arguments it lets everything through. The end is not part of the period.
    public init(
        actions: Set<EntitlementAuditEntry.Action>? = nil, entitlement: EntitlementID? = nil, subject: Subject? = nil,
        actor: Actor? = nil, from: Timestamp? = nil, until: Timestamp? = nil
    ) {
        (self.actions, self.entitlement, self.subject) = (actions, entitlement, subject)
        (self.actor, self.from, self.until) = (actor, from, until)
    }

    /// Whether an entry is wanted.
    public func admits(_ entry: EntitlementAuditEntry) -> Bool {
        (actions.map { $0.contains(entry.action) } ?? true) && (entitlement.map { $0 == entry.entitlement } ?? true)
            && (subject.map { $0 == entry.subject } ?? true) && (actor.map { $0 == entry.actor } ?? true)
            && (from.map { entry.at >= $0 } ?? true) && (until.map { entry.at < $0 } ?? true)
    }
}

extension EntitlementAuditEntry {
    /// What an entitlement's event did, by the states around it.
    public init(
        _ recorded: Recorded<EntitlementEvent>, event: EventID, in tenant: TenantID, before: Entitlement?,
        after: Entitlement?
    ) {
        let action: Action =
            switch recorded.event {
            case .created: .created
            case .updated, .boundToRole, .unboundFromRole: .updated
            case .statusChanged: .statusChanged
            case .deleted: .deleted
            }
        self.init(
            event: event, tenant: tenant, action: action, entitlement: recorded.event.entitlement, subject: nil,
            actor: recorded.actor, at: recorded.at, before: before?.document(in: tenant),
            after: after?.document(in: tenant))
    }

    /// What an assignment's event did, by the states around it.
    public init(
        _ recorded: Recorded<AssignmentEvent>, event: EventID, in tenant: TenantID, before: EntitlementAssignment?,
        after: EntitlementAssignment
    ) {
        let action: Action =
            switch recorded.event {
            case .assigned: .assigned
            case .activated: .statusChanged
            case .revoked, .expired: .revoked
            }
        self.init(
            event: event, tenant: tenant, action: action, entitlement: after.entitlement, subject: after.subject,
            actor: recorded.actor, at: recorded.at, before: before?.document(in: tenant),
            after: after.document(in: tenant))
    }
}

extension Entitlement {
    /// What can be read of it, as a document.
    public func document(in tenant: TenantID) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "id": .string(id.description), "tenant_id": .string(tenant.description),
            "application_id": .string(application.description), "name": .string(details.name),
            "risk_level": .string(details.riskLevel.rawValue), "status": .string(status.rawValue),
            "is_delegable": .bool(details.isDelegable), "created_at": .string(createdAt.rfc3339),
            "updated_at": .string(updatedAt.rfc3339),
        ]
        members["description"] = details.description.map(AttributeValue.string)
        members["owner_id"] = details.owner.map { .string($0.description) }
        members["external_id"] = details.externalID.map(AttributeValue.string)
        members["metadata"] = details.metadata
        if !roles.isEmpty { members["roles"] = .list(roles.map { .string($0.description) }) }
        return .object(members)
    }
}

extension EntitlementAssignment {
    /// What can be read of it, as a document; the justification stands beside its event.
    public func document(in tenant: TenantID) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "id": .string(id.description), "tenant_id": .string(tenant.description),
            "entitlement_id": .string(entitlement.description), "user_id": .string(subject.id),
            "source": .string(source.rawValue), "status": .string(status.rawValue),
            "assigned_by": .string(assignedBy.description), "assigned_at": .string(assignedAt.rfc3339),
            "is_justified": .bool(isJustified),
        ]
        members["expires_at"] = expiresAt.map { .string($0.rfc3339) }
        members["delegated_from"] = delegatedFrom.map { .string($0.description) }
        members["rule_id"] = rule.map { .string($0.description) }
        members["ended_at"] = endedAt.map { .string($0.rfc3339) }
        return .object(members)
    }
}
