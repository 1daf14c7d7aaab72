import Identity
import Vocabulary

/// What a peer is in a session that it shares with us.
public enum SAMLPeerRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// The person came from there.
    case identityProvider = "identity_provider"
    /// The person was signed in there by us.
    case serviceProvider = "service_provider"
}

/// A session that a peer knows under a name of its own, as stored.
public struct StoredPeerSession: Sendable, Hashable {
    /// What `sealed` is bound to.
    public let id: [UInt8]
    public let tenant: TenantID
    public let session: SessionID
    public let role: SAMLPeerRole
    /// Its entity id.
    public let peer: String
    /// Digests of the name and of the session there.
    public let name: [UInt8]
    public let sessionIndex: [UInt8]
    public let sealed: [UInt8]

    public init(
        id: [UInt8], tenant: TenantID, session: SessionID, role: SAMLPeerRole, peer: String, name: [UInt8],
        sessionIndex: [UInt8], sealed: [UInt8]
    ) {
        (self.id, self.tenant, self.session, self.role) = (id, tenant, session, role)
        (self.peer, self.name, self.sessionIndex, self.sealed) = (peer, name, sessionIndex, sealed)
    }

    /// Of one session; the oldest goes for one more. A service provider that wants another name each time makes one each time.
    public static let limit = 100
}

/// A peer's session that is still live here.
public struct FoundPeerSession: Sendable, Hashable {
    public let id: [UInt8]
    public let session: SessionID
    public let person: PersonID
    public let role: SAMLPeerRole
    public let sealed: [UInt8]
}

/// What an identity provider's answer said of the session there, until there is one here.
public struct NotedPeer: Sendable, Hashable {
    /// The attempt's hash.
    public let attempt: [UInt8]
    /// Sealed.
    public let peer: [UInt8]?
    /// When a session that comes of it ends at the latest.
    public let until: Timestamp?
}

extension SQLConnection {
    /// Notes that a peer knows a session; nothing new where it was noted before.
    public func insert(_ known: StoredPeerSession, at now: Timestamp) throws {
        try execute(
            """
            INSERT INTO saml_peer_session (id, tenant, session, role, peer, name, session_index, sealed, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (session, role, peer, name, session_index) DO NOTHING
            """,
            [
                .blob(known.id), .id(known.tenant), .id(known.session), .text(known.role.rawValue), .text(known.peer),
                .blob(known.name), .blob(known.sessionIndex), .blob(known.sealed), .time(now),
            ])
        try execute(
            """
            DELETE FROM saml_peer_session WHERE id IN
                (SELECT id FROM saml_peer_session WHERE session = ?1 ORDER BY created_at DESC, id LIMIT -1 OFFSET ?2)
            """, [.id(known.session), .integer(Int64(StoredPeerSession.limit))])
    }

    /// The live sessions that a peer knows by a name, a thousand at most.
    public func peerSessions(
        of peer: String, named name: [UInt8], in tenant: TenantID
    ) throws -> [FoundPeerSession] {
        try query(
            """
            SELECT k.id, k.session, s.person, k.role, k.sealed FROM saml_peer_session k
            JOIN session s ON s.id = k.session
            WHERE k.tenant = ?1 AND k.peer = ?2 AND k.name = ?3 AND s.ended_at IS NULL LIMIT 1000
            """, [.id(tenant), .text(peer), .blob(name)]
        ).map { row in
            FoundPeerSession(
                id: try row.blob(0), session: try row.id(1), person: try row.id(2),
                role: try SAMLPeerRole(column: try row.text(3)), sealed: try row.blob(4))
        }
    }

    /// What peers know of one session.
    public func peerSessions(of session: SessionID) throws -> [FoundPeerSession] {
        try query(
            """
            SELECT k.id, k.session, s.person, k.role, k.sealed FROM saml_peer_session k
            JOIN session s ON s.id = k.session WHERE k.session = ?1 ORDER BY k.created_at, k.id
            """, [.id(session)]
        ).map { row in
            FoundPeerSession(
                id: try row.blob(0), session: try row.id(1), person: try row.id(2),
                role: try SAMLPeerRole(column: try row.text(3)), sealed: try row.blob(4))
        }
    }

    /// Notes, beside what `note(_:on:until:)` wrote, what an identity provider's answer said of the session there.
    public func note(peer sealed: [UInt8]?, until end: Timestamp?, on hash: TokenHash) throws {
        try execute(
            "UPDATE upstream_attempt SET peer = ?2, session_until = ?3 WHERE hash = ?1",
            [.blob(hash.bytes), .optional(sealed), end.map { .time($0) } ?? .null])
    }

    /// What the last answer of a flow said of the session at its identity provider.
    public func notedPeer(ofFlow flow: FlowID) throws -> NotedPeer? {
        try queryOne(
            """
            SELECT hash, peer, session_until FROM upstream_attempt
            WHERE flow = ?1 AND subject IS NOT NULL ORDER BY used_at DESC LIMIT 1
            """, [.id(flow)]
        ).map { NotedPeer(attempt: try $0.blob(0), peer: try $0.optionalBlob(1), until: try $0.optionalTime(2)) }
    }
}

extension SAMLPeerRole {
    init(column text: String) throws {
        guard let role = SAMLPeerRole(rawValue: text) else {
            throw Fault("storage.corrupt", .ourselves, "A SAML peer has a role that there is none of.")
        }
        self = role
    }
}
