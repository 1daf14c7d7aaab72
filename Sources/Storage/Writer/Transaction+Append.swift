import Crypto
import Vocabulary

extension Transaction {
    /// Appends an event to the tenant's journal in this transaction. Throws `storage.conflict` when the stream has
    /// moved past `expectedVersion`, `storage.erased` when a section is about an erased person, `journal.invalid`
    /// when a name or size is out of bounds, `journal.behind_head` when this database is older than a head kept
    /// outside.
    @discardableResult public func append(_ event: NewEvent) throws -> AppendedEvent {
        if let refusal { throw refusal }
        let tenant = event.context.tenant
        let version = try nextVersion(event)
        var generator = PooledRandomNumberGenerator()
        let id = EventID(at: now, using: &generator)
        let position = try journal.tree(tenant, sql).frontier.size + 1
        let sections = try sealSections(event)
        let record = try EnvelopeCodec.encode(
            envelope(event, id: id, version: version, commitments: sections.map(\.commitment)))
        let leaf = MerkleTree.leafHash(position: position, record: record)
        try sql.execute(
            "INSERT INTO journal_event (tenant, position, event, stream_kind, stream, version, type, at, leaf, record)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            [
                .id(tenant), .integer(position), .id(id), .text(event.stream.kind.rawValue), .blob(event.stream.id),
                .integer(version), .text(event.type), .time(now), .blob(leaf), .blob(record),
            ])
        try store(sections, tenant, position)
        try journal.append(leaf, to: tenant, sql)
        return AppendedEvent(id: id, position: position, streamVersion: version, at: now)
    }

    /// The position of the tenant's newest event, 0 when there is none: what `valid_from` of rows written here may
    /// hold.
    public func position(of tenant: TenantID) throws -> Int64 { try journal.tree(tenant, sql).frontier.size }

    private func nextVersion(_ event: NewEvent) throws -> Int64 {
        // A new stream needs no look: if it were not new, its first version would be there already, and the unique
        // index over streams and versions says so.
        if event.expectedVersion == 0 { return 1 }
        let row = try sql.queryOne(
            "SELECT version FROM journal_event WHERE tenant = ?1 AND stream_kind = ?2 AND stream = ?3"
                + " ORDER BY version DESC LIMIT 1",
            [.id(event.context.tenant), .text(event.stream.kind.rawValue), .blob(event.stream.id)])
        let current = try row?.integer(0) ?? 0
        if let expected = event.expectedVersion, expected != current {
            throw Fault(
                "storage.conflict", .caller, "It was changed by somebody else in the meantime.",
                remedy: "Read it again and repeat the change.")
        }
        return current + 1
    }

    private func envelope(_ event: NewEvent, id: EventID, version: Int64, commitments: [Commitment]) -> EventEnvelope {
        EventEnvelope(
            tenant: event.context.tenant, event: id, stream: event.stream, streamVersion: version, type: event.type,
            at: now, actor: event.context.actor, onBehalfOf: event.context.onBehalfOf, command: event.context.command,
            causation: event.context.causation, trace: event.context.trace, node: node, facts: event.facts,
            commitments: commitments)
    }

    private func store(_ sections: [SealedSection], _ tenant: TenantID, _ position: Int64) throws {
        for (ordinal, section) in sections.enumerated() {
            try sql.execute(
                "INSERT INTO journal_section (tenant, position, ordinal, person, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
                [
                    .id(tenant), .integer(position), .integer(Int64(ordinal)), .id(section.commitment.person),
                    .blob(section.sealed),
                ])
        }
    }
}

/// A section as stored: its commitment for the leaf and its ciphertext beside it.
struct SealedSection {
    static let plaintextLimit = 64 << 10
    let commitment: Commitment
    let sealed: [UInt8]

    /// The salt is sealed with the text: beside the commitment in the clear it would let an address be guessed.
    init(_ section: PersonalSection, tenant: TenantID, key: PersonKey) throws {
        let salt = SymmetricKey(data: RandomBytes.draw(32))
        var hmac = HMAC<SHA256>(key: salt)
        hmac.update(data: section.plaintext)
        commitment = Commitment(
            person: section.person, name: section.name, key: key.id, tag: Array(hmac.finalize()))
        sealed = try AuthenticatedCipher.seal(
            salt.bytes + section.plaintext, key: key.key,
            envelope: KeyEnvelope(purpose: .personKey, tenant: tenant, key: key.id),
            context: Self.context(section.person, section.name))
    }

    static func context(_ person: PersonID, _ name: String) -> [UInt8] { person.bytes + Array(name.utf8) }

    /// The plaintext, proven against the commitment of the leaf. Throws `keys.refused`.
    static func open(_ sealed: [UInt8], _ commitment: Commitment, key: PersonKey) throws -> [UInt8] {
        let opened = try AuthenticatedCipher.open(
            sealed, key: key.key, context: context(commitment.person, commitment.name))
        guard opened.count >= 32 else { throw AuthenticatedCipher.refused }
        let plaintext = Array(opened[32...])
        let salt = SymmetricKey(data: opened[..<32])
        guard HMAC<SHA256>.isValidAuthenticationCode(commitment.tag, authenticating: plaintext, using: salt) else {
            throw AuthenticatedCipher.refused
        }
        return plaintext
    }
}

extension Transaction {
    fileprivate func sealSections(_ event: NewEvent) throws -> [SealedSection] {
        guard event.sections.count <= EnvelopeWriter.sectionLimit,
            event.sections.allSatisfy({ $0.plaintext.count <= SealedSection.plaintextLimit })
        else { throw EnvelopeWriter.invalid("An event has too many sections, or one of more than 64 KiB.") }
        let tenant = event.context.tenant
        return try event.sections.map { section in
            try SealedSection(
                section, tenant: tenant,
                key: personKey(section.person, tenant, isNew: event.begins(section.person)))
        }
    }

    /// A key made here reaches the shared cache only once it is durable.
    func personKey(_ person: PersonID, _ tenant: TenantID, isNew: Bool) throws -> PersonKey {
        let name = PersonKeyCache.Name(tenant: tenant, person: person)
        if let known = madeKeys[name] { return known }
        if !erasedSomebody, let cached = keys.people[tenant, person] { return cached }
        let known = isNew ? nil : try keys.personKey(person, tenant, sql)
        let key = try known ?? keys.makePersonKey(person, tenant, sql, isNew: isNew)
        madeKeys[name] = key
        return key
    }
}

extension NewEvent {
    /// Whether this is the first event of a person's own stream, so that there can be no key of theirs yet.
    fileprivate func begins(_ person: PersonID) -> Bool {
        expectedVersion == 0 && stream.kind == "person" && stream.id == person.bytes
    }
}
