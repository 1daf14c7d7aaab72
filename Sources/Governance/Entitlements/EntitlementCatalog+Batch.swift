import Vocabulary

/// What a batch of assignments for one subject comes to: what begins, and what is held back and why.
public struct AssignmentBatch: Sendable, Hashable {
    /// One assignment that is not made, and the refusal.
    public struct Held: Sendable, Hashable {
        public let input: AssignmentInput
        public let refusal: GovernanceError
    }

    public let assigned: [AssignmentEvent.Assigned]
    public let held: [Held]
}

extension EntitlementCatalog {
    /// Judges assignments for one subject as a whole: by what they would hold in the end, so that entitlements that
    /// belong together can begin together, and one that has to be held first may come with the one it is for. What
    /// conflicts is held back, the rest is assigned. Pure.
    ///
    /// - Parameter ending: assignments that end with it, whose entitlements are not held afterwards.
    public func decideTogether(
        _ inputs: [AssignmentInput], for subject: Subject, tenant: TenantID,
        validation: AssignmentValidation = .standard, duties: SodRegister, roles: Set<RoleID> = [],
        ending: Set<EntitlementAssignmentID> = [], now: Timestamp
    ) throws(GovernanceError) -> AssignmentBatch {
        try require(tenant)
        var held: [AssignmentBatch.Held] = []
        var accepted: [AssignmentInput] = []
        for input in inputs {
            if let refusal = refusal(of: input, for: subject, beside: accepted, ending, now) {
                held.append(.init(input: input, refusal: refusal))
            } else {
                accepted.append(input)
            }
        }
        let standing = holdings(of: subject).filter { $0.isStanding(at: now) && !ending.contains($0.assignment) }
        let before = kept(by: subject, roles, ending, now)
        // What is held back may be what another one rests on: judged again until nothing more is.
        while true {
            let refused = conflicts(in: accepted, validation, beside: standing, before, duties, now)
            if refused.isEmpty { break }
            held += refused
            let ids = Set(refused.map(\.input.id))
            accepted.removeAll { ids.contains($0.id) }
        }
        return AssignmentBatch(assigned: accepted.map { $0.assigned(from: nil) }, held: held)
    }

    /// What stands against one by itself.
    private func refusal(
        of input: AssignmentInput, for subject: Subject, beside others: [AssignmentInput],
        _ ending: Set<EntitlementAssignmentID>, _ now: Timestamp
    ) -> GovernanceError? {
        guard input.subject == subject else { return .invalid(field: "subject", reason: "is not that of the batch") }
        do throws(GovernanceError) { try requireNew(input) } catch { return error }
        let isTwice = others.contains { $0.entitlement == input.entitlement && $0.source == input.source }
        let isHeld = holdings(of: subject).contains {
            $0.isStanding(at: now) && $0.entitlement == input.entitlement && $0.source == input.source
                && !ending.contains($0.assignment)
        }
        return isTwice || isHeld ? .assignmentAlreadyExists(input.entitlement) : nil
    }

    /// What is held afterwards by assignments and roles, whatever begins.
    private func kept(
        by subject: Subject, _ roles: Set<RoleID>, _ ending: Set<EntitlementAssignmentID>, _ now: Timestamp
    ) -> Set<EntitlementID> {
        var kept = Set(
            holdings(of: subject).filter { $0.isInForce(at: now) && !ending.contains($0.assignment) }.map(\.entitlement)
        )
        for role in roles { kept.formUnion(entitlements(of: role)) }
        return kept
    }

    private func conflicts(
        in accepted: [AssignmentInput], _ validation: AssignmentValidation, beside standing: [Holding],
        _ before: Set<EntitlementID>, _ duties: SodRegister, _ now: Timestamp
    ) -> [AssignmentBatch.Held] {
        var found: [AssignmentBatch.Held] = []
        let known = Set(standing.map(\.entitlement))
        for input in accepted {
            let others = Set(accepted.filter { $0.id != input.id }.map(\.entitlement))
            do throws(GovernanceError) {
                try requireAssignable(input, validation, holding: known.union(others), now)
            } catch { found.append(.init(input: input, refusal: error)) }
        }
        guard found.isEmpty, let subject = accepted.first?.subject else { return found }
        let added = Set(accepted.map(\.entitlement))
        let violations = duties.validatePreventive(adding: added, to: before, for: subject, at: now).violations
        return accepted.compactMap { input in
            violations.first { $0.conflictingEntitlements.contains(input.entitlement) }.map {
                AssignmentBatch.Held(input: input, refusal: .sodViolation($0.rule, message: $0.message))
            }
        }
    }
}

extension AssignmentInput {
    /// The content of the event that begins it.
    func assigned(from source: EntitlementAssignment?) -> AssignmentEvent.Assigned {
        let text = justification.map(trimmed).flatMap { $0.isEmpty ? nil : $0 }
        return AssignmentEvent.Assigned(
            id: id, entitlement: entitlement, subject: subject, source: self.source,
            status: awaitsApproval ? .pendingApproval : .active, expiresAt: expiresAt, isJustified: text != nil,
            justification: text, delegatedFrom: source?.id, rule: rule)
    }
}
