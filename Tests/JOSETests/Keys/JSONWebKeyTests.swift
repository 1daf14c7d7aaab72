import Testing

@testable import JOSE

@Suite("JSON Web Keys")
struct JSONWebKeyTests {
    private func vectors() throws -> JSONObject { try Corpus.read("rfc/jose") }

    @Test("RFC 7517 A.1 and B are read, with the thumbprints they have")
    func publicKeys() throws {
        let keys = try vectors().object("keys")
        let read = try keys.array("public").map { try JSONWebKey($0.asObject()) }
        #expect(try read.map { try $0.thumbprintText() } == keys.array("thumbprints").compactMap(\.text))
        #expect(read[0].use == "enc" && read[0].keyID == "1" && read[1].algorithm == "RS256")
        let certified = try JSONWebKey(keys.object("certified"))
        #expect(certified.keyID == "1b94c" && certified.json["x5c"] == nil)
    }

    @Test("RFC 7638 3.1 and RFC 8037 A.3: thumbprints")
    func thumbprints() throws {
        for vector in try vectors().array("thumbprints").map({ try $0.asObject() }) {
            let key = try JSONWebKey(vector.object("key"))
            #expect(try key.thumbprintText() == vector.text("thumbprint"))
            // What else is said of a key does not change it.
            let more = try JSONWebKey(
                vector.object("key").with(["kid": "k", "use": "sig", "x": vector["key"]?.object?["x"]]))
            #expect(try more.thumbprint() == key.thumbprint())
        }
    }

