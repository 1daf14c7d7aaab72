import Governance
import Identity
import Storage
import Vocabulary

extension GovernedView {
    /// What events mean for a target, in their order; what changes nobody's access there, such as a request that waits,
    /// is left out.
    func provisioningChanges(_ places: [JournalPlace]) throws -> [ProvisioningChange] {
        let assignments = try moments(places, Governed.assignment)
        let entitlements = try moments(places, Governed.entitlement)
        return try places.compactMap { place in
            if let moment = assignments[place.event] { return try change(place, moment) }
            if let moment = entitlements[place.event] { return try change(place, moment) }
            return try statusChange(place)
        }
    }

    // MARK: Assignments

    private func change(
        _ place: JournalPlace, _ moment: Moment<EntitlementAssignment, AssignmentEvent>
    ) throws -> ProvisioningChange? {
        guard let after = moment.after, let action = Self.action(moment.before?.status, after.status) else {
            return nil
        }
        var change = ProvisioningChange(place, action, at: moment.recorded.at)
        change.set(after.subject, login: try login(of: after.subject))
        change.set(try load(Governed.entitlement(after.entitlement)).state)
        (change.assignmentID, change.entitlementID) = (after.id, after.entitlement)
        change.expiresAt = after.expiresAt?.rfc3339
        return change
    }

    private static func action(_ before: AssignmentStatus?, _ after: AssignmentStatus) -> ProvisioningChange.Action? {
        switch (before, after) {
        case (.active?, .active): nil
        case (_, .active): .grant
        case (.active?, _): .revoke
        default: nil
        }
    }

    func login(of subject: Subject) throws -> String? {
        switch subject {
        case .person(let id): try sql.person(id, in: tenant)?.login
        case .serviceAccount(let id): try sql.serviceAccount(id, in: tenant)?.name
        }
    }

    // MARK: Entitlements

    private func change(
        _ place: JournalPlace, _ moment: Moment<Entitlement, EntitlementEvent>
    ) throws -> ProvisioningChange? {
        guard let (action, role) = Self.action(moment) else { return nil }
        var change = ProvisioningChange(place, action, at: moment.recorded.at)
        change.entitlementID = moment.recorded.event.entitlement
        change.set(moment.after ?? moment.before)
        change.roleID = role
        change.role = try role.flatMap { try sql.role($0, in: tenant)?.name }
        return change
    }

    private static func action(
        _ moment: Moment<Entitlement, EntitlementEvent>
    ) -> (ProvisioningChange.Action, RoleID?)? {
        let was = moment.before?.status == .active
        switch moment.recorded.event {
        case .statusChanged(_, let status):
            if was == (status == .active) { return nil }
            return (status == .active ? .activateEntitlement : .deactivateEntitlement, nil)
        case .deleted: return was ? (.deactivateEntitlement, nil) : nil
        case .boundToRole(_, let role): return (.bindRole, role)
        case .unboundFromRole(_, let role): return (.unbindRole, role)
        case .created, .updated: return nil
        }
    }

    // MARK: People and service accounts

    private func statusChange(_ place: JournalPlace) throws -> ProvisioningChange? {
        guard let subject = Subject(kind: place.kind.rawValue, bytes: place.stream),
            let action = Self.statusActions[place.type], let at = try sql.time(of: place)
        else { return nil }
        var change = ProvisioningChange(place, action, at: at)
        change.set(subject, login: try login(of: subject))
        return change
    }

    private static let statusActions: [String: ProvisioningChange.Action] = [
        "person.disabled": .disableSubject, "person.deleted": .disableSubject, "person.erased": .disableSubject,
        "person.enabled": .enableSubject, "person.restored": .enableSubject,
        "service_account.disabled": .disableSubject, "service_account.enabled": .enableSubject,
    ]
}
