import Foundation
import Testing

@testable @_spi(SAMLDebugging) import SAML

@Suite("Signatures on documents")
struct SAMLSignaturesTests {
    static let assertion = XMLElement(
        XMLNamespace.assertion, "Assertion", [XMLAttribute("ID", "_a"), XMLAttribute("Version", "2.0")],
        [
            XMLElement(XMLNamespace.assertion, "Issuer", text: "https://idp.example.org"),
            XMLElement(
                XMLNamespace.assertion, "Subject", [],
                [XMLElement(XMLNamespace.assertion, "NameID", text: "alice & bob")]),
        ])
    static let response = XMLElement(
        XMLNamespace.protocols, "Response", [XMLAttribute("ID", "_r")],
        [XMLElement(XMLNamespace.assertion, "Issuer", text: "https://idp.example.org"), assertion])

    private static let part = SAMLSignatures.Part.child(XMLName(XMLNamespace.assertion, "Assertion"))

    @Test("What every kind of key signs, it verifies, and what comes back has everything but the signature")
    func roundTrip() throws {
        for key in [TestKey.provider, .p256, .p384, .p521] {
            let bytes = try SAMLSignatures.sign(Self.response, with: key.signing)
            #expect(try SAMLSignatures.verify(bytes, keys: [key.verification]) == Self.response)
            #expect(
                try SAMLSignatures.verify(
                    bytes, keys: [TestKey.stranger.verification, key.verification, TestKey.p256.verification])
                    == Self.response)
        }
    }

    @Test("Each pinned key is tried, of whatever size those before it are")
    func rollover() throws {
        let bytes = try SAMLSignatures.sign(Self.response, with: TestKey.provider.signing)
        let others = try [TestKey.service2, .stranger, .service, .p256].map { try $0.verification }
        #expect(reason { _ = try SAMLSignatures.verify(bytes, keys: others) } == .signatureInvalid)
        for place in 0...others.count {
            var keys = others
            keys.insert(try TestKey.provider.verification, at: place)
            #expect(try SAMLSignatures.verify(bytes, keys: keys) == Self.response)
        }
    }

    @Test("Every algorithm is one that the other side of the key says")
    func algorithms() throws {
        for algorithm in SAMLSignatureAlgorithm.allCases where algorithm != .rsaSHA1 {
            for digest in SAMLDigestAlgorithm.allCases where digest != .sha1 {
                let key = algorithm.isRSA ? TestKey.provider : .p384
                let options = SAMLSignatures.Options(algorithm: algorithm, digest: digest)
                let bytes = try SAMLSignatures.sign(Self.response, with: key.signing, options: options)
                #expect(try SAMLSignatures.verify(bytes, keys: [key.verification]) == Self.response)
            }
        }
        #expect(
            reason {
                _ = try SAMLSignatures.sign(
                    Self.response, with: TestKey.provider.signing, options: .init(algorithm: .rsaSHA1))
            } == .key)
        #expect(
            reason {
                _ = try SAMLSignatures.sign(
                    Self.response, with: TestKey.provider.signing, options: .init(digest: .sha1))
            } == .key)
        #expect(
            reason {
                _ = try SAMLSignatures.sign(
                    Self.response, with: TestKey.p256.signing, options: .init(algorithm: .rsaSHA256))
            } == .key)
    }

    @Test("Both parts are signed, the inner one first, each behind its issuer")
    func nested() throws {
        let key = TestKey.provider
        let bytes = try SAMLSignatures.sign(Self.response, parts: [.root, Self.part], with: key.signing)
        let root = try SAMLSignatures.verify(bytes, keys: [key.verification])
        #expect(try SAMLSignatures.verify(bytes, part: Self.part, keys: [key.verification]) == Self.assertion)
        let inner = try #require(root.child(XMLNamespace.assertion, "Assertion"))
        #expect(inner.elements.map(\.name.local) == ["Issuer", "Signature", "Subject"])
        #expect(try XMLReader.parse(bytes).elements.map(\.name.local) == ["Issuer", "Signature", "Assertion"])
    }

    @Test("Nothing that was changed is believed, and no other key's signature")
    func tampered() throws {
        let key = TestKey.provider
        let text = String(decoding: try SAMLSignatures.sign(Self.response, with: key.signing), as: UTF8.self)
        func verify(_ text: String, _ keys: [TestKey] = [key]) -> SAMLError.Reason? {
            reason { _ = try SAMLSignatures.verify(Array(text.utf8), keys: keys.map { try $0.verification }) }
        }
        #expect(verify(text) == nil)
        #expect(verify(text.replacingOccurrences(of: "alice", with: "mallory")) == .signatureInvalid)
        #expect(verify(text, [.stranger]) == .signatureInvalid)
        #expect(verify(text, [.p256]) == .signatureAlgorithm)
        #expect(verify(text, []) == .key)
        #expect(verify(text, Array(repeating: key, count: 17)) == .limit)
        #expect(verify(text.replacingOccurrences(of: "URI=\"#_r\"", with: "URI=\"\"")) == .signatureReference)
        #expect(verify(text.replacingOccurrences(of: "URI=\"#_r\"", with: "URI=\"#_a\"")) == .signatureReference)
        #expect(verify(text.replacingOccurrences(of: "#enveloped-signature", with: "#base64")) == .signatureTransform)
        #expect(
            reason { _ = try SAMLSignatures.verify(try XMLWriter.bytes(of: Self.response), keys: [key.verification]) }
                == .signatureMissing)
    }

    @Test("The xmlsec1 command verifies what we sign")
    func otherVerifier() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("saml-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = TestKey.provider
        let file = folder.appendingPathComponent("r.xml").path,
            certificate = folder.appendingPathComponent("c.pem").path
        try Data(try SAMLSignatures.sign(Self.response, with: key.signing)).write(to: URL(fileURLWithPath: file))
        try key.certificatePEM.write(toFile: certificate, atomically: true, encoding: .utf8)
        let arguments = [
            "--verify", "--pubkey-cert-pem", certificate, "--id-attr:ID", XMLNamespace.protocols + ":Response",
        ]
        let judged = Tool.run("xmlsec1", arguments + [file])
        #expect(judged.status == 0, "\(judged.output)")
    }

    @Test("Keys are read from certificates, bare keys and metadata, weak and foreign ones refused")
    func keys() throws {
        let key = TestKey.provider
        let certificate = try #require(key.verification.certificate)
        #expect(try SAMLVerificationKey(certificate: certificate) == key.verification)
        #expect(
            try SAMLVerificationKey(certificateText: "\n  " + SAMLBase64.encode(certificate) + "\n") == key.verification
        )
        #expect(try key.verification.kind == .rsa(bits: 2_048) && TestKey.p256.verification.kind == .p256)
        #expect(reason { _ = try SAMLVerificationKey(pem: "nothing") } == .key)
        #expect(reason { _ = try SAMLVerificationKey(certificate: [0x30, 0x03, 1, 2, 3]) } == .key)
        #expect(
            reason { _ = try SAMLSigningKey(pem: key.privatePEM, certificate: TestKey.stranger.certificatePEM) } == .key
        )
        #expect(reason { _ = try SAMLSigningKey(pem: String(repeating: "x", count: 40_000)) } == .key)
        #expect(
            try "\(key.signing)" == "RSA 2048 signing key" && !"\(String(reflecting: key.signing))".contains("PRIVATE"))
    }

    @Test("Bytes are signed and verified, ECDSA in both of its forms")
    func rawBytes() throws {
        let message = Array("SAMLRequest=a&SigAlg=b".utf8)
        for key in [TestKey.provider, .p256] {
            let algorithm = try key.signing.kind.usualAlgorithm
            let signature = try key.signing.signature(over: message)
            #expect(try key.verification.verifies(signature, over: message, algorithm))
            #expect(try !key.verification.verifies(signature, over: message + [0], algorithm))
            #expect(try !key.verification.verifies(signature, over: message, .rsaSHA1))
            #expect(try !TestKey.stranger.verification.verifies(signature, over: message, algorithm))
            #expect(try !key.verification.verifies([], over: message, algorithm))
        }
    }
}
