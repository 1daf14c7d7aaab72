import Vocabulary

/// A column whose values are sealed under a purpose's key, and how each is sealed anew. An envelope's head is 34 bytes;
/// the key's id are its last sixteen, which a statement reads with `substr(…, 19, 16)`.
struct SealedColumn: Sendable {
    /// A row whose value stands under another key than the active one.
    struct Stale: Sendable {
        /// What the row is found by again.
        let place: [SQLValue]
        let sealed: [UInt8]
        /// What the value is bound to.
        let context: [UInt8]
    }

    let values: KeyedValues
    /// Rows of tenant ?1 under another key than ?2, behind the place ?3, in its order, ?4 at most.
    let stale: String
    let read: @Sendable (SQLRow) throws -> Stale
    /// Puts ?1 in the place of ?2, where that stands; the place's own values follow.
    let replace: String
    /// Rows of one transaction.
    let chunk: Int
    /// Whether a value is one envelope, or envelopes in frames.
    var isFramed = false

    static let all: [SealedColumn] = [
        personKeys, totpSecrets, snapshots, notifications, tokenKeys, syncPlans, signalHeaders, peerSessions,
        peerLogouts, natsKeys,
    ]

    static func named(_ name: String) -> SealedColumn? { all.first { $0.values.name == name } }

    private static let personKeys = SealedColumn(
        values: KeyedValues(name: "person_keys", purpose: .personKey, renewal: .resealed) {
            try $0.countByKey(
                "SELECT substr(sealed, 19, 16), count(*) FROM person_key WHERE tenant = ?1 GROUP BY 1", $1)
        },
        stale: """
            SELECT person, sealed, tenant FROM person_key
            WHERE tenant = ?1 AND substr(sealed, 19, 16) <> ?2 AND person > ?3 ORDER BY person LIMIT ?4
            """,
        read: { row in
            let person = try row.blob(0)
            return Stale(place: [.blob(person), .blob(try row.blob(2))], sealed: try row.blob(1), context: person)
        },
        replace: "UPDATE person_key SET sealed = ?1 WHERE person = ?3 AND tenant = ?4 AND sealed = ?2", chunk: 250)

    private static let totpSecrets = SealedColumn(
        values: KeyedValues(name: "totp_secrets", purpose: .credential, renewal: .resealed) {
            try $0.countByKey(
                "SELECT substr(sealed_secret, 19, 16), count(*) FROM totp WHERE tenant = ?1 GROUP BY 1", $1)
        },
        stale: """
            SELECT id, sealed_secret, person FROM totp
            WHERE tenant = ?1 AND substr(sealed_secret, 19, 16) <> ?2 AND id > ?3 ORDER BY id LIMIT ?4
            """,
        read: { row in
            let id = try row.blob(0)
            return Stale(place: [.blob(id)], sealed: try row.blob(1), context: id + (try row.blob(2)))
        },
        replace: "UPDATE totp SET sealed_secret = ?1 WHERE id = ?3 AND sealed_secret = ?2", chunk: 250)

    // Two streams of different kinds may have one id; the one that a chunk's edge leaves out is found by the next pass.
    private static let snapshots = SealedColumn(
        values: KeyedValues(name: "snapshots", purpose: .record, renewal: .resealed) {
            try $0.countByKey(
                "SELECT substr(sealed, 19, 16), count(*) FROM stream_snapshot WHERE tenant = ?1 GROUP BY 1", $1)
        },
        stale: """
            SELECT id, sealed, kind, version, format, tenant FROM stream_snapshot
            WHERE tenant = ?1 AND substr(sealed, 19, 16) <> ?2 AND id > ?3 ORDER BY id LIMIT ?4
            """,
        read: { row in
            let stream = Stream(kind: StreamKind(rawValue: try row.text(2)), id: try row.blob(0))
            return Stale(
                place: [.blob(stream.id), .text(stream.kind.rawValue), .blob(try row.blob(5))],
                sealed: try row.blob(1),
                context: stream.snapshotContext(try row.integer(3), try row.integer(4)))
        },
        replace: "UPDATE stream_snapshot SET sealed = ?1 WHERE id = ?3 AND kind = ?4 AND tenant = ?5 AND sealed = ?2",
        chunk: 50)

    /// Of a table whose rows are found by `id`, which their value is bound to, and may have none.
    private static func optional(
        _ name: String, _ purpose: KeyPurpose, in table: StaticString, chunk: Int
    ) -> SealedColumn {
        SealedColumn(
            values: KeyedValues(name: name, purpose: purpose, renewal: .resealed) {
                try $0.countByKey(
                    """
                    SELECT substr(sealed, 19, 16), count(*) FROM \(table)
                    WHERE tenant = ?1 AND sealed IS NOT NULL GROUP BY 1
                    """, $1)
            },
            stale: """
                SELECT id, sealed FROM \(table)
                WHERE tenant = ?1 AND sealed IS NOT NULL AND substr(sealed, 19, 16) <> ?2 AND id > ?3 ORDER BY id LIMIT ?4
                """,
            read: { row in
                let id = try row.blob(0)
                return Stale(place: [.blob(id)], sealed: try row.blob(1), context: id)
            },
            replace: "UPDATE \(table) SET sealed = ?1 WHERE id = ?3 AND sealed = ?2", chunk: chunk)
    }

    private static let notifications = optional("notifications", .record, in: "notification", chunk: 250)

    private static let tokenKeys = optional("token_keys", .tokenSigning, in: "oauth_token_key", chunk: 50)

    private static let natsKeys = optional("nats_keys", .tokenSigning, in: "nats_key", chunk: 250)

    private static let signalHeaders = optional("signal_headers", .record, in: "signal_stream", chunk: 250)

    private static let peerSessions = optional("saml_peer_sessions", .record, in: "saml_peer_session", chunk: 250)

    private static let peerLogouts = optional("saml_peer_logouts", .record, in: "saml_peer_logout", chunk: 250)

    // A held plan is as large as its directory: one in a transaction, as it was written. It begins with the four bytes
    // of its first frame's length, and its frames were sealed by one key unless a rotation came between.
    private static let syncPlans = SealedColumn(
        values: KeyedValues(name: "sync_plans", purpose: .record, renewal: .resealed) {
            try $0.countByKey(
                """
                SELECT substr(sealed_plan, 23, 16), count(*) FROM sync_run
                WHERE tenant = ?1 AND sealed_plan IS NOT NULL GROUP BY 1
                """, $1)
        },
        stale: """
            SELECT id, sealed_plan FROM sync_run
            WHERE tenant = ?1 AND substr(sealed_plan, 23, 16) <> ?2 AND id > ?3 ORDER BY id LIMIT ?4
            """,
        read: { row in
            let id = try row.blob(0)
            return Stale(place: [.blob(id)], sealed: try row.blob(1), context: SealedFrames.planContext(id))
        },
        replace: "UPDATE sync_run SET sealed_plan = ?1 WHERE id = ?3 AND sealed_plan = ?2", chunk: 1, isFramed: true)
}
