import Vocabulary

/// How long a session may live: so long without use, and so long in all.
public struct SessionLifetime: Sendable, Hashable, Codable {
    public let idleSeconds: Int64
    public let absoluteSeconds: Int64

    /// Values below one second are raised to one; idle is never longer than absolute.
    public init(idleSeconds: Int64, absoluteSeconds: Int64) {
        self.absoluteSeconds = max(1, absoluteSeconds)
        self.idleSeconds = min(max(1, idleSeconds), self.absoluteSeconds)
    }

    /// No longer than these seconds either, where they are given.
    public func bounded(idleSeconds: Int64?, absoluteSeconds: Int64?) -> SessionLifetime {
        SessionLifetime(
            idleSeconds: min(self.idleSeconds, idleSeconds ?? .max),
            absoluteSeconds: min(self.absoluteSeconds, absoluteSeconds ?? .max))
    }

    /// 30 minutes idle, 12 hours in all.
    public static let standard = SessionLifetime(idleSeconds: 1_800, absoluteSeconds: 43_200)
}

/// Why a session ended.
public enum SessionEnd: String, Sendable, Codable, CaseIterable, Hashable {
    case logout, expired, rotated, administrator, personDisabled, credentialChanged, restore
    /// A rule of the organization does not let it go on.
    case rule
    /// The provider that the person had signed in at says that they have signed out there.
    case upstreamLogout
    /// That provider says that what it gave at the sign-in is over: the person is disabled there, or was signed out.
    case upstreamRevoked
    /// That provider could not be asked for longer than its sessions may live without it.
    case upstreamSilent
}

/// What somebody signed in with, where that was no browser.
public enum SessionOrigin: String, Sendable, Codable, CaseIterable, Hashable {
    /// An enhanced client of SAML, which sent the password along with a service provider's request. Nobody holds the token of
    /// such a session: it is there to be seen and ended, and with it what service providers made of it.
    case enhancedClient = "ecp"
}

/// A browser's single sign-on session at the gateway: who, by which proofs, since when. It holds authentication facts
/// only; what the person may do is resolved from the index of the moment.
public struct Session: Sendable, Hashable, Codable {
    public let id: SessionID
    public let tenant: TenantID
    public let person: PersonID
    /// Oldest first.
    public let events: [AuthenticationEvent]
    /// The provider that checked the primary factor.
    public let provider: ProviderID?
    public let createdAt: Timestamp
    /// Written at most every `TouchPolicy.interval`.
    public var lastSeenAt: Timestamp
    public let lifetime: SessionLifetime
    /// SHA-256 of the 256-bit token in the cookie.
    public let secretHash: TokenHash
    /// The session this one replaced at a change of privilege.
    public let rotatedFrom: SessionID?
    public let device: DeviceID?
    /// What stood out about the sign-in; nil in records where nothing did.
    private let anomaliesFound: [LoginAnomaly]?
    /// Nil for a browser's.
    public let origin: SessionOrigin?
    public var endedAt: Timestamp?
    public var ended: SessionEnd?

    public init(
        id: SessionID, tenant: TenantID, person: PersonID, events: [AuthenticationEvent], provider: ProviderID?,
        createdAt: Timestamp, lastSeenAt: Timestamp? = nil, lifetime: SessionLifetime, secretHash: TokenHash,
        rotatedFrom: SessionID? = nil, device: DeviceID? = nil, anomalies: [LoginAnomaly] = [],
        origin: SessionOrigin? = nil, endedAt: Timestamp? = nil, ended: SessionEnd? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.person = person
        self.events = events
        self.provider = provider
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt ?? createdAt
        self.lifetime = lifetime
        self.secretHash = secretHash
        self.rotatedFrom = rotatedFrom
        self.device = device
        anomaliesFound = anomalies.isEmpty ? nil : anomalies
        self.origin = origin
        self.endedAt = endedAt
        self.ended = ended
    }

    /// What stood out about the sign-in, as policies read it.
    public var anomalies: [LoginAnomaly] { anomaliesFound ?? [] }
}
