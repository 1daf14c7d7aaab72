import JOSE

/// What an access token is bound to: whoever shows it has to prove more than that they have it.
public struct SenderBinding: Sendable, Hashable, Codable {
    /// `cnf.jkt`: the key of its DPoP proofs (RFC 9449 §6).
    public var keyThumbprint: String?
    /// `cnf.x5t#S256`: the certificate of its connections (RFC 8705 §3.1).
    public var certificateThumbprint: String?

    public static let none = SenderBinding()

    public init(keyThumbprint: String? = nil, certificateThumbprint: String? = nil) {
        self.keyThumbprint = keyThumbprint
        self.certificateThumbprint = certificateThumbprint
    }

    public var isBound: Bool { keyThumbprint != nil || certificateThumbprint != nil }

    /// `token_type` of an answer (RFC 9449 §5).
    public var tokenType: String { keyThumbprint == nil ? "Bearer" : "DPoP" }

    /// The `cnf` claim; nil when there is nothing to confirm.
    public var confirmation: JSONValue? {
        guard isBound else { return nil }
        var object = JSONObject()
        object.set("jkt", keyThumbprint)
        object.set("x5t#S256", certificateThumbprint)
        return .object(object)
    }

    /// What a client's token request binds its tokens to.
    ///
    /// - Parameters:
    ///   - proof: the thumbprint of a DPoP proof that was verified.
    /// - Throws: `invalid_dpop_proof` or `invalid_request` when the client has to bind and does not.
    public static func of(_ client: AuthenticatedClient, proof: String?) throws(OAuthError) -> SenderBinding {
        let metadata = client.metadata
        if metadata.requiresDPoP, proof == nil { throw OAuthError(.invalidDPoPProof, "a DPoP proof is missing") }
        let certificate = metadata.bindsTokensToCertificate ? client.certificate?.thumbprint : nil
        if metadata.bindsTokensToCertificate, certificate == nil, proof == nil {
            throw OAuthError(.invalidRequest, "a client certificate is missing")
        }
        let binding = SenderBinding(keyThumbprint: proof, certificateThumbprint: certificate)
        guard binding.isBound || !metadata.mustConstrainSender else {
            throw OAuthError(.invalidRequest, "tokens have to be bound to a key or a certificate")
        }
        return binding
    }

    /// Whether a request to a resource proves everything that the token is bound to, in the scheme that says so.
    ///
    /// - Throws: `invalid_token`: a bound token shown as a bearer token, and the other way round (RFC 9449 §7.2).
    public func check(scheme: AuthorizationHeader.Scheme, proof: String?, certificate: String?) throws(OAuthError) {
        switch (keyThumbprint, scheme) {
        case (nil, .bearer): break
        case (let key?, .dpop):
            guard SHA256Text.same(key, proof) else { throw OAuthError(.invalidToken, "the proof is of another key") }
        case (nil, .dpop): throw OAuthError(.invalidToken, "the token is not bound to a key")
        case (.some, .bearer): throw OAuthError(.invalidToken, "the token is bound to a key")
        }
        if let own = certificateThumbprint, !SHA256Text.same(own, certificate) {
            throw OAuthError(.invalidToken, "the token is bound to another certificate")
        }
    }
}
