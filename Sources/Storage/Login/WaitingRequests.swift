import Identity
import Vocabulary

/// Requests that are kept at the server while somebody signs in, or until their client comes back with them: of clients, or
/// of applications that speak SAML.
public struct WaitingRequests<Asker>: Sendable {
    fileprivate let table: StaticString
}

extension WaitingRequests where Asker == IDKind.Client {
    /// Authorization requests, under way or pushed (RFC 9126).
    public static var ofClients: WaitingRequests { WaitingRequests(table: "oauth_request") }
}

extension WaitingRequests where Asker == IDKind.SAMLApplication {
    /// Authentication requests (SAML Core §3.4.1).
    public static var ofApplications: WaitingRequests { WaitingRequests(table: "saml_request") }
}

extension SQLConnection {
    /// Keeps a request that was held to its rules, until it is used or expires.
    ///
    /// - Parameter browser: whose it is; nil for nobody's yet.
    public func insert<Asker>(
        _ hash: TokenHash, into requests: WaitingRequests<Asker>, of asker: Identifier<Asker>, in tenant: TenantID,
        browser: TokenHash?, sealed: [UInt8], at now: Timestamp, until expiry: Timestamp
    ) throws {
        try execute(
            """
            INSERT INTO \(requests.table) (hash, tenant, client, browser, sealed, created_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .blob(hash.bytes), .id(tenant), .id(asker), .optional(browser?.bytes), .blob(sealed), .time(now),
                .time(expiry),
            ])
    }

    /// A request that is neither used nor expired, for its own browser, or one that is nobody's yet.
    public func find<Asker>(
        _ hash: TokenHash, among requests: WaitingRequests<Asker>, in tenant: TenantID, browser: TokenHash?,
        at now: Timestamp
    ) throws -> (client: Identifier<Asker>, sealed: [UInt8], createdAt: Timestamp)? {
        try queryOne(
            """
            SELECT client, sealed, created_at FROM \(requests.table)
            WHERE hash = ?1 AND tenant = ?2 AND browser IS ?3 AND used_at IS NULL AND expires_at > ?4
            """, [.blob(hash.bytes), .id(tenant), .optional(browser?.bytes), .time(now)]
        ).map { (try $0.id(0), try $0.blob(1), try $0.time(2)) }
    }

    /// Makes a request that is nobody's yet this browser's; false when it is another's already, used or expired.
    public func claim<Asker>(
        _ hash: TokenHash, among requests: WaitingRequests<Asker>, in tenant: TenantID, for browser: TokenHash,
        at now: Timestamp
    ) throws -> Bool {
        try execute(
            """
            UPDATE \(requests.table) SET browser = ?3
            WHERE hash = ?1 AND tenant = ?2 AND browser IS NULL AND used_at IS NULL AND expires_at > ?4
            """, [.blob(hash.bytes), .id(tenant), .blob(browser.bytes), .time(now)]) == 1
    }

    /// Writes down how far a request has come in its browser.
    public func update<Asker>(
        _ hash: TokenHash, among requests: WaitingRequests<Asker>, in tenant: TenantID, sealed: [UInt8]
    ) throws {
        try execute(
            "UPDATE \(requests.table) SET sealed = ?3 WHERE hash = ?1 AND tenant = ?2 AND used_at IS NULL",
            [.blob(hash.bytes), .id(tenant), .blob(sealed)])
    }

    /// Uses the request up; false when that was done before, or it has expired.
    public func use<Asker>(
        _ hash: TokenHash, among requests: WaitingRequests<Asker>, in tenant: TenantID, at now: Timestamp
    ) throws -> Bool {
        try execute(
            """
            UPDATE \(requests.table) SET used_at = ?3, sealed = x''
            WHERE hash = ?1 AND tenant = ?2 AND used_at IS NULL AND expires_at > ?3
            """, [.blob(hash.bytes), .id(tenant), .time(now)]) == 1
    }
}
