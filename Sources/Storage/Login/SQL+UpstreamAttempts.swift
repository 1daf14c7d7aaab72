import Identity
import Vocabulary

/// A login or a link that was begun at another provider, by the hash of its `state`.
public struct StoredUpstreamAttempt: Sendable, Hashable {
    /// What the provider's answer is for.
    public enum Purpose: Sendable, Hashable {
        case login(FlowID)
        /// To link an account to the person of this session.
        case link(SessionID)
    }

    /// Of the `state`.
    public let hash: TokenHash
    public let tenant: TenantID
    public let provider: ProviderID
    /// The hash of the pre-session secret: nobody but that browser may bring the answer.
    public let browser: TokenHash
    public let purpose: Purpose
    public let createdAt: Timestamp
    public let expiresAt: Timestamp

    public init(
        hash: TokenHash, tenant: TenantID, provider: ProviderID, browser: TokenHash, purpose: Purpose,
        createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.hash = hash
        self.tenant = tenant
        self.provider = provider
        self.browser = browser
        self.purpose = purpose
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// An attempt whose answer has come, with what was sealed for it.
public struct TakenUpstreamAttempt: Sendable {
    public let purpose: StoredUpstreamAttempt.Purpose
    public let sealed: [UInt8]
    /// An answer that the provider had the browser post.
    public let answer: [UInt8]?
}

/// Whom the provider named, as digests, and its ID token, sealed, where it is kept to sign out with.
public struct UpstreamSubjectMark: Sendable, Hashable {
    public let subject: [UInt8]
    public let sessionID: [UInt8]?
    public let idToken: [UInt8]?
    /// What the provider is asked again with, sealed, where that is kept.
    public let tokens: [UInt8]?
    /// Who vouches for the person and how, as JSON; nil where nothing is known of it.
    public let vouching: String?

    public init(
        subject: [UInt8], sessionID: [UInt8]?, idToken: [UInt8]?, tokens: [UInt8]? = nil, vouching: String? = nil
    ) {
        self.subject = subject
        self.sessionID = sessionID
        self.idToken = idToken
        self.tokens = tokens
        self.vouching = vouching
    }
}

extension SQLConnection {
    /// Keeps an attempt until its answer comes or it expires.
    public func insert(_ attempt: StoredUpstreamAttempt, sealed: [UInt8]) throws {
        let (flow, session): (SQLValue, SQLValue) =
            switch attempt.purpose {
            case .login(let flow): (.id(flow), .null)
            case .link(let session): (.null, .id(session))
            }
        try execute(
            """
            INSERT INTO upstream_attempt
                (hash, tenant, provider, browser, flow, session, sealed, created_at, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """,
            [
                .blob(attempt.hash.bytes), .id(attempt.tenant), .id(attempt.provider), .blob(attempt.browser.bytes),
                flow, session, .blob(sealed), .time(attempt.createdAt), .time(attempt.expiresAt),
            ])
    }

    /// Whether there is an attempt of this `state`, whatever has become of it.
    public func holdsUpstreamAttempt(_ hash: TokenHash) throws -> Bool {
        try queryOne("SELECT 1 FROM upstream_attempt WHERE hash = ?1", [.blob(hash.bytes)]) != nil
    }

    /// The provider that an attempt was begun at.
    public func provider(ofUpstreamAttempt hash: TokenHash, in tenant: TenantID) throws -> ProviderID? {
        try queryOne(
            "SELECT provider FROM upstream_attempt WHERE hash = ?1 AND tenant = ?2", [.blob(hash.bytes), .id(tenant)])?
            .id(0)
    }

    /// Puts a posted answer beside its attempt, for the browser to come back for with its cookie: other sites' posts come
    /// without. False where there is nothing to answer, or it was answered.
    public func keepAnswer(
        _ sealed: [UInt8], to hash: TokenHash, of provider: ProviderID, in tenant: TenantID, at now: Timestamp
    ) throws -> Bool {
        try execute(
            """
            UPDATE upstream_attempt SET answer = ?4
            WHERE hash = ?1 AND tenant = ?2 AND provider = ?3 AND answer IS NULL AND used_at IS NULL AND expires_at > ?5
            """, [.blob(hash.bytes), .id(tenant), .id(provider), .blob(sealed), .time(now)]) == 1
    }

    /// Uses an attempt up where this browser began it at this provider. One conditional statement decides, so of any
    /// number of answers one is the first; nil for every other, and for those of others.
    public func takeUpstreamAttempt(
        _ hash: TokenHash, of provider: ProviderID, from browser: TokenHash, in tenant: TenantID, at now: Timestamp
    ) throws -> TakenUpstreamAttempt? {
        guard
            let row = try queryOne(
                "SELECT flow, session, sealed, answer FROM upstream_attempt WHERE hash = ?1", [.blob(hash.bytes)])
        else { return nil }
        let isFirst =
            try execute(
                """
                UPDATE upstream_attempt SET used_at = ?5, sealed = x'', answer = NULL
                WHERE hash = ?1 AND tenant = ?2 AND provider = ?3 AND browser = ?4 AND used_at IS NULL AND expires_at > ?5
                """, [.blob(hash.bytes), .id(tenant), .id(provider), .blob(browser.bytes), .time(now)]) == 1
        guard isFirst, let purpose = try purpose(row) else { return nil }
        return TakenUpstreamAttempt(
            purpose: purpose, sealed: try row.blob(2), answer: try row.isNull(3) ? nil : try row.blob(3))
    }

    private func purpose(_ row: SQLRow) throws -> StoredUpstreamAttempt.Purpose? {
        if let flow = try row.optionalID(0) as FlowID? { return .login(flow) }
        return (try row.optionalID(1) as SessionID?).map { .link($0) }
    }

    /// The flow of an attempt that this browser began, used or not: where a page that was loaded again leads.
    public func flow(ofUpstreamAttempt hash: TokenHash, from browser: TokenHash) throws -> FlowID? {
        try queryOne(
            "SELECT flow FROM upstream_attempt WHERE hash = ?1 AND browser = ?2 AND flow IS NOT NULL",
            [.blob(hash.bytes), .blob(browser.bytes)])?.id(0)
    }

    /// Notes whom the provider named in its answer, until the flow has come to a session.
    public func note(_ mark: UpstreamSubjectMark, on hash: TokenHash, until expiry: Timestamp) throws {
        try execute(
            """
            UPDATE upstream_attempt SET subject = ?2, sid = ?3, id_token = ?4, tokens = ?5, expires_at = ?6, vouching = ?7
            WHERE hash = ?1
            """,
            [
                .blob(hash.bytes), .blob(mark.subject), .optional(mark.sessionID), .optional(mark.idToken),
                .optional(mark.tokens), .time(expiry),
                mark.vouching.map { .text($0) } ?? .null,
            ])
    }

    // MARK: Sessions

    /// Who vouched for somebody at the provider that a session came of, and how, as it was noted; nil for a session of our
    /// own.
    public func upstreamVouching(of session: SessionID) throws -> (provider: ProviderID, vouching: String?)? {
        try queryOne("SELECT provider, vouching FROM upstream_session WHERE session = ?1", [.id(session)])
            .map { (try $0.id(0), try $0.isNull(1) ? nil : try $0.text(1)) }
    }

    /// Notes which provider's session a session came of, by the last answer its flow took; nothing without one.
    public func noteUpstream(of session: SessionID, endedFlow flow: FlowID) throws {
        try execute(
            """
            INSERT INTO upstream_session (session, tenant, provider, subject, sid, id_token, vouching)
            SELECT ?1, tenant, provider, subject, sid, id_token, vouching FROM upstream_attempt
            WHERE flow = ?2 AND subject IS NOT NULL ORDER BY used_at DESC LIMIT 1
            ON CONFLICT (session) DO UPDATE SET provider = excluded.provider, subject = excluded.subject,
                sid = excluded.sid, id_token = excluded.id_token, vouching = excluded.vouching
            """, [.id(session), .id(flow)])
        try keepTokens(of: session, endedFlow: flow)
    }

    /// Takes what is known of a session over to the one that replaces it.
    public func moveUpstream(from old: SessionID, to new: SessionID) throws {
        for table in ["upstream_session", "upstream_token", "saml_peer_session"] {
            try execute("UPDATE \(table) SET session = ?2 WHERE session = ?1", [.id(old), .id(new)])
        }
    }

    /// The sessions that came of this person's, or of this one, at the provider. With both, both have to be right.
    public func sessions(
        upstreamSubject subject: [UInt8]?, sessionID: [UInt8]?, of provider: ProviderID, in tenant: TenantID
    ) throws -> [(session: SessionID, person: PersonID)] {
        guard subject != nil || sessionID != nil else { return [] }
        return try query(
            """
            SELECT u.session, s.person FROM upstream_session u JOIN session s ON s.id = u.session
            WHERE u.tenant = ?1 AND u.provider = ?2 AND (?3 IS NULL OR u.subject = ?3) AND (?4 IS NULL OR u.sid = ?4)
                AND s.ended_at IS NULL
            """, [.id(tenant), .id(provider), .optional(subject), .optional(sessionID)]
        ).map { (try $0.id(0), try $0.id(1)) }
    }

    /// The provider a session came of, with its sealed ID token where that is kept; nil for a session of our own.
    public func upstreamOrigin(
        of session: SessionID
    ) throws -> (provider: ProviderID, subject: [UInt8], idToken: [UInt8]?)? {
        try queryOne("SELECT provider, subject, id_token FROM upstream_session WHERE session = ?1", [.id(session)])
            .map { (try $0.id(0), try $0.blob(1), try $0.isNull(2) ? nil : try $0.blob(2)) }
    }
}
