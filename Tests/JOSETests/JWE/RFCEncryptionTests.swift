import Testing

@testable import JOSE

@Suite("Encryptions of the RFCs")
struct RFCEncryptionTests {
    private func vectors() throws -> JSONObject { try Corpus.read("rfc/jose") }

    private func key(_ vector: JSONObject) throws -> DecryptionKey {
        let algorithm = try KeyManagementAlgorithm(rawValue: vector.text("alg")).orMissing("alg")
        return try DecryptionKey(privateJWK: vector.object("key"), algorithm: algorithm)
    }

    @Test("RFC 7516 A.1 and A.3, and their JSON forms A.4 and A.5")
    func opened() throws {
        let compact = try vectors().array("encryptions").map { try $0.asObject() }
        #expect(compact.count == 2)
        for vector in compact {
            let opened = try UnopenedJWE(compact: vector.text("token")).opened(with: try key(vector))
            #expect(try opened.plaintext == vector.bytes("plaintext"))
        }
        let json = try vectors().array("jsonEncryptions").map { try $0.asObject() }
        #expect(json.count == 2)
        for vector in json {
            let tokens = try UnopenedJWE.parse(json: vector.object("token").serialized)
            // The recipient with RSA1_5 is left out.
            let (contents, plaintext) = (
                try tokens.map { try $0.opened(with: try key(vector)).plaintext }, try vector.bytes("plaintext")
            )
            #expect(contents == [plaintext])
        }
    }

    @Test("RFC 7516 A.2, RFC 7519 A.1 and A.2 use RSA1_5 and are refused when they are read")
    func refused() throws {
        let all = try vectors().array("refusedEncryptions").map { try $0.asObject() }
        #expect(all.count == 3)
        for vector in all {
            let token = try vector.text("token")
            #expect(throws: JOSEError(.unsupportedAlgorithm)) { try UnopenedJWE(compact: token) }
        }
    }

    @Test("RFC 7518 C: both sides derive the key of the example")
    func agreement() throws {
        let vector = try vectors().object("agreement")
        let own = try PrivateKey(vector.object("own"))
        let ephemeral = try JSONWebKey(vector.object("ephemeral"))
        let shared = try own.pair.agree(with: ephemeral.key).orMissing("an agreement")
        let derived = try KeyAgreement.derive(
            shared, name: "A128GCM", partyU: vector.bytes("partyU"), partyV: vector.bytes("partyV"), length: 16)
        #expect(try derived.reveal() == vector.bytes("derived"))
    }

    @Test("RFC 8037 A.6: the shared secret of X25519, and none with a point of small order")
    func montgomery() throws {
        let vector = try vectors().object("montgomery")
        let own = try JSONWebKey(vector.object("own"))
        let secret = EVPKey.PrivatePart(d: SecretOctets(try vector.bytes("ephemeralPrivate")))
        let publicKey = try Base64URL.decode("hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo").orMissing("a key")
        let ephemeral = try EVPKey.make(.octetKeyPair(.x25519, x: publicKey), secret)
        #expect(try ephemeral.agree(with: own.key)?.reveal() == vector.bytes("shared"))
        for small: UInt8 in [0, 1] {
            let point = try EVPKey.make(.octetKeyPair(.x25519, x: [small] + [UInt8](repeating: 0, count: 31)))
            #expect(try ephemeral.agree(with: point) == nil)
        }
    }
}
