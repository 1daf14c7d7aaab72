import JOSE
import OAuth
import Testing

@Suite("Client metadata") struct ClientMetadataTests {
    private func faults(_ members: JSONObject, author: ClientMetadata.Author? = nil) -> [String] {
        var json: JSONObject = ["redirect_uris": ["https://app.example/cb"]]
        for name in members.names { json[name] = members[name] == .null ? nil : members[name] }
        do {
            _ = try ClientMetadata(
                reading: json, clientID: "app", author: author ?? .administrator(allowsLoopbackForWeb: false))
            return []
        } catch {
            return error.faults.map(\.member)
        }
    }

    @Test("What is written reads back as itself")
    func roundTrip() throws {
        let key = try SigningKey.generate(.es256)
        let clients = [
            try Stage.client(), try Stage.publicClient(),
            try Stage.client(
                "full",
                [
                    "client_name": "Ada's app", "token_endpoint_auth_method": "private_key_jwt",
                    "token_endpoint_auth_signing_alg": "ES256", "jwks": .object(Stage.document(key)),
                    "dpop_bound_access_tokens": true, "profile": "fapi2_security", "subject_type": "pairwise",
                    "id_token_signed_response_alg": "PS256", "userinfo_signed_response_alg": "ES256",
                    "introspection_signed_response_alg": "EdDSA", "access_token_format": "jwt",
                    "backchannel_logout_uri": "https://app.example/logout", "backchannel_logout_session_required": true,
                    "default_max_age": 600, "default_acr_values": ["mfa"], "require_auth_time": true,
                    "default_scope": "read", "logo_uri": "https://app.example/logo.png", "contacts": ["a@app.example"],
                    "require_signed_request_object": true, "request_object_signing_alg": "ES256",
                ]),
            try Stage.client(
                "mtls", ["token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example"]),
        ]
        for client in clients {
            let again = try ClientMetadata(
                reading: client.json, clientID: client.clientID, author: .administrator(allowsLoopbackForWeb: false))
            #expect(again == client)
        }
    }

    @Test("The defaults are strict: a secret by Basic, the code grant alone, PKCE, ES256, opaque tokens")
    func defaults() throws {
        let client = try ClientMetadata(
            reading: ["redirect_uris": ["https://app.example/cb"]], clientID: "app",
            author: .administrator(allowsLoopbackForWeb: false))
        #expect(client.authentication == .clientSecretBasic && client.grantTypes == [.authorizationCode])
        #expect(client.mustUsePKCE && client.idTokenAlgorithm == .es256 && client.accessTokenFormat == .opaque)
        #expect(client.scope.isEmpty && client.resources.isEmpty && client.subjectType == .public)
    }

