import Foundation
import Testing

@testable import SAML

/// signxml canonicalizes, digests and verifies by itself: with lxml's canonicalization, but without libxmlsec1.
@Suite(
    "What signxml thinks of our signatures, and we of its",
    .enabled(if: SAMLJudge.hasSignXML, "SKIPPED: without JUDGE_PYTHON there is no signxml to judge"))
struct SignXMLTests {
    private static let keys: [(TestKey, SAMLSignatureAlgorithm)] = [
        (.provider, .rsaSHA256), (.provider, .rsaSHA384), (.provider, .rsaSHA512), (.p256, .ecdsaSHA256),
        (.p384, .ecdsaSHA384), (.p521, .ecdsaSHA512),
    ]

    @Test("Each algorithm on each part is believed by it, and read as we meant it", arguments: 0..<6, [true, false])
    func ours(index: Int, isRoot: Bool) throws {
        let (key, algorithm) = Self.keys[index]
        let bytes = try SAMLSignatures.sign(
            Honest.response(around: [Honest.assertion]), parts: [isRoot ? .root : Honest.part], with: key.signing,
            options: .init(algorithm: algorithm))
        func judged(_ bytes: [UInt8], by key: TestKey) throws -> (ok: Bool, said: Any) {
            try SAMLJudge.ask([
                "task": "signxml_judges", "document": SAMLBase64.encode(bytes), "part": isRoot ? "root" : "child",
                "certificate": key.certificatePEM, "methods": [algorithm.rawValue],
            ])
        }
        let answer = try judged(bytes, by: key)
        #expect(answer.ok, "\(answer.said)")
        #expect(answer.said as? [String] == [isRoot ? "_response1" : "_assertion1", Honest.name])
        let changed = String(decoding: bytes, as: UTF8.self).replacing(Honest.name, with: "eve@example.org")
        #expect(try !judged(Array(changed.utf8), by: key).ok)
        #expect(try !judged(bytes, by: algorithm.isRSA ? .stranger : .otherP384).ok)
    }

    @Test("What it signs is believed by us, and not once it was changed")
    func theirs() throws {
        let methods: [SAMLSignatureAlgorithm] = [.rsaSHA256, .rsaSHA512, .ecdsaSHA256]
        // Where its signature is to go.
        let place = XMLElement(XMLNamespace.signature, "Signature", [XMLAttribute("Id", "placeholder")])
        let document = Honest.response(around: [Honest.assertion]).with {
            $0.children.insert(.element(place), at: 1)
        }
        let answer = try SAMLJudge.ask([
            "task": "signxml_signs", "document": SAMLBase64.encode(try XMLWriter.bytes(of: document)),
            "methods": methods.map(\.rawValue), "key": TestKey.provider.privatePEM,
            "certificate": TestKey.provider.certificatePEM, "ec_key": TestKey.p256.privatePEM,
            "ec_certificate": TestKey.p256.certificatePEM,
        ])
        let made = try #require(answer.said as? [String], "\(answer.said)")
        #expect(made.count == methods.count)
        for (text, method) in zip(made, methods) {
            let bytes = try #require(SAMLBase64.decode(text))
            let key = method.isRSA ? TestKey.provider : .p256
            let expectation = try Honest.expectation(keys: [key])
            let verified = try UnverifiedResponse(bytes).verified(by: expectation)
            #expect(verified.nameID?.value == Honest.name && verified.issuer == Honest.issuer)
            let changed = String(decoding: bytes, as: UTF8.self).replacing(Honest.name, with: "eve@example.org")
            #expect(try Honest.refusals(Array(changed.utf8), expectation) == ["SIG_INVALID"])
            #expect(
                try Honest.refusals(bytes, try Honest.expectation(keys: [.stranger])) == [
                    method.isRSA ? "SIG_INVALID" : "SIG_ALG"
                ])
        }
    }
}
