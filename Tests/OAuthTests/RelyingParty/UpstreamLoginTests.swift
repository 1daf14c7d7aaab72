import JOSE
import OAuth
import Testing

@Suite("Logins at providers") struct UpstreamLoginTests {
    @Test("A browser is sent with PKCE, state and nonce, and the endpoint's own query stays")
    func start() throws {
        let stage = try UpstreamStage(
            wishes: .init(
                loginHint: "a b", prompt: "login", maxAge: 5, acrValues: ["x", "y"], resources: ["u:1", "u:2"]))
        let mark = try #require(stage.address.firstIndex(of: "?"))
        #expect(stage.address[..<mark] == "https://idp.example/authorize")
        let query = try Parameters(
            reading: Array(stage.address[stage.address.index(after: mark)...].utf8), limits: .query)
        #expect(query["x"] == "1" && query["response_type"] == "code" && query["client_id"] == "app")
        #expect(query["redirect_uri"] == "https://app.example/cb/idp" && query["scope"] == "email openid")
        #expect(query["state"] == stage.attempt.state && query["nonce"] == stage.attempt.nonce)
        #expect(query["code_challenge_method"] == "S256")
        #expect(ProofKey.proves(stage.attempt.verifier, query["code_challenge"] ?? ""))
        #expect(query["max_age"] == "5" && query["acr_values"] == "x y" && query["login_hint"] == "a b")
        #expect(query.all("resource") == ["u:1", "u:2"])
        #expect(try Corpus.roundTrip(stage.attempt) == stage.attempt)
        #expect(Set([stage.attempt.state, stage.attempt.verifier, stage.attempt.nonce]).count == 3)
    }

    private func code(
        _ members: [String: String?] = [:], client: UpstreamClient? = nil, now: Int64 = Stage.now + 10
    ) throws -> String {
        let stage = try UpstreamStage()
        var parameters = Parameters([("code", "c0de"), ("state", stage.attempt.state)])
        for (name, value) in members { parameters.set(name, value) }
        return try stage.attempt.code(in: parameters, client: client ?? stage.client, now: now)
    }

