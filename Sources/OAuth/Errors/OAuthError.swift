/// An error as OAuth tells it to a client: a registered code, and a sentence for whoever builds that client.
///
/// The sentence holds nothing of the person and nothing that an attacker would learn from; it is cut to the characters
/// that RFC 6749 §5.2 lets stand in one.
public struct OAuthError: Error, Sendable, Hashable, Codable {
    /// The codes of the IANA registry "OAuth Extensions Error", as far as anything here gives them.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        // RFC 6749 §4.1.2.1 and §5.2.
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedResponseType = "unsupported_response_type"
        case invalidScope = "invalid_scope"
        case accessDenied = "access_denied"
        case serverError = "server_error"
        case temporarilyUnavailable = "temporarily_unavailable"
        // OpenID Connect Core §3.1.2.6.
        case interactionRequired = "interaction_required"
        case loginRequired = "login_required"
        case accountSelectionRequired = "account_selection_required"
        case consentRequired = "consent_required"
        case invalidRequestURI = "invalid_request_uri"
        case invalidRequestObject = "invalid_request_object"
        case requestNotSupported = "request_not_supported"
        case requestURINotSupported = "request_uri_not_supported"
        case registrationNotSupported = "registration_not_supported"
        /// OpenID Connect Core, unmet authentication requirements 1.0 §3.
        case unmetAuthenticationRequirements = "unmet_authentication_requirements"
        // RFC 6750 §3.1 and RFC 9470 §3.
        case invalidToken = "invalid_token"
        case insufficientScope = "insufficient_scope"
        case insufficientUserAuthentication = "insufficient_user_authentication"
        // RFC 7009 §2.2.1.
        case unsupportedTokenType = "unsupported_token_type"
        // RFC 7591 §3.2.2.
        case invalidRedirectURI = "invalid_redirect_uri"
        case invalidClientMetadata = "invalid_client_metadata"
        case invalidSoftwareStatement = "invalid_software_statement"
        case unapprovedSoftwareStatement = "unapproved_software_statement"
        // RFC 8628 §3.5.
        case authorizationPending = "authorization_pending"
        case slowDown = "slow_down"
        case expiredToken = "expired_token"
        // RFC 8707 §2.
        case invalidTarget = "invalid_target"
        // RFC 9449 §5 and §8.
        case invalidDPoPProof = "invalid_dpop_proof"
        case useDPoPNonce = "use_dpop_nonce"
    }

    /// No sentence longer than this, in bytes.
    public static let descriptionByteLimit = 400

    public let code: Code
    public let description: String?

    public init(_ code: Code, _ description: String? = nil) {
        self.code = code
        self.description = description.map(Self.sanitized)
    }

    /// The status of an answer that carries the error (RFC 6749 §5.2, RFC 6750 §3.1): 400 unless it says otherwise.
    public var status: Int {
        switch code {
        case .invalidClient, .invalidToken, .insufficientUserAuthentication: 401
        case .insufficientScope, .accessDenied: 403
        case .serverError: 500
        case .temporarilyUnavailable: 503
        default: 400
        }
    }

    /// RFC 6749 §5.2: `%x20-21 / %x23-5B / %x5D-7E`. What may not stand becomes a question mark, quotation marks an
    /// apostrophe.
    static func sanitized(_ text: String) -> String {
        let bytes = text.utf8.prefix(descriptionByteLimit).map { byte in
            switch byte {
            case 0x22: UInt8(ascii: "'")
            case 0x20...0x5B, 0x5D...0x7E: byte
            default: UInt8(ascii: "?")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
