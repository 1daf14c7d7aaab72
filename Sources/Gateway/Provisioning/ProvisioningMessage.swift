import Governance
import Identity
import Storage
import Vocabulary

/// What a target is sent: changes in the order they happened. A receiver knows a repetition by `event_id`.
struct ProvisioningMessage: Encodable {
    let version = 1
    let tenant: TenantID
    let changes: [ProvisioningChange]
}

/// Somebody gets or loses one entitlement.
struct ProvisioningChange: Encodable, Sendable {
    enum Action: String, Encodable, Sendable { case grant, revoke }

    let eventID: EventID
    let at: String
    let action: Action
    let assignmentID: EntitlementAssignmentID
    let subjectType: String
    let subjectID: String
    /// What the person signs in with; nil once they are erased.
    let login: String?
    let entitlementID: EntitlementID
    let applicationID: ApplicationID?
    let name: String?
    /// What the target itself calls it.
    let externalID: String?
    let expiresAt: String?

    private enum CodingKeys: String, CodingKey {
        case eventID = "event_id", at, action, assignmentID = "assignment_id", subjectType = "subject_type"
        case subjectID = "subject_id", login, entitlementID = "entitlement_id", applicationID = "application_id"
        case name, externalID = "external_id", expiresAt = "expires_at"
    }
}

extension GovernedView {
    /// What an event means for a target; nil for what changes nobody's access, such as a request that waits.
    func provisioningChange(_ place: JournalPlace) throws -> ProvisioningChange? {
        guard place.kind == .governed(EntitlementAssignment.aggregate.kind),
            let id = EntitlementAssignmentID(bytes: place.stream)
        else { return nil }
        var (state, before, after): (EntitlementAssignment?, EntitlementAssignment?, EntitlementAssignment?)
        var at = now
        try Governed.assignment(id).forEach(sql, in: tenant, keys: keys) { recorded, stored in
            let earlier = state
            try EntitlementAssignment.aggregate.apply(&state, recorded)
            if stored.version == place.version { (before, after, at) = (earlier, state, recorded.at) }
        }
        guard let after, let action = Self.action(before?.status, after.status) else { return nil }
        let entitlement = try load(Governed.entitlement(after.entitlement)).state
        return ProvisioningChange(
            eventID: place.event, at: at.rfc3339, action: action, assignmentID: id, subjectType: after.subject.kind,
            subjectID: after.subject.id, login: try login(of: after.subject), entitlementID: after.entitlement,
            applicationID: entitlement?.application, name: entitlement?.details.name,
            externalID: entitlement?.details.externalID, expiresAt: after.expiresAt?.rfc3339)
    }

    private static func action(_ before: AssignmentStatus?, _ after: AssignmentStatus) -> ProvisioningChange.Action? {
        switch (before, after) {
        case (.active?, .active): nil
        case (_, .active): .grant
        case (.active?, _): .revoke
        default: nil
        }
    }

    private func login(of subject: Subject) throws -> String? {
        switch subject {
        case .person(let id): try sql.person(id, in: tenant)?.login
        case .serviceAccount(let id): try sql.serviceAccount(id, in: tenant)?.name
        }
    }
}
