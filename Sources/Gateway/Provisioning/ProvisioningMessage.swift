import Governance
import Identity
import Storage
import Vocabulary

/// What a target is sent: changes in the order they happened. A receiver knows a repetition by `event_id`.
struct ProvisioningMessage: Encodable {
    let version = 1
    /// Nil in a message without changes, by which `doctor` asks whether the target is there.
    let tenant: TenantID?
    let changes: [ProvisioningChange]
}

/// One thing that changes what somebody may do in the target. What an action does not speak of is absent.
struct ProvisioningChange: Encodable, Sendable {
    enum Action: String, Encodable, Sendable {
        /// Somebody gets or loses one entitlement.
        case grant, revoke
        /// Somebody may do nothing, or again what they hold.
        case disableSubject = "disable_subject", enableSubject = "enable_subject"
        /// Nobody may use an entitlement, whoever holds it; or its holders may again.
        case deactivateEntitlement = "deactivate_entitlement", activateEntitlement = "activate_entitlement"
        /// Whoever holds a role has an entitlement by it, or has not any more.
        case bindRole = "bind_role", unbindRole = "unbind_role"
        /// An account is to lose what it was reported to have and nobody gave it.
        case revokeReported = "revoke_reported"
        /// An account whose owner is not here, or may not sign in, is to be disabled.
        case disableAccount = "disable_account"
        /// An account is to say of its owner what it should.
        case updateAccount = "update_account"
    }

    let eventID: EventID
    let at: String
    let action: Action
    var assignmentID: EntitlementAssignmentID?
    var subjectType: String?
    var subjectID: String?
    /// What the person signs in with; nil once they are erased.
    var login: String?
    var entitlementID: EntitlementID?
    var applicationID: ApplicationID?
    var name: String?
    /// What the target itself calls it.
    var externalID: String?
    var roleID: RoleID?
    var role: String?
    var expiresAt: String?
    /// The target's own account, as it reported it.
    var account: String?
    /// What the target's account should say, by attribute.
    var attributes: [String: String]?

    init(_ place: JournalPlace, _ action: Action, at moment: Timestamp) {
        (eventID, at, self.action) = (place.event, moment.rfc3339, action)
    }

    private enum CodingKeys: String, CodingKey {
        case eventID = "event_id", at, action, assignmentID = "assignment_id", subjectType = "subject_type"
        case subjectID = "subject_id", login, entitlementID = "entitlement_id", applicationID = "application_id"
        case name, externalID = "external_id", roleID = "role_id", role, expiresAt = "expires_at", account, attributes
    }

    mutating func set(_ subject: Subject, login: String?) {
        (subjectType, subjectID, self.login) = (subject.kind, subject.id, login)
    }

    mutating func set(_ entitlement: Entitlement?) {
        (applicationID, name) = (entitlement?.application, entitlement?.details.name)
        externalID = entitlement?.details.externalID
    }
}
