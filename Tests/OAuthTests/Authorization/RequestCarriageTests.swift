import JOSE
import OAuth
import Testing

@Suite("Pushed requests") struct PushedRequestTests {
    private func push(_ members: [String: String?] = [:], proof: String? = nil) throws -> AuthorizationRequest {
        try PushedRequest.read(
            Stage.parameters(members), client: Stage.client(), isSigned: false, proof: proof, rules: Stage.rules)
    }

    @Test("A pushed request is good for its client, for a short time, until it is answered")
    func opening() throws {
        let pushed = PushedRequest(try push(), now: Stage.now)
        let end = Stage.now + PushedRequest.lifetime
        func open(_ client: String = "app", answered: Bool = false, at now: Int64 = Stage.now) -> OAuthError.Code? {
            refusal { try pushed.opened(by: client, wasAnswered: answered, now: now) }
        }
        #expect(open() == nil)
        #expect(open(at: end - 1) == nil)
        #expect(open(at: end) == .invalidRequestURI)
        #expect(open("other") == .invalidRequestURI)
        #expect(open(answered: true) == .invalidRequestURI)
        #expect(PushedRequest.lifetime < 600)
    }

    @Test("A request_uri is ours or none")
    func references() throws {
        let handle = String(repeating: "h", count: 43)
        let parameters = Parameters([("request_uri", PushedRequest.uri(handle: handle)), ("client_id", "app")])
        #expect(try PushedRequest.reference(in: parameters) == handle)
        #expect(try PushedRequest.reference(in: Stage.parameters()) == nil)
        for foreign in ["https://evil.example/r", "urn:ietf:params:oauth:request_uri:", PushedRequest.prefix + "a b"] {
            let code = refusal { try PushedRequest.reference(in: Parameters([("request_uri", foreign)])) }
            #expect(code == .requestURINotSupported, "\(foreign)")
        }
        var both = parameters
        both.set("request", "e.y.J")
        #expect(refusal { try PushedRequest.reference(in: both) } == .invalidRequest)
    }

    @Test("What is wrong is told when it is pushed, also a wrong address, and a request_uri in it")
    func refusals() throws {
        #expect(refusal { try push(["redirect_uri": "https://evil.example/"]) } == .invalidRequest)
        #expect(refusal { try push(["code_challenge": nil]) } == .invalidRequest)
        #expect(refusal { try push(["request_uri": "urn:ietf:params:oauth:request_uri:x"]) } == .requestURINotSupported)
        #expect(refusal { try push(["response_type": "token"]) } == .unsupportedResponseType)
        #expect(try push().origin == .pushed)
    }

    @Test("A DPoP proof binds the code, and has to be of the key that dpop_jkt names")
    func proof() throws {
        let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        #expect(try push(proof: key).dpopThumbprint == key)
        #expect(try push(["dpop_jkt": key], proof: key).dpopThumbprint == key)
        #expect(refusal { try push(["dpop_jkt": Stage.challenge], proof: key) } == .invalidDPoPProof)
    }
}

@Suite("Request objects") struct RequestObjectTests {
    private let key: SigningKey
    private let client: RegisteredClient

    init() throws {
        key = try SigningKey.generate(.es256)
        client = try Stage.registered(Stage.client("app", ["jwks": .object(Stage.document(key))]))
    }

    private func claims(_ members: JSONObject = [:]) -> JSONObject {
        var claims: JSONObject = [
            "iss": "app", "aud": .string(Stage.issuer), "exp": .integer(Stage.now + 60), "nbf": .integer(Stage.now),
            "client_id": "app", "response_type": "code", "redirect_uri": "https://app.example/cb", "scope": "openid",
            "state": "xyz", "code_challenge": .string(Stage.challenge), "code_challenge_method": "S256",
            "max_age": 300, "claims": ["userinfo": ["name": nil]], "resource": ["https://api.example/a"],
        ]
        for name in members.names { claims[name] = members[name] == .null ? nil : members[name] }
        return claims
    }

    private func parameters(
        _ claims: JSONObject, with key: SigningKey? = nil, type: String? = "oauth-authz-req+jwt",
        outer: Parameters? = nil
    ) throws -> Parameters {
        var outer = outer ?? Parameters([("client_id", "app"), ("scope", "openid profile write")])
        outer.set("request", try JWT.sign(claims, with: key ?? self.key, type: type))
        return try RequestObject.verify(outer, client: client, issuer: Stage.issuer, now: Stage.now).parameters
    }

