/// What a device asked for (RFC 8628 §3.1): a record to be kept under the hashes of its two codes.
public struct DeviceRequest: Sendable, Hashable, Codable {
    /// How long the codes are good, in seconds.
    public static let lifetime: Int64 = 600
    /// How long a device waits between two questions at first, in seconds.
    public static let firstInterval: Int64 = 5

    public let clientID: String
    public let scope: ScopeSet
    public let resources: [String]
    /// The key that the device proved when it asked; nil when it proved none.
    public let keyThumbprint: String?

    /// Reads the request of a client that may use the grant.
    ///
    /// - Parameter proof: the thumbprint of a DPoP proof that was verified.
    /// - Throws: `unauthorized_client`, `invalid_scope`, `invalid_target`.
    public init(_ parameters: Parameters, client: AuthenticatedClient, proof: String?) throws(OAuthError) {
        let metadata = client.metadata
        guard metadata.grantTypes.contains(.deviceCode) else {
            throw OAuthError(.unauthorizedClient, "the client may not use this grant")
        }
        guard let asked = try TokenRequest.scope(parameters) ?? metadata.defaultScope else {
            throw OAuthError(.invalidScope, "scope is missing")
        }
        scope = asked.intersection(metadata.scope)
        guard !scope.isEmpty else { throw OAuthError(.invalidScope, "the client may use none of these scopes") }
        clientID = metadata.clientID
        resources = try ResourceIndicators.read(parameters, allowed: metadata.resources)
        keyThumbprint = proof
    }

    /// What somebody's yes grants: not more than was asked for. It is bound when the device fetches it.
    public func grant(grantID: String, subject: String, scope: ScopeSet, authentication: Authentication) -> TokenGrant {
        TokenGrant(
            grantID: grantID, clientID: clientID, subject: subject, scope: self.scope.intersection(scope),
            resources: resources, authentication: authentication, binding: .none)
    }
}

/// A device that waits, as it is kept.
public struct DeviceAuthorization: Sendable, Hashable {
    /// What somebody decided.
    public enum State: Sendable, Hashable {
        case pending
        case allowed(TokenGrant)
        case denied
        case redeemed
    }

    public var request: DeviceRequest
    public var state: State
    /// Seconds since 1970.
    public var expiresAt: Int64
    /// Seconds since 1970; nil before the first question.
    public var lastAskedAt: Int64?
    /// In seconds.
    public var interval: Int64

    public init(
        _ request: DeviceRequest, state: State, expiresAt: Int64, lastAskedAt: Int64? = nil,
        interval: Int64 = DeviceRequest.firstInterval
    ) {
        self.request = request
        self.state = state
        self.expiresAt = expiresAt
        self.lastAskedAt = lastAskedAt
        self.interval = interval
    }

    /// Whether somebody at the page may say yes or no: while nobody has.
    public func canBeDecided(now: Int64) -> Bool { state == .pending && now < expiresAt }

    /// What a device that asks is told (§3.5).
    public enum Outcome: Sendable, Hashable {
        /// Tokens are made of the grant, once the device code was marked as used; if somebody was faster, it is unknown.
        case granted(TokenGrant)
        /// That it asked, and how long it has to wait from now on, is kept before the answer.
        case wait(OAuthError, interval: Int64)
        case refused(OAuthError)
    }

    /// No device is made to wait longer, in seconds.
    public static let longestInterval: Int64 = 60

    /// Decides a question of the device.
    ///
    /// - Parameter binding: what the request proves, and the tokens will be bound to.
    public func poll(by client: AuthenticatedClient, binding: SenderBinding, now: Int64) -> Outcome {
        guard Texts.same(request.clientID, client.metadata.clientID) else { return .refused(.unknownGrant) }
        if state == .redeemed { return .refused(.grant("the device code was used before")) }
        guard now < expiresAt else { return .refused(OAuthError(.expiredToken, "nobody allowed the device in time")) }
        if let key = request.keyThumbprint, !SHA256Text.same(key, binding.keyThumbprint) {
            return .refused(.grant("the device code is bound to another key"))
        }
        switch state {
        case .denied: return .refused(OAuthError(.accessDenied, "somebody denied the device"))
        case .redeemed, .pending: return waiting(now: now)
        case .allowed(var grant):
            grant.binding = binding
            return .granted(grant)
        }
    }

    /// §3.5: whoever asks too soon waits five seconds longer from then on.
    private func waiting(now: Int64) -> Outcome {
        guard let lastAskedAt, now - lastAskedAt < interval else {
            return .wait(OAuthError(.authorizationPending), interval: interval)
        }
        return .wait(OAuthError(.slowDown), interval: min(interval + 5, Self.longestInterval))
    }
}
