import FuzzDriver
import JOSE
import OAuth

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzOAuth_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    guard let server = try? Server() else { return 1 }
    return drive(count, arguments) { server.read($0) }
}

/// A server and client of one, who are sent bytes. The first byte says what they are taken for.
struct Server {
    let client: ClientMetadata
    let registered: RegisteredClient
    let keys: JSONWebKeySet
    let rules = AuthorizationRules(issuer: "https://op.example", acrValues: ["a", "b"])
    let policy = ClientMetadata.RegistrationPolicy(scope: ScopeSet("openid") ?? .empty)

    init() throws {
        keys = try JSONWebKeySet([SigningKey.generate(.es256).verificationKey])
        client = try ClientMetadata(
            reading: [
                "redirect_uris": ["https://a.example/cb", "http://127.0.0.1/cb", "com.a:/x"], "scope": "openid a",
                "application_type": "native", "jwks": .object(keys.json), "resources": ["https://r.example/"],
                "grant_types": .array(GrantType.allCases.map { .string($0.rawValue) }),
            ], clientID: "app", author: .administrator(allowsLoopbackForWeb: true))
        registered = RegisteredClient(metadata: client)
    }

    func read(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        let text = String(decoding: rest, as: UTF8.self)
        switch kind & 15 {
        case 0, 1: parameters(rest)
        case 2, 3: authorization(Array("client_id=app&redirect_uri=https%3A%2F%2Fa.example%2Fcb&".utf8) + rest)
        case 4: proof(text)
        case 5: metadata(rest)
        case 6: addresses(text)
        case 7: headers(text)
        case 8: token(rest)
        case 9: answers(rest)
        case 10: claims(text)
        case 11: proof(Base64URL.encode(rest) + ".e30." + Base64URL.encode([UInt8](repeating: 1, count: 64)))
        case 12: requestObject(text)
        default: codes(text)
        }
    }

    private func parameters(_ bytes: [UInt8]) {
        guard let read = try? Parameters(reading: bytes, limits: .query) else { return }
        guard let again = try? Parameters(reading: Array(read.encoded.utf8), limits: .body) else {
            return hold(false, "what we write, we read")
        }
        hold(again == read, "parameters read back as themselves")
        _ = try? EndSessionRequest.read(read)
        _ = try? PushedRequest.reference(in: read)
        _ = try? PresentedCredentials.read(authorization: [], parameters: read)
    }

    private func authorization(_ bytes: [UInt8]) {
        guard let read = try? Parameters(reading: bytes, limits: .query) else { return }
        switch AuthorizationRequest.read(read, client: client, origin: .parameters, rules: rules) {
        case .page: break
        case .redirect(let response):
            hold(response.location.hasPrefix("https://a.example/cb?"), "nobody is sent elsewhere")
            hold(
                response.location.utf8.allSatisfy { (0x21...0x7E).contains($0) },
                "an address holds no control character")
        case .request(let request):
            hold(request.scope.isSubset(of: client.scope), "no scope beyond the registration")
            hold(request.codeChallenge != nil, "no request without PKCE")
            let situation = AuthorizationRequest.Situation(signedIn: nil, consent: Consent())
            hold(request.step(situation, rules: rules, now: 0) != .issue, "nothing is issued to nobody")
        }
    }

    private func proof(_ text: String) {
        let request = DPoPProof.Request(method: "POST", target: "https://op.example/token", nonces: ["n"])
        hold((try? DPoPProof.verify([text], for: request, now: 0)) == nil, "no proof was found by chance")
        hold(
            (try? AccessToken.verify(text, issuer: rules.issuer, audience: "a", keys: keys, now: 0)) == nil,
            "nobody else's token is believed")
        hold((try? IDTokenHint.read(text, issuer: rules.issuer, keys: keys, clientID: nil)) == nil, "nor as a hint")
    }

