import Foundation
import Identity
import JOSE
import OAuth
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// A gateway with a person and a web application that was granted something by them.
final class GrantStage: Sendable {
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let callback = "https://app.example.org/callback"

    let rules: RulesBench
    let clock: MovedClock
    let gateway: Gateway
    let person: PersonID
    let client: OAuthClient
    let secret: SecretText
    private let keepsFolder: Bool

    init(format: String = "opaque", keepsFolder: Bool = false) async throws {
        rules = try RulesBench()
        clock = MovedClock()
        gateway = try await Gateway.open(rules.configuration, logger: rules.logger, clock: clock.now)
        person = try await gateway.addPerson("ada")
        self.keepsFolder = keepsFolder
        (client, secret) = try await Self.make("app", gateway, format)
    }

    deinit { if !keepsFolder { rules.remove() } }

    static func make(
        _ name: String, _ gateway: Gateway, _ format: String = "opaque", _ settings: ClientSettings = ClientSettings()
    ) async throws -> (OAuthClient, SecretText) {
        let made = try await gateway.clientService.create(
            name,
            [
                "redirect_uris": [.string(callback)], "scope": "openid offline_access profile orders",
                "grant_types": [
                    "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
                    "urn:ietf:params:oauth:grant-type:token-exchange",
                ],
                "access_token_format": .string(format),
            ], settings, by: gateway.root)
        return (made.client, try #require(made.secret))
    }

    var tenant: TenantID { gateway.root.tenant }
    var issuer: String { gateway.tokens.issuer(of: tenant) }

    /// What the person allows: a grant, and the code that redeems it, as the authorization endpoint leaves them.
    func code(_ scope: String = "openid offline_access orders", session: SessionID? = nil) async throws -> SecretText {
        let parameters = Parameters([
            ("client_id", client.name), ("response_type", "code"), ("redirect_uri", Self.callback), ("scope", scope),
            ("nonce", "n-1"), ("code_challenge_method", "S256"),
            ("code_challenge", ProofKey.challenge(of: Self.verifier) ?? ""),
        ])
        let reading = AuthorizationRequest.read(
            parameters, client: client.metadata, origin: .parameters, rules: AuthorizationRules(issuer: issuer))
        guard case .request(let request) = reading else { throw Fault("test", .ourselves, "\(reading)") }
        let (id, now) = (AuthorizationGrantID.random(at: clock.value), clock.value)
        let authentication = Authentication(time: now.seconds, acr: "urn:gatehouse:aal1", amr: ["pwd"])
        let record = AuthorizationCode(
            request, grantID: id.description, subject: person.description, scope: request.scope, resources: [],
            authentication: authentication, now: now.seconds)
        let grant = LiveGrant(
            id: id, tenant: tenant, client: client.id, person: person, session: session,
            tokens: TokenGrant(
                grantID: id.description, clientID: client.name, subject: person.description, scope: request.scope,
                resources: [], authentication: authentication, binding: .none),
            createdAt: now, expiresAt: now + .days(90))
        let code = try Randomness.token(.authorizationCode)
        try await gateway.store.write(.login) { [gateway] tx in
            try tx.sql.insert(try grant.stored)
            try tx.sql.insertCode(
                code.hash, of: id, record: try JSONColumn.text(of: record), until: tx.now + .seconds(60))
            tx.afterCommit { gateway.live.grants.add(grant) }
        }
        return code.text
    }

    func call(_ pairs: [(String, String)], _ name: String = "app", _ secret: SecretText? = nil) -> OAuthCall {
        let credentials = "\(name):\((secret ?? self.secret).reveal())"
        return OAuthCall(
            tenant: tenant, parameters: Parameters(pairs),
            authorization: ["Basic " + Data(credentials.utf8).base64EncodedString()],
            address: issuer + "/oauth2/token")
    }

    func redeem(_ code: SecretText, verifier: String = verifier) -> OAuthCall {
        call([
            ("grant_type", "authorization_code"), ("code", code.reveal()), ("redirect_uri", Self.callback),
            ("code_verifier", verifier),
        ])
    }

    func refresh(_ token: String) -> OAuthCall { call([("grant_type", "refresh_token"), ("refresh_token", token)]) }

    func isActive(_ token: String?) async throws -> Bool {
        try await gateway.tokens.introspect(call([("token", token ?? "")])).answer["active"]?.bool ?? false
    }
}

/// The error that a client is told; nil where it gets what it asks for.
func told(_ body: () async throws -> Void) async -> OAuthError.Code? {
    do {
        try await body()
        return nil
    } catch let error as OAuthError {
        return error.code
    } catch {
        return .serverError
    }
}
