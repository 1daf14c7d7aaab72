import Identity
import Vocabulary

/// A peer that has still to hear that a session has ended.
public struct PeerLogout: Sendable, Hashable {
    /// What `sealed` is bound to.
    public let id: [UInt8]
    public let tenant: TenantID
    public let session: SessionID
    public let role: SAMLPeerRole
    /// Its entity id.
    public let peer: String
    public let sealed: [UInt8]
    public let reason: SessionEnd
    /// How often it was tried in vain.
    public let attempts: Int64
    public let expiresAt: Timestamp
}

extension SQLConnection {
    /// How long a peer is tried to be told that a session ended.
    public static var peerLogoutLifetime: Duration { .hours(6) }
    /// For so long a browser that is at hand may take the word along, before it is told behind.
    public static var peerLogoutGrace: Duration { .seconds(15) }

    /// Leaves word for every peer that knows a session which has just ended. An identity provider is not told of what ran
    /// out by itself (SDP-SP35): the person may be busy elsewhere.
    func leavePeerLogouts(of session: SessionID, _ reason: SessionEnd, at now: Timestamp) throws {
        let hasBrowser = reason == .logout || reason == .upstreamLogout
        try execute(
            """
            INSERT INTO saml_peer_logout
                (id, tenant, session, person, role, peer, sealed, reason, attempts, due_at, expires_at)
            SELECT k.id, k.tenant, k.session, s.person, k.role, k.peer, k.sealed, ?2, 0, ?3, ?4
            FROM saml_peer_session k JOIN session s ON s.id = k.session
            WHERE k.session = ?1 AND (k.role = 'service_provider' OR ?2 <> 'expired')
            """,
            [
                .id(session), .text(reason.rawValue), .time(hasBrowser ? now + Self.peerLogoutGrace : now),
                .time(now + Self.peerLogoutLifetime),
            ])
        try execute("DELETE FROM saml_peer_session WHERE session = ?1", [.id(session)])
    }

    /// Whether anybody has still to hear that this session has ended.
    public func holdsPeerLogouts(of session: SessionID) throws -> Bool {
        try queryOne("SELECT 1 FROM saml_peer_logout WHERE session = ?1 AND journey IS NULL", [.id(session)]) != nil
    }

    /// Takes the word that waits of a session along on a browser's journey: whom, in the order that they came to know it,
    /// service providers first.
    public func claimPeerLogouts(
        of session: SessionID, for journey: [UInt8], until end: Timestamp
    ) throws -> [PeerLogout] {
        try execute(
            "UPDATE saml_peer_logout SET journey = ?2, due_at = ?3 WHERE session = ?1 AND journey IS NULL",
            [.id(session), .blob(journey), .time(end)])
        return try logouts(
            "WHERE session = ?1 AND journey = ?2 ORDER BY role DESC, id", [.id(session), .blob(journey)])
    }

    /// One that waits; nil where the peer was told.
    public func peerLogout(_ id: [UInt8]) throws -> PeerLogout? { try logouts("WHERE id = ?1", [.blob(id)]).first }

    /// What is to be told behind now, the longest waiting first.
    public func duePeerLogouts(at now: Timestamp, limit: Int) throws -> [PeerLogout] {
        try logouts("WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2", [.time(now), .integer(Int64(limit))])
    }

    /// When somebody is to be told next; nil while nobody waits.
    public func nextPeerLogout() throws -> Timestamp? {
        try queryOne("SELECT min(due_at) FROM saml_peer_logout", []).flatMap { try $0.optionalTime(0) }
    }

    /// Tries again later.
    public func postpone(peerLogout id: [UInt8], until due: Timestamp) throws {
        try execute(
            "UPDATE saml_peer_logout SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1", [.blob(id), .time(due)])
    }

    /// Forgets one: the peer was told, or never will be.
    public func remove(peerLogout id: [UInt8]) throws {
        try execute("DELETE FROM saml_peer_logout WHERE id = ?1", [.blob(id)])
    }

    private func logouts(_ condition: String, _ values: [SQLValue]) throws -> [PeerLogout] {
        try query(
            """
            SELECT id, tenant, session, role, peer, sealed, reason, attempts, expires_at FROM saml_peer_logout
            \(condition)
            """, values
        ).map { row in
            PeerLogout(
                id: try row.blob(0), tenant: try row.id(1), session: try row.id(2),
                role: try SAMLPeerRole(column: try row.text(3)), peer: try row.text(4), sealed: try row.blob(5),
                reason: SessionEnd(rawValue: try row.text(6)) ?? .logout, attempts: try row.integer(7),
                expiresAt: try row.time(8))
        }
    }
}

/// A browser's journey to everybody who has to hear of a sign-out, as stored.
public struct StoredLogoutJourney: Sendable, Hashable {
    /// Of what the browser's cookie holds.
    public let hash: [UInt8]
    public let revision: Int64
    public let sealed: [UInt8]
}

extension SQLConnection {
    /// Keeps a journey that begins.
    public func insertLogoutJourney(
        _ hash: [UInt8], in tenant: TenantID, asked: [UInt8]?, sealed: [UInt8], until end: Timestamp
    ) throws {
        try execute(
            """
            INSERT INTO saml_logout_journey (hash, tenant, asked, revision, sealed, expires_at)
            VALUES (?1, ?2, ?3, 0, ?4, ?5)
            """, [.blob(hash), .id(tenant), .optional(asked), .blob(sealed), .time(end)])
    }

    /// The journey of a browser; nil where it has ended.
    public func logoutJourney(
        _ hash: [UInt8], in tenant: TenantID, at now: Timestamp
    ) throws -> StoredLogoutJourney? {
        try journey("hash = ?1 AND tenant = ?2 AND expires_at > ?3", [.blob(hash), .id(tenant), .time(now)])
    }

    /// The journey that waits for the answer to this request.
    public func logoutJourney(
        asking digest: [UInt8], in tenant: TenantID, at now: Timestamp
    ) throws -> StoredLogoutJourney? {
        try journey("asked = ?1 AND tenant = ?2 AND expires_at > ?3", [.blob(digest), .id(tenant), .time(now)])
    }

    private func journey(_ condition: String, _ values: [SQLValue]) throws -> StoredLogoutJourney? {
        try queryOne("SELECT hash, revision, sealed FROM saml_logout_journey WHERE \(condition)", values).map {
            StoredLogoutJourney(hash: try $0.blob(0), revision: try $0.integer(1), sealed: try $0.blob(2))
        }
    }

    /// Writes a journey back where it is still as it was read; false when another request was faster.
    public func update(
        _ journey: StoredLogoutJourney, asked: [UInt8]?, sealed: [UInt8]
    ) throws -> Bool {
        try execute(
            """
            UPDATE saml_logout_journey SET asked = ?3, sealed = ?4, revision = revision + 1
            WHERE hash = ?1 AND revision = ?2
            """, [.blob(journey.hash), .integer(journey.revision), .optional(asked), .blob(sealed)]) == 1
    }

    /// Forgets a journey that has come to its end; false when another request was faster.
    public func remove(_ journey: StoredLogoutJourney) throws -> Bool {
        try execute(
            "DELETE FROM saml_logout_journey WHERE hash = ?1 AND revision = ?2",
            [.blob(journey.hash), .integer(journey.revision)]) == 1
    }
}
