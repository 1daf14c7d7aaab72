import Vocabulary

extension Entitlement {
    /// How entitlements are folded and written. One that is deleted folds to nothing.
    public static let aggregate = Aggregate<Entitlement, EntitlementEvent>(
        kind: "entitlement",
        apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try EntitlementEvent($0) })

    private static func apply(
        _ recorded: Recorded<EntitlementEvent>, to state: inout Entitlement?
    ) throws(GovernanceError) {
        if case .created(let id, let application, let details, let status) = recorded.event {
            guard state == nil else { throw .invalidSequence(kind: "entitlement", event: "created") }
            state = Entitlement(
                id: id, application: application, details: details, status: status, roles: [],
                createdAt: recorded.at, updatedAt: recorded.at, version: 1)
            return
        }
        guard var entitlement = state else {
            throw .invalidSequence(kind: "entitlement", event: "\(recorded.event)")
        }
        entitlement.version += 1
        entitlement.updatedAt = recorded.at
        switch recorded.event {
        case .created, .deleted:
            state = nil
            return
        case .updated(_, let details): entitlement.details = details
        case .statusChanged(_, let status): entitlement.status = status
        case .boundToRole(_, let role): entitlement.roles.append(role)
        case .unboundFromRole(_, let role): entitlement.roles.removeAll { $0 == role }
        }
        state = entitlement
    }
}

extension EntitlementAssignment {
    /// How assignments are folded and written.
    public static let aggregate = Aggregate<EntitlementAssignment, AssignmentEvent>(
        kind: "entitlement_assignment",
        apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try AssignmentEvent($0) })

    private static func apply(
        _ recorded: Recorded<AssignmentEvent>, to state: inout EntitlementAssignment?
    ) throws(GovernanceError) {
        if case .assigned(let content) = recorded.event {
            guard state == nil else { throw .invalidSequence(kind: "assignment", event: "assigned") }
            state = EntitlementAssignment(content, recorded)
            return
        }
        guard var assignment = state else {
            throw .invalidSequence(kind: "assignment", event: "\(recorded.event)")
        }
        assignment.version += 1
        switch recorded.event {
        case .assigned: break
        case .activated: assignment.status = .active
        case .revoked: (assignment.status, assignment.endedAt) = (.revoked, recorded.at)
        case .expired: (assignment.status, assignment.endedAt) = (.expired, recorded.at)
        }
        state = assignment
    }

    private init(_ content: AssignmentEvent.Assigned, _ recorded: Recorded<AssignmentEvent>) {
        self.init(
            id: content.id, entitlement: content.entitlement, subject: content.subject, source: content.source,
            status: content.status, assignedBy: recorded.actor, assignedAt: recorded.at, expiresAt: content.expiresAt,
            isJustified: content.isJustified, delegatedFrom: content.delegatedFrom, rule: content.rule, endedAt: nil,
            version: 1)
    }
}
