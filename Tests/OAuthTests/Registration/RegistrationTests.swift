import JOSE
import OAuth
import Testing

@Suite("Dynamic registration") struct DynamicRegistrationTests {
    private let policy = ClientMetadata.RegistrationPolicy(
        scope: ScopeSet("openid profile") ?? .empty, resources: ["https://api.example/"])

    private func register(_ text: String) throws -> ClientMetadata {
        try DynamicRegistration.read(Array(text.utf8), clientID: "new", policy: policy)
    }

    private func error(_ body: () throws -> some Any) -> OAuthError? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? ClientMetadataFaults)?.error
        }
    }

    @Test("A stranger's client gets what the policy lets it, and the answer says so")
    func registered() throws {
        let client = try register(
            #"""
            {"redirect_uris":["https://app.example/cb"],"client_name":"App","scope":"openid admin","unknown":1,
             "access_token_format":"jwt","require_pkce":false,"resources":["https://internal.example/"]}
            """#)
        #expect(client.scope == ScopeSet("openid"))
        #expect(client.mustUsePKCE && client.accessTokenFormat == .opaque)
        #expect(client.resources == ["https://api.example/"])
        let answer = DynamicRegistration.answer(
            client, .init(issuedAt: 7, secret: "s", managementToken: "t", managementURI: "https://op.example/r/new"))
        #expect(answer["client_id"] == "new" && answer["client_secret"] == "s")
        #expect(answer["client_secret_expires_at"] == 0 && answer["client_id_issued_at"] == 7)
        #expect(answer["registration_access_token"] == "t" && answer["scope"] == "openid")
    }

    @Test("What a stranger may not have is refused, with the registered codes")
    func refused() {
        let cases: [(String, OAuthError.Code)] = [
            (#"{"redirect_uris":["http://app.example/"]}"#, .invalidRedirectURI),
            (#"{"redirect_uris":["https://app.example/#f"]}"#, .invalidRedirectURI),
            (#"{"redirect_uris":["http://127.0.0.1/cb"]}"#, .invalidRedirectURI),
            (#"{"grant_types":["client_credentials"]}"#, .invalidClientMetadata),
            (
                #"{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":"x"}"#,
                .invalidClientMetadata
            ),
            (#"{"redirect_uris":["https://a.example/"],"software_statement":"e.y.J"}"#, .invalidClientMetadata),
            ("[]", .invalidClientMetadata), ("", .invalidClientMetadata), (#"{"a":1,"a":1}"#, .invalidClientMetadata),
        ]
        for (text, code) in cases { #expect(error { try register(text) }?.code == code, "\(text)") }
        let long = String(repeating: " ", count: DynamicRegistration.bodyByteLimit + 1)
        #expect(error { try register(long) }?.code == .invalidClientMetadata)
    }

    @Test("An update names its client, and nothing that is the server's to say")
    func update() throws {
        func update(_ text: String) throws -> ClientMetadata {
            try DynamicRegistration.readUpdate(Array(text.utf8), of: "new", policy: policy)
        }
        #expect(try update(#"{"client_id":"new","redirect_uris":["https://b.example/"]}"#).redirectURIs.count == 1)
        #expect(error { try update(#"{"redirect_uris":["https://b.example/"]}"#) } != nil)
        #expect(error { try update(#"{"client_id":"other","redirect_uris":["https://b.example/"]}"#) } != nil)
        let sent = #"{"client_id":"new","redirect_uris":["https://b.example/"],"registration_access_token":"t"}"#
        #expect(error { try update(sent) } != nil)
    }
}

@Suite("Client-id documents") struct ClientIDDocumentTests {
    private let policy = ClientMetadata.RegistrationPolicy(scope: ScopeSet("openid mcp") ?? .empty)
    private let address = "https://client.example/app.json"

    private func read(_ members: JSONObject, at address: String? = nil) -> [String]? {
        var json: JSONObject = [
            "client_id": .string(self.address), "redirect_uris": ["https://client.example/cb"],
        ]
        for name in members.names { json[name] = members[name] == .null ? nil : members[name] }
        do {
            _ = try ClientIDDocument.read(json.serialized, at: address ?? self.address, policy: policy)
            return nil
        } catch {
            return error.faults.map(\.member)
        }
    }

    @Test("A document speaks for its own address, without a secret")
    func right() throws {
        #expect(read([:]) == nil)
        #expect(read(["redirect_uris": ["http://127.0.0.1/cb", "http://localhost:33418/"]]) == nil)
        let key = try SigningKey.generate(.es256)
        #expect(
            read(["token_endpoint_auth_method": "private_key_jwt", "jwks": .object(try Stage.document(key))]) == nil)
    }

    @Test(
        "What a document may not say",
        arguments: [
            (["client_id": "https://client.example/other.json"], "client_id"), (["client_id": nil], "client_id"),
            (["client_secret": "s"], "client_secret"),
            (["token_endpoint_auth_method": "client_secret_post"], "token_endpoint_auth_method"),
            (["redirect_uris": ["https://bank.example/cb"]], "redirect_uris"),
            (["redirect_uris": ["https://client.example:8443/cb"]], "redirect_uris"),
            (["redirect_uris": ["com.bank.app:/cb"], "application_type": "native"], "redirect_uris"),
            (["grant_types": ["client_credentials"], "redirect_uris": nil], "token_endpoint_auth_method"),
        ] as [(JSONObject, String)])
    func wrong(members: JSONObject, member: String) {
        #expect(read(members)?.contains(member) == true)
    }

    @Test(
        "What is no address of a document",
        arguments: [
            "http://client.example/app.json", "https://client.example", "https://client.example/",
            "https://client.example/a#f", "https://client.example/a/../b", "https://u@client.example/a",
            "https://client.example/a?b", "https://client.example:8443/a", "https://127.0.0.1/a", "https://[::1]/a",
            "https://localhost/a", "app", "",
        ])
    func addresses(text: String) {
        #expect(!ClientIDDocument.isAddress(text))
        #expect(read(["client_id": .string(text)], at: text) == ["client_id"])
    }

    @Test("A document of 5,120 bytes is read, one more is not")
    func size() throws {
        let start = #"{"client_id":"https://client.example/app.json","redirect_uris":["https://client.example/cb"]"#
        let body = { (bytes: Int) in
            Array((start + String(repeating: " ", count: bytes - start.utf8.count - 1) + "}").utf8)
        }
        #expect(try ClientIDDocument.read(body(5_120), at: address, policy: policy).authentication == .none)
        #expect(throws: ClientMetadataFaults.self) {
            try ClientIDDocument.read(body(5_121), at: address, policy: policy)
        }
    }
}
