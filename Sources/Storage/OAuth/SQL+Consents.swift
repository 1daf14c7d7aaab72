import Vocabulary

extension SQLConnection {
    /// What a person allowed a client before: JSON that only grows until it is taken back; nil when nothing.
    public func consent(of person: PersonID, to client: ClientID) throws -> (record: String, givenAt: Timestamp)? {
        try queryOne(
            "SELECT record, given_at FROM oauth_consent WHERE person = ?1 AND client = ?2", [.id(person), .id(client)]
        ).map { (try $0.text(0), try $0.time(1)) }
    }

    /// Everything a person allowed, by client.
    public func consents(
        of person: PersonID, in tenant: TenantID
    ) throws -> [(client: ClientID, record: String, givenAt: Timestamp)] {
        try query(
            "SELECT client, record, given_at FROM oauth_consent WHERE tenant = ?1 AND person = ?2 ORDER BY given_at",
            [.id(tenant), .id(person)]
        ).map { (try $0.id(0), try $0.text(1), try $0.time(2)) }
    }

    /// Remembers what a person allowed a client, in place of what was remembered.
    public func setConsent(
        of person: PersonID, to client: ClientID, in tenant: TenantID, record: String, at now: Timestamp
    ) throws {
        try execute(
            """
            INSERT INTO oauth_consent (tenant, person, client, record, given_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (person, client) DO UPDATE SET record = excluded.record, given_at = excluded.given_at
            """, [.id(tenant), .id(person), .id(client), .text(record), .time(now)])
    }

    /// Forgets it; false when there was none.
    public func removeConsent(of person: PersonID, to client: ClientID) throws -> Bool {
        try execute("DELETE FROM oauth_consent WHERE person = ?1 AND client = ?2", [.id(person), .id(client)]) == 1
    }

    // MARK: Pairwise subjects

    /// The name a sector knows a person by (OpenID Connect Core §8.1), made of `fresh` where there is none yet. It is
    /// stored, not derived, so that no rotation of a key changes who somebody is, and erasure takes it away.
    public func pairwiseSubject(
        of person: PersonID, sector: String, in tenant: TenantID, fresh: String
    ) throws -> String {
        try execute(
            """
            INSERT INTO oauth_subject (tenant, sector, subject, person) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (tenant, sector, person) DO NOTHING
            """, [.id(tenant), .text(sector), .text(fresh), .id(person)])
        return try knownPairwiseSubject(of: person, sector: sector, in: tenant) ?? fresh
    }

    /// The name a sector knows a person by, nil when it does not know them.
    public func knownPairwiseSubject(of person: PersonID, sector: String, in tenant: TenantID) throws -> String? {
        try queryOne(
            "SELECT subject FROM oauth_subject WHERE tenant = ?1 AND sector = ?2 AND person = ?3",
            [.id(tenant), .text(sector), .id(person)]
        ).map { try $0.text(0) }
    }
}
