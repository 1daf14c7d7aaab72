import Governance
import Identity
import Storage
import Vocabulary

extension GovernedWriter {
    /// Carries out a command that begins an assignment: loads what the decision rests on, decides, writes.
    func assign(
        _ command: AssignmentCommand, _ input: AssignmentInput, _ authorization: TenantAuthorization,
        _ validators: [AssignmentValidator]
    ) throws -> EntitlementAssignment {
        try tx.sql.require(input.subject, in: tenant)
        return try begin(
            Governed.assignment(input.id), "assignment", id: input.id.description, row: GovernedRow.init,
            links: EntitlementAssignment.links
        ) {
            let basis = try basis(of: command, input.entitlement, for: input.subject, authorization)
            return try basis.catalog.decide(
                command, tenant: tenant, validation: try view.assignmentRules().validation(validators),
                duties: basis.duties, roles: basis.roles, now: now)
        }
    }

    /// Begins several assignments of one subject, judged as a whole; what conflicts is held back. Ends what ends with it.
    func assignTogether(
        _ inputs: [AssignmentInput], for subject: Subject, ending: [EntitlementAssignmentID] = [],
        _ authorization: TenantAuthorization, _ validators: [AssignmentValidator] = []
    ) throws -> AssignmentBatch {
        let batch = try view.judgeTogether(inputs, for: subject, ending: Set(ending), authorization, validators)
        for id in ending {
            try end(id) { catalog in
                try catalog.decide(.revoke(id), tenant: tenant, duties: try SodRegister(tenant: tenant), now: now)
            }
        }
        for content in batch.assigned {
            let stream = Governed.assignment(content.id)
            try write(
                [.assigned(content)], to: try view.load(stream), of: stream, row: GovernedRow.init,
                links: EntitlementAssignment.links)
        }
        return batch
    }

    /// What was asked for begins, if nothing that happened since stands in its way.
    func activate(_ id: EntitlementAssignmentID, _ authorization: TenantAuthorization) throws {
        _ = try change(
            Governed.assignment(id), "assignment", row: GovernedRow.init, links: EntitlementAssignment.links
        ) { waiting in
            var basis = try basis(of: .activate(id), waiting.entitlement, for: waiting.subject, authorization)
            basis.catalog.take(waiting)
            return try basis.catalog.decide(
                .activate(id), tenant: tenant, validation: try view.assignmentRules().validation(),
                duties: basis.duties, roles: basis.roles, now: now)
        }
    }

    /// Ends an assignment by what is decided on a catalog that knows it, and with it what was passed on from it.
    @discardableResult func end(
        _ id: EntitlementAssignmentID, _ decide: (EntitlementCatalog) throws -> [AssignmentEvent]
    ) throws -> EntitlementAssignment {
        let stream = Governed.assignment(id)
        let loaded = try view.load(stream)
        guard let known = loaded.state else { throw GovernanceError.assignmentNotFound(id) }
        var catalog = try EntitlementCatalog(tenant: tenant)
        catalog.take(known)
        let after = try EntitlementService.present(
            try write(try decide(catalog), to: loaded, of: stream, row: GovernedRow.init))
        if known.status == .pendingApproval { try withdraw(requestFor: id) }
        for child in try tx.sql.linked(stream.stream.kind, to: id.bytes, in: tenant) {
            guard let child = EntitlementAssignmentID(bytes: child) else { continue }
            _ = try change(Governed.assignment(child), "assignment", row: GovernedRow.init) {
                $0.due(at: now, source: after)
            }
        }
        return after
    }

    /// A reason as it is kept: said by a person, and erased with them.
    func reason(_ text: String?) throws -> ChangeReason? {
        guard let text else { return nil }
        guard text.utf8.count <= AssignmentInput.justificationBytes else {
            throw GovernanceError.invalid(
                field: "reason", reason: "is longer than \(AssignmentInput.justificationBytes) bytes")
        }
        return ChangeReason(by: caller.actor, text: text)
    }

    private func basis(
        of command: AssignmentCommand, _ entitlement: EntitlementID, for subject: Subject,
        _ authorization: TenantAuthorization
    ) throws -> AssignmentBasis {
        var basis = try view.basis(naming: [entitlement], for: subject, authorization)
        if case .delegate(let source, _) = command, let known = try view.load(Governed.assignment(source)).state {
            basis.catalog.take(known)
        }
        return basis
    }
}

/// What a decision about assignments of one subject rests on.
struct AssignmentBasis {
    var catalog: EntitlementCatalog
    let duties: SodRegister
    let roles: Set<RoleID>
}

extension GovernedView {
    fileprivate func basis(
        naming entitlements: Set<EntitlementID>, for subject: Subject, _ authorization: TenantAuthorization
    ) throws -> AssignmentBasis {
        let roles = try HeldRoles.of(subject, authorization, sql, now: now)
        var catalog = try catalog(of: subject, roles: roles)
        for id in entitlements {
            guard let known = try load(Governed.entitlement(id)).state else { continue }
            catalog.take(known)
            if catalog.applications[known.application] == nil,
                let application = try load(Governed.application(known.application)).state
            {
                catalog.take(application)
            }
        }
        return AssignmentBasis(
            catalog: catalog, duties: try duties(naming: entitlements, for: [subject]), roles: roles)
    }

    /// What several assignments of one subject would come to, judged as a whole.
    func judgeTogether(
        _ inputs: [AssignmentInput], for subject: Subject, ending: Set<EntitlementAssignmentID> = [],
        _ authorization: TenantAuthorization, _ validators: [AssignmentValidator] = []
    ) throws -> AssignmentBatch {
        let basis = try basis(naming: Set(inputs.map(\.entitlement)), for: subject, authorization)
        return try basis.catalog.decideTogether(
            inputs, for: subject, tenant: tenant, validation: try assignmentRules().validation(validators),
            duties: basis.duties, roles: basis.roles, ending: ending, now: now)
    }
}

extension EntitlementAssignment {
    /// What an assignment's row points at: what it was passed on from, or the rule that gave it.
    static func links(_ assignment: EntitlementAssignment) -> [[UInt8]] {
        [assignment.delegatedFrom?.bytes, assignment.rule?.bytes].compactMap(\.self)
    }
}
