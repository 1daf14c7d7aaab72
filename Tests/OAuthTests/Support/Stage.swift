import JOSE
import OAuth

/// A server, its time, and clients of every kind, for all tests here.
enum Stage {
    static let issuer = "https://op.example"
    static let now: Int64 = 1_800_000_000
    static let rules = AuthorizationRules(issuer: issuer, acrValues: ["password", "mfa", "phr"])
    /// The challenge of RFC 7636's example.
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    /// A confidential web client, with members in place of its own.
    static func client(_ id: String = "app", _ members: JSONObject = [:]) throws -> ClientMetadata {
        var json: JSONObject = [
            "redirect_uris": ["https://app.example/cb"], "scope": "openid profile email offline_access read write",
            "grant_types": [
                "authorization_code", "refresh_token", "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
            ],
            "resources": ["https://api.example/a", "https://api.example/b"],
            "post_logout_redirect_uris": ["https://app.example/bye", "https://app.example/bye?x=1"],
        ]
        for name in members.names { json[name] = members[name] }
        return try ClientMetadata(
            reading: json, clientID: id, author: .administrator(allowsLoopbackForWeb: false))
    }

    static func publicClient(_ id: String = "public", _ members: JSONObject = [:]) throws -> ClientMetadata {
        var all: JSONObject = [
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        ]
        for name in members.names { all[name] = members[name] }
        return try client(id, all)
    }

    static let secret = "s3cret-with-32-random-bytes-in-it"

    static func registered(_ client: ClientMetadata, keys: JSONObject? = nil) throws -> RegisteredClient {
        RegisteredClient(
            metadata: client,
            secrets: [RegisteredClient.SecretDigest(digest: try HashFunction.sha256.hash(Array(secret.utf8)))],
            fetchedKeys: keys)
    }

    /// The client, having proved itself in its own way.
    static func authenticated(
        _ client: ClientMetadata, certificate: ClientCertificate? = nil, key: SigningKey? = nil
    ) throws -> AuthenticatedClient {
        let shown: PresentedCredentials
        var keys: JSONObject?
        switch client.authentication {
        case .clientSecretPost: shown = .post(clientID: client.clientID, secret: secret)
        case .clientSecretBasic: shown = .basic(clientID: client.clientID, secret: secret)
        case .privateKeyJWT:
            let key = try key ?? SigningKey.generate(.es256)
            keys = try JSONWebKeySet([key.verificationKey]).json
            let claims = ClientAssertion.claims(clientID: client.clientID, audience: issuer, id: "1", now: now)
            shown = .assertion(clientID: client.clientID, token: try JWT.sign(claims, with: key))
        case .none, .tlsClientAuth, .selfSignedTLSClientAuth: shown = .name(clientID: client.clientID)
        }
        return try ClientAuthentication.decide(
            shown, client: registered(client, keys: keys), certificate: certificate, issuer: issuer, now: now)
    }

    /// An authorization request that is right in everything, with members in place of its own.
    static func parameters(_ members: [String: String?] = [:], client: String = "app") -> Parameters {
        var parameters = Parameters([
            ("response_type", "code"), ("client_id", client), ("redirect_uri", "https://app.example/cb"),
            ("scope", "openid profile"), ("state", "xyz"), ("nonce", "n-1"), ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ])
        for (name, value) in members { parameters.set(name, value) }
        return parameters
    }

    static func request(_ members: [String: String?] = [:], client: ClientMetadata? = nil) throws
        -> AuthorizationRequest
    {
        let client = try client ?? Stage.client()
        let reading = AuthorizationRequest.read(
            parameters(members, client: client.clientID), client: client, origin: .parameters, rules: rules)
        guard case .request(let request) = reading else { throw NotRead(reading: reading) }
        return request
    }

    struct NotRead: Error { let reading: AuthorizationReading }

    static func grant(
        client: String = "app", subject: String? = "ada", scope: String = "openid profile", resources: [String] = [],
        binding: SenderBinding = .none
    ) -> TokenGrant {
        TokenGrant(
            grantID: "g1", clientID: client, subject: subject, scope: ScopeSet(scope) ?? .empty, resources: resources,
            authentication: Authentication(time: now - 10, acr: "mfa", amr: ["pwd", "otp"], sessionID: "s1"),
            nonce: "n-1", binding: binding)
    }

    /// A key set's document.
    static func document(_ keys: SigningKey...) throws -> JSONObject {
        try JSONWebKeySet(keys.map(\.verificationKey)).json
    }
}

/// The code of the error that is thrown; nil when none is.
func refusal(_ body: () throws -> some Any) -> OAuthError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? OAuthError)?.code
    }
}

/// The reason that is thrown; nil when none is.
func fault(_ body: () throws -> some Any) -> UpstreamFault.Reason? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? UpstreamFault)?.reason
    }
}
