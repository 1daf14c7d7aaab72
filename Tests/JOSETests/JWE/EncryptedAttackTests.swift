import Testing

@testable import JOSE

@Suite("Attacked tokens that are encrypted")
struct EncryptedAttackTests {
    @Test("What the attacks start from is accepted, under each key")
    func sound() throws {
        let target = try EncryptedTarget.one.get()
        for key in target.keys {
            #expect(try target.verify(try target.sound(for: key)).claims.subject == "alice")
        }
    }

    @Test("A token that was attacked is refused, for the right reason")
    func refused() throws {
        let target = try EncryptedTarget.one.get()
        for attack in EncryptedAttack.all {
            let token = try attack.token(target)
            #expect(throws: JOSEError(attack.reason), "\(attack.name)") { try target.verify(token) }
        }
        print("\(EncryptedAttack.all.count) attacked tokens that are encrypted")
        #expect(Set(EncryptedAttack.all.map(\.name)).count == EncryptedAttack.all.count)
        #expect(EncryptedAttack.all.count >= 70)
    }

    /// Reading takes no key, so nothing that a key would be needed for can have been done: no rounds of a password's
    /// work, no exponentiation, and nothing was ever decompressed, because nothing here can.
    @Test("What would cost work is refused by the reader, which has no key")
    func withoutWork() throws {
        let target = try EncryptedTarget.one.get()
        for attack in EncryptedAttack.work {
            let token = try attack.token(target)
            #expect(throws: JOSEError(attack.reason), "\(attack.name)") { try UnopenedJWE(compact: token) }
        }
    }

    @Test(
        "Each algorithm of keys and content opens what it made, and what it stored",
        arguments: KeyManagementAlgorithm.allCases,
        ContentEncryption.allCases)
    func roundTrip(algorithm: KeyManagementAlgorithm, encryption: ContentEncryption) throws {
        let length = algorithm.wrappingKeyLength ?? encryption.keyLength
        let secret = (0..<length).map { UInt8($0) }
        let key =
            try algorithm.isSymmetric
            ? DecryptionKey(sharedSecret: secret, algorithm: algorithm, keyID: "k") : DecryptionKey.generate(algorithm)
        let stored = try DecryptionKey(privateJWK: JSONObject(parsing: key.privateJWK().reveal()))
        for plaintext in [[], [1], [UInt8](repeating: 7, count: 1_000)] {
            let token = try JWE.encrypt(plaintext, for: key.encryptionKey(), encryption: encryption, type: "x")
            let opened = try UnopenedJWE(compact: token).opened(with: [stored])
            #expect(opened.plaintext == plaintext && opened.header.type == "x")
        }
    }

    @Test("Each curve agrees", arguments: EllipticCurve.allCases)
    func curves(curve: EllipticCurve) throws {
        for algorithm: KeyManagementAlgorithm in [.ecdhES, .ecdhESA256KW] {
            let key = try DecryptionKey.generate(algorithm, curve: curve)
            let token = try JWE.encrypt([1, 2, 3], for: key.encryptionKey())
            #expect(try UnopenedJWE(compact: token).opened(with: key).plaintext == [1, 2, 3])
        }
    }

    @Test("A secret of another length than its algorithm needs is refused")
    func secretLengths() throws {
        for algorithm in KeyManagementAlgorithm.allCases where algorithm.isSymmetric {
            let length = algorithm.wrappingKeyLength ?? 64
            for wrong in [0, length - 1, length + 1] {
                let secret = [UInt8](repeating: 1, count: wrong)
                #expect(throws: JOSEError(.weakKey)) { try EncryptionKey(sharedSecret: secret, algorithm: algorithm) }
                #expect(throws: JOSEError(.weakKey)) { try DecryptionKey(sharedSecret: secret, algorithm: algorithm) }
            }
        }
        // A content key is for content of its own kind.
        let key = try EncryptionKey(sharedSecret: [UInt8](repeating: 1, count: 16), algorithm: .direct)
        #expect(throws: JOSEError(.algorithmMismatch)) { try JWE.encrypt([1], for: key, encryption: .a256GCM) }
        #expect(throws: JOSEError(.algorithmMismatch)) {
            try EncryptionKey(sharedSecret: [UInt8](repeating: 1, count: 32), algorithm: .rsaOAEP)
        }
    }
}
