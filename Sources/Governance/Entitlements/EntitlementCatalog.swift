import Vocabulary

/// What is known of a tenant's entitlements and of who holds them, with the indexes that questions need: everything, or
/// the part that a decision rests on. Nothing of another tenant is ever in it.
public struct EntitlementCatalog: Sendable, Hashable {
    public let tenant: TenantID
    public private(set) var applications: [ApplicationID: GovernedApplication] = [:]
    public private(set) var entitlements: [EntitlementID: Entitlement] = [:]
    public private(set) var assignments: [EntitlementAssignmentID: EntitlementAssignment] = [:]
    private var byName: [Name: EntitlementID] = [:]
    private var bySubject: [Subject: [EntitlementAssignmentID: Holding]] = [:]
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

    // MARK: Questions

    /// The entitlement of that name in an application.
    public func entitlement(named name: String, in application: ApplicationID) -> EntitlementID? {
        byName[Name(application: application, text: name)]
    }

    /// Every assignment of a subject, ended ones included where they are known, by id.
    public func holdings(of subject: Subject) -> [Holding] {
        (bySubject[subject] ?? [:]).values.sorted { $0.assignment < $1.assignment }
    }

    /// What the holders of a role have by it.
    public func entitlements(of role: RoleID) -> Set<EntitlementID> { byRole[role] ?? [] }

    /// How many known assignments of an entitlement stand at a moment.
    public func standingAssignments(of entitlement: EntitlementID, at now: Timestamp) -> Int {
        bySubject.values.reduce(0) { count, holdings in
            count + holdings.values.count { $0.entitlement == entitlement && $0.isStanding(at: now) }
        }
    }

    /// What a subject holds by assignments at a moment, pending ones left out.
    public func held(by subject: Subject, at now: Timestamp) -> Set<EntitlementID> {
        Set((bySubject[subject] ?? [:]).values.lazy.filter { $0.isInForce(at: now) }.map(\.entitlement))
    }

    // MARK: What is known

    /// Takes over an application as it is now.
    public mutating func take(_ application: GovernedApplication) { applications[application.id] = application }

    /// Takes over an entitlement as it is now, in the place of what was known of it.
    public mutating func take(_ entitlement: Entitlement) { replace(entitlement.id, by: entitlement) }

    /// Takes over an assignment as it is now.
    public mutating func take(_ assignment: EntitlementAssignment) {
        assignments[assignment.id] = assignment
        take(assignment.holding)
    }

    /// Takes over what an index says of an assignment.
    public mutating func take(_ holding: Holding) {
        bySubject[holding.subject, default: [:]][holding.assignment] = holding
    }

    /// Takes over that the holders of a role have an entitlement by it.
    public mutating func take(_ entitlement: EntitlementID, of role: RoleID) {
        byRole[role, default: []].insert(entitlement)
    }

    /// Folds an event of an entitlement's stream. Throws `invalidSequence` for one that cannot stand there.
    public mutating func apply(_ recorded: Recorded<EntitlementEvent>) throws(GovernanceError) {
        let id = recorded.event.entitlement
        var entitlement = entitlements[id]
        try Entitlement.aggregate.apply(&entitlement, recorded)
        replace(id, by: entitlement)
    }

    /// Folds an event of an assignment's stream. Throws `invalidSequence` for one that cannot stand there.
    public mutating func apply(_ recorded: Recorded<AssignmentEvent>) throws(GovernanceError) {
        var assignment = assignments[recorded.event.assignment]
        try EntitlementAssignment.aggregate.apply(&assignment, recorded)
        if let assignment { take(assignment) }
    }

    private mutating func replace(_ id: EntitlementID, by entitlement: Entitlement?) {
        if let known = entitlements[id] {
            byName[Name(application: known.application, text: known.details.name)] = nil
            for role in known.roles { byRole[role]?.remove(id) }
        }
        entitlements[id] = entitlement
        guard let entitlement else { return }
        byName[Name(application: entitlement.application, text: entitlement.details.name)] = id
        for role in entitlement.roles { byRole[role, default: []].insert(id) }
    }
}