    @Test("RFC 7520 3.1 to 3.6 are read, each as what it is")
    func cookbook() throws {
        let ec = try Corpus.read("jose-cookbook/jwk__3_1.ec_public_key")
        #expect(try JSONWebKey(ec).material.type == "EC")
        let rsa = try Corpus.read("jose-cookbook/jwk__3_3.rsa_public_key")
        #expect(try JSONWebKey(rsa).json == rsa)
        for (name, algorithm) in [("3_2.ec_private_key", SignatureAlgorithm.es512), ("3_4.rsa_private_key", .ps384)] {
            let json = try Corpus.read("jose-cookbook/jwk__\(name)")
            let key = try SigningKey(privateJWK: json, algorithm: algorithm)
            #expect(key.publicKey?.json == (json["kty"] == "EC" ? ec : rsa))
            #expect(try JSONObject(parsing: key.privateJWK().reveal()) == json)
            #expect(throws: JOSEError(.privateKeyExposed)) { try JSONWebKey(json) }
        }
        let mac = try Corpus.read("jose-cookbook/jwk__3_5.symmetric_key_mac_computation")
        #expect(try VerificationKey(sharedSecretJWK: mac).algorithm == .hs256)
        #expect(throws: JOSEError(.privateKeyExposed)) { try JSONWebKey(mac) }
        let content = try Corpus.read("jose-cookbook/jwk__3_6.symmetric_key_encryption")
        #expect(try DecryptionKey(privateJWK: content).algorithm == .direct)
        #expect(throws: JOSEError(.unsupportedAlgorithm)) {
            try VerificationKey(sharedSecretJWK: content.with(["use": nil]))
        }
    }

    private static let rsa: JSONObject? = try? Corpus.read("jose-cookbook/jwk__3_3.rsa_public_key")

    /// The RSA key with another modulus or exponent.
    private static func rsa(_ name: String, _ bytes: [UInt8]) throws -> JSONObject {
        try rsa.orMissing("the key").with([name: .string(Base64URL.encode(bytes))])
    }

    private static func modulus(_ count: Int, first: UInt8 = 0xC1, last: UInt8 = 0x0F) -> [UInt8] {
        [first] + (2..<count).map { UInt8(truncatingIfNeeded: $0 &* 73) } + [last]
    }

    @Test("RSA moduli have 2,048 to 8,192 bits and are odd; exponents are odd, at least 3, and short")
    func rsaNumbers() throws {
        for count in [256, 384, 512, 1_024] { _ = try JSONWebKey(Self.rsa("n", Self.modulus(count))) }
        for exponent: [UInt8] in [[3], [17], [1, 0, 1], [UInt8](repeating: 255, count: 8)] {
            _ = try JSONWebKey(Self.rsa("e", exponent))
        }
        let weak: [(String, [UInt8])] = [
            ("n", Self.modulus(128)), ("n", Self.modulus(255)), ("n", Self.modulus(256, first: 0x7F)),
            ("n", Self.modulus(1_025)), ("n", Self.modulus(256, last: 0x10)), ("e", [1]), ("e", [2]), ("e", [1, 0, 0]),
            ("e", [1] + [UInt8](repeating: 1, count: 8)), ("e", Self.modulus(256)),
        ]
        for (name, bytes) in weak {
            let json = try Self.rsa(name, bytes)
            #expect(throws: JOSEError(.weakKey), "\(name) \(bytes.count)") { try JSONWebKey(json) }
        }
        for (name, bytes): (String, [UInt8]) in [
            ("n", []), ("e", []), ("e", [0]), ("e", [0, 3]), ("n", [0] + Self.modulus(256)),
        ] {
            let json = try Self.rsa(name, bytes)
            #expect(throws: JOSEError(.malformedKey)) { try JSONWebKey(json) }
        }
    }

    @Test("A modulus with the mark of ROCA is weak")
    func predictable() throws {
        let groups = try Corpus.read("wycheproof/json_web_key_test").array("testGroups").map { try $0.asObject() }
        let group = try groups.first { $0["comment"] == "jws_rsa_roca_key" }.orMissing("the group")
        let key = try group.object("public").array("keys")[0].asObject()
        #expect(throws: JOSEError(.weakKey)) { try JSONWebKey(key) }
        #expect(RSANumbers.isPredictable(try key.bytes("n")))
        #expect(!RSANumbers.isPredictable(try Self.rsa.orMissing("the key").bytes("n")))
    }

    static let point: JSONObject = [
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ]

    @Test("A key that is none is refused, for what is wrong with it")
    func malformed() throws {
        _ = try JSONWebKey(Self.point)
        let x = try Self.point.text("x")
        let wrong: [(KeyValuePairs<String, JSONValue?>, JOSEError.Reason)] = [
            (["kty": nil], .malformedKey), (["kty": 1], .malformedKey), (["kty": "ec"], .unsupportedKey),
            (["kty": "DSA"], .unsupportedKey), (["crv": nil], .malformedKey), (["crv": "P-192"], .unsupportedKey),
            (["crv": "secp256k1"], .unsupportedKey), (["crv": "p-256"], .unsupportedKey),
            (["crv": "P-384"], .malformedKey), (["x": nil], .malformedKey), (["x": 1], .malformedKey),
            (["x": .string(x + "=")], .malformedKey), (["x": .string("AA" + x)], .malformedKey),
            (["y": .string(x)], .malformedKey), (["y": nil], .malformedKey), (["kid": 1], .malformedKey),
            (["kid": .string(String(repeating: "k", count: 513))], .malformedKey), (["use": ["sig"]], .malformedKey),
            (["alg": 1], .malformedKey), (["key_ops": "verify"], .malformedKey), (["key_ops": [1]], .malformedKey),
            (["key_ops": ["verify", "verify"]], .malformedKey), (["d": .string(x)], .privateKeyExposed),
            (["k": "AAAA"], .privateKeyExposed), (["kty": "RSA"], .malformedKey), (["kty": "OKP"], .unsupportedKey),
            (["kty": "OKP", "crv": "Ed448"], .unsupportedKey), (["kty": "oct"], .privateKeyExposed),
        ]
        for (changes, reason) in wrong {
            let json = Self.point.with(changes)
            #expect(throws: JOSEError(reason), "\(json.names) \(changes.map(\.key))") { try JSONWebKey(json) }
        }
        for length in [0, 31, 33] {
            let octets = Base64URL.encode([UInt8](repeating: 9, count: length))
            let json: JSONObject = ["kty": "OKP", "crv": "Ed25519", "x": .string(octets)]
            #expect(throws: JOSEError(.malformedKey)) { try JSONWebKey(json) }
        }
    }

    @Test("A private key that is not its public key's is refused")
    func mismatched() throws {
        let (ec, rsa, ed) = (
            try SigningKey.generate(.es256), try SigningKey.generate(.rs256), try SigningKey.generate(.edDSA)
        )
        for key in [ec, rsa, ed] {
            let own = try JSONObject(parsing: key.privateJWK().reveal())
            let other = try JSONObject(parsing: SigningKey.generate(key.algorithm).privateJWK().reveal())
            for name in ["d", "p", "q", "dp", "dq", "qi"] where own[name] != nil {
                let mixed = own.with([name: other[name]])
                #expect(throws: JOSEError(.malformedKey), "\(key.algorithm) \(name)") {
                    try SigningKey(privateJWK: mixed)
                }
                let lacking = own.with([name: nil])
                #expect(throws: JOSEError.self) { try SigningKey(privateJWK: lacking) }
            }
        }
        let json = try JSONObject(parsing: rsa.privateJWK().reveal()).with(["oth": []])
        #expect(throws: JOSEError(.unsupportedKey)) { try SigningKey(privateJWK: json) }
    }

    @Test("Nothing prints a private key")
    func descriptions() throws {
        let secret = [UInt8]("0123456789abcdef0123456789abcdef".utf8)
        let signing = try [.generate(.es256), SigningKey(sharedSecret: secret, algorithm: .hs256)]
        let decryption = try [.generate(.ecdhES), DecryptionKey(sharedSecret: secret, algorithm: .a256KW)]
        var texts: [String] = []
        for key in signing {
            texts += ["\(key)", String(reflecting: key), "\(key.privateJWK())"]
            var dumped = ""
            dump(key, to: &dumped)
            dump(key.privateJWK(), to: &dumped)
            texts.append(dumped)
        }
        for key in decryption {
            var dumped = ""
            dump(key, to: &dumped)
            texts += ["\(key)", String(reflecting: key), dumped]
        }
        for text in texts {
            #expect(!text.contains("0123") && !text.contains("48, 49") && !text.contains("\"d\""), "\(text)")
        }
        #expect(signing.map { "\($0)" } == ["ES256 signing key", "HS256 signing key"])
    }
}
