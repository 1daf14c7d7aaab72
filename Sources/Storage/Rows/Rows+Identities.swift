import Identity
import Vocabulary

extension SQLConnection {
    /// The link of this upstream account, by its permanent key and never by a name; nil when nobody is linked.
    public func identity(_ subject: UpstreamSubject) throws -> LinkedIdentity? {
        try queryOne(
            "SELECT \(LinkedIdentity.columns) FROM identity WHERE provider = ?1 AND subject_key = ?2",
            [.id(subject.provider), .text(subject.key)]
        ).map(LinkedIdentity.init(row:))
    }

    /// Every account linked to a person.
    public func identities(of person: PersonID) throws -> [LinkedIdentity] {
        try query("SELECT \(LinkedIdentity.columns) FROM identity WHERE person = ?1 ORDER BY id", [.id(person)])
            .map(LinkedIdentity.init(row:))
    }

    /// The linked accounts that roles may come through: not those whose grants wait for a directory job's switch, at
    /// the position of the roles they are judged with.
    public func identities(of person: PersonID, grantedBy position: Int64) throws -> [LinkedIdentity] {
        try query(
            """
            SELECT \(LinkedIdentity.columns) FROM identity
            WHERE person = ?1 AND \(GrantVisibility.sql(by: "?2")) ORDER BY id
            """, [.id(person), .integer(position)]
        ).map(LinkedIdentity.init(row:))
    }

    /// Lets the roles through a person's account at a provider wait for the switch of a number.
    public func withholdGrants(of person: PersonID, through provider: ProviderID, pending: Int64) throws {
        try execute(
            "UPDATE identity SET pending = ?3 WHERE person = ?1 AND provider = ?2",
            [.id(person), .id(provider), .integer(pending)])
    }

    /// Links an account; throws when it is linked already, to whomever.
    /// With a number, roles through it wait for the switch of that number.
    public func insert(_ identity: LinkedIdentity, pending: Int64? = nil) throws {
        try execute(
            "INSERT INTO identity (\(LinkedIdentity.columns), pending) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            [
                .id(identity.id), .id(identity.tenant), .id(identity.person), .id(identity.subject.provider),
                .text(identity.subject.key), .text(identity.login), .time(identity.linkedAt),
                .time(identity.lastSeenAt), .optional(pending),
            ])
    }

    /// Takes a link away; false when it was gone.
    public func deleteIdentity(_ identity: IdentityID) throws -> Bool {
        try execute("DELETE FROM identity WHERE id = ?1", [.id(identity)]) == 1
    }

    /// Remembers when the provider last vouched for it, and the login it then had there. Roles through it wait for
    /// nothing any more: this observation is newer than that of any directory job.
    public func noteSeen(_ identity: IdentityID, login: String, at now: Timestamp) throws {
        try execute(
            "UPDATE identity SET login = ?2, last_seen_at = ?3, pending = NULL WHERE id = ?1",
            [.id(identity), .text(login), .time(now)])
    }

    /// Whether roles through it wait for the switch of a directory job.
    public func isWithheld(_ identity: IdentityID) throws -> Bool {
        try queryOne("SELECT 1 FROM identity WHERE id = ?1 AND pending IS NOT NULL", [.id(identity)]) != nil
    }

    /// Remembers when the provider last vouched for it, and that nothing else about it is new.
    public func noteSeenUnchanged(_ identity: IdentityID, login: String, at now: Timestamp) throws {
        try execute(
            "UPDATE identity SET login = ?2, last_seen_at = ?3 WHERE id = ?1",
            [.id(identity), .text(login), .time(now)])
    }
}

extension LinkedIdentity {
    static let columns = "id, tenant, person, provider, subject_key, login, linked_at, last_seen_at"

    init(row: SQLRow) throws {
        self.init(
            id: try row.id(0), tenant: try row.id(1), person: try row.id(2),
            subject: UpstreamSubject(provider: try row.id(3), key: try row.text(4)), login: try row.text(5),
            linkedAt: try row.time(6), lastSeenAt: try row.optionalTime(7))
    }
}