    @Test("An answer is of this login, this provider, and of now")
    func callback() throws {
        #expect(try code() == "c0de")
        #expect(try code(["iss": UpstreamStage.issuer]) == "c0de")
        #expect(fault { try code(["state": nil]) } == .wrongState)
        #expect(fault { try code(["state": "other"]) } == .wrongState)
        #expect(fault { try code(["state": nil, "error": "access_denied"]) } == .wrongState)
        #expect(fault { try code(["iss": "https://evil.example"]) } == .wrongIssuer)
        #expect(fault { try code(["iss": UpstreamStage.issuer + "/"]) } == .wrongIssuer)
        #expect(fault { try code(now: Stage.now + UpstreamAttempt.lifetime) } == .expiredAttempt)
        #expect(fault { try code(now: Stage.now - 1) } == .expiredAttempt)
        #expect(fault { try code(["error": "access_denied"]) } == .refused)
        #expect(fault { try code(["error": "access_denied", "iss": "https://evil.example"]) } == .wrongIssuer)
        #expect(fault { try code(["code": nil]) } == .malformedAnswer)
        #expect(
            fault { try code(["code": String(repeating: "c", count: UpstreamAttempt.codeByteLimit + 1)]) }
                == .malformedAnswer)
    }

    @Test(
        "Mix-up: an answer at another provider's address, and one that does not name its issuer though it always does")
    func mixUp() throws {
        var other = try UpstreamStage().client
        other.provider = "evil"
        #expect(fault { try code(client: other) } == .wrongState)
        var naming = try UpstreamStage().client
        naming.namesItselfInResponses = true
        #expect(fault { try code(client: naming) } == .wrongIssuer)
        #expect(try code(["iss": UpstreamStage.issuer], client: naming) == "c0de")
    }

    @Test("The code is redeemed with the verifier, the client proving itself in its own way")
    func redemption() throws {
        var stage = try UpstreamStage()
        stage.client.clientID = "a:b c"
        let basic = UpstreamTokenRequest.code("c", of: stage.attempt, client: stage.client, proof: .secret("p+/%=é"))
        #expect(basic.authorization == "Basic YSUzQWIlMjBjOnAlMkIlMkYlMjUlM0QlQzMlQTk=")
        #expect(basic.body["code_verifier"] == stage.attempt.verifier && basic.body["client_secret"] == nil)
        #expect(
            basic.body["grant_type"] == "authorization_code" && basic.body["redirect_uri"] == stage.attempt.redirectURI)
        stage.client.authentication = .secretPost
        let post = UpstreamTokenRequest.code("c", of: stage.attempt, client: stage.client, proof: .secret("s"))
        #expect(post.authorization == nil && post.body["client_secret"] == "s" && post.body["client_id"] == "a:b c")
        stage.client.authentication = .privateKeyJWT
        let signed = UpstreamTokenRequest.refresh("r", client: stage.client, proof: .assertion("e.y.J"))
        #expect(signed.body["client_assertion"] == "e.y.J" && signed.body["refresh_token"] == "r")
        #expect(signed.body["client_assertion_type"] == PresentedCredentials.assertionType)
        let read = try PresentedCredentials.read(authorization: [basic.authorization ?? ""], parameters: Parameters())
        guard case .basic("a:b c", "p+/%=é") = read else {
            Issue.record("what we send is not what we read")
            return
        }
    }

    @Test("Our own assertion is one that we would take")
    func ownAssertion() throws {
        let key = try SigningKey.generate(.es256)
        let client = try Stage.client(
            "app", ["token_endpoint_auth_method": "private_key_jwt", "jwks": .object(Stage.document(key))])
        #expect(try Stage.authenticated(client, key: key).assertion?.id == "1")
    }

    private func tokens(_ text: String, _ type: String? = "application/json", status: Int = 200) throws
        -> UpstreamTokens
    {
        try UpstreamTokens(status: status, contentType: type, body: Array(text.utf8))
    }

    @Test("Answers are read as JSON, and as the form that GitHub sends")
    func answers() throws {
        let json = try tokens(
            #"{"access_token":"t","token_type":"bearer","expires_in":"3600","id_token":"e.y.J","scope":"a b"}"#)
        #expect(json.accessToken == "t" && json.expiresIn == 3_600 && json.idToken == "e.y.J")
        #expect(json.scope == ScopeSet("a b"))
        let form = try tokens(
            "access_token=gho_16C7e42F&scope=repo%2Cgist&token_type=bearer",
            "application/x-www-form-urlencoded; charset=utf-8")
        #expect(form.accessToken == "gho_16C7e42F" && form.scope == ScopeSet("gist repo"))
    }

    @Test("Refusals, with status 200 too, and what is no answer")
    func refusals() {
        #expect(fault { try tokens(#"{"error":"invalid_grant"}"#, status: 400) } == .refused)
        #expect(fault { try tokens(#"{"error":"bad_verification_code"}"#) } == .refused)
        let form = "application/x-www-form-urlencoded"
        #expect(fault { try tokens("error=bad_verification_code&error_description=x", form) } == .refused)
        #expect(fault { try tokens(#"{"access_token":"t","token_type":"bearer"}"#, status: 500) } == .refused)
        for text in [
            "", "[]", "<html>", #"{"token_type":"bearer"}"#, #"{"access_token":"t"}"#,
            #"{"access_token":"t","token_type":"mac"}"#, #"{"access_token":7,"token_type":"bearer"}"#,
            #"{"access_token":"t","access_token":"u","token_type":"bearer"}"#,
            #"{"access_token":"t","token_type":"bearer","id_token":7}"#,
        ] {
            #expect(fault { try tokens(text) } == .malformedAnswer, "\(text)")
        }
        #expect(fault { try tokens("access_token=a&access_token=b&token_type=bearer", form) } == .malformedAnswer)
        #expect(fault { try tokens(String(repeating: " ", count: UpstreamTokens.byteLimit + 1)) } == .malformedAnswer)
    }

    @Test("Signing out at the provider")
    func logout() throws {
        var client = try UpstreamStage().client
        let address = UpstreamLogout.address(client, idToken: "e.y.J", returnTo: "https://app.example/bye", state: "s")
        #expect(
            address
                == "https://idp.example/logout?client_id=app&id_token_hint=e.y.J&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye&state=s"
        )
        client.endpoints.endSession = nil
        #expect(UpstreamLogout.address(client, idToken: nil, returnTo: nil, state: nil) == nil)
    }
}

