import Testing

@testable import JOSE

@Suite("Sets of keys")
struct JSONWebKeySetTests {
    private func published(_ algorithm: SignatureAlgorithm, _ keyID: String) throws -> JSONObject {
        try SigningKey.generate(algorithm, keyID: keyID).publicKey.orMissing("a key").json
    }

    private func set(_ keys: [JSONObject]) -> JSONObject { ["keys": .array(keys.map { .object($0) })] }

    @Test("What is published is read again: public keys, and nothing else")
    func published() throws {
        let keys = try [SigningKey.generate(.es256), .generate(.edDSA), .generate(.rs256)]
        let decryption = try DecryptionKey.generate(.ecdhES, keyID: "enc")
        let own = try JSONWebKeySet(keys.map(\.verificationKey), encryptionKeys: [decryption.encryptionKey()])
        let text = String(decoding: own.json.serialized, as: UTF8.self)
        for name in JSONWebKey.secretMembers { #expect(!text.contains("\"\(name)\":")) }
        let read = try JSONWebKeySet(parsing: own.json.serialized)
        #expect(read.verificationKeys.map(\.algorithm) == [.es256, .edDSA, .rs256])
        #expect(read.encryptionKeys.map(\.keyID) == ["enc"] && read.ignored.isEmpty)
        #expect(read.json == own.json)
        let token = try JWS.sign([1], with: keys[1])
        #expect(try UnverifiedJWS(compact: token).verified(by: read).key.keyID == keys[1].keyID)
    }

    @Test("Keys we have no use for are left out and named; what is unsound spoils the set")
    func ignored() throws {
        let sound = try published(.es256, "a")
        let others: [(JSONObject, JOSEError.Reason)] = [
            (["kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA", "kid": "b"], .unsupportedKey),
            (["kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"], .unsupportedKey),
            (sound.with(["kid": "c", "alg": "ES256K"]), .unsupportedAlgorithm),
            (sound.with(["kid": "d", "x": "AA"]), .malformedKey),
            (sound.with(["kid": "e", "use": "tls"]), .wrongKeyUse),
        ]
        let read = try JSONWebKeySet(set([sound] + others.map(\.0)))
        #expect(read.verificationKeys.map(\.keyID) == ["a"])
        #expect(read.ignored.map(\.index) == [1, 2, 3, 4, 5] && read.ignored.map(\.reason) == others.map(\.1))
        let secret: JSONObject = ["kty": "oct", "k": .string(Base64URL.encode([UInt8](repeating: 1, count: 32)))]
        let secretKey = try JSONObject(parsing: SigningKey.generate(.es256).privateJWK().reveal())
        for (keys, reason): ([JSONObject], JOSEError.Reason) in [
            ([sound, secret], .privateKeyExposed), ([sound, secretKey], .privateKeyExposed),
            ([sound, try published(.rs256, "a")], .duplicateKeyID),
        ] {
            #expect(throws: JOSEError(reason)) { try JSONWebKeySet(set(keys)) }
        }
        for json: JSONObject in [[:], ["keys": "x"], ["keys": [1]], ["keys": nil]] {
            #expect(throws: JOSEError(.malformedKey)) { try JSONWebKeySet(json) }
        }
    }

    @Test("A set has at most a hundred keys and a quarter of a megabyte")
    func limits() throws {
        let key: JSONObject = ["kty": "none"]
        #expect(try JSONWebKeySet(set(Array(repeating: key, count: 100))).ignored.count == 100)
        #expect(throws: JOSEError(.tooManyKeys)) { try JSONWebKeySet(set(Array(repeating: key, count: 101))) }
        let space = [UInt8](repeating: 0x20, count: 262_144 - 11)
        _ = try JSONWebKeySet(parsing: Array("{\"keys\":[]}".utf8) + space)
        #expect(throws: JOSEError(.tooLarge)) {
            try JSONWebKeySet(parsing: Array("{\"keys\":[]}".utf8) + space + [0x20])
        }
        // An exponent as long as a modulus, or a modulus of 64 kilobits, would make one verification take seconds.
        let rsa = try published(.rs256, "r")
        for (name, count) in [("e", 256), ("n", 8_192)] {
            let large = Base64URL.encode([UInt8](repeating: 0xFF, count: count))
            let read = try JSONWebKeySet(set([rsa.with([name: .string(large)])]))
            #expect(read.verificationKeys.isEmpty && read.ignored.map(\.reason) == [.weakKey])
        }
    }

    @Test("An RSA key that does not say its algorithm is pinned to the one its reader names")
    func unmarked() throws {
        let json = set([try published(.rs256, "r").with(["alg": nil])])
        #expect(try JSONWebKeySet(json).verificationKeys.map(\.algorithm) == [.rs256])
        #expect(try JSONWebKeySet(json, unmarkedRSA: .ps256).verificationKeys.map(\.algorithm) == [.ps256])
    }

    @Test("A token without kid is verified where there is one key, and not where there are two or none")
    func withoutName() throws {
        let key = try SigningKey.generate(.es256, keyID: "a")
        let unnamed = try SigningKey(privateJWK: JSONObject(parsing: key.privateJWK().reveal()).with(["kid": nil]))
        let token = try UnverifiedJWS(compact: JWS.sign([1], with: unnamed))
        let other = try SigningKey.generate(.es256, keyID: "b").verificationKey
        _ = try token.verified(by: JSONWebKeySet([key.verificationKey]))
        #expect(throws: JOSEError(.ambiguousKey)) {
            try token.verified(by: JSONWebKeySet([key.verificationKey, other]))
        }
        #expect(throws: JOSEError(.unknownKey)) { try token.verified(by: JSONWebKeySet([])) }
        #expect(throws: JOSEError(.invalidSignature)) { try token.verified(by: JSONWebKeySet([other])) }
    }

    @Test("Public keys and shared secrets are not of one set, and names that only look alike are not one name")
    func mixed() throws {
        let key = try SigningKey.generate(.es256, keyID: "caf\u{E9}")
        let secret = try VerificationKey(sharedSecret: [UInt8](repeating: 1, count: 32), algorithm: .hs256, keyID: "s")
        #expect(throws: JOSEError(.mixedKeySet)) { try JSONWebKeySet([key.verificationKey, secret]) }
        let alike = try SigningKey(
            privateJWK: JSONObject(parsing: key.privateJWK().reveal()).with(["kid": "cafe\u{301}"]))
        let token = try UnverifiedJWS(compact: JWS.sign([1], with: alike))
        #expect(throws: JOSEError(.unknownKey)) { try token.verified(by: JSONWebKeySet([key.verificationKey])) }
        #expect(throws: JOSEError(.unknownKey)) { try token.verified(by: key.verificationKey) }
    }
}
