import Identity
import Vocabulary

/// A device that waits for a person's yes (RFC 8628), as stored.
public struct StoredDevice: Sendable, Hashable {
    /// How far it has come.
    public enum State: String, Sendable, CaseIterable, Hashable {
        case pending, approved, denied, used
    }

    public let tenant: TenantID
    public let client: ClientID
    /// JSON: scopes and audiences that were asked for.
    public let record: String
    public let state: State
    /// What the person granted.
    public let grant: AuthorizationGrantID?
    public let polledAt: Timestamp?
    /// Seconds between two polls; grows by five with every one that comes too early (§3.5).
    public let interval: Int64
    public let expiresAt: Timestamp

    public init(
        tenant: TenantID, client: ClientID, record: String, state: State = .pending,
        grant: AuthorizationGrantID? = nil, polledAt: Timestamp? = nil, interval: Int64 = 5, expiresAt: Timestamp
    ) {
        self.tenant = tenant
        self.client = client
        self.record = record
        self.state = state
        self.grant = grant
        self.polledAt = polledAt
        self.interval = interval
        self.expiresAt = expiresAt
    }
}

extension SQLConnection {
    /// Adds a device with the hashes of its two codes; false when the user code is somebody else's already.
    public func insert(_ device: StoredDevice, code: TokenHash, userCode: [UInt8]) throws -> Bool {
        try execute(
            """
            INSERT INTO oauth_device (hash, user_code, tenant, client, record, state, poll_seconds, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING
            """,
            [
                .blob(code.bytes), .blob(userCode), .id(device.tenant), .id(device.client), .text(device.record),
                .text(device.state.rawValue), .integer(device.interval), .time(device.expiresAt),
            ]) == 1
    }

    /// The device by the code it polls with, expired or not.
    public func device(_ code: TokenHash, in tenant: TenantID) throws -> StoredDevice? {
        try device("hash = ?2", .blob(code.bytes), tenant)
    }

    /// The device that waits under the code a person typed.
    public func waitingDevice(userCode: [UInt8], in tenant: TenantID, at now: Timestamp) throws -> StoredDevice? {
        guard let device = try device("user_code = ?2", .blob(userCode), tenant), device.state == .pending,
            device.expiresAt > now
        else { return nil }
        return device
    }

    /// Notes a poll and how long the next has to wait.
    public func notePoll(_ code: TokenHash, interval: Int64, at now: Timestamp) throws {
        try execute(
            "UPDATE oauth_device SET polled_at = ?2, poll_seconds = ?3 WHERE hash = ?1",
            [.blob(code.bytes), .time(now), .integer(interval)])
    }

    /// What a person said about a waiting device; false when somebody was faster, or it has expired.
    public func decideDevice(
        userCode: [UInt8], in tenant: TenantID, _ grant: AuthorizationGrantID?, at now: Timestamp
    ) throws -> Bool {
        try execute(
            """
            UPDATE oauth_device SET state = ?3, grant_id = ?4
            WHERE tenant = ?1 AND user_code = ?2 AND state = 'pending' AND expires_at > ?5
            """,
            [
                .id(tenant), .blob(userCode),
                .text((grant == nil ? StoredDevice.State.denied : .approved).rawValue), .id(grant), .time(now),
            ]) == 1
    }

    /// Uses an approved device code up; false when that was done before.
    public func takeDevice(_ code: TokenHash) throws -> Bool {
        try execute(
            "UPDATE oauth_device SET state = 'used' WHERE hash = ?1 AND state = 'approved'", [.blob(code.bytes)]) == 1
    }

    private func device(_ condition: String, _ value: SQLValue, _ tenant: TenantID) throws -> StoredDevice? {
        try queryOne(
            """
            SELECT tenant, client, record, state, grant_id, polled_at, poll_seconds, expires_at FROM oauth_device
            WHERE tenant = ?1 AND \(condition)
            """, [.id(tenant), value]
        ).map { row in
            StoredDevice(
                tenant: try row.id(0), client: try row.id(1), record: try row.text(2),
                state: try word(StoredDevice.State.self, try row.text(3)), grant: try row.optionalID(4),
                polledAt: try row.optionalTime(5), interval: try row.integer(6), expiresAt: try row.time(7))
        }
    }
}