@Suite("Metadata of providers") struct ProviderMetadataTests {
    private func read(
        _ members: JSONObject = [:], rule: IssuerRule = .exactly(UpstreamStage.issuer), allowsLoopback: Bool = false
    ) throws -> ProviderMetadata {
        var json: JSONObject = [
            "issuer": .string(UpstreamStage.issuer), "authorization_endpoint": "https://idp.example/authorize",
            "token_endpoint": "https://idp.example/token", "jwks_uri": "https://idp.example/jwks",
            "userinfo_endpoint": "https://idp.example/userinfo", "response_types_supported": ["code", "id_token"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none", "XX999"],
        ]
        for name in members.names { json[name] = members[name] == .null ? nil : members[name] }
        return try ProviderMetadata(reading: json.serialized, for: rule, allowsLoopback: allowsLoopback)
    }

    @Test("A document is read, and of its algorithms those that prove something")
    func right() throws {
        let metadata = try read(["authorization_response_iss_parameter_supported": true])
        #expect(metadata.algorithms == [.rs256, .es256] && metadata.namesItselfInResponses)
        #expect(metadata.endpoints.keys == "https://idp.example/jwks" && metadata.endpoints.endSession == nil)
        #expect(try read(["id_token_signing_alg_values_supported": nil]).algorithms == [.rs256])
    }

    @Test("Another issuer, by a slash, in case or in Unicode, is another provider's document")
    func issuer() throws {
        for issuer in ["https://evil.example", "https://idp.example/", "https://IDP.example", ""] {
            #expect(fault { try read(["issuer": .string(issuer)]) } == .foreignMetadata, "\(issuer)")
        }
        #expect(fault { try read(["issuer": nil]) } == .foreignMetadata)
        #expect(
            fault { try read(["issuer": "https://idp.example/\u{212A}"], rule: .exactly("https://idp.example/K")) }
                == .foreignMetadata)
        let entra = IssuerRule.entra(tenants: ["x"])
        #expect(try read(["issuer": .string(entra.documented)], rule: entra).issuer == entra.documented)
    }

    @Test(
        "What a document has to say, and may not",
        arguments: [
            ["authorization_endpoint": nil], ["token_endpoint": nil], ["jwks_uri": nil],
            ["jwks_uri": "http://idp.example/jwks"], ["token_endpoint": "https://u@idp.example/"],
            ["token_endpoint": "https://idp.example/#f"], ["token_endpoint": 7],
            ["userinfo_endpoint": "ftp://idp.example/"],
            ["authorization_endpoint": "javascript:alert(1)"], ["response_types_supported": ["token"]],
            ["response_types_supported": "code"], ["id_token_signing_alg_values_supported": ["none", "HS256"]],
            ["end_session_endpoint": "http://127.0.0.1/"],
        ] as [JSONObject])
    func wrong(members: JSONObject) {
        #expect(fault { try read(members) } == .malformedMetadata)
    }

    @Test("The own machine is spoken to without TLS only where that is allowed")
    func loopback() throws {
        let local: JSONObject = ["token_endpoint": "http://127.0.0.1:8080/token"]
        #expect(try read(local, allowsLoopback: true).endpoints.token == "http://127.0.0.1:8080/token")
        #expect(fault { try read(["token_endpoint": "http://10.0.0.1/"], allowsLoopback: true) } == .malformedMetadata)
    }

