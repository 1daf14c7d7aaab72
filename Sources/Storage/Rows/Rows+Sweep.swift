import Vocabulary

/// Tables whose rows are worth nothing once they have expired, in the order they are swept in: what belongs to a session
/// goes before it.
public enum ExpiringRows: String, Sendable, CaseIterable {
    case handOverCodes = "handover_code"
    case applicationSessions = "application_session"
    case sessions = "session"
    case links = "single_use_link"
    case devices = "device"
    case softLocks = "soft_lock"
    case notifications = "notification"
    case callbacks = "callback"
    case authorizationRequests = "oauth_request"
    case signOnRequests = "saml_request"
    case authorizationCodes = "oauth_code"
    case accessTokens = "oauth_access_token"
    case refreshTokens = "oauth_refresh_token"
    case waitingDevices = "oauth_device"
    case authorizationGrants = "oauth_grant"
    case presentedOnce = "oauth_once"
    case clientSessions = "oauth_client_session"
    case logoutNotices = "oauth_logout_notice"
    case upstreamAttempts = "upstream_attempt"
    case keptSAMLMessages = "saml_kept"
    case peerLogouts = "saml_peer_logout"
    case logoutJourneys = "saml_logout_journey"

    fileprivate var key: String {
        switch self {
        case .handOverCodes: "code_hash"
        case .authorizationRequests, .signOnRequests, .authorizationCodes, .accessTokens, .refreshTokens,
            .waitingDevices, .upstreamAttempts, .keptSAMLMessages, .logoutJourneys:
            "hash"
        case .presentedOnce: "(tenant, kind, digest)"
        case .softLocks: "(tenant, kind, key)"
        case .notifications: "number"
        case .callbacks: "(tenant, system, nonce)"
        case .clientSessions: "(session, client)"
        case .applicationSessions, .sessions, .links, .devices, .authorizationGrants, .logoutNotices, .peerLogouts:
            "id"
        }
    }
}

extension SQLConnection {
    /// Removes at most `limit` rows that have expired, and answers how many; whether they were used or ended before
    /// makes no difference.
    public func deleteExpired(_ rows: ExpiringRows, at now: Timestamp, limit: Int) throws -> Int {
        let columns = rows.key.filter { $0 != "(" && $0 != ")" }
        return try execute(
            """
            DELETE FROM \(rows.rawValue) WHERE \(rows.key) IN
                (SELECT \(columns) FROM \(rows.rawValue) WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """, [.time(now), .integer(Int64(limit))])
    }
}
