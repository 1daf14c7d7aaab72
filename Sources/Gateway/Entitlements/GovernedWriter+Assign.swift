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

    private struct Basis {
        var catalog: EntitlementCatalog
        let duties: SodRegister
        let roles: Set<RoleID>
    }

    private func basis(
        of command: AssignmentCommand, _ entitlement: EntitlementID, for subject: Subject,
        _ authorization: TenantAuthorization
    ) throws -> Basis {
        let view = view
        let roles = try HeldRoles.of(subject, authorization, tx.sql, now: now)
        var catalog = try view.catalog(of: subject, roles: roles)
        if let known = try view.load(Governed.entitlement(entitlement)).state {
            catalog.take(known)
            if let application = try view.load(Governed.application(known.application)).state {
                catalog.take(application)
            }
        }
        if case .delegate(let source, _) = command, let known = try view.load(Governed.assignment(source)).state {
            catalog.take(known)
        }
        return Basis(catalog: catalog, duties: try view.duties(naming: [entitlement], for: [subject]), roles: roles)
    }
}

extension EntitlementAssignment {
    /// What an assignment's row points at: what it was passed on from.
    static func links(_ assignment: EntitlementAssignment) -> [[UInt8]] {
        assignment.delegatedFrom.map { [$0.bytes] } ?? []
    }
}
