import Testing

@testable @_spi(SAMLDebugging) import SAML

@Suite("Encrypted elements")
struct SAMLEncryptionTests {
    private static let ciphers: [SAMLCipher] = [.aes128GCM, .aes192GCM, .aes256GCM]
    private let keys: [SAMLDecryptionKey]

    init() throws { keys = try [TestKey.service2, .service].map { try $0.decryption } }

    private func sealed(_ options: SAMLEncryption.Options = .init()) throws -> XMLElement {
        try SAMLEncryption.encrypt(
            Honest.assertion, as: .assertion, for: TestKey.service.verification, options: options)
    }

    @Test("Every cipher, digest and mask opens again, by whichever key it is for")
    func combinations() throws {
        let digests = SAMLDigestAlgorithm.allCases
        let transports =
            digests.map { SAMLKeyTransport.oaepMGF1P(digest: $0) }
            + digests.flatMap { digest in digests.map { SAMLKeyTransport.oaep(digest: digest, mask: $0) } }
        #expect(transports.count == 20)
        for cipher in Self.ciphers {
            for transport in transports {
                let sealed = try sealed(.init(cipher: cipher, transport: transport, recipient: Honest.audience))
                let read = try XMLReader.parse(try XMLWriter.bytes(of: sealed))
                #expect(try SAMLEncryption.decrypt(read, keys: keys) == Honest.assertion)
            }
        }
    }

    @Test("An encrypted key stands inside the KeyInfo or beside the data")
    func places() throws {
        var beside = try sealed()
        let key = try #require(
            beside.child(XMLNamespace.encryption, "EncryptedData")?.child(XMLNamespace.signature, "KeyInfo")?.elements
                .first)
        beside.change("KeyInfo") {
            $0.children = [.element(XMLElement(XMLNamespace.signature, "RetrievalMethod", [XMLAttribute("URI", "#k")]))]
        }
        beside.children.append(.element(key.with { $0.setAttribute("Id", "k") }))
        #expect(try SAMLEncryption.decrypt(beside, keys: keys) == Honest.assertion)
        let several = beside.with { $0.children += Array(repeating: .element(key), count: 8) }
        #expect(reason { _ = try SAMLEncryption.decrypt(several, keys: keys) } == .decryption)
    }

    @Test("What the key or the cipher may not be is refused by its name")
    func algorithms() throws {
        let cipher = try sealed().with {
            $0.change("EncryptedData") {
                $0.change("EncryptionMethod") { $0.setAttribute("Algorithm", SAMLCipher.aes128CBC.rawValue) }
            }
        }
        #expect(reason { _ = try SAMLEncryption.decrypt(cipher, keys: keys) } == .encryptionAlgorithm)
        for name in [SAMLKeyTransport.pkcs1Name, "urn:x", ""] {
            let transport = try sealed().with {
                $0.change("EncryptedKey") { $0.change("EncryptionMethod") { $0.setAttribute("Algorithm", name) } }
            }
            #expect(reason { _ = try SAMLEncryption.decrypt(transport, keys: keys) } == .encryptionAlgorithm)
        }
        #expect(reason { _ = try sealed(.init(cipher: .aes256CBC)) } == .encryptionAlgorithm)
        #expect(reason { _ = try sealed(.init(transport: .pkcs1)) } == .encryptionAlgorithm)
        #expect(
            reason { _ = try SAMLEncryption.encrypt(Honest.assertion, as: .assertion, for: TestKey.p256.verification) }
                == .key)
    }

    @Test("A thousand changed ciphertexts are refused alike")
    func oneError() throws {
        let sealed = try sealed()
        let data = try #require(sealed.child(XMLNamespace.encryption, "EncryptedData"))
        func value(_ element: XMLElement?) throws -> [UInt8] {
            try #require(
                SAMLBase64.decode(
                    element?.child(XMLNamespace.encryption, "CipherData")?.child(
                        XMLNamespace.encryption, "CipherValue")?.text ?? "!"))
        }
        let content = try value(data), key = try value(data.child(XMLNamespace.signature, "KeyInfo")?.elements.first)
        var errors: Set<String> = []
        for round in 0..<1_000 {
            let isKey = round % 2 == 0
            var bytes = isKey ? key : content
            if round % 10 == 1 {
                bytes.removeLast(1 + round % min(64, bytes.count))
            } else {
                bytes[round * 7_919 % bytes.count] ^= UInt8(1 + round % 255)
            }
            var changed = sealed
            changed.change(isKey ? "EncryptedKey" : "EncryptedData") {
                // The data's own value is behind its key's.
                if !isKey { $0.children.reverse() }
                $0.change("CipherValue") { $0.setText(SAMLBase64.encode(bytes)) }
                if !isKey { $0.children.reverse() }
            }
            do {
                _ = try SAMLEncryption.decrypt(changed, keys: keys)
                Issue.record("round \(round) was opened")
            } catch { errors.insert("\(error)") }
        }
        #expect(errors.count == 1, "\(errors)")
    }

    @Test("Nobody else opens it, and more keys than the limit are not tried")
    func strangers() throws {
        let sealed = try sealed()
        #expect(reason { _ = try SAMLEncryption.decrypt(sealed, keys: [TestKey.stranger.decryption]) } == .decryption)
        #expect(reason { _ = try SAMLEncryption.decrypt(sealed, keys: []) } == .decryption)
        #expect(
            reason {
                _ = try SAMLEncryption.decrypt(sealed, keys: Array(repeating: try TestKey.service.decryption, count: 9))
            } == .limit)
    }
}
