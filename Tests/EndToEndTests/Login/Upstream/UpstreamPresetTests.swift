import Crypto
import Fetch
import Foundation
import Gateway
import HTTPTypes
import Identity
import JOSE
import OAuth
import Testing
import Vocabulary

// What the providers that many have bring along beside the standards.
@Suite("People sign in at GitHub, Entra ID, Apple, Google and plain OAuth 2", .timeLimit(.minutes(2)))
struct UpstreamPresetTests {
    private static func open(
        _ line: String, _ provider: MockProvider, extra: String = "", files: [String: String] = [:]
    ) async throws -> UpstreamStage {
        let running = try await TestGateway.open(
            extra: "providers:\n  - { id: mock, name: Mock, client_id: gatehouse, \(line) }\n\(extra)",
            files: files.merging(["client.secret": MockProvider.secret]) { $1 },
            fetch: UpstreamStage.fetch([provider]))
        return UpstreamStage(running: running, providers: [provider])
    }

    private static let secret = "client_secret_file: client.secret"

    // MARK: GitHub

    private static func gitHub() throws -> MockProvider {
        let provider = try MockProvider(
            issuer: "https://github.com", origins: ["https://api.github.com"],
            person: ["id": 583_231, "login": "octocat", "name": "Mona", "email": "anybody@corp.example"])
        provider.lies.callback = ["iss": nil]
        provider.lies.answers["/applications/gatehouse/token"] = { _ in
            MockProvider.json(["app": ["client_id": "gatehouse"], "user": ["id": 583_231]])
        }
        provider.lies.answers["/user/emails"] = { _ in
            FetchResponse(
                status: 200,
                body: Array(#"[{"email":"mona@corp.example","primary":true,"verified":true}]"#.utf8))
        }
        return provider
    }

    private static let gitHubLine = "type: oauth2, preset: github, create_people_at_login: true, \(secret)"

    @Test func gitHubNamesThePersonByTheirNumberAndTheAddressByWhatIsConfirmed() async throws {
        let stage = try await Self.open(Self.gitHubLine, try Self.gitHub())
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let person = try #require(try await stage.person("octocat"))
            #expect(person.mail == "mona@corp.example", "and not what the profile says")
            // The name is given up, and taken by somebody else.
            stage.provider.person["login"] = "mona"
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(try await stage.person("mona")?.id == person.id)
        }
    }

    // Access-token substitution: a token that another application got.
    @Test func aTokenOfAnotherApplicationOrPersonIsNobodys() async throws {
        let stage = try await Self.open(Self.gitHubLine, try Self.gitHub())
        try await stage.running.serve { api in
            let answers: [FetchResponse] = [
                MockProvider.json(["app": ["client_id": "other"], "user": ["id": 583_231]]),
                MockProvider.json(["app": ["client_id": "gatehouse"], "user": ["id": 1]]),
                FetchResponse(status: 404),
            ]
            for answer in answers {
                stage.provider.lies.answers["/applications/gatehouse/token"] = { _ in answer }
                try await WebPerson(api.client).signIn(at: stage.provider)
                #expect(stage.sessions == 0)
            }
        }
    }

    // Anybody in the world has an account there.
    @Test func whereAnybodyHasAnAccountNobodyIsMadeUnlessThatIsSaid() async throws {
        let stage = try await Self.open("type: oauth2, preset: github, \(Self.secret)", try Self.gitHub())
        try await stage.running.serve { api in
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.sessions == 0)
            #expect(try await stage.person("octocat") == nil)
        }
    }

    // MARK: Plain OAuth 2

    // S4-65: the seed's own configure_provider, with its secret in a file.
    private static let company = """
        type: oauth2, config: { client_id: gatehouse, \(secret), \
        authorization_url: "https://auth.company.com/oauth/authorize", token_url: "https://auth.company.com/token", \
        userinfo_url: "https://auth.company.com/userinfo" }
        """

