import JOSE
import OAuth
import Testing

@Suite("What servers and resources tell of themselves") struct MetadataTests {
    private func metadata() -> ServerMetadata {
        var endpoints = ServerMetadata.Endpoints(
            authorization: "https://op.example/oauth2/authorize", token: "https://op.example/oauth2/token",
            keys: "https://op.example/oauth2/jwks")
        endpoints.userInfo = "https://op.example/oauth2/userinfo"
        endpoints.introspection = "https://op.example/oauth2/introspect"
        endpoints.revocation = "https://op.example/oauth2/revoke"
        endpoints.endSession = "https://op.example/oauth2/logout"
        endpoints.pushedRequest = "https://op.example/oauth2/par"
        endpoints.deviceAuthorization = "https://op.example/oauth2/device"
        return ServerMetadata(
            issuer: Stage.issuer, endpoints: endpoints, scopes: ScopeSet("openid profile") ?? .empty,
            claims: ["sub", "name"], acrValues: ["mfa"])
    }

    @Test("The discovery document has what the conformance suite requires")
    func discovery() {
        let json = metadata().json
        #expect(json["issuer"] == .string(Stage.issuer))
        #expect(json["response_types_supported"] == ["code"])
        #expect(json["id_token_signing_alg_values_supported"]?.texts?.contains("RS256") == true)
        #expect(json["id_token_signing_alg_values_supported"]?.texts?.contains("ES256") == true)
        #expect(json["scopes_supported"]?.texts?.contains("openid") == true)
        #expect(json["subject_types_supported"] == ["public", "pairwise"])
        #expect(json["code_challenge_methods_supported"] == ["S256"])
        #expect(json["authorization_response_iss_parameter_supported"] == true)
        #expect(json["grant_types_supported"]?.array?.isEmpty == false)
        for name in json.names where name.hasSuffix("_endpoint") || name == "jwks_uri" {
            #expect(json[name]?.text?.hasPrefix("https://") == true, "\(name)")
        }
    }

    @Test("Nothing that is absent is listed: no implicit or password grant, no plain PKCE, no none, no shared secrets")
    func absent() {
        let json = metadata().json
        let text = String(decoding: json.serialized, as: UTF8.self)
        for word in ["implicit", "\"password\"", "\"plain\"", "HS256", "client_secret_jwt", "fragment", "\"token\""] {
            #expect(!text.contains(word), "\(word)")
        }
        #expect(json["request_uri_parameter_supported"] == false)
        for name in json.names where name.contains("_alg_values_") {
            #expect(json[name]?.texts?.contains("none") == false, "\(name)")
        }
        #expect(json["introspection_endpoint_auth_methods_supported"]?.texts?.contains("none") == false)
    }

    @Test("What we publish as a provider, we read as a client")
    func ownDocument() throws {
        let read = try ProviderMetadata(reading: metadata().json.serialized, for: .exactly(Stage.issuer))
        #expect(read.namesItselfInResponses && read.supportsBackchannelLogout)
        #expect(read.algorithms == [.rs256, .es256, .edDSA])
    }

    @Test("Well-known addresses: the path appended for OpenID Connect, inserted behind for OAuth")
    func wellKnown() {
        let root = ServerMetadata.wellKnownPaths(of: "https://op.example")
        #expect(root?.openID == "/.well-known/openid-configuration")
        #expect(root?.oauth == "/.well-known/oauth-authorization-server")
        let tenant = ServerMetadata.wellKnownPaths(of: "https://op.example/t/acme")
        #expect(tenant?.openID == "/t/acme/.well-known/openid-configuration")
        #expect(tenant?.oauth == "/.well-known/oauth-authorization-server/t/acme")
        #expect(ServerMetadata.wellKnownPaths(of: "op.example") == nil)
        #expect(
            ResourceMetadata.wellKnownAddress(of: "https://api.example:8443/mcp?x=1")
                == "https://api.example:8443/.well-known/oauth-protected-resource/mcp?x=1")
        #expect(
            ResourceMetadata.wellKnownAddress(of: "https://api.example/")
                == "https://api.example/.well-known/oauth-protected-resource")
    }

    @Test("A resource tells who issues its tokens, and that they go into a header")
    func resource() {
        let json = ResourceMetadata(
            resource: "https://api.example/", authorizationServers: [Stage.issuer], scopes: ScopeSet("read") ?? .empty
        ).json
        #expect(
            json["authorization_servers"] == [.string(Stage.issuer)] && json["bearer_methods_supported"] == ["header"])
    }
}

@Suite("Challenges") struct ChallengeTests {
    @Test("A challenge says what is wrong, and nothing when nothing was shown")
    func challenges() {
        #expect(Challenge().bearer == "Bearer")
        let error = OAuthError(.invalidToken, "the \"token\"\r\nX: y")
        #expect(Challenge(error).bearer == "Bearer error=\"invalid_token\", error_description=\"the 'token'??X: y\"")
        #expect(Challenge().dpop == "DPoP algs=\"ES256 ES384 EdDSA PS256\"")
        let full = Challenge(
            OAuthError(.insufficientScope), scope: ScopeSet("b a"), resourceMetadata: "https://api.example/m")
        #expect(
            full.bearer
                == "Bearer error=\"insufficient_scope\", scope=\"a b\", resource_metadata=\"https://api.example/m\"")
        #expect(Challenge.basic(realm: "a\"b") == "Basic realm=\"a'b\"")
    }

    @Test("RFC 9470: a weak or old authentication is told what would do")
    func stepUp() throws {
        let need = AuthenticationNeed(acrValues: ["mfa"], maxAge: 60)
        func challenge(_ acr: String?, _ age: Int64) -> Challenge? {
            need.challenge(
                Authentication(time: Stage.now - age, acr: acr), rules: Stage.rules, now: Stage.now)
        }
        #expect(challenge("mfa", 60) == nil && challenge("phr", 0) == nil)
        let weak = try #require(challenge("password", 0))
        #expect(weak.error?.code == .insufficientUserAuthentication && weak.acrValues == ["mfa"] && weak.maxAge == nil)
        let old = try #require(challenge("mfa", 61))
        #expect(old.maxAge == 60 && old.acrValues.isEmpty)
        #expect(old.bearer.contains("max_age=\"60\""))
        #expect(need.challenge(nil, rules: Stage.rules, now: Stage.now) != nil)
    }

    @Test("Statuses")
    func statuses() {
        #expect(OAuthError(.invalidClient).status == 401 && OAuthError(.invalidToken).status == 401)
        #expect(OAuthError(.insufficientScope).status == 403 && OAuthError(.invalidGrant).status == 400)
        #expect(Challenge(OAuthError(.useDPoPNonce)).status == 401 && Challenge().status == 401)
        #expect(Challenge(OAuthError(.insufficientScope)).status == 403)
        #expect(Challenge(OAuthError(.invalidRequest)).status == 400)
        #expect(OAuthError(.useDPoPNonce).status == 400 && OAuthError(.temporarilyUnavailable).status == 503)
    }
}
