import Authorization
import Identity
import Storage
import Vocabulary

/// Roles, mappings and assignments. Whoever gives something must hold it; every change compiles the tenant's index anew
/// before it is answered.
public struct RoleService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let resolver: SubjectResolver
    let providers: ProviderTable

    // MARK: Reading

    /// Every role of the tenant by name, predefined ones included.
    public func roles(in tenant: TenantID) async throws -> [Role] { try await store.read { try $0.roles(in: tenant) } }

    /// The role of this name or id. Throws `not found` when the tenant has none.
    public func role(named name: String, in tenant: TenantID) async throws -> Role {
        let all = try await roles(in: tenant)
        guard let role = all.first(where: { $0.name == name || $0.id.description == name }) else {
            throw Fault.notFound("role")
        }
        return role
    }

    /// The mappings that hold now.
    public func mappings(in tenant: TenantID) async throws -> [RoleMapping] {
        try await store.read { try $0.roleMappings(in: tenant) }
    }

    /// The mapping. Throws `not found` when the tenant has none of this id that holds now.
    public func mapping(_ id: MappingID, in tenant: TenantID) async throws -> RoleMapping {
        guard let mapping = try await mappings(in: tenant).first(where: { $0.id == id }) else {
            throw Fault.notFound("mapping")
        }
        return mapping
    }

    /// A page of assignments that are not revoked, those after `last`, of one subject and of one role where they are
    /// named; some may have expired.
    public func assignments(
        in tenant: TenantID, of subject: Subject? = nil, role: RoleID? = nil, after last: AssignmentID? = nil,
        limit: Int = .max
    ) async throws -> [RoleAssignment] {
        try await store.read {
            try $0.assignments(in: tenant, of: subject, role: role, after: last, limit: limit)
        }
    }

    /// The assignment. Throws `not found` when the tenant has none of this id, or it was revoked.
    public func assignment(_ id: AssignmentID, in tenant: TenantID) async throws -> RoleAssignment {
        guard let assignment = try await store.read({ try $0.assignment(id, in: tenant) }) else {
            throw Fault.notFound("assignment")
        }
        return assignment
    }

    // MARK: Roles

    /// Adds a role. Throws when the caller does not hold what it would give, or the name is taken.
    public func create(_ role: Role, by caller: Caller) async throws -> Role {
        try await requireHeld(Set(role.permissions), inheriting: role.parents, by: caller)
        try await table.write(.administration, in: caller.tenant) { tx in
            try Self.check(role, beside: try tx.sql.roles(in: caller.tenant))
            try tx.sql.insert(role)
            try tx.append(caller.event("role.created", Stream("role", role.id), facts: Self.facts(of: role)))
        }
        return role
    }

    /// Replaces a role if `version` is still its version; nil replaces it as it is. Throws when the caller does not hold
    /// what it would give, for a predefined one, and for what the configuration owns.
    public func change(_ role: Role, expecting version: Int64?, by caller: Caller) async throws -> Role {
        try await requireHeld(Set(role.permissions), inheriting: role.parents, by: caller)
        guard (try? await table.snapshot(of: caller.tenant)) != nil else {
            // Where the tenant's roles do not compile, nobody holds any.
            return try await change(role, expecting: version, nil, by: caller)
        }
        let reach = DutyReach.holders(of: role.id) { try $0.closure(of: role.parents, newTo: role.id) }
        return try await reach.carryOut(in: caller.tenant, store, table, at: resolver.clock) { judged in
            try await change(role, expecting: version, judged, by: caller)
        }
    }

    private func change(
        _ role: Role, expecting version: Int64?, _ judged: DutyReach.Judgement?, by caller: Caller
    ) async throws -> Role {
        try await table.write(.administration, in: caller.tenant) { tx in
            guard let present = try tx.sql.role(role.id, in: caller.tenant) else { throw Fault.notFound("role") }
            guard !present.isPredefined else { throw Fault.forbidden("A predefined role cannot be changed.") }
            if let conflict = Ownership(object: present.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
            try Self.check(role, beside: try tx.sql.roles(in: caller.tenant))
            try judged?.confirm(GovernedWriter(tx: tx, caller: caller).view)
            guard version == nil || version == present.version,
                try tx.sql.update(role, expecting: present.version)
            else { throw Fault.stale("role") }
            try tx.append(caller.event("role.changed", Stream("role", role.id), facts: Self.facts(of: role)))
            var changed = role
            changed.version = present.version + 1
            return changed
        }
    }

    /// Bytes of a role's name at most.
    public static let nameLimit = 128

    private static func check(_ role: Role, beside present: [Role]) throws {
        guard (1...nameLimit).contains(role.name.utf8.count) else {
            throw Fault.invalid("A role's name has 1 to \(nameLimit) bytes.")
        }
        guard !present.contains(where: { $0.name == role.name && $0.id != role.id }) else {
            throw Fault("conflict", .caller, "A role with this name exists.", remedy: "Choose another name.")
        }
        guard GrantRule(roles: present).refusal(inheriting: role.parents, by: role.id) == nil else {
            throw Fault.invalid("A role cannot inherit from a role that does not exist, or from itself.")
        }
        for permission in role.permissions { try NATSPermissions.check(permission) }
    }

    /// Deletes a role that nothing gives any more. Throws for a predefined one and for one in use.
    public func delete(_ id: RoleID, by caller: Caller) async throws {
        try await store.write(.administration) { tx in
            guard let role = try tx.sql.role(id, in: caller.tenant) else { throw Fault.notFound("role") }
            guard !role.isPredefined else { throw Fault.forbidden("A predefined role cannot be deleted.") }
            if let conflict = Ownership(object: role.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
            guard try tx.sql.deleteRole(id, in: caller.tenant) else {
                throw Fault(
                    "conflict", .caller, "This role is held or mapped.",
                    remedy: "Remove its holders and mappings.")
            }
            try tx.append(caller.event("role.deleted", Stream("role", id)))
        }
        await table.refresh(caller.tenant)
    }

    // MARK: Mappings

    /// Adds a mapping. Throws when the caller does not hold the role it gives.
    public func createMapping(
        provider: ProviderID, match: MappingMatch, role: RoleID, by caller: Caller
    ) async throws -> RoleMapping {
        try await requireHeld(granting: role, expiresAt: nil, by: caller)
        try Self.check(match)
        let wanted = RoleMapping(
            id: MappingID.random(at: resolver.clock()), tenant: caller.tenant, provider: provider, match: match,
            role: role)
        let reach = DutyReach(
            added: { try $0.closure(of: [role]) }, subjects: { try $0.holders(by: wanted) })
        let mapping = try await reach.carryOut(in: caller.tenant, store, table, at: resolver.clock) { judged in
            try await create(wanted, judged, by: caller)
        }
        await table.refresh(caller.tenant)
        return mapping
    }

    private func create(
        _ mapping: RoleMapping, _ judged: DutyReach.Judgement, by caller: Caller
    ) async throws -> RoleMapping {
        try await store.write(.administration) { tx in
            guard try tx.sql.providers().contains(where: { $0.id == mapping.provider && $0.tenant == caller.tenant })
            else {
                throw Fault.notFound("provider")
            }
            try judged.confirm(GovernedWriter(tx: tx, caller: caller).view)
            try Self.insert(mapping, by: caller, tx)
            return mapping
        }
    }

    private static func check(_ match: MappingMatch) throws {
        switch match {
        case .group(let key):
            guard (1...512).contains(key.utf8.count) else { throw Fault.invalid("A group's key has 1 to 512 bytes.") }
        case .attribute(let name, let values):
            guard (1...64).contains(name.utf8.count), (1...100).contains(values.count),
                values.allSatisfy({ (1...512).contains($0.utf8.count) })
            else { throw Fault.invalid("A mapping names one attribute and 1 to 100 values for it.") }
        }
    }

    static func insert(_ mapping: RoleMapping, by caller: Caller, _ tx: Transaction) throws {
        let event = try tx.append(
            caller.event(
                "mapping.created", Stream("mapping", mapping.id),
                facts: [
                    Fact("provider", .id(mapping.provider, "provider")), Fact("role", .id(mapping.role, "role")),
                    Fact("managed_by", .word(mapping.managedBy.rawValue)),
                ]))
        try tx.sql.insert(mapping, at: event.position)
    }

    /// Ends a mapping, and at once what people held through it. Throws as `revoke`.
    public func deleteMapping(_ id: MappingID, by caller: Caller) async throws {
        let ways = providers.ways(in: caller.tenant)
        try await store.write(.revocation) { tx in
            guard let mapping = try tx.sql.roleMappings(in: caller.tenant).first(where: { $0.id == id }) else {
                throw Fault.notFound("mapping")
            }
            if let conflict = Ownership(object: mapping.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
            let event = try tx.append(caller.event("mapping.deleted", Stream("mapping", id)))
            try ProtectedHolders.keep(in: caller.tenant, ways, tx) {
                _ = try tx.sql.closeMapping(id, in: caller.tenant, at: event.position)
            }
        }
        await table.refresh(caller.tenant)
    }

    // MARK: Assignments

    /// Gives a role by hand. Throws when the caller does not hold it, for at least as long.
    public func assign(
        _ role: RoleID, to subject: Subject, expiresAt: Timestamp?, by caller: Caller
    ) async throws -> RoleAssignment {
        try await requireHeld(granting: role, expiresAt: expiresAt, by: caller)
        let cache = resolver.cache
        let authorization = try await table.snapshot(of: caller.tenant)
        return try await store.write(.administration) { tx in
            try Self.requirePresent(subject, in: caller.tenant, tx)
            guard try tx.sql.role(role, in: caller.tenant) != nil else { throw Fault.notFound("role") }
            guard !(try tx.sql.assignments(of: subject).contains { $0.role == role }) else {
                throw Fault(
                    "conflict", .caller, "The role is assigned already.", remedy: "Revoke it first to change its end.")
            }
            let view = GovernedWriter(tx: tx, caller: caller).view
            try refusing { try RoleDuties(view, authorization).require(granting: [role], to: subject) }
            let assignment = RoleAssignment(
                id: AssignmentID.random(at: tx.now), tenant: caller.tenant, subject: subject, role: role,
                grantedBy: caller.actor, grantedAt: tx.now, expiresAt: expiresAt)
            try Self.insert(assignment, by: caller, tx)
            tx.afterCommit { cache.forget(subject, in: caller.tenant) }
            return assignment
        }
    }

    static func insert(_ assignment: RoleAssignment, by caller: Caller, _ tx: Transaction) throws {
        var facts = [
            Fact("role", .id(assignment.role, "role")),
            Fact("subject", .subject(assignment.subject)),
        ]
        if let end = assignment.expiresAt { facts.append(Fact("expires_at", .time(end))) }
        let event = try tx.append(caller.event("role.assigned", Stream("assignment", assignment.id), facts: facts))
        try tx.sql.insert(assignment, at: event.position)
    }

    /// Takes an assigned role away; the next decision is made without it. Throws `conflict` for the last one who holds a
    /// protected role and can sign in.
    public func revoke(_ id: AssignmentID, by caller: Caller) async throws {
        let ways = providers.ways(in: caller.tenant)
        let cache = resolver.cache
        try await store.write(.revocation) { try Self.revoke(id, by: caller, ways, cache, $0) }
    }

    /// As `revoke`, inside a transaction that does more.
    static func revoke(
        _ id: AssignmentID, by caller: Caller, _ ways: SignInWays, _ cache: StandingCache, _ tx: Transaction
    ) throws {
        guard let assignment = try tx.sql.assignment(id, in: caller.tenant) else {
            throw Fault.notFound("assignment")
        }
        let event = try tx.append(
            caller.event(
                "role.revoked", Stream("assignment", id), facts: [Fact("role", .id(assignment.role, "role"))]))
        try ProtectedHolders.keep(in: caller.tenant, ways, tx) {
            _ = try tx.sql.closeAssignment(id, in: caller.tenant, at: event.position)
        }
        tx.afterCommit { cache.forget(assignment.subject, in: caller.tenant) }
    }

    private static func requirePresent(_ subject: Subject, in tenant: TenantID, _ tx: Transaction) throws {
        switch subject {
        case .person(let id):
            if try tx.sql.person(id, in: tenant) == nil { throw Fault.notFound("person") }
        case .serviceAccount(let id):
            if try tx.sql.serviceAccount(id, in: tenant) == nil { throw Fault.notFound("service account") }
        }
    }

    // MARK: One grants only what one holds

    /// Holds a caller to granting no more than they hold themselves.
    func requireHeld(granting role: RoleID, expiresAt: Timestamp?, by caller: Caller) async throws {
        let authorization = try await table.snapshot(of: caller.tenant)
        guard authorization.roles[role] != nil else { throw Fault.notFound("role") }
        guard let held = try await heldRoles(of: caller) else { return }
        let now = resolver.clock()
        if let refusal = authorization.rules.refusal(
            granting: role, in: caller.tenant, held: held, expiresAt: expiresAt, now: now)
        {
            if case .alreadyExpired = refusal { throw Fault.invalid("The expiry has passed already.") }
            throw Fault.forbidden("One grants only what one holds.", remedy: "Ask somebody who holds this role.")
        }
    }

    private func requireHeld(_ permissions: Set<RolePermission>, inheriting parents: [RoleID], by caller: Caller)
        async throws
    {
        guard let held = try await heldRoles(of: caller) else { return }
        let rules = try await table.snapshot(of: caller.tenant).rules
        let all = permissions.union(rules.permissions(of: parents))
        guard rules.refusal(giving: all, held: held) == nil else {
            throw Fault.forbidden("One grants only what one holds.", remedy: "Leave out what you do not hold yourself.")
        }
    }

    /// Holds a caller to the same rule before it makes a key or a link with which somebody could act as `subject`.
    ///
    /// - Throws: `forbidden` where the subject holds something that the caller does not.
    public func requireHeld(standingOf subject: Subject, by caller: Caller) async throws {
        guard let held = try await heldRoles(of: caller) else { return }
        let roles = try await resolver.resolve(subject, in: caller.tenant, isStrong: true)?.roleIDs ?? []
        let rules = try await table.snapshot(of: caller.tenant).rules
        guard rules.refusal(giving: rules.permissions(of: roles), held: held) == nil else {
            throw Fault.forbidden(
                "One grants only what one holds, and this concerns somebody who holds more.",
                remedy: "Ask somebody who holds the same roles.")
        }
    }

    /// Whether roles give the subject one of these, once two factors are proven: what a page goes by to offer a way. It
    /// decides nothing and leaves no record; whoever goes that way is asked in earnest there.
    public func gives(
        anyOf permissions: [RolePermission], to subject: Subject, in tenant: TenantID
    ) async throws -> Bool {
        let held = try await resolver.resolve(subject, in: tenant, isStrong: true)?.roleIDs ?? []
        let rules = try await table.snapshot(of: tenant).rules
        return permissions.contains { rules.refusal(giving: [$0], held: held) == nil }
    }

    /// Nil for the operating system's administrator and the gateway itself, whom roles do not judge.
    func heldRoles(of caller: Caller) async throws -> [RoleID]? {
        guard let principal = caller.principal else {
            switch caller.actor {
            case .operatingSystemUser, .system: return nil
            default: return []
            }
        }
        return try await resolver.resolve(
            principal.subject, in: caller.tenant, isStrong: principal.strength >= .aal2)?.roleIDs ?? []
    }

    private static func facts(of role: Role) -> [Fact] {
        [
            Fact("managed_by", .word(role.managedBy.rawValue)),
            Fact("permissions", .integer(Int64(role.permissions.count))),
            Fact("parents", .list(role.parents.map { .id($0, "role") })),
            Fact("privileged", .bool(role.isPrivileged)),
        ]
    }

    // MARK: Predefined

    /// The five roles every tenant starts with.
    static func insertPredefined(in tenant: TenantID, by caller: Caller, _ tx: Transaction) throws {
        var ids: [PredefinedRole: RoleID] = [:]
        for role in PredefinedRole.allCases { ids[role] = RoleID.random(at: tx.now) }
        for definition in PredefinedRole.definitions(id: { ids[$0] ?? RoleID(high: 0, low: 0) }) {
            let role = Role(
                id: definition.id, tenant: tenant, name: definition.name, parents: definition.parents,
                permissions: definition.permissions.map {
                    RolePermission(action: $0.action, resourceType: $0.resourceType, pattern: $0.resourcePattern)
                }, isPredefined: true, isProtected: definition.name == PredefinedRole.admin.rawValue,
                managedBy: .configuration)
            try tx.sql.insert(role)
            try tx.append(caller.event("role.created", Stream("role", role.id), facts: facts(of: role)))
        }
    }
}

extension Gateway {
    /// Which of all the roles of a tenant count only with two factors, and why.
    public func multiFactorDemands(of roles: [Role]) -> [RoleID: MultiFactorDemand] {
        MultiFactorDemand.all(of: roles, named: Set(configuration.multiFactor.requiredRoles))
    }
}
