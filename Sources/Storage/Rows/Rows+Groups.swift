import Identity
import Vocabulary

extension SQLConnection {
    /// The group, nil when this tenant has none of this id.
    public func group(_ id: GroupID, in tenant: TenantID) throws -> Group? {
        try queryOne(
            "SELECT \(Group.columns) FROM directory_group WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]
        )
        .map(Group.init(row:))
    }

    /// A page of the tenant's groups in the order of their ids, those after `last`.
    public func groups(in tenant: TenantID, after last: GroupID? = nil, limit: Int = .max) throws -> [Group] {
        try query(
            "SELECT \(Group.columns) FROM directory_group WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            [.id(tenant), .blob(last?.bytes ?? []), .integer(Int64(limit))]
        ).map(Group.init(row:))
    }

    /// A page of the groups that this provider brought into the tenant, in the order of their keys, those after `last`,
    /// whose names contain the text, where one is given.
    public func groups(
        of provider: ProviderID, in tenant: TenantID, after last: String?, search: String?, limit: Int
    ) throws -> [Group] {
        try query(
            """
            SELECT \(Group.columns) FROM directory_group WHERE provider = ?1 AND tenant = ?2 AND upstream_key > ?3
                AND (?4 = '' OR instr(lower(name), lower(?4)) > 0) ORDER BY upstream_key LIMIT ?5
            """,
            [.id(provider), .id(tenant), .text(last ?? ""), .text(search ?? ""), .integer(Int64(limit))]
        ).map(Group.init(row:))
    }

    /// The group that this provider brought under this key; nil where it brought none.
    public func group(upstream: UpstreamSubject) throws -> Group? {
        try queryOne(
            "SELECT \(Group.columns) FROM directory_group WHERE provider = ?1 AND upstream_key = ?2",
            [.id(upstream.provider), .text(upstream.key)]
        ).map(Group.init(row:))
    }

    /// Every group that this provider brought.
    public func groups(of provider: ProviderID) throws -> [Group] {
        try query("SELECT \(Group.columns) FROM directory_group WHERE provider = ?1 ORDER BY id", [.id(provider)])
            .map(Group.init(row:))
    }

    /// Adds a group; throws when its id or upstream key is taken.
    public func insert(_ group: Group) throws {
        try execute(
            """
            INSERT INTO directory_group (\(Group.columns))
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            """,
            [
                .id(group.id), .id(group.tenant), .text(group.name), .id(group.upstream?.provider),
                .optional(group.upstream?.key), .optional(group.upstreamName), .optional(group.description),
                .text(group.managedBy.rawValue), .integer(group.version), .time(group.createdAt),
                .time(group.updatedAt),
            ])
    }

    /// Replaces the row if `version` is still its version; false otherwise.
    public func update(_ group: Group, expecting version: Int64) throws -> Bool {
        try execute(
            """
            UPDATE directory_group SET name = ?3, upstream_name = ?4, description = ?5, version = version + 1,
                updated_at = ?6 WHERE id = ?1 AND version = ?2
            """,
            [
                .id(group.id), .integer(version), .text(group.name), .optional(group.upstreamName),
                .optional(group.description), .time(group.updatedAt),
            ]) == 1
    }

