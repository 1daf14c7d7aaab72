import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Judges changes of roles by what comes with them: nobody gets an entitlement by a role that a rule of separation of
/// duties keeps from them.
struct RoleDuties {
    private let view: GovernedView
    private let authorization: TenantAuthorization

    init(_ view: GovernedView, _ authorization: TenantAuthorization) {
        (self.view, self.authorization) = (view, authorization)
    }

    /// Throws `sod.violation` or `sod.multiple_violations` when holding these roles besides would break a rule.
    func require(granting roles: [RoleID], to subject: Subject) throws {
        let added = try entitlements(of: authorization.rules.closure(of: roles))
        try require(adding: added, to: [subject])
    }

    /// The same for everybody who holds one of these roles, or a role that inherits it; and for the roles themselves:
    /// what is bound to one must not break a rule by itself.
    func require(adding added: Set<EntitlementID>, toHoldersOf roles: [RoleID]) throws {
        let duties = try view.duties(naming: added, for: [])
        guard !duties.rules.isEmpty else { return }
        let heirs = heirs(of: Set(roles))
        for role in heirs.sorted() {
            let own = try entitlements(of: authorization.rules.closure(of: [role]))
            try duties.require(adding: added, to: own.subtracting(added), at: view.now)
        }
        try require(adding: added, to: Holders(view, authorization).of(heirs).sorted { $0.id < $1.id })
    }

    /// Throws when any of these subjects, holding these besides, would break a rule.
    func require(adding added: Set<EntitlementID>, to subjects: [Subject]) throws {
        guard !added.isEmpty, !(try view.duties(naming: added, for: []).rules.isEmpty) else { return }
        var found: [SodViolationInfo] = []
        for subject in subjects {
            let duties = try view.duties(naming: added, for: [subject])
            let held = try held(by: subject)
            found += duties.validatePreventive(adding: added, to: held, for: subject, at: view.now).violations
        }
        try found.refuse()
    }

    /// What somebody holds now, by assignments and by roles.
    func held(by subject: Subject) throws -> Set<EntitlementID> {
        let roles = try HeldRoles.of(subject, authorization, view.sql, now: view.now)
        return try view.catalog(of: subject, roles: roles).effective(subject, roles, view.now)
    }

    func entitlements(of roles: some Sequence<RoleID>) throws -> Set<EntitlementID> {
        try view.entitlements(of: roles).values.reduce(into: []) { $0.formUnion($1) }
    }

    /// These roles and all that inherit from one of them.
    private func heirs(of roles: Set<RoleID>) -> Set<RoleID> {
        Set(authorization.roles.keys.filter { !authorization.rules.closure(of: [$0]).isDisjoint(with: roles) })
    }
}
