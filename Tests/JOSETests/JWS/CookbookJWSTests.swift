import Testing

@testable import JOSE

/// RFC 7520 §4, RFC 7797 and RFC 8037 as the JOSE cookbook has them.
@Suite("Signatures of the JOSE cookbook")
struct CookbookJWSTests {
    static let plain = [
        "jws__4_1.rsa_v15_signature", "jws__4_2.rsa-pss_signature", "jws__4_3.ecdsa_signature",
        "jws__4_4.hmac-sha2_integrity_protection", "curve25519__jws",
    ]

    private func vector(_ name: String) throws -> (JSONObject, SigningKey, [UInt8]) {
        let vector = try Corpus.read("jose-cookbook/\(name)")
        let algorithm = try SignatureAlgorithm(rawValue: vector.text("input", "alg")).orMissing("alg")
        let key = try SigningKey(privateJWK: vector.object("input", "key"), algorithm: algorithm)
        return (vector, key, Array(try vector.text("input", "payload").utf8))
    }

    @Test("Compact, general and flattened forms are verified, and signed again to the byte", arguments: plain)
    func signatures(name: String) throws {
        let (vector, key, payload) = try vector(name)
        let compact = try vector.text("output", "compact")
        #expect(try UnverifiedJWS(compact: compact).verified(by: key.verificationKey).payload == payload)
        for form in ["json", "json_flat"] where vector["output"]?.object?[form] != nil {
            let tokens = try UnverifiedJWS.parse(json: try vector.object("output", form).serialized)
            let payloads = try tokens.map { try $0.verified(by: key.verificationKey).payload }
            #expect(payloads == [payload])
        }
        guard vector["reproducible"] == true else { return }
        let protected = try vector.object("signing", "protected")
        #expect(try JWS.compact(payload, with: key, protected: protected) == compact)
    }

    @Test("A token that has its payload elsewhere is verified with it, and with no other")
    func detached() throws {
        let (vector, key, payload) = try vector("jws__4_5.signature_with_detached_content")
        let compact = try vector.text("output", "compact")
        let other = payload + [0]
        #expect(
            try UnverifiedJWS(compact: compact, detached: payload).verified(by: key.verificationKey).payload == payload)
        #expect(throws: JOSEError(.invalidSignature)) {
            try UnverifiedJWS(compact: compact, detached: other).verified(by: key.verificationKey)
        }
        #expect(throws: JOSEError(.invalidSignature)) {
            try UnverifiedJWS(compact: compact).verified(by: key.verificationKey)
        }
        for form in ["json", "json_flat"] {
            let json = try vector.object("output", form).serialized
            let token = try UnverifiedJWS.parse(json: json, detached: payload)[0]
            #expect(try token.verified(by: key.verificationKey).payload == payload)
            #expect(throws: JOSEError(.malformedToken)) { try UnverifiedJWS.parse(json: json) }
        }
    }

    @Test(
        "Headers that are not protected are read, and known as such",
        arguments: ["jws__4_6.protecting_specific_header_fields", "jws__4_7.protecting_content_only"])
    func unprotected(name: String) throws {
        let (vector, key, payload) = try vector(name)
        for form in ["json", "json_flat"] {
            let token = try UnverifiedJWS.parse(json: try vector.object("output", form).serialized)[0]
            let verified = try token.verified(by: key.verificationKey)
            #expect(verified.payload == payload && verified.header.keyID == key.keyID)
            #expect(!verified.header.protectedNames.contains("kid"))
        }
    }

    @Test("Each of several signatures is verified by its own key and by no other's")
    func several() throws {
        let vector = try Corpus.read("jose-cookbook/jws__4_8.multiple_signatures")
        let algorithms = try vector.array("input", "alg").compactMap(\.text).compactMap(SignatureAlgorithm.init)
        let keys = try zip(vector.array("input", "key"), algorithms).map {
            try SigningKey(privateJWK: try $0.asObject(), algorithm: $1)
        }
        let tokens = try UnverifiedJWS.parse(json: try vector.object("output", "json").serialized)
        #expect(tokens.count == 3 && keys.count == 3)
        for (index, token) in tokens.enumerated() {
            for (place, key) in keys.enumerated() {
                let payload = try? token.verified(by: key.verificationKey).payload
                let expected = Array(try vector.text("input", "payload").utf8)
                #expect(payload == (index == place ? expected : nil))
            }
        }
    }

    @Test("A payload that is not encoded is verified, but only where crit says so")
    func unencoded() throws {
        let (vector, key, payload) = try vector("rfc7797__hmac-sha2_b64_false")
        let compact = try vector.text("output", "compact")
        #expect(try UnverifiedJWS(compact: compact).verified(by: key.verificationKey).payload == payload)
        let parts = compact.split(separator: ".")
        let apart = "\(parts[0])..\(parts[2])"
        #expect(
            try UnverifiedJWS(compact: apart, detached: payload).verified(by: key.verificationKey).payload == payload)
        // The cookbook's other example leaves crit out, which RFC 7797 §6 does not allow.
        let (wrong, _, _) = try self.vector("rfc7797__4.2.hmac-sha2_b64_false")
        for form in ["json", "json_flat"] {
            let json = try wrong.object("output", form).serialized
            #expect(throws: JOSEError(.malformedHeader)) { try UnverifiedJWS.parse(json: json) }
        }
    }
}