    @Test(
        "Each fault is told, by its member",
        arguments: [
            (["redirect_uris": nil], ["redirect_uris"]),
            (["redirect_uris": ["http://app.example/"]], ["redirect_uris"]),
            (["redirect_uris": "https://app.example/"], ["redirect_uris", "redirect_uris"]),
            (["grant_types": ["implicit"]], ["grant_types"]), (["grant_types": ["password"]], ["grant_types"]),
            (["response_types": ["code token"]], ["response_types"]),
            (["grant_types": ["client_credentials"]], ["redirect_uris"]),
            (["grant_types": ["refresh_token"], "redirect_uris": nil], ["grant_types"]),
            (["token_endpoint_auth_method": "client_secret_jwt"], ["token_endpoint_auth_method"]),
            (["token_endpoint_auth_method": "private_key_jwt"], ["jwks"]),
            (["token_endpoint_auth_method": "tls_client_auth"], ["tls_client_auth_subject_dn"]),
            (["tls_client_auth_san_dns": "a.example"], ["tls_client_auth_subject_dn"]),
            (
                ["token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "shop"],
                ["tls_client_auth_subject_dn"]
            ),
            (
                ["token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "shop"],
                ["tls_client_auth_san_ip"]
            ),
            (["token_endpoint_auth_method": "self_signed_tls_client_auth"], ["jwks"]),
            (
                [
                    "tls_client_auth_san_dns": "a", "tls_client_auth_san_ip": "b",
                    "token_endpoint_auth_method": "tls_client_auth",
                ],
                ["tls_client_auth_subject_dn"]
            ),
            (["token_endpoint_auth_method": "none", "require_pkce": false], ["require_pkce"]),
            (
                ["token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "client_credentials"]],
                ["token_endpoint_auth_method"]
            ),
            (["id_token_signed_response_alg": "none"], ["id_token_signed_response_alg"]),
            (["id_token_signed_response_alg": "HS256"], ["id_token_signed_response_alg"]),
            (["userinfo_signed_response_alg": "HS512"], ["userinfo_signed_response_alg"]),
            (["id_token_encrypted_response_alg": "RSA-OAEP"], ["id_token_encrypted_response_alg"]),
            (["jwks_uri": "http://app.example/jwks"], ["jwks_uri"]), (["jwks": ["keys": []]], ["jwks"]),
            (["jwks": "x"], ["jwks"]), (["scope": "a  b"], ["scope"]), (["default_scope": "a"], ["default_scope"]),
            (["resources": ["/a"]], ["resources"]), (["resources": ["https://a.example/#f"]], ["resources"]),
            (["subject_type": "secret"], ["subject_type"]), (["logo_uri": "javascript:alert(1)"], ["logo_uri"]),
            (["client_uri": "http://app.example/"], ["client_uri"]), (["default_max_age": -1], ["default_max_age"]),
            (["require_auth_time": "yes"], ["require_auth_time"]), (["client_name": "a\u{7}b"], ["client_name"]),
            (
                ["backchannel_logout_uri": "https://a@app.example/", "policy_uri": "ftp://x"],
                ["backchannel_logout_uri", "policy_uri"]
            ),
        ] as [(JSONObject, [String])])
    func told(members: JSONObject, expected: [String]) {
        #expect(Set(faults(members)) == Set(expected))
    }

    @Test("Pairwise subjects over several hosts need a document that names them")
    func pairwise() throws {
        let two: JSONValue = ["https://a.example/cb", "https://b.example/cb"]
        #expect(faults(["subject_type": "pairwise", "redirect_uris": two]) == ["sector_identifier_uri"])
        let named: JSONObject = [
            "subject_type": "pairwise", "redirect_uris": two, "sector_identifier_uri": "https://c.example/sector.json",
        ]
        #expect(faults(named) == [])
        let client = try Stage.client("app", named)
        #expect(SectorIdentifier.sector(of: client) == "c.example")
        #expect(
            SectorIdentifier.document(
                Array(#"["https://a.example/cb","https://b.example/cb","x"]"#.utf8), names: client))
        #expect(!SectorIdentifier.document(Array(#"["https://a.example/cb"]"#.utf8), names: client))
        #expect(!SectorIdentifier.document(Array(#"[],"b":["https://a.example/cb"]"#.utf8), names: client))
    }

    @Test("The FAPI 2.0 profile asks for what it needs")
    func fapi() throws {
        let key = try SigningKey.generate(.es256)
        let right: JSONObject = [
            "profile": "fapi2_security", "token_endpoint_auth_method": "private_key_jwt",
            "jwks": .object(try Stage.document(key)), "dpop_bound_access_tokens": true,
        ]
        #expect(faults(right) == [])
        func without(_ name: String, _ value: JSONValue?) -> [String] {
            var json = right
            json[name] = value ?? .null
            return faults(json)
        }
        #expect(without("dpop_bound_access_tokens", nil) == ["dpop_bound_access_tokens"])
        #expect(without("token_endpoint_auth_method", nil) == ["token_endpoint_auth_method"])
        #expect(without("id_token_signed_response_alg", "RS256") == ["id_token_signed_response_alg"])
        #expect(without("token_endpoint_auth_signing_alg", "RS256") == ["token_endpoint_auth_signing_alg"])
        let client = try Stage.client("app", right)
        #expect(client.mustPushRequests && client.mustUsePKCE && client.mustConstrainSender)
        #expect(client.assertionAlgorithms == [.ps256, .es256, .edDSA, .ed25519])
    }

    @Test("Lists and texts are read up to their limits, and not one beyond")
    func limits() {
        let many = (0..<32).map { JSONValue.string("https://app.example/\($0)") }
        #expect(faults(["redirect_uris": .array(many)]) == [])
        #expect(faults(["redirect_uris": .array(many + ["https://app.example/x"])]).first == "redirect_uris")
        #expect(faults(["client_name": .string(String(repeating: "n", count: 256))]) == [])
        #expect(faults(["client_name": .string(String(repeating: "n", count: 257))]) == ["client_name"])
    }

    @Test("A set with a private key is refused")
    func privateKeys() throws {
        let key = try SigningKey.generate(.es256)
        let jwk = try JSONObject(parsing: key.privateJWK().reveal())
        #expect(faults(["jwks": ["keys": [.object(jwk)]]]) == ["jwks"])
        #expect(faults(["jwks": .object(try Stage.document(key))]) == [])
    }
}
