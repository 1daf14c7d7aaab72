import JOSE
import OAuth
import Testing

@Suite("DPoP proofs") struct DPoPProofTests {
    struct Vectors: Decodable {
        struct Example: Decodable {
            let proof: String
            let htm: String
            let htu: String
            let iat: Int64
            let access_token: String?
        }
        let jkt: String
        let token_endpoint: Example
        let resource: Example
    }

    private let key: SigningKey
    private let target = "https://op.example/oauth2/token"

    init() throws { key = try SigningKey.generate(.es256, keyID: "k") }

    private func proof(
        _ members: JSONObject = [:], header: JSONObject = [:], key: SigningKey? = nil, type: String? = "dpop+jwt"
    ) throws -> String {
        let key = key ?? self.key
        var claims: JSONObject = [
            "jti": "j1", "htm": "POST", "htu": .string(target), "iat": .integer(Stage.now),
        ]
        for name in members.names { claims[name] = members[name] == .null ? nil : members[name] }
        var parameters: JSONObject = [:]
        parameters["jwk"] = key.publicKey.map { .object($0.json) }
        for name in header.names { parameters[name] = header[name] == .null ? nil : header[name] }
        return try JWT.sign(claims, with: key, type: type, parameters: parameters)
    }

    private func verify(
        _ headers: [String], method: String = "POST", target: String? = nil, token: String? = nil,
        thumbprint: String? = nil, nonces: [String]? = nil, now: Int64 = Stage.now
    ) throws -> DPoPProof? {
        let request = DPoPProof.Request(
            method: method, target: target ?? self.target, accessToken: token, thumbprint: thumbprint, nonces: nonces)
        return try DPoPProof.verify(headers, for: request, now: now)
    }

    @Test("a proof may name an endpoint's other address (RFC 8705 §5), and no third one")
    func aliases() throws {
        var request = DPoPProof.Request(method: "POST", target: target)
        let (alias, third) = ("https://mtls.op.example/oauth2/token", "https://mtls.op.example/oauth2/par")
        let other = try proof(["htu": .string(alias)])
        #expect(refusal { try DPoPProof.verify([other], for: request, now: Stage.now) } == .invalidDPoPProof)
        request.aliases = [alias]
        #expect(try DPoPProof.verify([other], for: request, now: Stage.now) != nil)
        #expect(try DPoPProof.verify([proof()], for: request, now: Stage.now) != nil)
        let wrong = try proof(["htu": .string(third)])
        #expect(refusal { try DPoPProof.verify([wrong], for: request, now: Stage.now) } == .invalidDPoPProof)
    }

