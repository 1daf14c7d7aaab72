import Testing

@testable import JOSE

/// RFC 7520 §5 and §6, and RFC 8037's X25519, as the JOSE cookbook has them.
@Suite("Encryptions of the JOSE cookbook")
struct CookbookJWETests {
    static let opened = [
        "jwe__5_2.key_encryption_using_rsa-oaep_with_aes-gcm",
        "jwe__5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm",
        "jwe__5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2", "jwe__5_6.direct_encryption_using_aes-gcm",
        "jwe__5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2",
        "jwe__5_8.key_wrap_using_aes-keywrap_with_aes-gcm", "jwe__5_10.including_additional_authentication_data",
        "jwe__5_11.protecting_specific_header_fields", "jwe__5_12.protecting_content_only", "curve25519__ecdh-es",
    ]

    private func key(_ vector: JSONObject) throws -> DecryptionKey {
        let algorithm = try KeyManagementAlgorithm(rawValue: vector.text("input", "alg")).orMissing("alg")
        return try DecryptionKey(privateJWK: vector.object("input", "key"), algorithm: algorithm)
    }

    @Test("Compact, general and flattened forms are opened", arguments: opened)
    func opens(name: String) throws {
        let vector = try Corpus.read("jose-cookbook/\(name)")
        let (key, plaintext) = (try key(vector), Array(try vector.text("input", "plaintext").utf8))
        let output = try vector.object("output")
        var forms = 0
        if let compact = output["compact"]?.text {
            #expect(try UnopenedJWE(compact: compact).opened(with: key).plaintext == plaintext)
            forms += 1
        }
        for form in ["json", "json_flat"] {
            guard let json = output[form]?.object else { continue }
            let contents = try UnopenedJWE.parse(json: json.serialized).map { try $0.opened(with: key).plaintext }
            #expect(contents == [plaintext])
            forms += 1
        }
        #expect(forms > 0)
    }

    @Test("What is wrapped and sealed with the same key and vector is the same")
    func reproduced() throws {
        let wrap = try Corpus.read("jose-cookbook/jwe__5_8.key_wrap_using_aes-keywrap_with_aes-gcm")
        let contentKey = SecretOctets(try wrap.bytes("generated", "cek"))
        let wrapped = try AESKeyWrap.wrap(contentKey, with: SecretOctets(wrap.bytes("input", "key", "k")))
        #expect(try wrapped == wrap.bytes("encrypting_key", "encrypted_key"))
        for name in Self.opened where name.contains("5_7") || name.contains("5_8") {
            let vector = try Corpus.read("jose-cookbook/\(name)")
            let encryption = try ContentEncryption(rawValue: vector.text("input", "enc")).orMissing("enc")
            let sealed = try encryption.seal(
                Array(vector.text("input", "plaintext").utf8), key: SecretOctets(vector.bytes("generated", "cek")),
                vector: vector.bytes("generated", "iv"),
                additional: Array(vector.text("encrypting_content", "protected_b64u").utf8))
            #expect(try sealed.ciphertext == vector.bytes("encrypting_content", "ciphertext"))
            #expect(try sealed.tag == vector.bytes("encrypting_content", "tag"))
        }
    }

    @Test(
        "RSA1_5, passwords and compression are refused when they are read, with no key at hand",
        arguments: [
            ("jwe__5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2", JOSEError.Reason.unsupportedAlgorithm),
            ("jwe__5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2", .unsupportedAlgorithm),
            ("jwe__5_9.compressed_content", .compressionRefused),
        ])
    func refused(name: String, reason: JOSEError.Reason) throws {
        let output = try Corpus.read("jose-cookbook/\(name)").object("output")
        let compact = try output.text("compact")
        #expect(throws: JOSEError(reason)) { try UnopenedJWE(compact: compact) }
        for form in ["json", "json_flat"] {
            let json = try output.object(form).serialized
            #expect(throws: JOSEError(reason)) { try UnopenedJWE.parse(json: json) }
        }
    }

    @Test("Of several recipients, each opens its own, and the one with RSA1_5 is left out")
    func several() throws {
        let vector = try Corpus.read("jose-cookbook/jwe__5_13.encrypting_to_multiple_recipients")
        let algorithms = try vector.array("input", "alg").compactMap(\.text)
        #expect(algorithms[0] == "RSA1_5")
        let keys = try zip(vector.array("input", "key"), algorithms).dropFirst().map {
            try DecryptionKey(privateJWK: try $0.asObject(), algorithm: KeyManagementAlgorithm(rawValue: $1))
        }
        let tokens = try UnopenedJWE.parse(json: try vector.object("output", "json").serialized)
        #expect(tokens.map(\.algorithm.rawValue) == Array(algorithms[1...]))
        for token in tokens {
            let plaintext = Array(try vector.text("input", "plaintext").utf8)
            #expect(try token.opened(with: keys).plaintext == plaintext)
        }
    }

    @Test("A signed token inside an encrypted one is opened and verified")
    func nested() throws {
        let vector = try Corpus.read("jose-cookbook/6.nesting_signatures_and_encryption")
        let own = try DecryptionKey(privateJWK: vector.object("encrypt", "input", "key"))
        let signer = try SigningKey(privateJWK: vector.object("sign", "input", "key"), algorithm: .ps256)
        let policy = JWTPolicy(
            issuer: .exactly("hobbiton.example"), audience: .unchecked, type: .exactly("JWT"))
        let token = try vector.text("encrypt", "output", "compact")
        let keys = try JSONWebKeySet([signer.verificationKey])
        let verified = try JWT.decryptAndVerify(
            token, decryptingWith: [own], verifyingWith: keys, policy: policy, now: 1_300_819_379)
        #expect(verified.claims["http://example.com/is_root"] == true)
        #expect(throws: JOSEError(.expired)) {
            try JWT.decryptAndVerify(
                token, decryptingWith: [own], verifyingWith: keys, policy: policy, now: 1_300_819_410)
        }
    }
}
