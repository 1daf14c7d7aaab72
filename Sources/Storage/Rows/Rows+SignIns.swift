import Identity
import Vocabulary

// How people sign in: one row each, sealed under the person's own key, so that erasing them reaches it.

extension SignInHistory.Entry: JSONRecord {
    /// One completed sign-in.
    public func write(to object: inout JSONText) {
        object.field("anomalies", anomalies)
        object.field("at", at)
        object.field("network", network)
    }
}

extension SignInHistory: JSONRecord {
    /// What is remembered of a person's sign-ins.
    public func write(to object: inout JSONText) {
        object.field("count", count)
        object.field("hours", hours)
        if let lastPlace { object.field("lastPlace", lastPlace) }
        object.field("recent", recent)
    }
}

extension KeyRing {
    /// What is remembered of a person's sign-ins; nil before the first, and after they were erased.
    ///
    /// - Throws: `keys.refused` for a row that was changed or moved, and what the store throws.
    public func signInHistory(
        of person: PersonID, in tenant: TenantID, _ sql: any SQLConnection
    ) throws -> SignInHistory? {
        let row = try sql.queryOne(
            "SELECT sealed FROM sign_in_history WHERE person = ?1 AND tenant = ?2", [.id(person), .id(tenant)])
        guard let sealed = try row?.blob(0) else { return nil }
        guard let key = try people[tenant, person] ?? personKey(person, tenant, sql) else { return nil }
        let text = try AuthenticatedCipher.open(sealed, key: key.key, context: Self.context(of: person))
        return try JSONColumn.decode(SignInHistory.self, String(decoding: text, as: UTF8.self))
    }

    fileprivate static func context(of person: PersonID) -> [UInt8] { person.bytes + Array("sign-in-history".utf8) }
}

extension Transaction {
    /// Keeps what is remembered of a person's sign-ins in place of what was.
    public func keep(_ history: SignInHistory, of person: PersonID, in tenant: TenantID) throws {
        let key = try personKey(person, tenant, isNew: false)
        let sealed = try AuthenticatedCipher.seal(
            Array(JSONText.text(of: history).utf8), key: key.key,
            envelope: KeyEnvelope(purpose: .personKey, tenant: tenant, key: key.id),
            context: KeyRing.context(of: person))
        try sql.execute(
            """
            INSERT INTO sign_in_history (person, tenant, sealed) VALUES (?1, ?2, ?3)
            ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed
            """, [.id(person), .id(tenant), .blob(sealed)])
    }
}