    @Test("a provider of plain OAuth 2 is configured as the governance framework writes it, and signs people in")
    func plainOAuth() async throws {
        let provider = try MockProvider(issuer: "https://auth.company.com")
        let running = try await TestGateway.open(
            extra: "providers:\n  - { id: mock, name: Company OAuth, \(Self.company) }",
            files: ["client.secret": MockProvider.secret], fetch: UpstreamStage.fetch([provider]))
        let stage = UpstreamStage(running: running, providers: [provider])
        try await running.serve { api in
            let web = WebPerson(api.client)
            let address = try await web.depart()
            #expect(address.hasPrefix("https://auth.company.com/oauth/authorize?"))
            #expect(try MockProvider.query(address)["nonce"] == nil)
            try await web.open(try provider.authorize(address))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            provider.lies.userInfo = ["sub": nil]
            try await WebPerson(api.client).signIn(at: provider)
            #expect(stage.sessions == 1, "nobody without what names them for good")
        }
    }

    // MARK: Entra ID

    private static let own = "11111111-2222-3333-4444-555555555555"
    private static let foreign = "99999999-2222-3333-4444-555555555555"
    private static let object = "aaaaaaaa-2222-3333-4444-555555555555"

    private static func entra(tenant: String = own) throws -> MockProvider {
        let provider = try MockProvider(
            issuer: "https://login.microsoftonline.com", origins: ["https://graph.microsoft.com"],
            person: [
                "sub": "pairwise", "oid": .string(object), "tid": .string(tenant), "name": "Ada",
                "preferred_username": "ada@corp.example", "email": "victim@corp.example",
            ])
        provider.lies.metadata = [
            "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
            "authorization_response_iss_parameter_supported": nil, "userinfo_endpoint": nil,
        ]
        provider.lies.callback = ["iss": nil]
        provider.lies.claims = ["iss": .string("https://login.microsoftonline.com/\(tenant)/v2.0")]
        return provider
    }

    private static let entraLine =
        "type: oidc, preset: entra, tenants: [\(own), 22222222-2222-3333-4444-555555555555], \(secret)"

