import Fetch
import Foundation
import JOSE
import OAuth
import Synchronization
import Testing
import Vocabulary

/// An OpenID Provider that people are sent to, which lies where it is told to. It is asked in memory, or served over a
/// socket by whoever hands it requests; its authorization endpoint is asked by the test, in the browser's place.
final class MockProvider: Sendable {
    /// What is wrong with it; nothing at first.
    struct Lies: Sendable {
        /// Claims of the ID token in place of the right ones; null leaves one out.
        var claims: JSONObject = [:]
        var userInfo: JSONObject = [:]
        var metadata: JSONObject = [:]
        /// Parameters of the answer in the browser; nil leaves one out.
        var callback: [String: String?] = [:]
        /// Signs in place of the key that is published.
        var signer: SigningKey?
        /// Makes the ID token of its claims in a way of its own; nil sends none.
        var token: (@Sendable (JSONObject) -> String?)?
        /// Whether the token endpoint is asked by the right client, in place of a comparison with its secret.
        var client: (@Sendable (Parameters) -> Bool)?
        /// The whole answer at a path.
        var answers: [String: @Sendable (FetchRequest) async throws -> FetchResponse] = [:]
    }

    private struct Issued {
        let parameters: Parameters
        let person: JSONObject
    }

    private struct State {
        var key: SigningKey
        var isPublished = true
        var lies = Lies()
        var person: JSONObject
        var codes: [String: Issued] = [:]
        var tokens: [String: JSONObject] = [:]
        /// Refresh tokens that are good, and those that were used or given back.
        var refreshTokens: [String: Issued] = [:]
        var spent: Set<String> = []
        var asked: [String] = []
        var serial = 0
    }

    static let clientID = "gatehouse"
    static let secret = "s3cret-of-the-client-that-nobody-may-see"

    let issuer: String
    /// Where else it answers.
    private let origins: [String]
    private let state: Mutex<State>

    init(
        issuer: String = "https://idp.example", origins: [String] = [], person: JSONObject = MockProvider.ada
    ) throws {
        self.issuer = issuer
        self.origins = [issuer] + origins
        state = Mutex(State(key: try SigningKey.generate(.es256), person: person))
    }

    static let ada: JSONObject = [
        "sub": "ada-1", "preferred_username": "ada", "name": "Ada Lovelace", "email": "ada@corp.example",
        "email_verified": true, "groups": ["keepers"],
    ]

    var lies: Lies {
        get { state.withLock { $0.lies } }
        set { state.withLock { $0.lies = newValue } }
    }

    var person: JSONObject {
        get { state.withLock { $0.person } }
        set { state.withLock { $0.person = newValue } }
    }

    var key: SigningKey { state.withLock { $0.key } }

    /// The paths that were asked for, in order.
    var asked: [String] { state.withLock { $0.asked } }

    /// Everything about logins that nobody else may see: codes and tokens, as they went over the wire.
    var secrets: [String] {
        state.withLock { Array($0.codes.keys) + Array($0.tokens.keys) + Array($0.refreshTokens.keys) + Array($0.spent) }
            + [Self.secret]
    }

    /// How many refresh tokens are good.
    var openGrants: Int { state.withLock { $0.refreshTokens.count } }

    /// What an administrator there does to somebody.
    func disableEverybody() { state.withLock { $0.refreshTokens = [:] } }

    /// What whoever stole the tokens does.
    func spendEverything() { state.withLock { $0.spent.formUnion($0.refreshTokens.keys) } }

    func rotateKey() throws {
        let fresh = try SigningKey.generate(.es256)
        state.withLock { $0.key = fresh }
    }

    // MARK: In the browser

    /// What the authorization endpoint does with a person who says yes: the address that the browser is sent back to.
    func authorize(_ address: String) throws -> String {
        let parameters = try Self.query(address)
        #expect(parameters["response_type"] == "code")
        #expect(parameters["code_challenge_method"] == "S256")
        #expect((parameters["state"]?.utf8.count ?? 0) >= 43)
        let code = state.withLock { state in
            state.serial += 1
            let code = "code-\(state.serial)-" + UUID().uuidString
            state.codes[code] = Issued(parameters: parameters, person: state.person)
            return code
        }
        var answer = Parameters([("code", code), ("state", parameters["state"] ?? ""), ("iss", issuer)])
        for (name, value) in lies.callback { answer.set(name, value) }
        return (parameters["redirect_uri"] ?? "") + "?" + answer.encoded
    }

