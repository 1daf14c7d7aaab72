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
        try require(adding: try closure(of: roles), to: [subject])
    }

    /// Throws where what is bound to one of these roles, or to one that inherits it, would break a rule by itself.
    func require(adding added: Set<EntitlementID>, toRoles roles: [RoleID]) throws {
        let duties = try view.duties(naming: added, for: [])
        guard !duties.rules.isEmpty else { return }
        for role in heirs(of: roles).sorted() {
            let own = try entitlements(of: authorization.rules.closure(of: [role]))
            try duties.require(adding: added, to: own.subtracting(added), at: view.now)
        }
    }

    /// Throws when any of these subjects, holding these besides, would break a rule.
    func require(adding added: Set<EntitlementID>, to subjects: some Collection<Subject>) throws {
        guard !added.isEmpty, !subjects.isEmpty else { return }
        let duties = try view.duties(naming: added, for: [])
        guard !duties.rules.isEmpty else { return }
        let known = subjects.count > Self.manySubjects ? try Holders(view, authorization).everything() : nil
        var found: [SodViolationInfo] = []
        for subject in subjects {
            let held = try known.map { $0[subject] ?? [] } ?? held(by: subject)
            guard !duties.validatePreventive(adding: added, to: held, at: view.now).isValid else { continue }
            // Few are exempted: it is looked at only where a rule would be broken.
            found += try view.duties(naming: added, for: [subject])
                .validatePreventive(adding: added, to: held, for: subject, at: view.now).violations
        }
        try found.refuse()
    }

    /// Beyond so many it takes less time to read what everybody holds.
    private static let manySubjects = 2_000

    /// Everybody who holds one of these roles, or a role that inherits it.
    func holders(of roles: [RoleID]) throws -> Set<Subject> { try Holders(view, authorization).of(heirs(of: roles)) }

    /// Everybody to whom a mapping gives its role.
    func holders(by mapping: RoleMapping) throws -> Set<Subject> {
        Set(try SyncService.mappedHolders(mapping, in: view.tenant, view.sql).map(Subject.person))
    }

    /// What comes with these roles, inherited ones included.
    func closure(of roles: [RoleID]) throws -> Set<EntitlementID> {
        try entitlements(of: authorization.rules.closure(of: roles))
    }

    /// What comes with a role once it has these parents, and does not yet.
    func closure(of parents: [RoleID], newTo role: RoleID) throws -> Set<EntitlementID> {
        try entitlements(
            of: authorization.rules.closure(of: parents).subtracting(authorization.rules.closure(of: [role])))
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
    private func heirs(of roles: [RoleID]) -> Set<RoleID> {
        let roles = Set(roles)
        return Set(authorization.roles.keys.filter { !authorization.rules.closure(of: [$0]).isDisjoint(with: roles) })
    }
}
