import Foundation
import Storage
import Vocabulary

/// An assessment as it is handed on: the document to the byte and its signature, in the envelope of DSSE 1.0.2
/// (Dead Simple Signing Envelope), with the public key beside the signature.
public struct SignedAssessment: Codable, Sendable, Hashable {
    /// What the payload is.
    public static let payloadType = "application/vnd.gatehouse.assessment+json"

    /// One signature by one key.
    public struct Signature: Codable, Sendable, Hashable {
        /// The id of the key that also signs heads of the journal.
        public let keyid: String
        /// Base64 of the Ed25519 signature.
        public let sig: String
        /// Base64 of the 32 bytes of the public key; the id is made of it.
        public let publicKey: String
    }

    public let payloadType: String
    /// Base64 of the document.
    public let payload: String
    public let signatures: [Signature]

    /// DSSE 1.0.2, "PAE": what is signed is the type and the bytes, each with its length before it.
    static func message(_ document: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(document.count) ".utf8) + document
    }

    init(_ document: [UInt8], _ signature: [UInt8], by key: PublishedKey) {
        payloadType = Self.payloadType
        payload = Base64.encode(document, .padded)
        signatures = [
            Signature(
                keyid: key.id.description, sig: Base64.encode(signature, .padded),
                publicKey: Base64.encode(key.publicKey, .padded))
        ]
    }
}

/// Verifies a signed assessment offline, without a gateway and without its keys.
public enum AssessmentCheck {
    /// The largest file that is read.
    static let fileLimit = 64 << 20

    /// What came of it; `findings` is empty only when the document is as it was signed.
    public struct Report: Sendable {
        public let findings: [String]
        /// The document, where it could be read.
        public let document: [UInt8]?
        /// The key of the good signature.
        public let key: String?
        /// Whether that key is the one that was named, or signs the heads kept outside.
        public let isTrusted: Bool

        public var isSound: Bool { findings.isEmpty }
    }

    /// - Parameters:
    ///   - key: the id of the key that has to have signed; as a head kept outside names it.
    ///   - checkpoint: a file of heads kept outside; one of them has to be by the same key.
    /// - Throws: `assessment.unreadable` when the file cannot be read, and what reading the heads throws.
    public static func verify(_ file: String, key: String? = nil, checkpoint: String? = nil) throws -> Report {
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.read(upToCount: fileLimit + 1),
            data.count <= fileLimit
        else { throw Fault("assessment.unreadable", .caller, "The file \(file) cannot be read.") }
        try? handle.close()
        let trusted = try checkpoint.map { try FileHeadSink(path: $0).newest().values.map(\.keyID.description) }
        return verify([UInt8](data), trusted: (trusted ?? []) + (key.map { [$0] } ?? []))
    }

    /// Verifies the bytes of a signed assessment. Without trusted keys, only that it was not changed after it was signed.
    public static func verify(_ bytes: [UInt8], trusted: [String] = []) -> Report {
        guard let envelope = try? JSONDecoder().decode(SignedAssessment.self, from: Data(bytes)),
            envelope.payloadType == SignedAssessment.payloadType,
            let document = Base64.decode(envelope.payload, .padded)
        else { return report("The file is not a signed assessment.") }
        guard let signature = envelope.signatures.first, envelope.signatures.count == 1,
            let publicKey = Base64.decode(signature.publicKey, .padded), let tag = Base64.decode(signature.sig, .padded)
        else { return report("It does not have one signature that can be read.", document) }
        let key = PublishedKey(publicKey: publicKey)
        guard key.id.description == signature.keyid else { return report("The key is not the one it names.", document) }
        guard key.verifies(tag, over: SignedAssessment.message(document)) else {
            return report("The signature is not by the key it names, or the document was changed.", document)
        }
        guard trusted.isEmpty || trusted.contains(signature.keyid) else {
            return report("It is signed by the key \(signature.keyid), which is not the one that was named.", document)
        }
        return Report(findings: [], document: document, key: signature.keyid, isTrusted: !trusted.isEmpty)
    }

    private static func report(_ finding: String, _ document: [UInt8]? = nil) -> Report {
        Report(findings: [finding], document: document, key: nil, isTrusted: false)
    }
}
