import JOSE

/// The public keys of a client, as a set that signatures are held to.
public enum ClientKeys {
    /// Whether a JWK set can be read, holds at least one key that verifies, and no key that is not public.
    static func isPublicSet(_ object: JSONObject) -> Bool {
        guard let set = try? JSONWebKeySet(object) else { return false }
        return !set.verificationKeys.isEmpty
    }
}

extension ClientMetadata {
    /// The keys that stand in the metadata; nil when there are none, or they have to be fetched from `jwks_uri`.
    ///
    /// - Parameter algorithm: what an RSA key without `alg` is pinned to.
    public func inlineKeys(unmarkedRSA algorithm: SignatureAlgorithm = .rs256) -> JSONWebKeySet? {
        guard case .inline(let text) = keys else { return nil }
        return try? JSONWebKeySet(parsing: Array(text.utf8), unmarkedRSA: algorithm)
    }
}