    static func query(_ address: String) throws -> Parameters {
        let query = address.split(separator: "?", maxSplits: 1).last.map(String.init) ?? ""
        return try Parameters(reading: Array(query.utf8), limits: .query)
    }

    // MARK: Over the wire

    func serves(_ url: String) -> Bool { origins.contains { url.hasPrefix($0 + "/") } }

    func answer(_ request: FetchRequest) async throws -> FetchResponse {
        let origin = origins.first { request.url.hasPrefix($0 + "/") } ?? ""
        let path = String(request.url.dropFirst(origin.count).prefix { $0 != "?" })
        state.withLock { $0.asked.append(path) }
        if let lie = lies.answers[path] { return try await lie(request) }
        switch path {
        case _ where path.hasSuffix("/.well-known/openid-configuration"): return Self.json(metadata)
        case "/jwks": return Self.json(try JSONWebKeySet([key.verificationKey]).json)
        case "/token", "/login/oauth/access_token": return try token(request)
        case "/revoke": return try revoke(request)
        case "/userinfo", "/user": return try userInfo(request)
        default: return FetchResponse(status: 404)
        }
    }

    private var metadata: JSONObject {
        Self.replacing(
            [
                "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
                "token_endpoint": .string(issuer + "/token"), "jwks_uri": .string(issuer + "/jwks"),
                "userinfo_endpoint": .string(issuer + "/userinfo"), "end_session_endpoint": .string(issuer + "/logout"),
                "revocation_endpoint": .string(issuer + "/revoke"),
                "response_types_supported": ["code"], "id_token_signing_alg_values_supported": ["ES256", "RS256"],
                "authorization_response_iss_parameter_supported": true,
            ], lies.metadata)
    }

    /// RFC 6749 §4.1.3 and RFC 7636 §4.6, as a provider holds a client to them.
    private func token(_ request: FetchRequest) throws -> FetchResponse {
        let body = try Parameters(reading: request.body, limits: .body)
        if body["grant_type"] == "refresh_token" { return try refresh(request, body) }
        let code = body["code"] ?? ""
        let issued = state.withLock { $0.codes.removeValue(forKey: code) }
        guard let issued, isClient(request, body), body["grant_type"] == "authorization_code",
            body["redirect_uri"] == issued.parameters["redirect_uri"],
            ProofKey.proves(body["code_verifier"] ?? "", issued.parameters["code_challenge"] ?? "")
        else { return Self.json(["error": "invalid_grant"], status: 400) }
        let access = "access-" + UUID().uuidString
        state.withLock {
            $0.tokens[access] = issued.person
            // Kept, so that a search for secrets finds it.
            $0.codes["used " + code] = issued
        }
        var answer: JSONObject = ["access_token": .string(access), "token_type": "Bearer", "expires_in": 300]
        if issued.parameters["scope"]?.contains("openid") == true, let token = try idToken(issued, access, code) {
            answer["id_token"] = .string(token)
        }
        if issued.parameters["scope"]?.contains("offline_access") == true {
            answer["refresh_token"] = .string(refreshToken(issued))
        }
        return Self.json(answer)
    }

    private func refreshToken(_ issued: Issued) -> String {
        let token = "refresh-" + UUID().uuidString
        state.withLock { $0.refreshTokens[token] = issued }
        return token
    }