    @Test("RFC 9449's examples prove their key, at their time and address alone")
    func vectors() throws {
        let vectors = try Corpus.read("rfc/rfc9449-examples", as: Vectors.self)
        for example in [vectors.token_endpoint, vectors.resource] {
            let proof = try verify(
                [example.proof], method: example.htm, target: example.htu, token: example.access_token,
                thumbprint: vectors.jkt, now: example.iat)
            #expect(proof?.thumbprint == vectors.jkt)
            let other = example.htm == "GET" ? "POST" : "GET"
            #expect(
                refusal {
                    try verify(
                        [example.proof], method: other, target: example.htu, token: example.access_token,
                        now: example.iat)
                } == .invalidDPoPProof)
            #expect(refusal { try verify([example.proof], method: example.htm, target: example.htu) } != nil)
        }
        let resource = vectors.resource
        #expect(
            refusal {
                try verify([resource.proof], method: "GET", target: resource.htu, token: "other", now: resource.iat)
            } == .invalidDPoPProof)
    }

    @Test("No header is no proof, and two are refused")
    func headers() throws {
        #expect(try verify([]) == nil)
        #expect(refusal { try verify([proof(), proof()]) } == .invalidDPoPProof)
        #expect(refusal { try verify([""]) } == .invalidDPoPProof)
        let long = String(repeating: "a", count: DPoPProof.byteLimit + 1)
        #expect(refusal { try verify([long]) } == .invalidDPoPProof)
    }

    @Test(
        "What makes a proof worthless",
        arguments: [
            ["jti": nil], ["jti": ""], ["jti": 7], ["htm": nil], ["htm": "GET"], ["htm": "post"], ["htu": nil],
            ["htu": "https://op.example/oauth2/introspect"], ["htu": "http://op.example/oauth2/token"],
            ["htu": "https://evil.example/oauth2/token"], ["htu": "https://op.example:8443/oauth2/token"],
            ["htu": "/oauth2/token"], ["iat": nil], ["iat": .integer(Stage.now - 3_600)],
            ["iat": .integer(Stage.now + 3_600)], ["iat": .integer(Stage.now - 71)], ["iat": .integer(Stage.now + 11)],
            ["iat": "now"], ["exp": .integer(Stage.now - 60)],
            ["jti": .string(String(repeating: "j", count: DPoPProof.idByteLimit + 1))],
        ] as [JSONObject])
    func worthless(members: JSONObject) {
        #expect(refusal { try verify([proof(members)]) } == .invalidDPoPProof)
    }

    @Test("The case of the host, the scheme's own port, a query and a fragment do not matter")
    func targets() throws {
        for htu in [
            "https://OP.example/oauth2/token", "https://op.example:443/oauth2/token", "HTTPS://op.example/oauth2/token",
            "https://op.example/oauth2/token?a=b", "https://op.example/oauth2/token#f",
        ] {
            #expect(try verify([proof(["htu": .string(htu)])]) != nil, "\(htu)")
        }
        #expect(try verify([proof(["htu": "https://op.example"])], target: "https://op.example/") != nil)
        #expect(refusal { try verify([proof(["htu": "https://op.example/OAUTH2/token"])]) } == .invalidDPoPProof)
    }

    @Test("A header without type or key, of another type, with a private or foreign key, or a shared secret")
    func signatures() throws {
        #expect(refusal { try verify([proof(type: nil)]) } == .invalidDPoPProof)
        #expect(refusal { try verify([proof(type: "JWT")]) } == .invalidDPoPProof)
        #expect(refusal { try verify([proof(header: ["jwk": nil])]) } == .invalidDPoPProof)
        let secret = try JSONObject(parsing: key.privateJWK().reveal())
        #expect(refusal { try verify([proof(header: ["jwk": .object(secret)])]) } == .invalidDPoPProof)
        let other = try #require(try SigningKey.generate(.es256, keyID: "k").publicKey)
        #expect(refusal { try verify([proof(header: ["jwk": .object(other.json)])]) } == .invalidDPoPProof)
        let shared = try SigningKey(sharedSecret: [UInt8](repeating: 7, count: 32), algorithm: .hs256)
        let oct: JSONObject = ["kty": "oct", "k": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"]
        #expect(refusal { try verify([proof(header: ["jwk": .object(oct)], key: shared)]) } == .invalidDPoPProof)
        #expect(refusal { try verify([proof(key: SigningKey.generate(.rs256))]) } == .invalidDPoPProof)
        let none = Base64URL.encode(Array(#"{"alg":"none","typ":"dpop+jwt"}"#.utf8))
        #expect(refusal { try verify(["\(none).\(Base64URL.encode([0x7B, 0x7D]))."]) } == .invalidDPoPProof)
    }

    @Test("Every algorithm that is offered is taken")
    func algorithms() throws {
        for algorithm in DPoPProof.algorithms {
            #expect(try verify([proof(key: SigningKey.generate(algorithm))]) != nil, "\(algorithm)")
        }
    }

    @Test("A proof for a token carries its hash, and is of the key the token is bound to")
    func accessToken() throws {
        let ath = try Base64URL.encode(HashFunction.sha256.hash(Array("token".utf8)))
        let right = try proof(["ath": .string(ath)])
        let thumbprint = try #require(try verify([right])?.thumbprint)
        #expect(try verify([right], token: "token", thumbprint: thumbprint)?.thumbprint == thumbprint)
        #expect(refusal { try verify([proof()], token: "token") } == .invalidDPoPProof)
        #expect(refusal { try verify([right], token: "other") } == .invalidDPoPProof)
        #expect(refusal { try verify([right], token: "token", thumbprint: Stage.challenge) } == .invalidDPoPProof)
    }

    @Test("A nonce is asked for by its own error, and is good for two stretches of time")
    func nonces() throws {
        let nonces = DPoPNonces(key: SecretOctets([UInt8](repeating: 1, count: 32)))
        let nonce = try nonces.current(now: Stage.now)
        let bearing = try proof(["nonce": .string(nonce)])
        #expect(try verify([bearing], nonces: nonces.accepted(now: Stage.now)) != nil)
        #expect(try verify([bearing], nonces: nonces.accepted(now: Stage.now + DPoPNonces.stretch)) != nil)
        #expect(
            refusal { try verify([bearing], nonces: nonces.accepted(now: Stage.now + 2 * DPoPNonces.stretch)) }
                == .useDPoPNonce)
        #expect(refusal { try verify([proof()], nonces: [nonce]) } == .useDPoPNonce)
        #expect(refusal { try verify([proof(["nonce": "other"])], nonces: [nonce]) } == .useDPoPNonce)
        let others = DPoPNonces(key: SecretOctets([UInt8](repeating: 2, count: 32)))
        #expect(try others.current(now: Stage.now) != nonce)
        // What is wrong with the proof itself is told before a nonce is given out for it.
        #expect(refusal { try verify([proof(["htm": "GET"])], nonces: [nonce]) } == .invalidDPoPProof)
    }

    @Test("One proof is spent once, and two of different keys do not collide")
    func replay() throws {
        let first = try #require(try verify([proof()]))
        let again = try #require(try verify([proof()], now: Stage.now + 5))
        #expect(first.replayKey == again.replayKey)
        let otherID = try #require(try verify([proof(["jti": "j2"])]))
        let otherKey = try #require(try verify([proof(key: SigningKey.generate(.es256))]))
        #expect(Set([first.replayKey, otherID.replayKey, otherKey.replayKey]).count == 3)
        // After this moment the time of the proof alone refuses it.
        #expect(refusal { try verify([proof()], now: first.expiresAt + 1) } == .invalidDPoPProof)
    }
}
