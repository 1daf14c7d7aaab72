/// A device that waits for somebody to allow it on another one (RFC 8628): a record to be kept under the hashes of both
/// codes, and written back under the condition that it did not change meanwhile.
public struct DeviceAuthorization: Sendable, Hashable, Codable {
    /// How long the codes are good, in seconds.
    public static let lifetime: Int64 = 600
    /// How long a device waits between two questions at first, in seconds.
    public static let firstInterval: Int64 = 5

    /// What somebody decided.
    public enum State: Sendable, Hashable, Codable {
        case pending
        case allowed(subject: String, scope: ScopeSet, authentication: Authentication, grantID: String)
        case denied
        case redeemed
    }

    public let clientID: String
    public let scope: ScopeSet
    public let resources: [String]
    /// The key that the device proved when it asked; nil when it proved none.
    public let keyThumbprint: String?
    /// Seconds since 1970.
    public let expiresAt: Int64
    public private(set) var interval: Int64
    public private(set) var lastAskedAt: Int64?
    public private(set) var state: State

    /// Reads a device authorization request (§3.1) of a client that may use the grant.
    ///
    /// - Throws: `unauthorized_client`, `invalid_scope`, `invalid_target`.
    public init(_ parameters: Parameters, client: AuthenticatedClient, proof: String?, now: Int64) throws(OAuthError) {
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
        expiresAt = now + Self.lifetime
        interval = Self.firstInterval
        lastAskedAt = nil
        state = .pending
    }

    /// What somebody at the page is shown, and says yes or no to: only while nobody has.
    public func canBeDecided(now: Int64) -> Bool { state == .pending && now < expiresAt }

    /// The record after somebody said yes; nil when it can no longer be decided.
    public func allowed(
        by subject: String, scope: ScopeSet, authentication: Authentication, grantID: String, now: Int64
    ) -> DeviceAuthorization? {
        guard canBeDecided(now: now) else { return nil }
        var after = self
        after.state = .allowed(
            subject: subject, scope: self.scope.intersection(scope), authentication: authentication, grantID: grantID)
        return after
    }

    /// The record after somebody said no; nil when it can no longer be decided.
    public func denied(now: Int64) -> DeviceAuthorization? {
        guard canBeDecided(now: now) else { return nil }
        var after = self
        after.state = .denied
        return after
    }

    /// What a device that asks is told (§3.5). What is to be kept is written before the answer.
    public enum Outcome: Sendable, Hashable {
        case granted(TokenGrant, after: DeviceAuthorization)
        case wait(OAuthError, after: DeviceAuthorization)
        case refused(OAuthError)
    }

    /// Decides a question of the device.
    public func poll(by client: AuthenticatedClient, binding: SenderBinding, now: Int64) -> Outcome {
        guard Texts.same(clientID, client.metadata.clientID) else {
            return .refused(.grant("the device code is unknown or not the client's"))
        }
        if case .redeemed = state { return .refused(.grant("the device code was used before")) }
        guard now < expiresAt else { return .refused(OAuthError(.expiredToken, "nobody allowed the device in time")) }
        if let keyThumbprint, !SHA256Text.same(keyThumbprint, binding.keyThumbprint) {
            return .refused(.grant("the device code is bound to another key"))
        }
        var after = self
        after.lastAskedAt = now
        switch state {
        case .denied: return .refused(OAuthError(.accessDenied, "somebody denied the device"))
        case .redeemed, .pending: return .wait(after.told(since: lastAskedAt, now: now), after: after)
        case .allowed(let subject, let scope, let authentication, let grantID):
            after.state = .redeemed
            let grant = TokenGrant(
                grantID: grantID, clientID: clientID, subject: subject, scope: scope, resources: resources,
                authentication: authentication, binding: binding)
            return .granted(grant, after: after)
        }
    }

    /// §3.5: whoever asks too soon waits five seconds longer from then on.
    private mutating func told(since last: Int64?, now: Int64) -> OAuthError {
        guard let last, now - last < interval else { return OAuthError(.authorizationPending) }
        interval = min(interval + 5, 60)
        return OAuthError(.slowDown)
    }
}