    /// RFC 9700 §4.14.2: good once, and one that is shown again ends everything.
    private func refresh(_ request: FetchRequest, _ body: Parameters) throws -> FetchResponse {
        let token = body["refresh_token"] ?? ""
        let issued = state.withLock { state in
            if state.spent.contains(token) { state.refreshTokens = [:] }
            state.spent.insert(token)
            return state.refreshTokens.removeValue(forKey: token)
        }
        guard let issued, isClient(request, body) else { return Self.json(["error": "invalid_grant"], status: 400) }
        let access = "access-" + UUID().uuidString
        let person = person
        state.withLock { $0.tokens[access] = person }
        // Without a nonce (OpenID Connect Core §12.2).
        var again = Parameters()
        for name in issued.parameters.names where name != "nonce" {
            if let value = issued.parameters[name] { again.set(name, value) }
        }
        let fresh = Issued(parameters: again, person: person)
        var answer: JSONObject = ["access_token": .string(access), "token_type": "Bearer", "expires_in": 300]
        if let token = try idToken(fresh, access, "") { answer["id_token"] = .string(token) }
        answer["refresh_token"] = .string(refreshToken(fresh))
        return Self.json(answer)
    }

    /// RFC 7009 §2.
    private func revoke(_ request: FetchRequest) throws -> FetchResponse {
        let body = try Parameters(reading: request.body, limits: .body)
        guard isClient(request, body), let token = body["token"] else { return Self.json([:], status: 401) }
        state.withLock { state in
            if state.refreshTokens.removeValue(forKey: token) != nil { state.spent.insert(token) }
        }
        return FetchResponse(status: 200)
    }

    private func isClient(_ request: FetchRequest, _ body: Parameters) -> Bool {
        if let judge = lies.client { return judge(body) }
        if let header = request.headers.first(where: { $0.name == "Authorization" })?.value {
            return header == "Basic " + Data("\(Self.clientID):\(Self.secret)".utf8).base64EncodedString()
        }
        if let assertion = body["client_assertion"] {
            let claims = try? JWT.unverifiedClaims(of: assertion)
            return claims?.subject == Self.clientID && claims?.audience == [issuer]
        }
        return body["client_id"] == Self.clientID && body["client_secret"] == Self.secret
    }

    private func idToken(_ issued: Issued, _ access: String, _ code: String) throws -> String? {
        let (lies, signer) = (self.lies, self.lies.signer ?? key)
        let now = Int64(Date().timeIntervalSince1970)
        var claims: JSONObject = [
            "iss": .string(issuer), "aud": .string(Self.clientID), "iat": .integer(now), "exp": .integer(now + 300),
            "auth_time": .integer(now), "sid": "upstream-session",
            "at_hash": .string(try HashClaim.value(of: access, algorithm: signer.algorithm)),
        ]
        if let nonce = issued.parameters["nonce"] { claims["nonce"] = .string(nonce) }
        for name in issued.person.names { claims[name] = issued.person[name] }
        claims = Self.replacing(claims, lies.claims)
        if let make = lies.token { return make(claims) }
        return try JWT.sign(claims, with: signer)
    }

    private func userInfo(_ request: FetchRequest) throws -> FetchResponse {
        let header = request.headers.first { $0.name == "Authorization" }?.value ?? ""
        guard let person = state.withLock({ $0.tokens[String(header.dropFirst("Bearer ".count))] }) else {
            return FetchResponse(status: 401)
        }
        return Self.json(Self.replacing(person, lies.userInfo))
    }

    /// A logout token of this provider, with claims in place of the right ones.
    func logoutToken(_ members: JSONObject = [:], signer: SigningKey? = nil, type: String? = "logout+jwt") throws
        -> String
    {
        let now = Int64(Date().timeIntervalSince1970)
        let claims: JSONObject = [
            "iss": .string(issuer), "aud": .string(Self.clientID), "iat": .integer(now), "exp": .integer(now + 120),
            "jti": .string(UUID().uuidString), "events": [LogoutToken.event: [:]], "sub": person["sub"] ?? .null,
            "sid": "upstream-session",
        ]
        return try JWT.sign(Self.replacing(claims, members), with: signer ?? key, type: type)
    }

    // MARK: JSON

    static func json(_ object: JSONObject, status: Int = 200) -> FetchResponse {
        FetchResponse(
            status: status, headers: [FetchHeader("Content-Type", "application/json")], body: object.serialized)
    }

    static func replacing(_ object: JSONObject, _ members: JSONObject) -> JSONObject {
        var object = object
        for name in members.names { object[name] = members[name] == .null ? nil : members[name] }
        return object
    }
}
