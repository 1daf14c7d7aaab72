import JOSE

/// A client with what its proofs are held to.
public struct RegisteredClient: Sendable {
    /// A secret, as its hash.
    public struct SecretDigest: Sendable, Hashable, Codable {
        /// SHA-256 of the secret's bytes. The secrets are random and long: nobody guesses one from a fast hash.
        public let digest: [UInt8]
        /// Seconds since 1970; nil when it does not expire.
        public let expiresAt: Int64?

        public init(digest: [UInt8], expiresAt: Int64? = nil) {
            self.digest = digest
            self.expiresAt = expiresAt
        }
    }

    public let metadata: ClientMetadata
    /// Several while one follows another.
    public let secrets: [SecretDigest]
    /// Its JWK set as it is written: of the metadata, or as fetched from `jwks_uri`.
    public let keySet: JSONObject?

    /// - Parameter fetchedKeys: the document at `jwks_uri`, when the metadata point there.
    public init(metadata: ClientMetadata, secrets: [SecretDigest] = [], fetchedKeys: JSONObject? = nil) {
        self.metadata = metadata
        self.secrets = secrets
        if case .inline(let text) = metadata.keys {
            keySet = try? JSONObject(parsing: Array(text.utf8))
        } else {
            keySet = fetchedKeys
        }
    }

    /// The keys its signatures are held to.
    public func keys(for algorithm: SignatureAlgorithm?) -> JSONWebKeySet? {
        keySet.flatMap { try? JSONWebKeySet($0, unmarkedRSA: algorithm ?? .rs256) }
    }
}

/// A client that proved it is the one it names. Only `ClientAuthentication` makes one.
public struct AuthenticatedClient: Sendable {
    public let metadata: ClientMetadata
    /// An assertion that has to be spent, by its `jti`, before anything is answered.
    public let assertion: ClientAssertion?
    /// The certificate of the connection, whether it was the proof or not.
    public let certificate: ClientCertificate?

    fileprivate init(_ metadata: ClientMetadata, _ assertion: ClientAssertion?, _ certificate: ClientCertificate?) {
        self.metadata = metadata
        self.assertion = assertion
        self.certificate = certificate
    }
}

/// Decides whether a client is the one it names.
public enum ClientAuthentication {
    /// Holds what was shown to the one method that is registered.
    ///
    /// A client that does not exist costs the same work and gets the same answer as one whose secret is wrong.
    ///
    /// - Parameters:
    ///   - client: the client that was named; nil when there is none, or it is switched off.
    ///   - certificate: of the connection, when there is one.
    ///   - issuer: the audience of assertions.
    ///   - endpoint: the address the request came to, for clients that may name it as audience.
    /// - Throws: `invalid_client`.
    public static func decide(
        _ shown: PresentedCredentials, client: RegisteredClient?, certificate: ClientCertificate?, issuer: String,
        endpoint: String? = nil, now: Int64
    ) throws(OAuthError) -> AuthenticatedClient {
        let named = client.flatMap { Texts.same($0.metadata.clientID, shown.clientID) ? $0 : nil }
        let client = named ?? nobody
        switch (shown, client.metadata.authentication) {
        case (.basic, .clientSecretBasic), (.post, .clientSecretPost):
            guard matches(shown, client.secrets, now: now) else { throw refusal }
            return AuthenticatedClient(client.metadata, nil, certificate)
        case (.assertion(_, let token), .privateKeyJWT):
            let assertion = try verify(token, client, issuer, endpoint, now)
            return AuthenticatedClient(client.metadata, assertion, certificate)
        case (.name, .tlsClientAuth), (.name, .selfSignedTLSClientAuth):
            guard let certificate, certificate.proves(client.metadata, keySet: client.keySet) else { throw refusal }
            return AuthenticatedClient(client.metadata, nil, certificate)
        case (.name, .none):
            return AuthenticatedClient(client.metadata, nil, certificate)
        default:
            // Another method than the registered one: not even a right secret counts.
            _ = matches(shown, dummy, now: now)
            throw refusal
        }
    }

    private static let refusal = OAuthError(.invalidClient, "client authentication failed")
    /// Whom a client is held to that does not exist: the same steps, against a digest that no secret is known to have.
    private static let nobody = {
        var metadata = ClientMetadata(clientID: "")
        metadata.authentication = .clientSecretBasic
        return RegisteredClient(metadata: metadata, secrets: dummy)
    }()
    private static let dummy = [RegisteredClient.SecretDigest(digest: [UInt8](repeating: 0, count: 32))]

    private static func verify(
        _ token: String, _ client: RegisteredClient, _ issuer: String, _ endpoint: String?, _ now: Int64
    ) throws(OAuthError) -> ClientAssertion {
        let named = (try? UnverifiedJWS(compact: token))?.algorithm
        guard let keys = client.keys(for: named) else { throw refusal }
        return try ClientAssertion.verify(
            token, client: client.metadata, keys: keys, audience: issuer, endpoint: endpoint, now: now)
    }

    /// Compares with every secret, so that the time tells neither how many there are nor which one it was.
    private static func matches(_ shown: PresentedCredentials, _ secrets: [RegisteredClient.SecretDigest], now: Int64)
        -> Bool
    {
        let secret: String
        switch shown {
        case .basic(_, let text), .post(_, let text): secret = text
        case .name, .assertion: return false
        }
        guard let digest = try? HashFunction.sha256.hash(Array(secret.utf8)) else { return false }
        var isRight = false
        for candidate in secrets.isEmpty ? dummy : secrets {
            let isCurrent = candidate.expiresAt.map { now < $0 } ?? true
            let isSame = equalInConstantTime(candidate.digest, digest)
            isRight = isRight || (isSame && isCurrent && !secrets.isEmpty)
        }
        return isRight
    }
}
