/// Why what a provider or a browser brought is not believed. Nothing of it is told to the person; the reason and its
/// detail are for whoever runs the client.
public struct UpstreamFault: Error, Sendable, Hashable {
    public let reason: Reason
    /// The name of a check, a member or a code of the provider's; never a token, code or claim about a person.
    public let detail: String?

    public init(_ reason: Reason, _ detail: String? = nil) {
        self.reason = reason
        self.detail = detail.map(OAuthError.sanitized)
    }

    /// The reasons, by stable codes.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The document of the provider is none, or lacks what it has to say.
        case malformedMetadata = "malformed_metadata"
        /// The document is of another issuer than the one it was fetched for.
        case foreignMetadata = "foreign_metadata"
        /// The answer is not of the login this browser began.
        case wrongState = "wrong_state"
        case expiredAttempt = "expired_attempt"
        /// The answer is of another provider than the one this browser was sent to (RFC 9207, mix-up).
        case wrongIssuer = "wrong_issuer"
        /// The provider refused; its code is the detail.
        case refused
        case malformedAnswer = "malformed_answer"
        /// The ID token is signed by a key that is not in the set at hand: fetched anew, it may be.
        case unknownKey = "unknown_key"
        case invalidIDToken = "invalid_id_token"
        /// The authentication is older or weaker than was asked for.
        case insufficientAuthentication = "insufficient_authentication"
        /// Userinfo is of somebody else than the ID token.
        case foreignUserInfo = "foreign_userinfo"
        /// The tenant is not on the list of those who may sign in.
        case foreignTenant = "foreign_tenant"
        /// The access token was issued to another application.
        case foreignToken = "foreign_token"
        /// There is nothing that names the person for good.
        case noSubject = "no_subject"
        /// The cryptographic library failed.
        case cryptographyFailed = "cryptography_failed"
    }
}