    @Test func entraLetsInPeopleOfTheListedTenantsByTenantAndObject() async throws {
        let stage = try await Self.open(Self.entraLine, try Self.entra())
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let person = try #require(try await stage.person("ada@corp.example"))
            #expect(person.mail == nil, "an address there is anybody's to claim")
            // Another application's `sub` is another one; the person is the same.
            stage.provider.person["sub"] = "pairwise-of-another"
            try await WebPerson(api.client).signIn(at: stage.provider)
            #expect(stage.gateway.sessions.sessions(of: person.id, in: person.tenant).count == 2)
        }
    }

    // nOAuth: whoever administers a tenant writes what address and tenant they like, and signs with Microsoft's keys.
    @Test func entraLetsInNobodyOfAnotherTenant() async throws {
        let provider = try Self.entra(tenant: Self.foreign)
        let stage = try await Self.open(Self.entraLine, provider)
        try await stage.running.serve { api in
            let issuers = [Self.own, Self.foreign].map { "https://login.microsoftonline.com/\($0)/v2.0" }
            for (issuer, tenant) in [
                (issuers[1], Self.foreign), (issuers[1], Self.own), (issuers[0], Self.foreign),
                ("https://login.microsoftonline.com/{tenantid}/v2.0", "{tenantid}"),
            ] {
                provider.lies.claims = ["iss": .string(issuer), "tid": .string(tenant)]
                try await WebPerson(api.client).signIn(at: provider)
                #expect(stage.sessions == 0, "\(issuer) \(tenant)")
            }
            provider.lies.claims = ["iss": .string(issuers[0]), "tid": .string(Self.own), "oid": nil]
            try await WebPerson(api.client).signIn(at: provider)
            #expect(stage.sessions == 0, "nobody without an object")
        }
    }

    @Test func groupsThatDidNotFitIntoTheTokenAreAskedForPageByPage() async throws {
        let provider = try Self.entra()
        provider.lies.claims["_claim_names"] = ["groups": "src1"]
        provider.lies.claims["_claim_sources"] = ["src1": ["endpoint": "https://evil.example/groups"]]
        let group = "bbbbbbbb-2222-3333-4444-555555555555"
        provider.lies.answers["/v1.0/me/transitiveMemberOf/microsoft.graph.group"] = { request in
            if request.url.contains("skiptoken") {
                return MockProvider.json(["value": [["id": .string(group), "displayName": "Keepers"]]])
            }
            return MockProvider.json([
                "value": [["id": "cccccccc-2222-3333-4444-555555555555", "displayName": "All"]],
                "@odata.nextLink":
                    "https://graph.microsoft.com/v1.0/me/transitiveMemberOf/microsoft.graph.group?skiptoken=2",
            ])
        }
        let stage = try await Self.open(Self.entraLine, provider)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: provider)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let known = try await api.send(.get, "/api/v1/providers/mock/groups")
            #expect(known.text.contains(group) && known.text.contains("Keepers"), "\(known.text)")
            // A next page elsewhere would be sent the person's token.
            provider.lies.answers["/v1.0/me/transitiveMemberOf/microsoft.graph.group"] = { _ in
                MockProvider.json(["value": [], "@odata.nextLink": "https://evil.example/groups"])
            }
            try await WebPerson(api.client).signIn(at: provider)
            #expect(stage.sessions == 1)
        }
    }

    // MARK: Google and Apple

    @Test func googlesDomainIsHeldToTheClaimAndNotToTheRequest() async throws {
        let provider = try MockProvider(issuer: "https://accounts.google.com")
        provider.lies.metadata = ["authorization_response_iss_parameter_supported": nil]
        provider.lies.claims = ["hd": "evil.example"]
        let stage = try await Self.open(
            "type: oidc, preset: google, hosted_domain: corp.example, \(Self.secret)", provider)
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let address = try await web.depart()
            #expect(try MockProvider.query(address)["hd"] == "corp.example")
            try await web.open(try provider.authorize(address))
            #expect(stage.sessions == 0)
            provider.lies.claims = [:]
            try await WebPerson(api.client).signIn(at: provider)
            #expect(stage.sessions == 0)
            provider.lies.claims = ["hd": "corp.example"]
            try await WebPerson(api.client).signIn(at: provider)
            #expect(stage.sessions == 1)
        }
    }

    @Test func appleGetsASignedSecretAndSaysTheNameOnceInAPost() async throws {
        let key = P256.Signing.PrivateKey()
        let provider = try MockProvider(
            issuer: "https://appleid.apple.com", person: ["sub": "001.apple", "email": "ada@corp.example"])
        provider.lies.metadata = [
            "authorization_response_iss_parameter_supported": nil, "userinfo_endpoint": nil,
        ]
        provider.lies.callback = ["iss": nil]
        let raw = Array(key.publicKey.x963Representation)
        let published = try VerificationKey(
            JSONWebKey([
                "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(Array(raw[1...32]))),
                "y": .string(Base64URL.encode(Array(raw[33...64]))), "kid": "KEY1", "alg": "ES256",
            ]))
        provider.lies.client = { body in
            let policy = JWTPolicy(
                issuer: .exactly("TEAM1"), audience: .contains("https://appleid.apple.com"), type: .absentOr("JWT"))
            let verified = try? JWT.verify(
                body["client_secret"] ?? "", with: published, policy: policy,
                now: NumericDate(seconds: Int64(Date().timeIntervalSince1970)))
            return verified?.claims.subject == "gatehouse"
        }
        let stage = try await Self.open(
            "type: oidc, preset: apple, team_id: TEAM1, client_key_id: KEY1, client_key_file: apple.p8, "
                + "create_people_at_login: true", provider, files: ["apple.p8": key.pemRepresentation])
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            let address = try await web.depart()
            #expect(try MockProvider.query(address)["response_mode"] == "form_post")
            let user = #"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"evil@corp.example"}"#
            provider.lies.callback = ["iss": nil, "user": user]
            let body = String(try provider.authorize(address).split(separator: "?")[1])
            let posted = try await api.send(
                .post, "/login/callback/mock", token: .some(nil),
                headers: [.contentType: "application/x-www-form-urlencoded"], form: body)
            try await web.open(WebPerson.gateway + (try #require(posted.headers[.location])))
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
            let session = try #require(
                try await api.send(.get, "/api/v1/people?limit=10").body?["items"]?.list?.first)
            #expect(session["display_name"] == "Ada Lovelace")
            #expect(session["mail"] != "evil@corp.example")
        }
    }

    @Test func aClientMayProveItselfByAKey() async throws {
        let key = P256.Signing.PrivateKey()
        let stage = try await Self.open(
            "type: oidc, issuer: \"https://idp.example\", client_key_file: client.pem, client_key_id: K1",
            try MockProvider(), files: ["client.pem": key.pemRepresentation])
        try await stage.running.serve { api in
            let web = WebPerson(api.client)
            try await web.signIn(at: stage.provider)
            #expect(web.isAtAccount, "\(web.status) \(web.page.suffix(400))")
        }
    }
}
