import Identity
import Storage
import Vocabulary

/// Groups and who is in them. Groups of a directory belong to its job; those made here, to the API.
public struct GroupService: Sendable {
    let store: Store
    let table: AuthorizationTable
    let standings: StandingCache
    let providers: ProviderTable

    /// A page of groups in the order of their ids, those after `last`.
    public func list(in tenant: TenantID, after last: GroupID?, limit: Int) async throws -> [Group] {
        try await store.read { try $0.groups(in: tenant, after: last, limit: limit) }
    }

    /// The group. Throws `not found` when the tenant has none of this id.
    public func group(_ id: GroupID, in tenant: TenantID) async throws -> Group {
        guard let group = try await store.read({ try $0.group(id, in: tenant) }) else { throw Fault.notFound("group") }
        return group
    }

    /// A page of direct members, those after `last`. Throws `not found` for an unknown group.
    public func members(of id: GroupID, in tenant: TenantID, after last: PersonID?, limit: Int) async throws
        -> [PersonID]
    {
        try await store.read { sql in
            guard try sql.group(id, in: tenant) != nil else { throw Fault.notFound("group") }
            return try sql.directMembers(of: id, after: last, limit: limit)
        }
    }

    /// Adds an empty group of our own. Throws when the name is not 1 to 256 bytes.
    public func create(name: String, description: String?, by caller: Caller) async throws -> Group {
        try Self.check(name, description)
        let group = try await store.write(.administration) { tx in
            let group = Group(
                id: GroupID.random(at: tx.now), tenant: caller.tenant, name: name, description: description,
                createdAt: tx.now)
            try tx.sql.insert(group)
            try tx.append(caller.event("group.created", Stream("group", group.id)))
            return group
        }
        await table.refresh(caller.tenant)
        return group
    }

    /// Bytes of a group's name at most; a description may have four times as many.
    public static let nameLimit = 256

    private static func check(_ name: String, _ description: String?) throws {
        guard (1...nameLimit).contains(name.utf8.count) else {
            throw Fault.invalid("A group's name has 1 to \(nameLimit) bytes.")
        }
        guard (description?.utf8.count ?? 0) <= 4 * nameLimit else {
            throw Fault.invalid("A group's description has at most \(4 * nameLimit) bytes.")
        }
    }

    /// Changes name and description of a group of our own if `version` is still its version. Throws when a directory or
    /// the configuration owns it.
    public func change(
        _ id: GroupID, name: String, description: String?, expecting version: Int64?, by caller: Caller
    ) async throws -> Group {
        try Self.check(name, description)
        let changed = try await store.write(.administration) { tx in
            guard var group = try tx.sql.group(id, in: caller.tenant) else { throw Fault.notFound("group") }
            if let conflict = Ownership(object: group.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
            if let version, version != group.version { throw Fault.stale("group") }
            group.name = name
            group.description = description
            group.updatedAt = tx.now
            guard try tx.sql.update(group, expecting: group.version) else { throw Fault.stale("group") }
            group.version += 1
            try tx.append(caller.event("group.changed", Stream("group", id)))
            return group
        }
        await table.refresh(caller.tenant)
        return changed
    }

    /// Deletes a group and what it gave its members. Throws when a directory or the configuration owns it, and `conflict`
    /// when nobody who can sign in would hold a protected role any more.
    public func delete(_ id: GroupID, by caller: Caller) async throws {
        let ways = providers.ways(in: caller.tenant)
        try await store.write(.revocation) { tx in
            guard let group = try tx.sql.group(id, in: caller.tenant) else { throw Fault.notFound("group") }
            if let conflict = Ownership(object: group.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
            let event = try tx.append(caller.event("group.deleted", Stream("group", id)))
            try ProtectedHolders.keep(in: caller.tenant, ways, tx) {
                _ = try tx.sql.deleteGroup(id, in: caller.tenant, at: event.position)
            }
        }
        await table.refresh(caller.tenant)
    }

    /// Puts a person into a group made here, or takes them out; false when nothing changed. Throws `conflict` for the
    /// last one who holds a protected role by the group and can sign in.
    public func setMember(_ person: PersonID, of id: GroupID, _ isMember: Bool, by caller: Caller) async throws -> Bool
    {
        let ways = providers.ways(in: caller.tenant)
        return try await store.write(isMember ? .administration : .revocation) { [standings] tx in
            guard let group = try tx.sql.group(id, in: caller.tenant),
                try tx.sql.person(person, in: caller.tenant) != nil
            else { throw Fault.notFound("group or person") }
            if let conflict = Ownership(object: group.managedBy).conflict(replacingBy: .api) { throw conflict.fault }
            let position = try tx.position(of: caller.tenant) + 1
            let changed =
                isMember
                ? try tx.sql.openMembership(person: person, group: id, at: position)
                : try ProtectedHolders.keep(in: caller.tenant, ways, tx) {
                    try tx.sql.closeMembership(person: person, group: id, at: position)
                }
            guard changed else { return false }
            try tx.append(
                caller.event(
                    isMember ? "group.member_added" : "group.member_removed", Stream("group", id),
                    facts: [Fact("person", .id(person, "person"))]))
            tx.afterCommit { standings.forget(.person(person), in: caller.tenant) }
            return true
        }
    }
}
