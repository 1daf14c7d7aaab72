import Vocabulary

/// A kind of stored value that stands under a key, and what becomes of it when the key is rotated.
public struct KeyedValues: Sendable {
    /// How such values leave an old key.
    public enum Renewal: String, Sendable, CaseIterable {
        /// They are sealed anew in the background.
        case resealed
        /// Only the person has what they are made of: they are made anew at the next login.
        case nextLogin = "next_login"
        /// They are not changed, and are gone when their time is up.
        case expiry
        /// They are kept, and need no more than the public half.
        case kept
    }

    /// A word: `totp_secrets`, `person_keys` …
    public let name: String
    public let purpose: KeyPurpose
    public let renewal: Renewal
    /// How many there are of a tenant's, by the key that they name.
    let count: @Sendable (any SQLConnection, TenantID) throws -> [KeyID: Int]

    /// All kinds that rows hold.
    public static let inRows: [KeyedValues] =
        SealedColumn.all.map(\.values)
        + [
            commandAnswers, authorizationRequests, signOnRequests, upstreamAttempts, keptSAMLMessages, upstreamTokens,
            keptTokens, logoutJourneys, passwords, formerPasswords, signedHeads,
        ]

    private static let commandAnswers = KeyedValues(name: "command_answers", purpose: .record, renewal: .expiry) {
        try $0.countByKey(
            "SELECT substr(result, 19, 16), count(*) FROM command_result WHERE tenant = ?1 GROUP BY 1", $1)
    }

    private static let authorizationRequests = requests("authorization_requests", in: "oauth_request")
    private static let signOnRequests = requests("sign_on_requests", in: "saml_request")
    private static let upstreamAttempts = requests("upstream_attempts", in: "upstream_attempt")
    private static let keptSAMLMessages = requests("kept_saml_messages", in: "saml_kept")

    private static func requests(_ name: String, in table: StaticString) -> KeyedValues {
        KeyedValues(name: name, purpose: .record, renewal: .expiry) {
            try $0.countByKey(
                """
                SELECT substr(sealed, 19, 16), count(*) FROM \(table)
                WHERE tenant = ?1 AND used_at IS NULL GROUP BY 1
                """, $1)
        }
    }

    // Kept no longer than the session they belong to.
    private static let upstreamTokens = KeyedValues(name: "upstream_tokens", purpose: .record, renewal: .expiry) {
        try $0.countByKey(
            """
            SELECT substr(id_token, 19, 16), count(*) FROM upstream_session
            WHERE tenant = ?1 AND id_token IS NOT NULL GROUP BY 1
            """, $1)
    }

    private static let keptTokens = KeyedValues(name: "kept_tokens", purpose: .record, renewal: .expiry) {
        try $0.countByKey(
            "SELECT substr(sealed, 19, 16), count(*) FROM upstream_token WHERE tenant = ?1 GROUP BY 1", $1)
    }

    private static let logoutJourneys = KeyedValues(name: "logout_journeys", purpose: .record, renewal: .expiry) {
        try $0.countByKey(
            "SELECT substr(sealed, 19, 16), count(*) FROM saml_logout_journey WHERE tenant = ?1 GROUP BY 1", $1)
    }

    private static let signedHeads = KeyedValues(name: "signed_heads", purpose: .headSigning, renewal: .kept) {
        try $0.countByKey("SELECT key_id, count(*) FROM journal_head WHERE tenant = ?1 GROUP BY 1", $1)
    }

    // A PHC string names its pepper's key: `…,keyid=UUID$salt$digest`.
    private static let passwords = KeyedValues(name: "passwords", purpose: .passwordPepper, renewal: .nextLogin) {
        try $0.countByName(
            """
            SELECT substr(hash, instr(hash, 'keyid=') + 6, 36), count(*) FROM password
            WHERE tenant = ?1 AND instr(hash, 'keyid=') > 0 GROUP BY 1
            """, $1)
    }

    private static let formerPasswords = KeyedValues(
        name: "former_passwords", purpose: .passwordPepper, renewal: .expiry
    ) {
        try $0.countByName(
            """
            SELECT substr(h.hash, instr(h.hash, 'keyid=') + 6, 36), count(*) FROM password_history h
            JOIN person p ON p.id = h.person WHERE p.tenant = ?1 AND instr(h.hash, 'keyid=') > 0 GROUP BY 1
            """, $1)
    }
}

extension StoreReading {
    /// How many values of a tenant stand under each key, by kind; kinds without any left out. Reads whole tables.
    public func keyedValues(of tenant: TenantID) async throws -> [KeyID: [String: Int]] {
        try await read { sql in
            var counts: [KeyID: [String: Int]] = [:]
            for kind in KeyedValues.inRows {
                for (key, count) in try kind.count(sql, tenant) { counts[key, default: [:]][kind.name] = count }
            }
            return counts
        }
    }
}

extension SQLConnection {
    func countByKey(_ statement: String, _ tenant: TenantID) throws -> [KeyID: Int] {
        try query(statement, [.id(tenant)]).reduce(into: [:]) { counts, row in
            // What is shorter than an envelope's head names no key.
            guard let key = KeyID(bytes: try row.blob(0)) else { return }
            counts[key] = Int(try row.integer(1))
        }
    }

    fileprivate func countByName(_ statement: String, _ tenant: TenantID) throws -> [KeyID: Int] {
        try query(statement, [.id(tenant)]).reduce(into: [:]) { counts, row in
            guard let key = KeyID(try row.text(0)) else { return }
            counts[key] = Int(try row.integer(1))
        }
    }
}
