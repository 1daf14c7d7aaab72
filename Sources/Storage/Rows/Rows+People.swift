import Identity
import Vocabulary

extension SQLConnection {
    /// The person, nil when this tenant has nobody of this id.
    public func person(_ id: PersonID, in tenant: TenantID) throws -> Person? {
        try queryOne("SELECT \(Person.columns) FROM person WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)])
            .map(Person.init(row:))
    }

    /// The person of this login, compared in the form of `NameKey`; nil when nobody has it.
    public func person(login: String, in tenant: TenantID) throws -> Person? {
        try queryOne(
            "SELECT \(Person.columns) FROM person WHERE tenant = ?1 AND login_key = ?2",
            [.id(tenant), .text(NameKey.of(login))]
        ).map(Person.init(row:))
    }

    /// Who has this mail address, two of them at most: one is somebody, and two are nobody in particular, because an
    /// address may be shared. Whoever is named by it is named by `onlyPerson(named:in:)`.
    public func people(mail: String, in tenant: TenantID) throws -> [Person] {
        try query(
            "SELECT \(Person.columns) FROM person WHERE tenant = ?1 AND mail_key = ?2 ORDER BY id LIMIT 2",
            [.id(tenant), .text(NameKey.of(mail))]
        ).map(Person.init(row:))
    }

    /// The person whom this login names, or else this mail address; nil for nobody.
    ///
    /// - Throws: `person.ambiguous` for an address that two people have: whatever was meant for one of them must not
    ///   befall the other.
    public func onlyPerson(named text: String, in tenant: TenantID) throws -> Person? {
        if let person = try person(login: text, in: tenant) { return person }
        let found = try people(mail: text, in: tenant)
        guard found.count < 2 else {
            throw Fault(
                "person.ambiguous", .caller, "Two people have this mail address.", remedy: "Use the login or the id.")
        }
        return found.first
    }

    /// A page of people by id, after `last`; `search` narrows to logins that begin with it.
    public func people(
        in tenant: TenantID, after last: PersonID?, search: String? = nil, limit: Int
    ) throws -> [Person] {
        let prefix = NameKey.of(search ?? "")
        return try query(
            """
            SELECT \(Person.columns) FROM person
            WHERE tenant = ?1 AND id > ?2 AND substr(login_key, 1, ?4) = ?3 ORDER BY id LIMIT ?5
            """,
            [
                .id(tenant), .blob(last?.bytes ?? []), .text(prefix), .integer(Int64(prefix.unicodeScalars.count)),
                .integer(Int64(limit)),
            ]
        ).map(Person.init(row:))
    }

    /// Whom a person leads, disabled ones included, by id.
    public func reports(to manager: PersonID, in tenant: TenantID) throws -> [PersonID] {
        try query("SELECT id FROM person WHERE tenant = ?1 AND manager = ?2 ORDER BY id", [.id(tenant), .id(manager)])
            .map { try $0.id(0) }
    }

    /// How many rows of people there are, disabled ones included.
    public func countPeople(in tenant: TenantID) throws -> Int64 {
        try queryOne("SELECT count(*) FROM person WHERE tenant = ?1", [.id(tenant)])?.integer(0) ?? 0
    }

    /// Inserts the person and opens their status span at `position`.
    public func insert(_ person: Person, at position: Int64) throws {
        try execute(
            """
            INSERT INTO person (\(Person.columns), login_key, mail_key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                ?22, ?23)
            """, try person.values + [.text(NameKey.of(person.login)), .optional(person.mail.map(NameKey.of))])
        try openStatus(of: person, at: position)
    }

    /// Writes every column back where the row still has `version`; false when somebody was faster.
    public func update(_ person: Person, expecting version: Int64, at position: Int64) throws -> Bool {
        let statusBefore = try queryOne("SELECT status FROM person WHERE id = ?1", [.id(person.id)])?.text(0)
        let changed = try execute(
            """
            UPDATE person SET login = ?3, display_name = ?4, given_name = ?5, family_name = ?6, mail = ?7, locale = ?8,
                status = ?9, status_reason = ?10, status_at = ?11, delete_after = ?12, organization_unit = ?13,
                department = ?14, manager = ?15, attributes = ?16, managed_by = ?17, ownership = ?18,
                version = version + 1, updated_at = ?21, login_key = ?22, mail_key = ?23
            WHERE id = ?1 AND tenant = ?2 AND version = ?24
            """,
            try person.values + [
                .text(NameKey.of(person.login)), .optional(person.mail.map(NameKey.of)), .integer(version),
            ])
        guard changed == 1 else { return false }
        if statusBefore != person.status.word {
            try closeStatus(of: person.id, at: position)
            try openStatus(of: person, at: position)
        }
        return true
    }

    /// Takes a person's login out of the way within a transaction that gives them another one: two people cannot
    /// exchange theirs otherwise.
    public func parkLogin(of person: PersonID) throws {
        // Begins with a character that no login has.
        try execute(
            "UPDATE person SET login_key = ?2 WHERE id = ?1", [.id(person), .text("\u{1}\(person)")])
    }

    /// Removes the row and everything that belongs to it; what the journal says stays.
    public func deletePerson(_ id: PersonID, in tenant: TenantID, at position: Int64) throws -> Bool {
        try closeStatus(of: id, at: position)
        try execute(
            "UPDATE membership SET valid_to = ?2 WHERE person = ?1 AND valid_to IS NULL", [.id(id), .integer(position)])
        try execute(
            "UPDATE role_assignment SET valid_to = ?2 WHERE subject = ?1 AND valid_to IS NULL",
            [.id(id), .integer(position)])
        return try execute("DELETE FROM person WHERE id = ?1 AND tenant = ?2", [.id(id), .id(tenant)]) == 1
    }

    /// The status that held at a journal position; nil when the person was not there.
    public func status(of person: PersonID, at position: Int64) throws -> String? {
        try queryOne(
            """
            SELECT status FROM person_status
            WHERE person = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)
            """, [.id(person), .integer(position)])?.text(0)
    }

    private func openStatus(of person: Person, at position: Int64) throws {
        try execute(
            """
            INSERT INTO person_status (person, valid_from, tenant, status) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (person, valid_from) DO UPDATE SET status = excluded.status, valid_to = NULL
            """, [.id(person.id), .integer(position), .id(person.tenant), .text(person.status.word)])
    }

    private func closeStatus(of person: PersonID, at position: Int64) throws {
        try execute(
            "UPDATE person_status SET valid_to = ?2 WHERE person = ?1 AND valid_to IS NULL",
            [.id(person), .integer(position)])
    }
}

extension Person {
    /// In the order of `values` and `init(row:)`.
    static let columns = """
        id, tenant, login, display_name, given_name, family_name, mail, locale, status, status_reason, status_at, \
        delete_after, organization_unit, department, manager, attributes, managed_by, ownership, version, created_at, \
        updated_at
        """

