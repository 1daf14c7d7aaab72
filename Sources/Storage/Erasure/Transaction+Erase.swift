import Vocabulary

extension Transaction {
    /// Erases what the journal knows of a person: destroys the key, and every section's salt and ciphertext; journals
    /// that it was done and remembers the id, so that a restore repeats it. Rows of the person are the caller's to
    /// delete in the same transaction. Once committed, the write-ahead log is emptied too. Verification still holds
    /// afterwards. Throws `storage.not_a_person` for the holder of the tenant's own texts.
    @discardableResult public func erase(_ person: PersonID, _ context: EventContext) throws -> AppendedEvent {
        guard person != PersonalSection.tenantHolder else {
            throw Fault("storage.not_a_person", .caller, "The nil id names nobody who could be erased.")
        }
        let sections = try destroySections(of: person, context.tenant)
        try sql.execute(
            "INSERT INTO erased_person (tenant, person, at) VALUES (?1, ?2, ?3)"
                + " ON CONFLICT (tenant, person) DO NOTHING",
            [.id(context.tenant), .id(person), .time(now)])
        return try append(
            NewEvent(
                context: context, stream: Stream("person", person), type: "person.erased",
                facts: [Fact("sections", .integer(Int64(sections)))]))
    }

    func destroySections(of person: PersonID, _ tenant: TenantID) throws -> Int {
        erasedSomebody = true
        madeKeys[PersonKeyCache.Name(tenant: tenant, person: person)] = nil
        // At once, not after the commit: a later body of the same batch must not seal under a destroyed key.
        keys.people[tenant, person] = nil
        try sql.execute("DELETE FROM person_key WHERE tenant = ?1 AND person = ?2", [.id(tenant), .id(person)])
        return try sql.execute(
            "UPDATE journal_section SET sealed = NULL WHERE tenant = ?1 AND person = ?2 AND sealed IS NOT NULL",
            [.id(tenant), .id(person)])
    }
}

/// A person whose erasure must be repeated after a restore.
public struct ErasedPerson: Hashable, Sendable, Codable {
    public let tenant: TenantID
    public let person: PersonID
    public let at: Timestamp
    public init(tenant: TenantID, person: PersonID, at: Timestamp) {
        self.tenant = tenant
        self.person = person
        self.at = at
    }
}

extension Store {
    /// Everyone erased so far: surrogate ids only, to be kept beside the heads.
    public func erasedPeople() async throws -> [ErasedPerson] {
        try await read { connection in
            try connection.query("SELECT tenant, person, at FROM erased_person ORDER BY at, person").map {
                ErasedPerson(tenant: try $0.id(0), person: try $0.id(1), at: try $0.time(2))
            }
        }
    }
}
