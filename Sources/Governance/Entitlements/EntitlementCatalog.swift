import Vocabulary

/// A tenant's entitlements and who holds them: the fold of its entitlement and assignment streams, with the indexes
/// that questions need. Nothing of another tenant is ever in it.
public struct EntitlementCatalog: Sendable, Hashable {
    public let tenant: TenantID
    public private(set) var entitlements: [EntitlementID: Entitlement] = [:]
    public private(set) var assignments: [EntitlementAssignmentID: EntitlementAssignment] = [:]
    private var byName: [Name: EntitlementID] = [:]
    private var bySubject: [Subject: [EntitlementAssignmentID]] = [:]
    private var byEntitlement: [EntitlementID: Set<EntitlementAssignmentID>] = [:]
    private var byRole: [RoleID: Set<EntitlementID>] = [:]

    private struct Name: Hashable {
        let application: ApplicationID
        let text: String
    }

    /// An empty catalog. Throws `tenantRequired` for the nil id.
    public init(tenant: TenantID) throws(GovernanceError) {
        guard !tenant.isNil else { throw .tenantRequired }
        self.tenant = tenant
    }

    /// The entitlement of that name in an application.
    public func entitlement(named name: String, in application: ApplicationID) -> EntitlementID? {
        byName[Name(application: application, text: name)]
    }

    /// Every assignment of a subject, ended ones included, oldest first.
    public func assignments(of subject: Subject) -> [EntitlementAssignment] {
        (bySubject[subject] ?? []).compactMap { assignments[$0] }
    }

    /// What the holders of a role have by it.
    public func entitlements(of role: RoleID) -> Set<EntitlementID> { byRole[role] ?? [] }

    /// Every subject that has or had an assignment.
    public var subjects: some Collection<Subject> { bySubject.keys }

    /// How many assignments of an entitlement stand at a moment.
    public func standingAssignments(of entitlement: EntitlementID, at now: Timestamp) -> Int {
        (byEntitlement[entitlement] ?? []).count { assignments[$0]?.isStanding(at: now) ?? false }
    }

    /// What a subject holds by assignments at a moment, pending ones left out.
    public func held(by subject: Subject, at now: Timestamp) -> Set<EntitlementID> {
        var held: Set<EntitlementID> = []
        for id in bySubject[subject] ?? [] {
            guard let assignment = assignments[id], assignment.isInForce(at: now) else { continue }
            held.insert(assignment.entitlement)
        }
        return held
    }

    /// Folds an event of an entitlement's stream. Throws `invalidSequence` for one that cannot stand there.
    public mutating func apply(_ recorded: Recorded<EntitlementEvent>) throws(GovernanceError) {
        let id = recorded.event.entitlement
        if case .created(_, let application, let details, let status) = recorded.event {
            guard entitlements[id] == nil else { throw .invalidSequence(kind: "entitlement", event: "created") }
            entitlements[id] = Entitlement(
                id: id, tenant: tenant, application: application, details: details, status: status, roles: [],
                createdAt: recorded.at, updatedAt: recorded.at, version: 1)
            byName[Name(application: application, text: details.name)] = id
            return
        }
        guard var entitlement = entitlements[id] else {
            throw .invalidSequence(kind: "entitlement", event: "\(recorded.event)")
        }
        entitlement.version += 1
        entitlement.updatedAt = recorded.at
        byName[Name(application: entitlement.application, text: entitlement.details.name)] = nil
        switch recorded.event {
        case .created, .deleted:
            for role in entitlement.roles { byRole[role]?.remove(id) }
            entitlements[id] = nil
            return
        case .updated(_, let details): entitlement.details = details
        case .statusChanged(_, let status): entitlement.status = status
        case .boundToRole(_, let role):
            entitlement.roles.append(role)
            byRole[role, default: []].insert(id)
        case .unboundFromRole(_, let role):
            entitlement.roles.removeAll { $0 == role }
            byRole[role]?.remove(id)
        }
        byName[Name(application: entitlement.application, text: entitlement.details.name)] = id
        entitlements[id] = entitlement
    }

    /// Folds an event of an assignment's stream. Throws `invalidSequence` for one that cannot stand there.
    public mutating func apply(_ recorded: Recorded<AssignmentEvent>) throws(GovernanceError) {
        let id = recorded.event.assignment
        if case .assigned(let content) = recorded.event {
            guard assignments[id] == nil else { throw .invalidSequence(kind: "assignment", event: "assigned") }
            assignments[id] = EntitlementAssignment(
                id: id, tenant: tenant, entitlement: content.entitlement, subject: content.subject,
                source: content.source, status: content.status, assignedBy: recorded.actor, assignedAt: recorded.at,
                expiresAt: content.expiresAt, isJustified: content.isJustified, delegatedFrom: content.delegatedFrom,
                endedAt: nil, version: 1)
            bySubject[content.subject, default: []].append(id)
            byEntitlement[content.entitlement, default: []].insert(id)
            return
        }
        guard var assignment = assignments[id] else {
            throw .invalidSequence(kind: "assignment", event: "\(recorded.event)")
        }
        assignment.version += 1
        switch recorded.event {
        case .assigned: break
        case .activated: assignment.status = .active
        case .revoked: (assignment.status, assignment.endedAt) = (.revoked, recorded.at)
        case .expired: (assignment.status, assignment.endedAt) = (.expired, recorded.at)
        }
        assignments[id] = assignment
    }
}
