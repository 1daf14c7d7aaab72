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
        let findings = try moments(places, Governed.finding)
        return try places.compactMap { place in
            if let moment = assignments[place.event] { return try change(place, moment) }
            if let moment = entitlements[place.event] { return try change(place, moment) }
            if let moment = findings[place.event] { return try change(place, moment) }
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

    // MARK: What a report showed

    private func change(
        _ place: JournalPlace, _ moment: Moment<TargetFinding, TargetFindingEvent>
    ) throws -> ProvisioningChange? {
        guard let finding = moment.after, case .resolved(let done, _) = moment.recorded.event,
            let action = Self.action(done, finding.kind)
        else { return nil }
        let detail = try detail(finding)
        var change = ProvisioningChange(place, action, at: moment.recorded.at)
        (change.applicationID, change.account) = (finding.application, detail.account)
        if let entitlement = finding.entitlement {
            change.entitlementID = entitlement
            change.set(try load(Governed.entitlement(entitlement)).state)
        }
        change.externalID = change.externalID ?? detail.unknownName
        if let subject = finding.subject { change.set(subject, login: detail.login) }
        if action == .updateAccount { change.attributes = try attributes(of: finding, named: detail.reported.keys) }
        return change
    }

    private static func action(
        _ done: TargetFinding.Action, _ kind: TargetDifference.Kind
    ) -> ProvisioningChange.Action? {
        switch (done, kind) {
        case (.reprovision, .missing): .grant
        case (.reprovision, .drift): .updateAccount
        case (.revoke, .unexpected): .revokeReported
        case (.revoke, .orphaned): .disableAccount
        // What is revoked or adopted here is told of by its assignment.
        default: nil
        }
    }

    /// What those attributes should say now.
    private func attributes(
        of finding: TargetFinding, named names: some Sequence<String>
    ) throws -> [String: String]? {
        guard case .person(let id)? = finding.subject, let person = try sql.person(id, in: tenant) else { return nil }
        let known = SubjectResolver.attributes(of: person)
        return Dictionary(names.compactMap { name in known[name]?.string.map { (name, $0) } }) { first, _ in first }
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
