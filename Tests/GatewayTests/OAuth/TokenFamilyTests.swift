import Foundation
import Identity
import JOSE
import OAuth
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Codes and refresh tokens, through the store", .timeLimit(.minutes(3)))
struct TokenFamilyTests {
    @Test("a code becomes tokens once, with an ID token that says for whom, when and for which request")
    func code() async throws {
        let stage = try await GrantStage(format: "jwt")
        let answer = try await stage.gateway.tokens.token(stage.redeem(try await stage.code()))
        #expect(answer["scope"]?.text == "offline_access openid orders" && answer["refresh_token"]?.text != nil)
        let access = try #require(answer["access_token"]?.text)
        let keys = try JSONWebKeySet(parsing: try await stage.gateway.tokenKeys.document(of: stage.tenant))
        let policy = JWTPolicy(
            issuer: .exactly(stage.issuer), audience: .contains("app"), type: .exactly("JWT"), nonce: "n-1",
            requiredClaims: ["exp", "iat", "sub", "auth_time", "at_hash"])
        let id = try JWT.verify(
            try #require(answer["id_token"]?.text), with: keys, policy: policy,
            now: NumericDate(seconds: stage.clock.value.seconds))
        #expect(id.claims.subject == stage.person.description)
        #expect(id.claims["at_hash"]?.text == (try HashClaim.value(of: access, algorithm: id.key.algorithm)))
        #expect(try await stage.isActive(access))
        try await stage.gateway.close()
    }

    @Test("a wrong verifier or another client uses no code up; the right one redeems it afterwards")
    func refusals() async throws {
        let stage = try await GrantStage()
        let tokens = stage.gateway.tokens
        let code = try await stage.code()
        let wrong = String(repeating: "x", count: 43)
        #expect(await told { _ = try await tokens.token(stage.redeem(code, verifier: wrong)) } == .invalidGrant)
        let (_, secret) = try await GrantStage.make("other", stage.gateway)
        let stolen = stage.call(
            [
                ("grant_type", "authorization_code"), ("code", code.reveal()),
                ("redirect_uri", GrantStage.callback), ("code_verifier", GrantStage.verifier),
            ], "other", secret)
        #expect(await told { _ = try await tokens.token(stolen) } == .invalidGrant)
        #expect(await told { _ = try await tokens.token(stage.redeem(code)) } == nil)
        let late = try await stage.code()
        stage.clock.advance(.seconds(61))
        #expect(await told { _ = try await tokens.token(stage.redeem(late)) } == .invalidGrant)
        try await stage.gateway.close()
    }

    @Test(
        "of fifty redemptions of one code one gets tokens, and these end, because the code was somebody else's as well")
    func fiftyCodes() async throws {
        let stage = try await GrantStage(keepsFolder: true)
        let code = try await stage.code()
        let won = try await race(stage) { stage.redeem(code) }
        #expect(won.count == 1)
        #expect(try await !stage.isActive(won.first?["access_token"]?.text))
        try await stage.gateway.close()
        // And so it is after a restart.
        let again = try await Gateway.open(
            stage.rules.configuration, logger: stage.rules.logger, clock: stage.clock.now)
        #expect(await told { _ = try await again.tokens.token(stage.redeem(code)) } == .invalidGrant)
        let refresh = won.first?["refresh_token"]?.text ?? ""
        #expect(await told { _ = try await again.tokens.token(stage.refresh(refresh)) } == .invalidGrant)
        try await again.close()
        stage.rules.remove()
    }

    @Test(
        "of fifty refreshes with one token one is answered, and the family ends; across a restart a used token ends it")
    func fiftyRefreshes() async throws {
        let stage = try await GrantStage(keepsFolder: true)
        let first = try await stage.gateway.tokens.token(stage.redeem(try await stage.code()))
        let token = try #require(first["refresh_token"]?.text)
        let won = try await race(stage) { stage.refresh(token) }
        #expect(won.count == 1)
        #expect(try await !stage.isActive(won.first?["access_token"]?.text))
        // Another family: rotated once, and the old token shown after a restart.
        let second = try await stage.gateway.tokens.token(stage.redeem(try await stage.code()))
        let old = try #require(second["refresh_token"]?.text)
        let next = try await stage.gateway.tokens.token(stage.refresh(old))
        #expect(try await stage.isActive(next["access_token"]?.text))
        try await stage.gateway.close()
        let again = try await Gateway.open(
            stage.rules.configuration, logger: stage.rules.logger, clock: stage.clock.now)
        func isActive(_ token: String?) async throws -> Bool? {
            try await again.tokens.introspect(stage.call([("token", token ?? "")])).answer["active"]?.bool
        }
        #expect(try await isActive(next["access_token"]?.text) == true)
        #expect(await told { _ = try await again.tokens.token(stage.refresh(old)) } == .invalidGrant)
        #expect(try await isActive(next["access_token"]?.text) == false)
        let newest = next["refresh_token"]?.text ?? ""
        #expect(await told { _ = try await again.tokens.token(stage.refresh(newest)) } == .invalidGrant)
        try await again.close()
        stage.rules.remove()
    }