    @Test("Too long, too deep, said twice")
    func form() {
        func read(_ text: String) throws -> ProviderMetadata {
            try ProviderMetadata(reading: Array(text.utf8), for: .exactly(UpstreamStage.issuer))
        }
        #expect(fault { try read(String(repeating: " ", count: ProviderMetadata.byteLimit + 1)) } == .malformedMetadata)
        #expect(fault { try read(String(repeating: "[", count: 10_000)) } == .malformedMetadata)
        #expect(
            fault { try read(#"{"issuer":"https://idp.example","issuer":"https://idp.example"}"#) }
                == .malformedMetadata)
    }
}

@Suite("Presets of providers") struct ProviderPresetTests {
    @Test("Addresses and issuers")
    func addresses() {
        #expect(ProviderPreset.google().discovery == "https://accounts.google.com/.well-known/openid-configuration")
        #expect(ProviderPreset.google(domain: "x.example").parameters == ["hd": "x.example"])
        #expect(ProviderPreset.okta(domain: "x.okta.com").issuer == .exactly("https://x.okta.com"))
        #expect(
            ProviderPreset.okta(domain: "x.okta.com", server: "default").issuer
                == .exactly("https://x.okta.com/oauth2/default"))
        #expect(
            ProviderPreset.keycloak(address: "https://kc.example/", realm: "r").issuer
                == .exactly("https://kc.example/realms/r"))
        #expect(ProviderPreset.gitLab().issuer == .exactly("https://gitlab.com"))
        #expect(ProviderPreset.apple().responseMode == .formPost)
        let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
        #expect(
            ProviderPreset.entra(tenant: tenant).issuer == .exactly("https://login.microsoftonline.com/\(tenant)/v2.0"))
        #expect(ProviderPreset.entra(tenants: [tenant]).discovery?.contains("/organizations/") == true)
        #expect(ProviderPreset.gitHub().discovery == nil && ProviderPreset.gitHub().issuer == nil)
        #expect(
            ProviderPreset.discoveryAddress(of: "https://a.example/b/")
                == "https://a.example/b/.well-known/openid-configuration")
    }

    @Test("A client needs the provider's document, where there is one")
    func clients() throws {
        #expect(ProviderPreset.google().client(provider: "g", clientID: "a", redirectURI: "https://a.example/") == nil)
        let gitHub = try #require(
            ProviderPreset.gitHub().client(provider: "gh", clientID: "a", redirectURI: "https://a.example/"))
        let start = try UpstreamAttempt.start(gitHub, random: UpstreamStage.random, now: Stage.now)
        #expect(start.attempt.nonce == nil && start.address.contains("code_challenge="))
        #expect(
            fault {
                try VerifiedIDToken.verify(
                    "e.y.J", of: start.attempt, client: gitHub, keys: JSONWebKeySet([]), accessToken: "t", code: "c",
                    now: Stage.now)
            } == .invalidIDToken)
    }

    @Test("GitHub: the numeric id is the person, and a token of another application is nobody's")
    func gitHub() throws {
        let info = try UpstreamUserInfo(plain: 200, body: Array(#"{"id":583231,"login":"octocat"}"#.utf8))
        let preset = ProviderPreset.gitHub()
        #expect(try preset.identity.key(idToken: nil, userInfo: info) == "583231")
        #expect(preset.profile.profile(of: [info.claims]).username == "octocat")
        let nobody = try UpstreamUserInfo(plain: 200, body: Array(#"{"login":"octocat"}"#.utf8))
        #expect(fault { try preset.identity.key(idToken: nil, userInfo: nobody) } == .noSubject)
        func check(_ text: String, status: Int = 200) throws -> Int64 {
            try GitHub.person(inTokenCheck: status, body: Array(text.utf8), clientID: "app")
        }
        #expect(try check(#"{"app":{"client_id":"app"},"user":{"id":583231}}"#) == 583_231)
        #expect(fault { try check(#"{"app":{"client_id":"other"},"user":{"id":583231}}"#) } == .foreignToken)
        #expect(fault { try check("{}", status: 404) } == .foreignToken)
        #expect(fault { try check(#"{"app":{"client_id":"app"}}"#) } == .noSubject)
        func mail(_ text: String) throws -> String? { try GitHub.confirmedMail(status: 200, body: Array(text.utf8)) }
        #expect(
            try mail(
                #"[{"email":"b@x","primary":false,"verified":true},{"email":"a@x","primary":true,"verified":true}]"#)
                == "a@x")
        #expect(try mail(#"[{"email":"a@x","primary":true,"verified":false}]"#) == nil)
        #expect(fault { try mail("{}]") } == .malformedAnswer)
    }

    @Test("A profile is read out of claims, nested ones too; what nobody verified is not verified")
    func profile() {
        let claims: JSONObject = [
            "name": "Ada", "email": "ada@x", "email_verified": "true", "realm_access": ["roles": ["a", "b"]],
        ]
        var mapping = ProfileMapping.standard
        mapping.groups = "realm_access.roles"
        let profile = mapping.profile(of: [["preferred_username": "ada"], claims])
        #expect(profile.displayName == "Ada" && profile.username == "ada" && profile.isMailVerified)
        #expect(profile.groups == ["a", "b"])
        mapping.mailVerified = nil
        #expect(!mapping.profile(of: [claims]).isMailVerified)
        let many = JSONValue.array((0..<2_001).map { .string("g\($0)") })
        #expect(ProfileMapping.standard.profile(of: [["groups": many]]).groups.count == ProfileMapping.groupLimit)
    }

    // S4-65: the seed's own example of configure_provider.
    @Test("A provider is configured as the governance framework writes it")
    func configured() throws {
        let config: JSONObject = [
            "client_id": "your-client-id", "client_secret": "your-client-secret",
            "authorization_url": "https://auth.company.com/oauth/authorize",
            "token_url": "https://auth.company.com/oauth/token", "userinfo_url": "https://auth.company.com/userinfo",
        ]
        let provider = try ConfiguredProvider(name: "Company OAuth", type: "oauth2", config: config)
        #expect(provider.clientID == "your-client-id" && provider.clientSecret == "your-client-secret")
        let client = try #require(
            provider.preset.client(
                provider: provider.name, clientID: provider.clientID,
                redirectURI: "https://homeostasis.company.com/auth/callback"))
        let start = try UpstreamAttempt.start(client, random: UpstreamStage.random, now: Stage.now)
        #expect(start.address.hasPrefix("https://auth.company.com/oauth/authorize?client_id=your-client-id&"))
        #expect(start.address.contains("redirect_uri=https%3A%2F%2Fhomeostasis.company.com%2Fauth%2Fcallback"))
        #expect(client.endpoints.token == "https://auth.company.com/oauth/token")
        let info = try UpstreamUserInfo(plain: 200, body: Array(#"{"sub":"u-1"}"#.utf8))
        #expect(try client.identity.key(idToken: nil, userInfo: info) == "u-1")
    }

    // S4-68.
    @Test("An OpenID provider is configured by its issuer")
    func configuredOpenID() throws {
        let provider = try ConfiguredProvider(
            name: "Company", type: "oidc", config: ["client_id": "a", "issuer": "https://idp.example"])
        #expect(provider.preset.discovery == "https://idp.example/.well-known/openid-configuration")
    }

    @Test("What is missing or wrong in a configuration is told at once")
    func faults() {
        func faults(_ type: String, _ config: JSONObject) -> Set<String> {
            do {
                _ = try ConfiguredProvider(name: "x", type: type, config: config)
                return []
            } catch {
                return Set(error.faults.map(\.member))
            }
        }
        #expect(faults("oauth2", [:]) == ["client_id", "authorization_url", "token_url", "userinfo_url"])
        let insecure: JSONObject = [
            "client_id": "a", "authorization_url": "http://a.example/", "token_url": "https://a.example/",
            "userinfo_url": 7,
        ]
        #expect(faults("oauth2", insecure) == ["authorization_url", "userinfo_url"])
        #expect(faults("oidc", ["client_id": "a"]) == ["issuer"])
        #expect(faults("saml", ["client_id": "a"]) == ["type"])
    }
}
