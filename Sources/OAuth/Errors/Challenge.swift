import JOSE

/// A `WWW-Authenticate` header of a protected resource (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3, RFC 9728 §5.1).
public struct Challenge: Sendable, Hashable {
    public var error: OAuthError?
    public var scope: ScopeSet?
    /// Where the resource tells about itself (RFC 9728).
    public var resourceMetadata: String?
    /// RFC 9470: what authentication would do.
    public var acrValues: [String]
    /// RFC 9470, in seconds.
    public var maxAge: Int64?

    /// A challenge; without an error when nothing was shown at all (RFC 6750 §3.1).
    public init(
        _ error: OAuthError? = nil, scope: ScopeSet? = nil, resourceMetadata: String? = nil, acrValues: [String] = [],
        maxAge: Int64? = nil
    ) {
        self.error = error
        self.scope = scope
        self.resourceMetadata = resourceMetadata
        self.acrValues = acrValues
        self.maxAge = maxAge
    }

    /// The status of the answer that carries it (RFC 6750 §3.1): 401, also for a proof that is missing or wrong.
    public var status: Int {
        switch error?.code {
        case .insufficientScope: 403
        case .invalidRequest: 400
        default: 401
        }
    }

    /// The value for the scheme `Bearer`.
    public var bearer: String { "Bearer" + parameters([]) }

    /// The value for the scheme `DPoP`, with the algorithms of proofs.
    public var dpop: String {
        "DPoP" + parameters([("algs", DPoPProof.algorithms.map(\.rawValue).joined(separator: " "))])
    }

    /// The value for a client that did not prove itself by `Authorization` (RFC 6749 §5.2).
    public static func basic(realm: String) -> String { "Basic realm=\"\(OAuthError.sanitized(realm))\"" }

    private func parameters(_ more: [(String, String)]) -> String {
        var all: [(String, String)] = []
        if let error {
            all.append(("error", error.code.rawValue))
            if let description = error.description { all.append(("error_description", description)) }
        }
        if let scope, !scope.isEmpty { all.append(("scope", scope.description)) }
        if !acrValues.isEmpty { all.append(("acr_values", acrValues.joined(separator: " "))) }
        if let maxAge { all.append(("max_age", String(maxAge))) }
        if let resourceMetadata { all.append(("resource_metadata", resourceMetadata)) }
        all += more
        // A quotation mark or a line break would end the header's value: `sanitized` leaves neither.
        return all.isEmpty
            ? "" : " " + all.map { "\($0.0)=\"\(OAuthError.sanitized($0.1))\"" }.joined(separator: ", ")
    }
}

/// What a protected resource asks of the authentication behind a token (RFC 9470).
public struct AuthenticationNeed: Sendable, Hashable {
    public var acrValues: [String]
    public var maxAge: Int64?

    public init(acrValues: [String] = [], maxAge: Int64? = nil) {
        self.acrValues = acrValues
        self.maxAge = maxAge
    }

    /// The challenge that steps up, when the token's authentication is too weak or too old; nil when it will do.
    public func challenge(_ authentication: Authentication?, rules: AuthorizationRules, now: Int64) -> Challenge? {
        let isReached = acrValues.isEmpty || acrValues.contains { rules.reaches(authentication?.acr, $0) }
        let age = authentication.map { now - $0.time }
        let isRecent = maxAge.map { limit in age.map { $0 <= limit } ?? false } ?? true
        guard !isReached || !isRecent else { return nil }
        let error = OAuthError(.insufficientUserAuthentication, "a stronger or more recent authentication is needed")
        return Challenge(error, acrValues: isReached ? [] : acrValues, maxAge: isRecent ? nil : maxAge)
    }
}
