import Authorization
import Identity
import Storage
import Vocabulary

/// Resolves who somebody is into what they hold: person → identities → upstream groups → mappings → roles, plus direct
/// assignments. Reads the store once per subject and generation.
struct SubjectResolver: Sendable {
    let store: Store
    let table: AuthorizationTable
    let cache: StandingCache
    let clock: @Sendable () -> Timestamp

    /// The resolved subject, nil when nobody in the tenant has this id.
    func resolve(_ subject: Subject, in tenant: TenantID, isStrong: Bool) async throws -> ResolvedSubject? {
        let authorization = try await table.snapshot(of: tenant)
        let key = StandingCache.Key(tenant: tenant, subject: subject, isStrong: isStrong)
        if let known = cache.find(key, generation: authorization.index.stamp.generation) { return known }
        let changes = cache.changes
        let now = clock()
        let resolved = try await store.read { sql in
            try Self.resolve(subject, against: authorization, sql, isStrong: isStrong, now: now)
        }
        if let resolved { cache.keep(resolved, key, since: changes) }
        return resolved
    }

    /// The subject resolved against other rules than those in force; kept nowhere.
    static func resolve(
        _ subject: Subject, against authorization: TenantAuthorization, _ sql: any SQLConnection, isStrong: Bool,
        now: Timestamp
    ) throws -> ResolvedSubject? {
        switch subject {
        case .person(let id): try person(id, authorization, sql, isStrong: isStrong, now: now)
        case .serviceAccount(let id): try account(id, authorization, sql, isStrong: isStrong, now: now)
        }
    }

    /// Who goes by this id, login, mail or name; nil for nobody. Whom memory knows by name costs no reading.
    ///
    /// - Throws: `person.ambiguous` for a mail address that two people have.
    func find(_ kind: SubjectFacts.Kind, _ text: String, in tenant: TenantID) async throws -> Subject? {
        switch kind {
        case .person: if let id = PersonID(text) { return .person(id) }
        case .serviceAccount: if let id = ServiceAccountID(text) { return .serviceAccount(id) }
        }
        if let known = cache.subject(StandingCache.Name(text, kind, in: tenant)) { return known }
        return try await store.read { sql in
            switch kind {
            case .person: try sql.onlyPerson(named: text, in: tenant).map { .person($0.id) }
            case .serviceAccount:
                try sql.serviceAccounts(in: tenant).first { $0.name == text }.map { .serviceAccount($0.id) }
            }
        }
    }

    private static func person(
        _ id: PersonID, _ authorization: TenantAuthorization, _ sql: any SQLConnection, isStrong: Bool, now: Timestamp
    ) throws -> ResolvedSubject? {
        guard let person = try sql.person(id, in: authorization.tenant) else { return nil }
        let identities = try sql.identities(of: id, grantedBy: authorization.position)
        let direct = try sql.directGroups(of: id, grantedBy: authorization.position)
        let groups = Set(direct.flatMap { authorization.containers[$0] ?? [] }).sorted()
        let mapped = mappedRoles(of: person, identities, groups, authorization)
        let assignments = try sql.assignments(of: .person(id)).filter { $0.expiresAt.map { now < $0 } ?? true }
        let held = Set(mapped.map(\.role)).union(assignments.map(\.role))
        let roles = counting(held, authorization, isStrong: isStrong)
        let known = try authorization.withRisk(
            attributes(of: person), of: .person(id), until: assignments.compactMap(\.expiresAt).min(), sql, now: now)
        let facts = SubjectFacts(
            kind: .person, id: id.description, aliases: [person.login], roles: roles,
            groups: groupKeys(groups, authorization), attributes: known.attributes, validUntil: known.validUntil)
        return ResolvedSubject(
            subject: .person(id), standing: try authorization.index.standing(of: facts),
            governed: try authorization.governed(.person(id), facts, in: person.organizationUnit),
            isActive: person.isActive,
            version: person.version, position: try sql.journalPosition(of: authorization.tenant), login: person.login,
            displayName: person.displayName, mail: person.mail, directRoles: assignments, mappedRoles: mapped,
            groups: groups, identities: identities,
            holdsBackRoles: !isStrong && !held.isDisjoint(with: authorization.multiFactorRoles))
    }

    private static func account(
        _ id: ServiceAccountID, _ authorization: TenantAuthorization, _ sql: any SQLConnection, isStrong: Bool,
        now: Timestamp
    ) throws -> ResolvedSubject? {
        guard let account = try sql.serviceAccount(id, in: authorization.tenant) else { return nil }
        let assignments = try sql.assignments(of: .serviceAccount(id)).filter { $0.expiresAt.map { now < $0 } ?? true }
        let known = try authorization.withRisk(
            ["name": .string(account.name)], of: .serviceAccount(id),
            until: assignments.compactMap(\.expiresAt).min(), sql, now: now)
        // A service account has no second factor; its key is long, random and expiring instead.
        let facts = SubjectFacts(
            kind: .serviceAccount, id: id.description, aliases: [account.name],
            roles: counting(Set(assignments.map(\.role)), authorization, isStrong: true),
            attributes: known.attributes, validUntil: known.validUntil)
        return ResolvedSubject(
            subject: .serviceAccount(id), standing: try authorization.index.standing(of: facts),
            governed: try authorization.governed(.serviceAccount(id), facts, in: nil),
            isActive: !account.isDisabled, version: account.version,
            position: try sql.journalPosition(of: authorization.tenant), login: account.name,
            displayName: account.description, mail: nil, directRoles: assignments, mappedRoles: [], groups: [],
            identities: [])
    }

    static func mappedRoles(
        of person: Person, _ identities: [LinkedIdentity], _ groups: [GroupID], _ authorization: TenantAuthorization
    ) -> [MappedRole] {
        identities.flatMap { identity in
            let keys = groups.compactMap { authorization.groups[$0]?.upstream }
                .filter { $0.provider == identity.subject.provider }.map(\.key)
            return authorization.mappings.roles(
                provider: identity.subject.provider, groups: keys, attributes: attributes(of: person))
        }
    }

    private static func counting(
        _ roles: Set<RoleID>, _ authorization: TenantAuthorization, isStrong: Bool
    ) -> [RoleID] {
        roles.filter { id in
            authorization.roles[id] != nil && (isStrong || !authorization.multiFactorRoles.contains(id))
        }.sorted()
    }

    // Policies may name a group by its own id or by its immutable upstream key, never by a name that changes hands.
    private static func groupKeys(_ groups: [GroupID], _ authorization: TenantAuthorization) -> [String] {
        groups.flatMap { id in [id.description] + (authorization.groups[id]?.upstream.map { [$0.key] } ?? []) }
    }

    /// What policies and mappings see of a person; declared attributes come from configuration.
    static func attributes(of person: Person) -> [String: AttributeValue] {
        var values = person.attributes
        values["login"] = .string(person.login)
        values["status"] = .string(person.status.word)
        values["display_name"] = person.displayName.map(AttributeValue.string)
        values["mail"] = person.mail.map(AttributeValue.string)
        values["department"] = person.department.map(AttributeValue.string)
        values["manager"] = person.manager.map { .string($0.description) }
        values["organization_unit"] = person.organizationUnit.map { .string($0.description) }
        return values
    }
}

extension SQLConnection {
    /// The position of the tenant's newest event; 0 before the first.
    func journalPosition(of tenant: TenantID) throws -> Int64 {
        try queryOne("SELECT max(position) FROM journal_event WHERE tenant = ?1", [.id(tenant)])?
            .optionalInteger(0) ?? 0
    }
}
