/// What is sent back to a client through the browser: a code, or an error, always with the issuer (RFC 9207) and with
/// the state exactly as it came.
public struct AuthorizationResponse: Sendable, Hashable {
    /// Where and how an answer goes.
    public struct Target: Sendable, Hashable, Codable {
        public let redirectURI: String
        public let mode: ResponseMode
        public let state: String?
        public let issuer: String

        public init(redirectURI: String, mode: ResponseMode, state: String?, issuer: String) {
            self.redirectURI = redirectURI
            self.mode = mode
            self.state = state
            self.issuer = issuer
        }
    }

    public let target: Target
    /// The error that is told; nil for a code.
    public let error: OAuthError?
    /// The members of the answer, also the fields of the form when the mode is `form_post`.
    public let fields: [Field]

    /// One member of an answer.
    public struct Field: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    /// An answer that hands over a code.
    public static func code(_ code: String, to target: Target) -> AuthorizationResponse {
        AuthorizationResponse(target, nil, [Field(name: "code", value: code)])
    }

    /// An answer that says what went wrong.
    public static func error(_ error: OAuthError, to target: Target) -> AuthorizationResponse {
        var fields = [Field(name: "error", value: error.code.rawValue)]
        if let description = error.description { fields.append(Field(name: "error_description", value: description)) }
        return AuthorizationResponse(target, error, fields)
    }

    private init(_ target: Target, _ error: OAuthError?, _ fields: [Field]) {
        self.target = target
        self.error = error
        var all = fields
        if let state = target.state { all.append(Field(name: "state", value: state)) }
        self.fields = all + [Field(name: "iss", value: target.issuer)]
    }

    /// The address of the redirect, for the mode `query`. A query that was registered stays (RFC 6749 §3.1.2).
    public var location: String {
        let query = fields.map { FormCoding.encode($0.name) + "=" + FormCoding.encode($0.value) }
            .joined(separator: "&")
        let uri = target.redirectURI
        guard uri.utf8.contains(UInt8(ascii: "?")) else { return uri + "?" + query }
        return uri + (uri.hasSuffix("?") || uri.hasSuffix("&") ? "" : "&") + query
    }
}

extension AuthorizationRequest {
    /// Where the answer to this request goes.
    public func target(issuer: String) -> AuthorizationResponse.Target {
        AuthorizationResponse.Target(redirectURI: redirectURI, mode: responseMode, state: state, issuer: issuer)
    }
}