    @Test("An object with a jti is to be spent")
    func spent() throws {
        let token = try JWT.sign(claims(["jti": "r1"]), with: key, type: "oauth-authz-req+jwt")
        let verified = try RequestObject.verify(
            Parameters([("request", token)]), client: client, issuer: Stage.issuer, now: Stage.now)
        #expect(verified.id == "r1" && verified.expiresAt == Stage.now + 60 + RequestObject.clockSkew)
    }

    @Test("What is signed counts, and nothing beside it")
    func signed() throws {
        let inner = try parameters(claims())
        let reading = AuthorizationRequest.read(inner, client: client.metadata, origin: .signed, rules: Stage.rules)
        guard case .request(let request) = reading else {
            Issue.record("\(reading)")
            return
        }
        #expect(request.scope == ScopeSet("openid"))
        #expect(request.maxAge == 300)
        #expect(request.resources == ["https://api.example/a"])
        #expect(request.claims.userInfo.map(\.name) == ["name"])
        #expect(request.origin.isSigned)
    }

    @Test("An object without type, or of type JWT, is read too")
    func types() throws {
        #expect(try parameters(claims(), type: nil)["scope"] == "openid")
        #expect(try parameters(claims(), type: "JWT")["scope"] == "openid")
        #expect(refusal { try parameters(claims(), type: "at+jwt") } == .invalidRequestObject)
    }

    @Test(
        "What makes an object worthless",
        arguments: [
            ["iss": "other"], ["iss": nil], ["aud": "https://evil.example"], ["aud": nil], ["exp": nil],
            ["exp": .integer(Stage.now - 60)], ["exp": .integer(Stage.now + 7_200)], ["nbf": .integer(Stage.now + 60)],
            ["client_id": "other"], ["client_id": nil], ["sub": "app"], ["request": "e.y.J"],
            ["request_uri": "https://evil.example/r"], ["scope": ["openid"]],
            ["jti": .string(String(repeating: "j", count: 257))], ["redirect_uri": 7],
        ] as [JSONObject])
    func worthless(members: JSONObject) {
        #expect(refusal { try parameters(claims(members)) } == .invalidRequestObject)
    }

    @Test("Another key, another client outside, an unsigned object, both kinds of request")
    func carriage() throws {
        #expect(refusal { try parameters(claims(), with: SigningKey.generate(.es256)) } == .invalidRequestObject)
        let other = Parameters([("client_id", "other")])
        #expect(refusal { try parameters(claims(), outer: other) } == .invalidRequestObject)
        let both = Parameters([("client_id", "app"), ("request_uri", "urn:x")])
        #expect(refusal { try parameters(claims(), outer: both) } == .invalidRequest)
        let header = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        let unsigned = "\(header).\(Base64URL.encode(claims().serialized))."
        let outer = Parameters([("client_id", "app"), ("request", unsigned)])
        let code = refusal {
            try RequestObject.verify(outer, client: client, issuer: Stage.issuer, now: Stage.now)
        }
        #expect(code == .invalidRequestObject)
        let long = Parameters([("request", String(repeating: "a", count: RequestObject.byteLimit + 1))])
        #expect(
            refusal { try RequestObject.verify(long, client: client, issuer: Stage.issuer, now: Stage.now) }
                == .invalidRequestObject)
    }
}

@Suite("How requests come") struct RequestCarriageTests {
    @Test("By parameters, signed, or pushed, and never by two ways")
    func ways() throws {
        let handle = String(repeating: "h", count: 43)
        let uri = ("request_uri", PushedRequest.uri(handle: handle))
        let id = ("client_id", "app")
        #expect(try RequestCarriage.read(Stage.parameters()).carriage == .parameters)
        #expect(try RequestCarriage.read(Parameters([id, ("request", "e.y.J")])).carriage == .signed)
        #expect(try RequestCarriage.read(Parameters([id, uri])).carriage == .pushed(handle: handle))
        #expect(try RequestCarriage.read(Parameters([id, uri])).clientID == "app")
        #expect(refusal { try RequestCarriage.read(Parameters([id, uri, ("request", "e.y.J")])) } == .invalidRequest)
        #expect(refusal { try RequestCarriage.read(Parameters([uri])) } == .invalidRequest)
        #expect(
            refusal { try RequestCarriage.read(Parameters([id, ("request_uri", "https://evil.example/")])) }
                == .requestURINotSupported)
    }
}