    private func requestObject(_ text: String) {
        let outer = Parameters([("client_id", "app"), ("request", text)])
        hold(
            (try? RequestObject.verify(outer, client: registered, issuer: rules.issuer, now: 0)) == nil,
            "no request was signed by chance")
    }

    private func metadata(_ bytes: [UInt8]) {
        _ = try? ProviderMetadata(reading: bytes, for: .exactly("https://idp.example"))
        _ = try? ClientIDDocument.read(bytes, at: "https://c.example/x", policy: policy)
        guard let client = try? DynamicRegistration.read(bytes, clientID: "x", policy: policy) else { return }
        hold(client.scope.isSubset(of: policy.scope), "a stranger gets no scope beyond the policy")
        hold(client.mustUsePKCE && client.grantTypes.isSubset(of: policy.grantTypes), "and no privilege")
        let again = try? ClientMetadata(
            reading: client.json, clientID: "x", author: .administrator(allowsLoopbackForWeb: false))
        hold(again == client, "what we keep, we read")
    }

    private func addresses(_ text: String) {
        if let address = WebAddress(text) {
            hold(address.text == text, "an address is kept as it was")
            if let target = address.normalizedTarget {
                hold(WebAddress(target)?.normalizedTarget == target, "normal stays normal")
            }
        }
        for uri in client.redirectURIs where uri.matches(text, isNative: true) {
            let isOwn = text == uri.text || text.hasPrefix("http://127.0.0.1:") && text.hasSuffix("/cb")
            hold(isOwn, "only what is registered matches")
        }
        _ = ClientIDDocument.isAddress(text)
    }

    private func headers(_ text: String) {
        if let shown = try? AuthorizationHeader.read([text]) {
            hold(shown.token.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a token is visible")
        }
        _ = try? PresentedCredentials.read(authorization: [text], parameters: Parameters())
        _ = try? PresentedCredentials.read(authorization: ["Basic " + text], parameters: Parameters())
    }

    private func token(_ bytes: [UInt8]) {
        guard let read = try? Parameters(reading: bytes, limits: .body) else { return }
        guard let request = try? TokenRequest.read(read, client: client) else { return }
        if case .clientCredentials(let request) = request {
            hold(request.scope.isSubset(of: client.scope) && !request.scope.contains("openid"), "within its scopes")
        }
    }

    private func answers(_ bytes: [UInt8]) {
        _ = try? UpstreamTokens(status: 200, contentType: "application/json", body: bytes)
        _ = try? UpstreamTokens(status: 200, contentType: "application/x-www-form-urlencoded", body: bytes)
        _ = try? GitHub.person(inTokenCheck: 200, body: bytes, clientID: "a")
        _ = try? GitHub.confirmedMail(status: 200, body: bytes)
        if let page = try? Entra.groups(status: 200, body: bytes), let next = page.next {
            hold(next.lowercased().hasPrefix("https://graph.microsoft.com"), "no token is sent elsewhere")
        }
        if let info = try? UpstreamUserInfo(plain: 200, body: bytes) {
            _ = ProfileMapping.standard.profile(of: [info.claims])
            _ = try? UpstreamIdentityRule.userInfo(member: "id").key(idToken: nil, userInfo: info)
        }
    }

    private func claims(_ text: String) {
        guard let read = try? ClaimsRequest.read(text) else { return }
        hold(read.idToken.count <= ClaimsRequest.countLimit, "not more than are read")
    }

    private func codes(_ text: String) {
        if let code = UserCode.typed(text) { hold(UserCode.typed(UserCode.shown(code)) == code, "shown is typed") }
        if let scope = ScopeSet(text) { hold(ScopeSet(scope.description) == scope, "scopes read back as themselves") }
        if let object = try? JSONObject(parsing: Array(text.utf8)), let act = object["act"], let chain = ActorChain(act)
        {
            hold(ActorChain(chain.claim) == chain, "a chain reads back as itself")
        }
    }
}
