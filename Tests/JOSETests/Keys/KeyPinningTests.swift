import Testing

@testable import JOSE

@Suite("One key, one algorithm")
struct KeyPinningTests {
    @Test("A public key is pinned by its alg, its curve, or whoever reads it, and never to two")
    func pinned() throws {
        let rsa = try Corpus.read("jose-cookbook/jwk__3_3.rsa_public_key")
        #expect(throws: JOSEError(.unsupportedAlgorithm)) { try VerificationKey(JSONWebKey(rsa)) }
        #expect(try VerificationKey(JSONWebKey(rsa), algorithm: .ps256).algorithm == .ps256)
        let marked = try JSONWebKey(rsa.with(["alg": "RS512"]))
        #expect(try VerificationKey(marked).algorithm == .rs512)
        #expect(throws: JOSEError(.algorithmMismatch)) { try VerificationKey(marked, algorithm: .rs256) }
        let point = JSONWebKeyTests.point
        #expect(try VerificationKey(JSONWebKey(point)).algorithm == .es256)
        for algorithm in SignatureAlgorithm.allCases where algorithm != .es256 {
            #expect(throws: JOSEError(.algorithmMismatch)) {
                try VerificationKey(JSONWebKey(point), algorithm: algorithm)
            }
            let said = point.with(["alg": .string(algorithm.rawValue)])
            #expect(throws: JOSEError(.algorithmMismatch)) { try VerificationKey(JSONWebKey(said)) }
        }
        for other: JSONValue in ["none", "", "es256", "ES256K"] {
            #expect(throws: JOSEError(.unsupportedAlgorithm)) {
                try VerificationKey(JSONWebKey(point.with(["alg": other])))
            }
        }
        // Named after the curve, by mistake, as others do; and still only where the curve is that.
        #expect(throws: JOSEError(.algorithmMismatch)) { try VerificationKey(JSONWebKey(point.with(["alg": "ES521"]))) }
    }

    @Test("A key of encryption verifies nothing, and a key of signatures encrypts nothing")
    func use() throws {
        let point = JSONWebKeyTests.point
        for other: KeyValuePairs<String, JSONValue?> in [
            ["use": "enc"], ["use": "other"], ["key_ops": ["encrypt"]], ["key_ops": []], ["key_ops": ["sign"]],
            ["use": "sig", "key_ops": ["deriveKey"]],
        ] {
            #expect(throws: JOSEError(.wrongKeyUse)) { try VerificationKey(JSONWebKey(point.with(other))) }
        }
        _ = try VerificationKey(JSONWebKey(point.with(["use": "sig", "key_ops": ["verify"]])))
        for other: KeyValuePairs<String, JSONValue?> in [["use": "sig"], ["key_ops": ["verify"]]] {
            #expect(throws: JOSEError(.wrongKeyUse)) { try EncryptionKey(JSONWebKey(point.with(other))) }
        }
        let ed = try SigningKey.generate(.edDSA).publicKey.orMissing("a key").json.with(["use": nil, "alg": nil])
        #expect(throws: JOSEError(.algorithmMismatch)) { try EncryptionKey(JSONWebKey(ed)) }
        let montgomery = try DecryptionKey.generate(.ecdhES).publicKey.orMissing("a key").json
        #expect(throws: JOSEError(.unsupportedAlgorithm)) {
            try VerificationKey(JSONWebKey(montgomery.with(["use": nil, "alg": nil])))
        }
    }

    @Test("A shared secret is for HMAC, and at least as long as the hash")
    func secrets() throws {
        for algorithm in SignatureAlgorithm.allCases {
            let secret = [UInt8](repeating: 5, count: algorithm.hash.length)
            guard algorithm.isSymmetric else {
                #expect(throws: JOSEError(.algorithmMismatch)) {
                    try VerificationKey(sharedSecret: secret, algorithm: algorithm)
                }
                #expect(throws: JOSEError(.algorithmMismatch)) {
                    try SigningKey(sharedSecret: secret, algorithm: algorithm)
                }
                continue
            }
            _ = try VerificationKey(sharedSecret: secret, algorithm: algorithm)
            for wrong in [[], Array(secret.dropLast()), [UInt8](repeating: 5, count: 1_025)] {
                #expect(throws: JOSEError(.weakKey)) { try SigningKey(sharedSecret: wrong, algorithm: algorithm) }
            }
            #expect(throws: JOSEError(.algorithmMismatch)) { try SigningKey.generate(algorithm) }
        }
    }

    @Test("Sizes of RSA keys that are drawn are held to those that are read")
    func drawn() throws {
        for bits in [1_024, 2_047, 2_049, 8_200] {
            #expect(throws: JOSEError(.weakKey)) { try SigningKey.generate(.rs256, modulusBits: bits) }
        }
        let key = try SigningKey.generate(.ps384, modulusBits: 3_072)
        #expect(try key.keyID == key.publicKey?.thumbprintText())
        #expect(key.publicKey?.json["alg"] == "PS384" && key.publicKey?.json["use"] == "sig")
    }

    @Test(
        "Each algorithm signs, from its stored key too, and from many threads at once",
        arguments: SignatureAlgorithm.allCases)
    func signs(algorithm: SignatureAlgorithm) async throws {
        let secret = [UInt8](repeating: 5, count: 64)
        let key =
            try algorithm.isSymmetric
            ? SigningKey(sharedSecret: secret, algorithm: algorithm) : SigningKey.generate(algorithm)
        let stored = try SigningKey(privateJWK: JSONObject(parsing: key.privateJWK().reveal()))
        #expect(stored.algorithm == algorithm && stored.keyID == key.keyID)
        let verified = try await withThrowingTaskGroup(of: Int64?.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let claims: JSONObject = ["iss": "i", "aud": "a", "exp": 100, "n": .integer(Int64(number))]
                    let policy = JWTPolicy(issuer: .exactly("i"), audience: .contains("a"), type: .exactly("JWT"))
                    return try (0..<8).compactMap { _ in
                        let token = try JWT.sign(claims, with: number % 2 == 0 ? key : stored)
                        let verified = try JWT.verify(token, with: key.verificationKey, policy: policy, now: 0)
                        return verified.claims["n"]?.integer
                    }.last
                }
            }
            return try await group.reduce(into: Set<Int64?>()) { $0.insert($1) }
        }
        #expect(verified.count == 16)
    }
}
