import BenchTable
import Foundation
import SAML

/// Messages of 256 KiB that cost as many operations with keys as the bounds on them leave, and as much else as goes along.
struct HostileKeys {
    private let stage: SAMLStage
    private let long: [KeyPair]
    private let short: [KeyPair]
    private let curve: [KeyPair]

    struct KeyPair {
        let decryption: SAMLDecryptionKey?
        let verification: SAMLVerificationKey
    }

    init(_ stage: SAMLStage) throws {
        self.stage = stage
        long = try (0..<2).map { _ in try stage.keyPair(["RSA", "-pkeyopt", "rsa_keygen_bits:4096"]) }
        short = try (0..<2).map { _ in try stage.keyPair(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]) }
        curve = try (0..<2).map { _ in try stage.keyPair(["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]) }
    }

    /// What is measured: its name, the message, and what it is held to.
    func all() throws -> [(String, [UInt8], ResponseExpectation)] {
        let padding = XMLElement("urn:x", "x", text: String(repeating: "x", count: 180_000))
        return [
            (
                "four keys for eight of ours, RSA 2,048", try sealed(padding, for: short[0], keys: 4),
                expecting(short, 8)
            ),
            ("four keys for eight of ours, RSA 4,096", try sealed(padding, for: long[0], keys: 4), expecting(long, 8)),
            (
                "a hostile document within, opened by the second key of RSA 4,096",
                try sealed(HostileDocuments.worstWithin(stage), for: long[1], keys: 1), expecting(long, 2)
            ),
            ("sixteen signature keys on P-384", try unknownSigner(), expecting(curve, 16)),
        ]
    }

    private func expecting(_ pairs: [KeyPair], _ count: Int) -> ResponseExpectation {
        let several = (0..<count).map { pairs[$0 % 2] }
        let opening = several.compactMap(\.decryption)
        // Only what decrypts is repeated where there is something to decrypt.
        return stage.expectation(
            keys: opening.isEmpty ? several.map { _ in pairs[0].verification } : [stage.key.verificationKey],
            decryptionKeys: Array(opening.prefix(8)))
    }

    /// An assertion that is encrypted with one key, as if it were for several.
    private func sealed(_ inside: XMLElement, for pair: KeyPair, keys: Int) throws -> [UInt8] {
        var sealed = try SAMLEncryption.encrypt(inside, as: .assertion, for: pair.verification)
        if keys > 1 { sealed = Self.repeating(sealed, keys) }
        return try XMLWriter.bytes(of: SAMLStage.response(around: sealed))
    }

    /// The content's key becomes another's, so that none of the keys opens it.
    private static func repeating(_ element: XMLElement, _ count: Int) -> XMLElement {
        var element = element
        for place in element.children.indices {
            guard case .element(var child) = element.children[place] else { continue }
            if child.is(XMLNamespace.signature, "KeyInfo") {
                child.children = Array(repeating: child.children[0], count: count)
            } else if child.is(XMLNamespace.encryption, "CipherData"),
                let value = child.child(XMLNamespace.encryption, "CipherValue"), value.text.utf8.count > 1_024
            {
                let changed = "AAAA" + value.text.dropFirst(4)
                child.children = [.element(XMLElement(XMLNamespace.encryption, "CipherValue", text: changed))]
            } else {
                child = repeating(child, count)
            }
            element.children[place] = .element(child)
        }
        return element
    }

    /// Signed by the second key on P-384, of which the first is known, sixteen times.
    private func unknownSigner() throws -> [UInt8] {
        try SAMLSignatures.sign(
            SAMLStage.response(around: SAMLStage.assertion),
            with: stage.signingKey(["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]))
    }
}
