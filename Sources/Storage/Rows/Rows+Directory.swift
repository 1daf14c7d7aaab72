import Identity
import Vocabulary

extension SQLConnection {
    /// Everything the store has from one provider, streamed into compact arrays: what a directory job compares with.
    ///
    /// - Parameter declared: the names of attributes the provider fills; a person managed elsewhere owns all of them.
    public func knownDirectory(
        of provider: ProviderID, in tenant: TenantID, declared: [String] = []
    ) throws -> KnownDirectory {
        var reader = KnownDirectoryReader(provider: provider, tenant: tenant, declared: declared)
        try reader.readPeople(self)
        try reader.readGroups(self)
        try reader.readMemberships(self)
        try reader.readTakenNames(self)
        reader.units = UnitNames(try organizationUnits(of: tenant))
        return reader.directory
    }

    /// The person an upstream key stands for.
    public func personID(of key: String, provider: ProviderID) throws -> PersonID? {
        try queryOne(
            "SELECT person FROM identity WHERE provider = ?1 AND subject_key = ?2", [.id(provider), .text(key)])?
            .id(0)
    }

    /// The group an upstream key stands for.
    public func groupID(of key: String, provider: ProviderID) throws -> GroupID? {
        try queryOne(
            "SELECT id FROM directory_group WHERE provider = ?1 AND upstream_key = ?2", [.id(provider), .text(key)])?
            .id(0)
    }

    /// Leavers whose grace period is over.
    public func leaversDue(in tenant: TenantID, at now: Timestamp, limit: Int) throws -> [PersonID] {
        try query(
            """
            SELECT id FROM person WHERE delete_after IS NOT NULL AND delete_after <= ?2 AND tenant = ?1
                AND status = 'leaver' ORDER BY delete_after LIMIT ?3
            """, [.id(tenant), .time(now), .integer(Int64(limit))]
        ).map { try $0.id(0) }
    }

    /// Active people who hold a role, or one that inherits it, by assignments and not by one provider's mappings.
    public func activeHolders(of roles: Set<RoleID>, in tenant: TenantID, at now: Timestamp) throws -> Set<PersonID> {
        var holders: Set<PersonID> = []
        for role in roles {
            try forEach(
                """
                SELECT p.id FROM role_assignment a JOIN person p ON p.id = a.subject AND p.tenant = a.tenant
                WHERE a.tenant = ?1 AND a.role = ?2 AND a.subject_kind = 'person' AND a.valid_to IS NULL
                    AND (a.expires_at IS NULL OR a.expires_at > ?3) AND p.status = 'active'
                """, [.id(tenant), .id(role), .time(now)]
            ) { holders.insert(try $0.id(0)) }
        }
        return holders
    }

    /// Calls back with every role that an assignment gives now, and who has it: active people and service accounts.
    public func forEachAssignedRole(
        in tenant: TenantID, at now: Timestamp, _ body: (RoleID, Subject) throws -> Void
    ) throws {
        try forEach(
            """
            SELECT a.role, a.subject_kind, a.subject FROM role_assignment a
            LEFT JOIN person p ON a.subject_kind = 'person' AND p.id = a.subject AND p.tenant = a.tenant
            WHERE a.tenant = ?1 AND a.valid_to IS NULL AND (a.expires_at IS NULL OR a.expires_at > ?2)
                AND (a.subject_kind <> 'person' OR p.status = 'active')
            """, [.id(tenant), .time(now)]
        ) { row in
            guard let subject = Subject(kind: try row.text(1), bytes: try row.blob(2)) else { return }
            try body(try row.id(0), subject)
        }
    }

    /// Whether this person has a password of this gateway.
    public func hasPassword(_ person: PersonID) throws -> Bool {
        try queryOne("SELECT 1 FROM password WHERE person = ?1", [.id(person)]) != nil
    }
}

extension SQLConnection {
    /// Active people who are direct members of one of these groups and have an account at the provider.
    public func activeMembers(
        of groups: Set<GroupID>, linkedTo provider: ProviderID, in tenant: TenantID
    ) throws -> Set<PersonID> {
        var members: Set<PersonID> = []
        for group in groups {
            try forEach(
                """
                SELECT p.id FROM membership m JOIN person p ON p.id = m.person
                WHERE m.member_of = ?1 AND m.valid_to IS NULL AND p.tenant = ?2 AND p.status = 'active'
                    AND EXISTS (SELECT 1 FROM identity i WHERE i.person = p.id AND i.provider = ?3)
                    AND \(GrantVisibility.sql("m.pending", by: "?4"))
                """, [.id(group), .id(tenant), .id(provider), GrantVisibility.latest]
            ) { members.insert(try $0.id(0)) }
        }
        return members
    }

    /// Active people who have an account at the provider, one after the other.
    public func forEachActivePerson(
        linkedTo provider: ProviderID, in tenant: TenantID, _ body: (Person) throws -> Void
    ) throws {
        try forEach(
            """
            SELECT \(Person.columns) FROM person WHERE tenant = ?1 AND status = 'active'
                AND EXISTS (SELECT 1 FROM identity i WHERE i.person = person.id AND i.provider = ?2)
            """, [.id(tenant), .id(provider)]
        ) { try body(Person(row: $0)) }
    }
}

/// Reads one provider's rows; positions stand for people and groups as soon as they are read.
private struct KnownDirectoryReader {
    let provider: ProviderID
    let tenant: TenantID
    let declared: [String]
    private var people: [KnownPerson] = []
    private var groups: [KnownGroup] = []
    private var memberships: [IndexPair] = []
    private var nestings: [IndexPair] = []
    private var takenLogins: Set<String> = []
    private var takenMails: Set<String> = []
    var units = UnitNames([])
    private var personPositions: [PersonID: Int32] = [:]
    private var groupPositions: [GroupID: Int32] = [:]

