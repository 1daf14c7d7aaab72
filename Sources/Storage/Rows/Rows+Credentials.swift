import Identity
import Vocabulary

/// A local password as stored.
public struct StoredPassword: Sendable, Hashable {
    /// PHC string.
    public let hash: String
    public let changedAt: Timestamp
    public let mustChange: Bool
}

/// A TOTP credential as stored: its secret sealed, its last accepted step beside it.
public struct StoredTOTP: Sendable, Hashable {
    public let id: CredentialID
    public let person: PersonID
    public let sealedSecret: [UInt8]
    public let confirmedAt: Timestamp?
    public let lastStep: Int64
    public let createdAt: Timestamp
}

extension SQLConnection {
    // MARK: Passwords

    /// The stored hash, nil for somebody without a local password.
    public func password(of person: PersonID) throws -> StoredPassword? {
        try queryOne("SELECT hash, changed_at, must_change FROM password WHERE person = ?1", [.id(person)]).map {
            StoredPassword(hash: try $0.text(0), changedAt: try $0.time(1), mustChange: try $0.bool(2))
        }
    }

    /// The hashes of earlier passwords, newest first.
    public func passwordHistory(of person: PersonID, limit: Int) throws -> [String] {
        try query(
            "SELECT hash FROM password_history WHERE person = ?1 ORDER BY retired_at DESC LIMIT ?2",
            [.id(person), .integer(Int64(limit))]
        ).map { try $0.text(0) }
    }

    /// Replaces the password and retires the old one into the history, of which `keeping` remain.
    public func setPassword(
        _ hash: String, of person: PersonID, in tenant: TenantID, mustChange: Bool, keeping: Int, at now: Timestamp
    ) throws {
        if keeping > 0 {
            try execute(
                """
                INSERT INTO password_history (person, retired_at, hash) SELECT person, ?2, hash FROM password
                WHERE person = ?1 ON CONFLICT DO NOTHING
                """, [.id(person), .time(now)])
        }
        try execute(
            """
            DELETE FROM password_history WHERE person = ?1 AND retired_at NOT IN
                (SELECT retired_at FROM password_history WHERE person = ?1 ORDER BY retired_at DESC LIMIT ?2)
            """, [.id(person), .integer(Int64(keeping))])
        try execute(
            """
            INSERT INTO password (person, tenant, hash, changed_at, must_change) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at,
                must_change = excluded.must_change, version = version + 1
            """, [.id(person), .id(tenant), .text(hash), .time(now), .bool(mustChange)])
    }

    /// Stores a stronger hash of the same password, where it is still the one that was verified.
    @discardableResult
    public func rehashPassword(of person: PersonID, from old: String, to new: String) throws -> Bool {
        try execute(
            "UPDATE password SET hash = ?3 WHERE person = ?1 AND hash = ?2", [.id(person), .text(old), .text(new)]) == 1
    }

    // MARK: TOTP

    /// The confirmed credentials, or with `pending` the one being enrolled.
    public func totp(of person: PersonID, pending: Bool = false) throws -> [StoredTOTP] {
        try query(
            """
            SELECT id, person, sealed_secret, confirmed_at, last_step, created_at FROM totp
            WHERE person = ?1 AND (confirmed_at IS NULL) = ?2 ORDER BY created_at DESC
            """, [.id(person), .bool(pending)]
        ).map {
            StoredTOTP(
                id: try $0.id(0), person: try $0.id(1), sealedSecret: try $0.blob(2),
                confirmedAt: try $0.optionalTime(3), lastStep: try $0.integer(4), createdAt: try $0.time(5))
        }
    }

    /// Begins an enrolment; an unfinished earlier one is forgotten.
    public func insertPendingTOTP(
        _ id: CredentialID, of person: PersonID, in tenant: TenantID, sealedSecret: [UInt8], at now: Timestamp
    ) throws {
        try execute("DELETE FROM totp WHERE person = ?1 AND confirmed_at IS NULL", [.id(person)])
        try execute(
            "INSERT INTO totp (id, tenant, person, sealed_secret, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            [.id(id), .id(tenant), .id(person), .blob(sealedSecret), .time(now)])
    }

    /// Makes an enrolment count, once; false when it was confirmed before or is not there.
    public func confirmTOTP(_ id: CredentialID, step: Int64, at now: Timestamp) throws -> Bool {
        try execute(
            "UPDATE totp SET confirmed_at = ?2, last_step = ?3 WHERE id = ?1 AND confirmed_at IS NULL",
            [.id(id), .time(now), .integer(step)]) == 1
    }

    /// Uses a step up: one conditional statement, so that of two requests with one code only one passes.
    public func acceptTOTPStep(_ id: CredentialID, step: Int64) throws -> Bool {
        try execute("UPDATE totp SET last_step = ?2 WHERE id = ?1 AND last_step < ?2", [.id(id), .integer(step)]) == 1
    }

    /// Removes secrets, confirmed or not, and answers how many there were.
    public func deleteTOTP(of person: PersonID) throws -> Int {
        try execute("DELETE FROM totp WHERE person = ?1", [.id(person)])
    }

    // MARK: Recovery codes

    /// Puts a whole new set in the place of the old one, used codes included.
    public func replaceRecoveryCodes(_ hashes: [[UInt8]], of person: PersonID) throws {
        try execute("DELETE FROM recovery_code WHERE person = ?1", [.id(person)])
        for hash in hashes {
            try execute("INSERT INTO recovery_code (person, hash) VALUES (?1, ?2)", [.id(person), .blob(hash)])
        }
    }

    /// Uses a code up, once.
    public func useRecoveryCode(_ hash: [UInt8], of person: PersonID, at now: Timestamp) throws -> Bool {
        try execute(
            "UPDATE recovery_code SET used_at = ?3 WHERE person = ?1 AND hash = ?2 AND used_at IS NULL",
            [.id(person), .blob(hash), .time(now)]) == 1
    }

    /// How many codes are left.
    public func unusedRecoveryCodes(of person: PersonID) throws -> Int64 {
        try queryOne("SELECT count(*) FROM recovery_code WHERE person = ?1 AND used_at IS NULL", [.id(person)])?
            .integer(0) ?? 0
    }
}
