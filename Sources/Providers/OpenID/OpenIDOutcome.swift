import Identity
import OAuth
import SAML
import Vocabulary

/// Somebody whom a provider has recognized, every check passed. Only `OpenIDProvider` makes one.
public struct UpstreamSignIn: Sendable {
    public let identity: ExternalIdentity
    /// When the provider saw the person itself, where it says so (`auth_time`).
    public let authenticatedAt: Timestamp?
    /// It says that it asked for several factors, in words that the configuration believes.
    public let isMultiFactor: Bool
    /// Digest of issuer and `sub`, and of `sid`: what a logout token is held against later.
    public let subject: [UInt8]
    public let sessionID: [UInt8]?
    /// Where it is kept to sign out with.
    public let idToken: SecretText?
    /// Where the person is asked about again; nil also where the provider gave nothing to ask with.
    public let kept: KeptTokens?
    /// What the person and their session are called there, for single logout by SAML.
    public var peer: PeerSession?
    /// When a session that comes of it has to end at the latest.
    public var sessionUntil: Timestamp?
    public let vouching: Vouching
}

/// Who says that somebody is who they are, and how they saw it: what is told on to applications that ask.
public struct Vouching: Sendable, Hashable, Codable {
    /// Entity ids or issuers, from the nearest on (SAML Core §2.7.2.2).
    public let authorities: [String]
    /// The class of SAML by which the person proved it there, where it was said.
    public let contextClass: String?
    /// How often the word may be passed on (§2.5.1.6); nil for any.
    public let proxyCount: Int?

    init(_ authorities: [String], contextClass: String? = nil, proxyCount: Int? = nil) {
        self.authorities = authorities
        self.contextClass = contextClass
        self.proxyCount = proxyCount
    }
}

/// What is kept of a sign-in to ask the provider again: the refresh token, and whom it has to be about. The access token is
/// not: nothing is asked with it later.
public struct KeptTokens: Sendable, Codable, Undescribed {
    public var refreshToken: String
    public let issuer: String
    public let subject: String

    public init(refreshToken: String, issuer: String, subject: String) {
        self.refreshToken = refreshToken
        self.issuer = issuer
        self.subject = subject
    }
}

/// What came of asking a provider again.
public enum OpenIDRefresh: Sendable {
    /// It gave tokens, the old ones may be spent; and what it said of the person.
    case refreshed(KeptTokens, OpenIDReading)
    /// It says that what it gave is over (`invalid_grant`).
    case ended
    /// It could not be asked; the word says why.
    case unavailable(String)
}

/// What a provider said of somebody whom it was asked about again.
public enum OpenIDReading: Sendable {
    case identity(ExternalIdentity)
    /// That they are there, and nothing else.
    case nothing
    /// Not believed; the reason is a closed word for the log.
    case refused(String)
}

/// What came of a provider's answer.
public enum OpenIDOutcome: Sendable {
    case verified(UpstreamSignIn)
    /// Not believed; the reason is a closed word for the journal.
    case refused(UpstreamFault.Reason)
    /// The person, or the provider's policy, said no.
    case denied
    /// It could not be asked; the word says why.
    case unavailable(String)
}

/// A logout token that a provider sent and that passed every check: which of its sessions are over.
public struct UpstreamLogoutNotice: Sendable, Hashable {
    /// Digest of issuer and `sub`; nil when only a session is named.
    public let subject: [UInt8]?
    /// Digest of `sid`.
    public let sessionID: [UInt8]?
    /// Digest of `jti`, good once until `expiresAt`.
    public let id: [UInt8]
    public let expiresAt: Timestamp
}