    init(provider: ProviderID, tenant: TenantID, declared: [String]) {
        self.provider = provider
        self.tenant = tenant
        self.declared = declared
    }

    var directory: KnownDirectory {
        KnownDirectory(
            provider: provider, people: people, groups: groups, memberships: memberships, nestings: nestings,
            takenLogins: takenLogins, takenMails: takenMails, units: units)
    }

    mutating func readPeople(_ sql: any SQLConnection) throws {
        try sql.forEach(
            """
            SELECT i.subject_key, p.id, p.version, p.status, p.status_reason, p.status_at, p.delete_after, p.login,
                p.display_name, p.given_name, p.family_name, p.mail, p.department, p.attributes, p.managed_by,
                p.ownership, p.organization_unit, p.manager,
                (SELECT m.subject_key FROM identity m WHERE m.person = p.manager AND m.provider = i.provider LIMIT 1)
            FROM identity i JOIN person p ON p.id = i.person WHERE i.provider = ?1 AND p.tenant = ?2
            """, [.id(provider), .id(tenant)]
        ) { row in
            let person = try knownPerson(row)
            personPositions[person.id] = Int32(people.count)
            people.append(person)
        }
    }

    private func knownPerson(_ row: SQLRow) throws -> KnownPerson {
        let attributes = try row.text(13)
        let status = try Self.status(row)
        var isDisabled = false
        if case .disabled(.directory, _) = status { isDisabled = true }
        let values =
            attributes == "{}" ? [:] : try JSONColumn.decode([String: AttributeValue].self, attributes)
        let record = PersonRecord(
            key: try row.text(0), login: try row.text(7), displayName: try row.optionalText(8),
            givenName: try row.optionalText(9), familyName: try row.optionalText(10), mail: try row.optionalText(11),
            department: try row.optionalText(12), manager: try row.optionalText(18), isDisabled: isDisabled,
            attributes: values)
        return KnownPerson(
            id: try row.id(1), version: try row.integer(2), status: status, record: record,
            organizationUnit: try row.optionalID(16), manager: try row.optionalID(17),
            foreignAttributes: try foreignAttributes(row, values.keys))
    }

    private func foreignAttributes(
        _ row: SQLRow, _ present: Dictionary<String, AttributeValue>.Keys
    ) throws -> Set<String> {
        let (manager, text) = (try row.text(14), try row.text(15))
        if manager == ManagedBy.sync.rawValue, text == "{}" { return [] }
        let owners = text == "{}" ? [:] : try JSONColumn.decode([String: ManagedBy].self, text)
        if manager == ManagedBy.sync.rawValue { return Set(owners.filter { $0.value != .sync }.keys) }
        let all = PersonAttribute.allCases.map(\.rawValue) + (declared + present).map { "attributes.\($0)" }
        return Set(all.filter { owners[$0] != .sync })
    }

    private static func status(_ row: SQLRow) throws -> PersonStatus {
        switch try row.text(3) {
        case "active": return .active
        case "disabled":
            return .disabled(try word(DisabledReason.self, try row.optionalText(4) ?? ""), at: try row.time(5))
        case "leaver": return .leaver(since: try row.time(5), deleteAfter: try row.time(6))
        default: throw Fault("storage.corrupt", .ourselves, "A stored person has an unknown status.")
        }
    }

    mutating func readGroups(_ sql: any SQLConnection) throws {
        try sql.forEach(
            """
            SELECT id, version, upstream_key, name, upstream_name FROM directory_group
            WHERE provider = ?1 AND tenant = ?2
            """,
            [.id(provider), .id(tenant)]
        ) { row in
            let id: GroupID = try row.id(0)
            groupPositions[id] = Int32(groups.count)
            groups.append(
                KnownGroup(
                    id: id, version: try row.integer(1),
                    record: GroupRecord(
                        key: try row.text(2), name: try row.text(3), upstreamName: try row.optionalText(4))))
        }
    }

    mutating func readMemberships(_ sql: any SQLConnection) throws {
        for group in groups {
            let position = groupPositions[group.id]!
            try sql.forEach(
                "SELECT person FROM membership WHERE member_of = ?1 AND valid_to IS NULL", [.id(group.id)]
            ) { row in
                guard let person = personPositions[try row.id(0)] else { return }
                memberships.append(IndexPair(group: position, member: person))
            }
        }
        try sql.forEach(
            "SELECT parent, child FROM group_nesting WHERE tenant = ?1 AND valid_to IS NULL", [.id(tenant)]
        ) { row in
            guard let parent = groupPositions[try row.id(0)], let child = groupPositions[try row.id(1)] else { return }
            nestings.append(IndexPair(group: parent, member: child))
        }
    }

    mutating func readTakenNames(_ sql: any SQLConnection) throws {
        // Where everybody is this provider's, there is no name to look for.
        let total = try sql.queryOne("SELECT count(*) FROM person WHERE tenant = ?1", [.id(tenant)])?.integer(0)
        guard total != Int64(personPositions.count) else { return }
        try sql.forEach(
            """
            SELECT p.login_key, p.mail_key FROM person p WHERE p.tenant = ?1
                AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.person = p.id AND i.provider = ?2)
            """, [.id(tenant), .id(provider)]
        ) { row in
            takenLogins.insert(try row.text(0))
            if let mail = try row.optionalText(1) { takenMails.insert(mail) }
        }
    }
}
