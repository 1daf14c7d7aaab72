import Vocabulary

/// What can be asked of assignments.
public enum AssignmentCommand: Sendable, Hashable {
    case assign(AssignmentInput)
    /// A holder passes on what may be passed on, for no longer than they hold it.
    case delegate(EntitlementAssignmentID, AssignmentInput)
    /// Ends the waiting of an assignment that was to be approved.
    case activate(EntitlementAssignmentID)
    case revoke(EntitlementAssignmentID, ChangeReason? = nil)
}

extension EntitlementCatalog {
    /// An assignment of the tenant. Throws `assignmentNotFound`.
    public func assignment(_ id: EntitlementAssignmentID) throws(GovernanceError) -> EntitlementAssignment {
        guard let assignment = assignments[id] else { throw .assignmentNotFound(id) }
        return assignment
    }

    /// What follows from a command about an assignment. Every way to an assignment comes through here, and so through
    /// the validators and separation of duties. Pure.
    ///
    /// - Parameter duties: the tenant's rules and exemptions.
    /// - Parameter roles: the roles the subject holds, inherited ones included: what comes with them counts as held.
    public func decide(
        _ command: AssignmentCommand, tenant: TenantID, validation: AssignmentValidation = .standard,
        duties: SodRegister, roles: Set<RoleID> = [], now: Timestamp
    ) throws(GovernanceError) -> [AssignmentEvent] {
        try require(tenant)
        switch command {
        case .assign(let input):
            return [.assigned(try accepted(input, from: nil, validation, duties, roles, now))]
        case .delegate(let id, let input):
            let source = try delegable(id, input, now)
            return [.assigned(try accepted(input, from: source, validation, duties, roles, now))]
        case .activate(let id):
            let assignment = try assignment(id)
            guard assignment.status == .pendingApproval, assignment.holding.isStanding(at: now) else {
                throw .invalidState(current: assignment.status.rawValue, expected: "pending_approval")
            }
            // What was harmless when it was asked for need not be so when it begins.
            let others = holdings(of: assignment.subject).filter { $0.assignment != id && $0.isStanding(at: now) }
            try requireAssignable(assignment.asInput, validation, holding: Set(others.map(\.entitlement)), now)
            try duties.require(
                adding: [assignment.entitlement], to: effective(assignment.subject, roles, now),
                for: assignment.subject, at: now)
            return [.activated(id)]
        case .revoke(let id, let reason):
            let assignment = try assignment(id)
            guard [.active, .pendingApproval].contains(assignment.status) else {
                throw .invalidState(current: assignment.status.rawValue, expected: "active")
            }
            return [.revoked(id, reason)]
        }
    }

    private func accepted(
        _ input: AssignmentInput, from source: EntitlementAssignment?, _ validation: AssignmentValidation,
        _ duties: SodRegister, _ roles: Set<RoleID>, _ now: Timestamp
    ) throws(GovernanceError) -> AssignmentEvent.Assigned {
        try requireNew(input)
        let standing = holdings(of: input.subject).filter { $0.isStanding(at: now) }
        try requireAssignable(input, validation, holding: Set(standing.map(\.entitlement)), now)
        guard !standing.contains(where: { $0.entitlement == input.entitlement && $0.source == input.source }) else {
            throw .assignmentAlreadyExists(input.entitlement)
        }
        try duties.require(
            adding: [input.entitlement], to: effective(input.subject, roles, now), for: input.subject, at: now)
        return input.assigned(from: source)
    }

    /// Throws for an id that is taken, and for more words than are kept.
    func requireNew(_ input: AssignmentInput) throws(GovernanceError) {
        guard assignments[input.id] == nil else {
            throw .alreadyExists(resource: "assignment", id: input.id.description)
        }
        guard (input.justification?.utf8.count ?? 0) <= AssignmentInput.justificationBytes else {
            throw .invalid(field: "justification", reason: "is longer than \(AssignmentInput.justificationBytes) bytes")
        }
    }

    /// That there is such an entitlement to be had, and that no validator has anything against it.
    func requireAssignable(
        _ input: AssignmentInput, _ validation: AssignmentValidation, holding held: Set<EntitlementID>,
        _ now: Timestamp
    ) throws(GovernanceError) {
        let entitlement = try entitlement(input.entitlement)
        guard entitlement.status == .active else {
            throw .invalidState(current: entitlement.status.rawValue, expected: "active")
        }
        try requireActive(entitlement.application)
        if input.source == .direct, !input.awaitsApproval, let workflow = validation.workflow(input.entitlement) {
            throw .approvalRequired(workflow)
        }
        let problems = validation.problems(
            input, risk: entitlement.details.riskLevel, held: held, now: now)
        guard problems.isEmpty else { throw .validationFailed(problems) }
    }

    private func delegable(
        _ id: EntitlementAssignmentID, _ input: AssignmentInput, _ now: Timestamp
    ) throws(GovernanceError) -> EntitlementAssignment {
        let source = try assignment(id)
        guard source.isInForce(at: now) else {
            throw .invalidState(current: source.status.rawValue, expected: "active")
        }
        guard source.entitlement == input.entitlement else {
            throw .invalid(field: "entitlement", reason: "is not the one that is held")
        }
        // What was passed on is not passed on again, and not to oneself.
        guard try entitlement(source.entitlement).details.isDelegable, source.delegatedFrom == nil,
            source.subject != input.subject
        else { throw .notDelegable(source.entitlement) }
        if let end = source.expiresAt {
            guard let wanted = input.expiresAt, wanted <= end else {
                throw .invalid(field: "expires_at", reason: "is later than the end of what is passed on")
            }
        }
        return source
    }

    private func requireActive(_ id: ApplicationID) throws(GovernanceError) {
        let status = try application(id).details.status
        guard status == .active else { throw .invalidState(current: status.rawValue, expected: "active") }
    }
}

extension EntitlementAssignment {
    /// What was asked for, as validators look at it. The words of a justification are with the event, under the
    /// subject's key; that there were some is known.
    fileprivate var asInput: AssignmentInput {
        AssignmentInput(
            id: id, entitlement: entitlement, subject: subject, source: source, expiresAt: expiresAt,
            justification: isJustified ? "justified" : nil, awaitsApproval: true)
    }
}
