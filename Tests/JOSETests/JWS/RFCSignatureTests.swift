import Testing

@testable import JOSE

@Suite("Signatures of the RFCs")
struct RFCSignatureTests {
    private func vectors() throws -> JSONObject { try Corpus.read("rfc/jose") }

    @Test("RFC 7515 A.1 to A.4, RFC 7797 4.1 and RFC 8037 A.4 are verified, and not when a bit is turned")
    func compact() throws {
        let all = try vectors().array("signatures").map { try $0.asObject() }
        #expect(all.count == 6)
        for vector in all {
            let algorithm = try SignatureAlgorithm(rawValue: vector.text("alg")).orMissing("alg")
            let key = try SigningKey(privateJWK: vector.object("key"), algorithm: algorithm).verificationKey
            let (name, token) = (try vector.text("name"), try vector.text("token"))
            _ = try UnverifiedJWS(compact: token).verified(by: key)
            for part in 1...2 {
                var parts = token.split(separator: ".").map(String.init)
                var bytes = try Base64URL.decode(parts[part]).orMissing("bytes")
                bytes[bytes.count / 2] ^= 1
                parts[part] = Base64URL.encode(bytes)
                let turned = parts.joined(separator: ".")
                #expect(throws: JOSEError(.invalidSignature), "\(name)") {
                    try UnverifiedJWS(compact: turned).verified(by: key)
                }
            }
        }
    }

    @Test("RFC 7515 A.6 and A.7: the JSON forms")
    func json() throws {
        for vector in try vectors().array("jsonSignatures").map({ try $0.asObject() }) {
            let keys = try JSONWebKeySet(
                vector.array("keys").map { try SigningKey(privateJWK: try $0.asObject()).verificationKey })
            let tokens = try UnverifiedJWS.parse(json: vector.object("token").serialized)
            #expect(tokens.count == vector["signatures"]?.integer.map(Int.init))
            for token in tokens { _ = try token.verified(by: keys) }
        }
    }

    @Test("RFC 7797 4.2: a payload apart and as it is")
    func detached() throws {
        let vector = try vectors().array("detached")[0].asObject()
        let key = try SigningKey(privateJWK: vector.object("key").with(["kid": nil]), algorithm: .hs256)
        let payload = Array(try vector.text("payload").utf8)
        let token = try UnverifiedJWS(compact: vector.text("token"), detached: payload)
        #expect(try token.verified(by: key.verificationKey).payload == payload)
        #expect(try JWS.signDetached(payload, with: key, isEncoded: false) == vector.text("token"))
        let apart = try JWS.signDetached(payload, with: key)
        #expect(
            try UnverifiedJWS(compact: apart, detached: payload).verified(by: key.verificationKey).payload == payload)
        // What is in the token and beside it is in doubt.
        let doubled = try JWS.sign(payload, with: key)
        #expect(throws: JOSEError(.malformedToken)) { try UnverifiedJWS(compact: doubled, detached: payload) }
    }

    @Test("RFC 7515 A.5 and E: no signature, and an extension nobody knows, are refused before a key is looked for")
    func refused() throws {
        for vector in try vectors().array("refusedSignatures").map({ try $0.asObject() }) {
            let reason = try JOSEError.Reason(rawValue: vector.text("reason")).orMissing("reason")
            let token = try vector.text("token")
            #expect(throws: JOSEError(reason)) { try UnverifiedJWS(compact: token) }
        }
    }
}