    private func race(_ stage: GrantStage, _ call: @escaping @Sendable () -> OAuthCall) async throws -> [JSONObject] {
        await withTaskGroup(of: JSONObject?.self) { group in
            for _ in 0..<50 { group.addTask { try? await stage.gateway.tokens.token(call()) } }
            return await group.reduce(into: []) { if let won = $1 { $0.append(won) } }
        }
    }

    @Test("a person who is disabled takes everything they allowed with them")
    func disabled() async throws {
        let stage = try await GrantStage()
        let answer = try await stage.gateway.tokens.token(stage.redeem(try await stage.code()))
        #expect(try await stage.isActive(answer["access_token"]?.text))
        try await stage.gateway.people.disable(stage.person, .administrator, by: stage.gateway.root)
        #expect(try await !stage.isActive(answer["access_token"]?.text))
        let refresh = answer["refresh_token"]?.text ?? ""
        #expect(await told { _ = try await stage.gateway.tokens.token(stage.refresh(refresh)) } == .invalidGrant)
        try await stage.gateway.close()
    }

    @Test("a refresh asks for no more than was granted, and leaves what was asked for out of the next not at all")
    func narrowing() async throws {
        let stage = try await GrantStage()
        let tokens = stage.gateway.tokens
        let first = try await tokens.token(stage.redeem(try await stage.code()))
        func refresh(_ token: String?, _ scope: String) -> OAuthCall {
            stage.call([("grant_type", "refresh_token"), ("refresh_token", token ?? ""), ("scope", scope)])
        }
        let token = first["refresh_token"]?.text
        #expect(await told { _ = try await tokens.token(refresh(token, "orders profile")) } == .invalidScope)
        let less = try await tokens.token(refresh(token, "orders"))
        #expect(less["scope"]?.text == "orders" && less["id_token"] == nil)
        let all = try await tokens.token(stage.refresh(less["refresh_token"]?.text ?? ""))
        #expect(all["scope"]?.text == "offline_access openid orders")
        try await stage.gateway.close()
    }

    @Test("a device waits, is told to slow down, and gets tokens once after a yes")
    func device() async throws {
        let stage = try await GrantStage()
        let tokens = stage.gateway.tokens
        let code = try Randomness.token(.deviceCode)
        let request = try JSONColumn.text(
            of: [
                "clientID": AttributeValue.string("app"), "scope": "openid orders", "resources": [],
            ] as [String: AttributeValue])
        try await stage.gateway.store.write(.login) { tx in
            _ = try tx.sql.insert(
                StoredDevice(
                    tenant: stage.tenant, client: stage.client.id, record: request, expiresAt: tx.now + .minutes(10)),
                code: code.hash, userCode: [1])
        }
        let poll = stage.call([
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", code.text.reveal()),
        ])
        #expect(await told { _ = try await tokens.token(poll) } == .authorizationPending)
        #expect(await told { _ = try await tokens.token(poll) } == .slowDown)
        _ = try await stage.code("openid orders")
        let grant = try #require(
            stage.gateway.live.grants.grants(of: stage.person, in: stage.tenant, at: stage.clock.value).first)
        try await stage.gateway.store.write(.login) { tx in
            _ = try tx.sql.decideDevice(userCode: [1], in: stage.tenant, grant.id, at: tx.now)
        }
        stage.clock.advance(.seconds(30))
        #expect(try await tokens.token(poll)["scope"]?.text == "openid orders")
        #expect(await told { _ = try await tokens.token(poll) } == .invalidGrant)
        try await stage.gateway.close()
    }

    @Test("an exchange names who acts, gives no more than there was, and ends with the grant")
    func exchange() async throws {
        let stage = try await GrantStage(format: "jwt")
        let tokens = stage.gateway.tokens
        let first = try await tokens.token(stage.redeem(try await stage.code()))
        func exchange(_ scope: String, _ audience: String) -> OAuthCall {
            stage.call([
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", first["access_token"]?.text ?? ""),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("scope", scope),
                ("audience", audience),
            ])
        }
        #expect(await told { _ = try await tokens.token(exchange("orders", "billing")) } == .invalidTarget)
        var settings = stage.client.settings
        settings.exchangeAudiences = ["billing"]
        _ = try await stage.gateway.clientService.change(
            "app", [:], settings, expecting: nil, by: stage.gateway.root)
        let answer = try await tokens.token(exchange("orders", "billing"))
        let token = try #require(answer["access_token"]?.text)
        let claims = try JWT.unverifiedClaims(of: token)
        #expect(claims.audience == ["billing"] && claims["act"]?.object?["sub"]?.text == "app")
        #expect(claims.subject == stage.person.description && answer["refresh_token"] == nil)
        #expect(await told { _ = try await tokens.token(exchange("profile", "billing")) } == .invalidScope)
        try await tokens.revoke(stage.call([("token", first["refresh_token"]?.text ?? "")]))
        #expect(try await !stage.isActive(token))
        #expect(await told { _ = try await tokens.token(exchange("orders", "billing")) } == .invalidGrant)
        try await stage.gateway.close()
    }
}
