import Identity
import Vocabulary

extension SQLConnection {
    /// Adds a link; only the hash of its token is stored.
    public func insert(_ link: SingleUseLink) throws {
        try execute(
            """
            INSERT INTO single_use_link (\(SingleUseLink.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """,
            [
                .id(link.id), .id(link.tenant), .text(link.purpose.rawValue), .id(link.person),
                .blob(link.tokenHash.bytes), try JSONColumn.encode(link.createdBy), .time(link.createdAt),
                .time(link.expiresAt), .time(link.usedAt), .time(link.revokedAt),
            ])
    }

    /// The link of this token in whatever state it is; the caller judges whether it may still be used.
    public func link(_ hash: TokenHash) throws -> SingleUseLink? {
        try queryOne("SELECT \(SingleUseLink.columns) FROM single_use_link WHERE token_hash = ?1", [.blob(hash.bytes)])
            .map(SingleUseLink.init(row:))
    }

    /// Uses the link up; false when another request was faster, or it is revoked or too old.
    public func useLink(_ id: LinkID, at now: Timestamp) throws -> Bool {
        try execute(
            """
            UPDATE single_use_link SET used_at = ?2
            WHERE id = ?1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?2
            """, [.id(id), .time(now)]) == 1
    }

    /// Revokes what a person has open of one purpose, so that only the newest link works.
    public func revokeLinks(of person: PersonID, _ purpose: LinkPurpose, at now: Timestamp) throws {
        try execute(
            "UPDATE single_use_link SET revoked_at = ?3 WHERE person = ?1 AND purpose = ?2 AND used_at IS NULL",
            [.id(person), .text(purpose.rawValue), .time(now)])
    }

    /// Whether a link for this purpose could be used now by whoever has it.
    public func hasOpenLink(_ purpose: LinkPurpose, in tenant: TenantID, at now: Timestamp) throws -> Bool {
        try queryOne(
            """
            SELECT 1 FROM single_use_link WHERE tenant = ?1 AND purpose = ?2 AND used_at IS NULL AND revoked_at IS NULL
                AND expires_at > ?3 LIMIT 1
            """, [.id(tenant), .text(purpose.rawValue), .time(now)]) != nil
    }

    // MARK: Soft locks

    /// The stored state of a lock and its revision; nil when nothing has failed lately.
    public func softLock(_ kind: String, _ key: [UInt8], in tenant: TenantID) throws -> (
        state: String, revision: Int64
    )? {
        try queryOne(
            "SELECT state, revision FROM soft_lock WHERE tenant = ?1 AND kind = ?2 AND key = ?3",
            [.id(tenant), .text(kind), .blob(key)]
        ).map { (try $0.text(0), try $0.integer(1)) }
    }

    /// Writes the state where nobody has since `revision` (nil: where there is none yet); false to read and try again.
    public func putSoftLock(
        _ kind: String, _ key: [UInt8], in tenant: TenantID, state: String, expecting revision: Int64?,
        expiresAt: Timestamp
    ) throws -> Bool {
        let values: [SQLValue] = [.id(tenant), .text(kind), .blob(key), .text(state), .time(expiresAt)]
        guard let revision else {
            return try execute(
                """
                INSERT INTO soft_lock (tenant, kind, key, state, expires_at, revision) VALUES (?1, ?2, ?3, ?4, ?5, 1)
                ON CONFLICT DO NOTHING
                """, values) == 1
        }
        return try execute(
            """
            UPDATE soft_lock SET state = ?4, expires_at = ?5, revision = revision + 1
            WHERE tenant = ?1 AND kind = ?2 AND key = ?3 AND revision = ?6
            """, values + [.integer(revision)]) == 1
    }

    /// Forgets the failures of one account, source or device.
    public func clearSoftLock(_ kind: String, _ key: [UInt8], in tenant: TenantID) throws {
        try execute(
            "DELETE FROM soft_lock WHERE tenant = ?1 AND kind = ?2 AND key = ?3",
            [.id(tenant), .text(kind), .blob(key)])
    }

    /// Forgets the failures where nobody has written since `revision`; false otherwise.
    public func clearSoftLock(
        _ kind: String, _ key: [UInt8], in tenant: TenantID, expecting revision: Int64
    ) throws -> Bool {
        try execute(
            "DELETE FROM soft_lock WHERE tenant = ?1 AND kind = ?2 AND key = ?3 AND revision = ?4",
            [.id(tenant), .text(kind), .blob(key), .integer(revision)]) == 1
    }

    // MARK: Known devices

    /// Remembers a browser by the hash of its secret, until it expires.
    public func insertDevice(
        _ id: DeviceID, of person: PersonID, in tenant: TenantID, secretHash: TokenHash, expiresAt: Timestamp,
        at now: Timestamp
    ) throws {
        try execute(
            """
            INSERT INTO device (id, tenant, person, secret_hash, last_used_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """,
            [.id(id), .id(tenant), .id(person), .blob(secretHash.bytes), .time(now), .time(expiresAt)])
    }

    /// Devices that one person can have; the ones used longest ago make room.
    public static var deviceLimit: Int { 100 }

    /// Forgets all but the newest of a person's devices where they have too many: every sign-in without a cookie makes
    /// one.
    public func trimDevices(of person: PersonID) throws {
        try execute(
            """
            DELETE FROM device WHERE person = ?1 AND id IN
                (SELECT id FROM device WHERE person = ?1 ORDER BY last_used_at DESC, id DESC LIMIT -1 OFFSET ?2)
            """, [.id(person), .integer(Int64(Self.deviceLimit))])
    }

    /// Notes that a device was used, from which its time runs anew.
    public func renewDevice(_ id: DeviceID, expiresAt: Timestamp, at now: Timestamp) throws {
        try execute(
            "UPDATE device SET last_used_at = ?2, expires_at = ?3 WHERE id = ?1",
            [.id(id), .time(now), .time(expiresAt)])
    }

    /// The device with this secret, where it is this person's and not forgotten.
    public func device(_ hash: TokenHash, of person: PersonID, at now: Timestamp) throws -> DeviceID? {
        try queryOne(
            "SELECT id FROM device WHERE secret_hash = ?1 AND person = ?2 AND expires_at > ?3",
            [.blob(hash.bytes), .id(person), .time(now)])?.id(0)
    }

    /// Makes every browser a strange one again, and answers how many there were.
    public func forgetDevices(of person: PersonID) throws -> Int {
        try execute("DELETE FROM device WHERE person = ?1", [.id(person)])
    }
}

extension SingleUseLink {
    static let columns =
        "id, tenant, purpose, person, token_hash, created_by, created_at, expires_at, used_at, revoked_at"

    init(row: SQLRow) throws {
        guard let hash = TokenHash(bytes: try row.blob(4)) else {
            throw Fault("storage.corrupt", .ourselves, "A stored link has no valid hash.")
        }
        self.init(
            id: try row.id(0), tenant: try row.id(1), purpose: try word(LinkPurpose.self, try row.text(2)),
            tokenHash: hash, person: try row.optionalID(3),
            createdBy: try JSONColumn.decode(Actor.self, try row.text(5)), createdAt: try row.time(6),
            expiresAt: try row.time(7), usedAt: try row.optionalTime(8), revokedAt: try row.optionalTime(9))
    }
}
