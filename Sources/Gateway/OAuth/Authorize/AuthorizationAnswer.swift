import Identity
import OAuth
import Vocabulary

/// A browser that brings an authorization request, or goes on with one.
public struct AuthorizationBrowser: Sendable {
    public let tenant: TenantID
    /// The secret of the pre-session cookie, to which requests that wait are bound; nil without one.
    public let preSession: SecretText?
    /// The live session of its cookie.
    public let session: Session?
    /// W3C trace id of the request.
    public let trace: String?

    public init(tenant: TenantID, preSession: SecretText?, session: Session?, trace: String? = nil) {
        self.tenant = tenant
        self.preSession = preSession
        self.session = session
        self.trace = trace
    }
}

/// What becomes of an authorization request for now.
public enum AuthorizationAnswer: Sendable {
    /// The client is told, through the browser.
    case respond(AuthorizationResponse)
    /// Nobody is sent anywhere (RFC 6749 §4.1.2.1).
    case refuse(OAuthError)
    /// Somebody has to sign in first, and comes back with the handle.
    case authenticate(SignInDemand)
    /// Somebody has to say which account they mean.
    case selectAccount(AuthorizationQuestion)
    /// Somebody has to say whether the client may.
    case consent(AuthorizationQuestion)
    /// A rule keeps the person out of the client.
    case barred(BarredEntry)
    /// The same once more, by GET: a form of another site brings no cookies along.
    case goOn(handle: SecretText)
}

/// What a sign-in has to be like for a request to go on.
public struct SignInDemand: Sendable {
    public let handle: SecretText
    public let client: OAuthClient
    public let strength: AuthenticationStrength?
    /// In seconds; 0 asks whoever is signed in to prove it again.
    public let maxAge: Int64?
    public let loginHint: String?
    /// Somebody else is meant than whoever is signed in.
    public let isForAnother: Bool

    public init(
        handle: SecretText, client: OAuthClient, strength: AuthenticationStrength?, maxAge: Int64? = nil,
        loginHint: String? = nil, isForAnother: Bool = false
    ) {
        self.handle = handle
        self.client = client
        self.strength = strength
        self.maxAge = maxAge
        self.loginHint = loginHint
        self.isForAnother = isForAnother
    }
}

/// What a person is asked before a client gets anything.
public struct AuthorizationQuestion: Sendable {
    public let handle: SecretText
    public let client: OAuthClient
    public let person: PersonID
    /// Where the answer will go.
    public let redirectURI: String
    /// Everything the client asks for.
    public let all: Consent
    /// What of it the person has not been asked before.
    public let new: Consent
}

/// Somebody whom policy does not let into a client.
public struct BarredEntry: Sendable {
    public let client: OAuthClient
    /// What was asked and answered no, to be explained.
    public let question: DecisionQuestion
    /// What the client is told when the person goes back to it.
    public let response: AuthorizationResponse
}