    /// Removes the group; its memberships and nestings end at `position` and stay readable for earlier ones.
    public func deleteGroup(_ id: GroupID, in tenant: TenantID, at position: Int64) throws -> Bool {
        let end: [SQLValue] = [.id(id), .integer(position)]
        try execute("UPDATE membership SET valid_to = ?2 WHERE member_of = ?1 AND valid_to IS NULL", end)
        try execute(
            "UPDATE group_nesting SET valid_to = ?2 WHERE (child = ?1 OR parent = ?1) AND valid_to IS NULL", end)
        return try execute("DELETE FROM directory_group WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }

    // MARK: Membership

    /// The groups a person is in directly. What a directory job grants counts once its switch was thrown, and at
    /// `position` if one is given: that of the roles and groups it is judged with, so that all change together.
    public func directGroups(of person: PersonID, grantedBy position: Int64 = .max) throws -> [GroupID] {
        try query(
            """
            SELECT member_of FROM membership WHERE person = ?1 AND valid_to IS NULL
                AND \(GrantVisibility.sql(by: "?2"))
            """, [.id(person), .integer(position)]
        ).map { try $0.id(0) }
    }

    /// The groups a person was in directly at a journal position.
    public func directGroups(of person: PersonID, at position: Int64) throws -> [GroupID] {
        try query(
            """
            SELECT member_of FROM membership
            WHERE person = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)
                AND \(GrantVisibility.sql(by: "?2"))
            """, [.id(person), .integer(position)]
        ).map { try $0.id(0) }
    }

    /// A page of direct members in the order of their ids, those after `last`.
    public func directMembers(of group: GroupID, after last: PersonID?, limit: Int) throws -> [PersonID] {
        try query(
            """
            SELECT person FROM membership WHERE member_of = ?1 AND valid_to IS NULL AND person > ?2
                AND \(GrantVisibility.sql(by: "?4")) ORDER BY person LIMIT ?3
            """,
            [.id(group), .blob(last?.bytes ?? []), .integer(Int64(limit)), GrantVisibility.latest]
        ).map { try $0.id(0) }
    }

    /// The journal position at which the person's present membership began.
    public func membershipBegan(person: PersonID, group: GroupID) throws -> Int64? {
        try queryOne(
            "SELECT valid_from FROM membership WHERE person = ?1 AND member_of = ?2 AND valid_to IS NULL",
            [.id(person), .id(group)])?.integer(0)
    }

    /// Opens the membership; false when it is open already. One that a directory job has written and not yet granted
    /// is granted here and now.
    @discardableResult
    public func openMembership(person: PersonID, group: GroupID, at position: Int64) throws -> Bool {
        try execute(
            """
            UPDATE membership SET valid_to = ?3 WHERE person = ?1 AND member_of = ?2 AND valid_to IS NULL
                AND NOT \(GrantVisibility.sql(by: "?4"))
            """, [.id(person), .id(group), .integer(position), GrantVisibility.latest])
        return try insertMembership(person: person, group: group, at: position, pending: nil)
    }

    /// Writes a membership that is granted when the switch of this number is thrown; false when it is open already.
    @discardableResult
    public func insertMembership(
        person: PersonID, group: GroupID, at position: Int64, pending: Int64?
    ) throws -> Bool {
        try execute(
            """
            INSERT INTO membership (person, member_of, valid_from, pending) SELECT ?1, ?2, ?3, ?4
            WHERE NOT EXISTS (SELECT 1 FROM membership WHERE person = ?1 AND member_of = ?2 AND valid_to IS NULL)
            """, [.id(person), .id(group), .integer(position), .optional(pending)]) == 1
    }

    /// Ends the membership; false when there is none.
    @discardableResult
    public func closeMembership(person: PersonID, group: GroupID, at position: Int64) throws -> Bool {
        try execute(
            "UPDATE membership SET valid_to = ?3 WHERE person = ?1 AND member_of = ?2 AND valid_to IS NULL",
            [.id(person), .id(group), .integer(position)]) == 1
    }

    /// The groups inside groups that hold now.
    public func nestings(in tenant: TenantID) throws -> [GroupNesting] {
        try query(
            """
            SELECT parent, child FROM group_nesting WHERE tenant = ?1 AND valid_to IS NULL
                AND \(GrantVisibility.sql(by: "?2"))
            """, [.id(tenant), GrantVisibility.latest]
        ).map { GroupNesting(parent: try $0.id(0), child: try $0.id(1)) }
    }

    /// Lets a group be inside another from this position of the journal on, or once the switch of a number is thrown;
    /// false when it is already.
    @discardableResult
    public func openNesting(
        _ nesting: GroupNesting, in tenant: TenantID, at position: Int64, pending: Int64? = nil
    ) throws -> Bool {
        try execute(
            """
            INSERT INTO group_nesting (child, parent, valid_from, tenant, pending) SELECT ?1, ?2, ?3, ?4, ?5
            WHERE NOT EXISTS (SELECT 1 FROM group_nesting WHERE child = ?1 AND parent = ?2 AND valid_to IS NULL)
            """,
            [.id(nesting.child), .id(nesting.parent), .integer(position), .id(tenant), .optional(pending)]) == 1
    }

    /// Ends it at this position; what held before stays readable. False when it does not hold.
    @discardableResult
    public func closeNesting(_ nesting: GroupNesting, at position: Int64) throws -> Bool {
        try execute(
            "UPDATE group_nesting SET valid_to = ?3 WHERE child = ?1 AND parent = ?2 AND valid_to IS NULL",
            [.id(nesting.child), .id(nesting.parent), .integer(position)]) == 1
    }
}

extension Group {
    static let columns = """
        id, tenant, name, provider, upstream_key, upstream_name, description, managed_by, version, created_at, updated_at
        """

    init(row: SQLRow) throws {
        var upstream: UpstreamSubject?
        if let provider: ProviderID = try row.optionalID(3), let key = try row.optionalText(4) {
            upstream = UpstreamSubject(provider: provider, key: key)
        }
        self.init(
            id: try row.id(0), tenant: try row.id(1), name: try row.text(2), upstream: upstream,
            upstreamName: try row.optionalText(5), description: try row.optionalText(6),
            managedBy: try word(ManagedBy.self, try row.text(7)), version: try row.integer(8),
            createdAt: try row.time(9), updatedAt: try row.time(10))
    }
}