    var values: [SQLValue] {
        get throws {
            var reason: String?
            var since = createdAt
            var deleteAfter: Timestamp?
            switch status {
            case .active: break
            case .disabled(let why, let at): (reason, since) = (why.rawValue, at)
            case .leaver(let at, let deadline): (since, deleteAfter) = (at, deadline)
            }
            return [
                .id(id), .id(tenant), .text(login), .optional(displayName), .optional(givenName),
                .optional(familyName), .optional(mail), .optional(locale), .text(status.word), .optional(reason),
                .time(since), .time(deleteAfter), .id(organizationUnit), .optional(department), .id(manager),
                attributes.isEmpty ? "{}" : try JSONColumn.encode(attributes), .text(managedBy.rawValue),
                ownership.isEmpty ? "{}" : try JSONColumn.encode(ownership), .integer(version), .time(createdAt),
                .time(updatedAt),
            ]
        }
    }

    init(row: SQLRow) throws {
        let attributes = try row.text(15)
        let ownership = try row.text(17)
        self.init(
            id: try row.id(0), tenant: try row.id(1), login: try row.text(2), displayName: try row.optionalText(3),
            givenName: try row.optionalText(4), familyName: try row.optionalText(5), mail: try row.optionalText(6),
            locale: try row.optionalText(7), status: try Self.status(row), organizationUnit: try row.optionalID(12),
            department: try row.optionalText(13), manager: try row.optionalID(14),
            attributes: attributes == "{}" ? [:] : try JSONColumn.decode([String: AttributeValue].self, attributes),
            managedBy: try word(ManagedBy.self, try row.text(16)),
            ownership: ownership == "{}" ? [:] : try JSONColumn.decode([String: ManagedBy].self, ownership),
            version: try row.integer(18), createdAt: try row.time(19), updatedAt: try row.time(20))
    }

    private static func status(_ row: SQLRow) throws -> PersonStatus {
        switch try row.text(8) {
        case "active": return .active
        case "disabled":
            return .disabled(try word(DisabledReason.self, try row.optionalText(9) ?? ""), at: try row.time(10))
        case "leaver": return .leaver(since: try row.time(10), deleteAfter: try row.time(11))
        default: throw Fault("storage.corrupt", .ourselves, "A stored person has an unknown status.")
        }
    }
}
