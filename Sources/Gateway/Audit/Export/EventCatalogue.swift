/// What an event of the journal means to others' tools.
public struct EventMeaning: Sendable, Hashable {
    /// How much it matters by itself: `severity_id` of OCSF.
    public enum Severity: Int, Sendable {
        case informational = 1, low, medium, high, critical

        /// On the scale of CEF, 0 to 10.
        var cef: Int { [0, 1, 3, 5, 8, 10][rawValue] }
    }

    public let activity: OCSFActivity
    /// In words, the same for every event of the type.
    public let name: String
    public let severity: Severity
    /// Whether it says that something was refused or failed.
    public let isFailure: Bool
}

/// Every type of event that the journal has, and what it means. A test holds the list to what the source writes, both
/// ways. What a later version wrote is still exported, as some activity.
public enum EventCatalogue {
    /// By type.
    public static let meanings: [String: EventMeaning] = Dictionary(
        entries.map { ($0.type, $0.meaning) }, uniquingKeysWith: { first, _ in first })

    private static let entries =
        people + credentials + signIns + access + groups + clients + samlApplications + findings + signals + governance
        + approvals + operation

    /// How many entries were written down.
    static var entryCount: Int { entries.count }

    /// What an event of this type means.
    public static func meaning(of type: String) -> EventMeaning {
        meanings[type]
            ?? EventMeaning(activity: .api(.other), name: "Event \(type)", severity: .informational, isFailure: false)
    }

    typealias Entry = (type: String, meaning: EventMeaning)

    static func entry(
        _ type: String, _ activity: OCSFActivity, _ name: String, _ severity: EventMeaning.Severity = .informational,
        isFailure: Bool = false
    ) -> Entry {
        (type, EventMeaning(activity: activity, name: name, severity: severity, isFailure: isFailure))
    }

    private static let people: [Entry] = [
        entry("person.created", .account(.create), "Person added"),
        entry("person.changed", .account(.other), "Person changed"),
        entry("person.refreshed", .account(.other), "Person brought up to date by a directory"),
        entry("person.restored", .account(.enable), "Leaver came back"),
        entry("person.enabled", .account(.enable), "Person enabled"),
        entry("person.disabled", .account(.disable), "Person disabled", .low),
        entry("person.deleted", .account(.delete), "Person deleted", .low),
        entry("person.erased", .account(.delete), "Personal data erased", .medium),
        entry("identity.linked", .account(.other), "Identity linked"),
        entry("identity.unlinked", .account(.other), "Identity unlinked"),
        entry("service_account.created", .account(.create), "Service account added"),
        entry("service_account.enabled", .account(.enable), "Service account enabled"),
        entry("service_account.disabled", .account(.disable), "Service account disabled", .low),
    ]

    private static let credentials: [Entry] = [
        entry("password.changed", .account(.passwordChange), "Password changed"),
        entry("password.imported", .account(.passwordChange), "Password imported"),
        entry("password.rehashed", .account(.other), "Password hashed anew"),
        entry("totp.enrolment_begun", .account(.other), "Authenticator app begun to be set up"),
        entry("totp.enrolled", .account(.factorEnable), "Authenticator app set up"),
        entry("totp.removed", .account(.factorDisable), "Authenticator app removed", .medium),
        entry("totp.used", .authentication(.other), "One-time code used"),
        entry("recovery_codes.made", .account(.other), "Recovery codes made"),
        entry("recovery_code.used", .authentication(.other), "Recovery code used", .low),
        entry("link.created", .account(.passwordReset), "Link for setting up or resetting made", .low),
        entry("link.used", .authentication(.other), "Link used"),
        entry("api_key.created", .account(.other), "API key made", .low),
        entry("api_key.revoked", .account(.other), "API key revoked"),
    ]

    private static let signIns: [Entry] = [
        entry("login.succeeded", .authentication(.logon), "Signed in"),
        entry("login.refused", .authentication(.logon), "Sign-in refused", .low, isFailure: true),
        entry("login.refusals_folded", .authentication(.logon), "Further sign-ins refused", .medium, isFailure: true),
        entry("saml.message_refused", .authentication(.other), "Message of SAML not believed", .low, isFailure: true),
        entry(
            "saml.refusals_folded", .authentication(.other), "Further messages of SAML not believed", .medium,
            isFailure: true),
        entry("login.anomaly_found", .detectionFinding(.create), "Sign-in stands out", .medium),
        entry("session.started", .authorizeSession, "Session started"),
        entry("session.ended", .authentication(.logoff), "Session ended"),
        entry("application_session.started", .authorizeSession, "Session at an application started"),
        entry("application_session.ended", .authentication(.logoff), "Session at an application ended"),
    ]

    private static let access: [Entry] = [
        entry("role.assigned", .userAccess(.assign), "Role assigned"),
        entry("role.revoked", .userAccess(.revoke), "Role revoked"),
        entry("assignment.assigned", .userAccess(.assign), "Entitlement assigned"),
        entry("assignment.activated", .userAccess(.assign), "Entitlement in force"),
        entry("assignment.revoked", .userAccess(.revoke), "Entitlement revoked"),
        entry("assignment.expired", .userAccess(.revoke), "Entitlement ended"),
        entry("role.created", .api(.create), "Role added"),
        entry("role.changed", .api(.update), "Role changed", .low),
        entry("role.deleted", .api(.delete), "Role deleted", .low),
        entry("role.released", .api(.update), "Role left to the API"),
        entry("mapping.created", .api(.create), "Role mapping added", .low),
        entry("mapping.deleted", .api(.delete), "Role mapping deleted", .low),
        entry("entitlement.created", .api(.create), "Entitlement added"),
        entry("entitlement.updated", .api(.update), "Entitlement changed"),
        entry("entitlement.status_changed", .api(.update), "Entitlement's status changed"),
        entry("entitlement.role_bound", .api(.update), "Entitlement bound to a role", .low),
        entry("entitlement.role_unbound", .api(.update), "Entitlement no longer bound to a role"),
        entry("entitlement.deleted", .api(.delete), "Entitlement deleted"),
        entry("application.governed", .api(.create), "Governed application added"),
        entry("application.updated", .api(.update), "Governed application changed"),
        entry("assignment_rules.configured", .api(.update), "Rules of assignments changed", .low),
    ]

    private static let groups: [Entry] = [
        entry("group.created", .group(.create), "Group added"),
        entry("group.changed", .group(.other), "Group changed"),
        entry("group.renamed", .group(.other), "Group renamed"),
        entry("group.deleted", .group(.delete), "Group deleted"),
        entry("group.member_added", .group(.addUser), "Member added"),
        entry("group.member_removed", .group(.removeUser), "Member removed"),
        entry("group.members_changed", .group(.other), "Members changed by a directory job"),
        entry("person.groups_refreshed", .userAccess(.assign), "Groups brought up to date at a sign-in"),
    ]
}
