import Crypto
import Foundation
import Vocabulary

extension MessageSignature {
    /// Whether a call was signed with the secret over its method, address, body digest and media type, at a moment that
    /// is not far from this one. Anything that is missing, doubled or in another shape proves nothing.
    func verifies(_ call: SignedCall, at now: Timestamp, within window: Duration) -> Bool {
        guard let type = call.contentType, let digest = call.contentDigest, let input = call.signatureInput,
            let signature = call.signature, input.utf8.count <= 1_024, signature.utf8.count <= 256,
            let label = input.firstIndex(of: "=").map({ input[..<$0] }), let code = Self.code(signature, label)
        else { return false }
        let parameters = input[input.index(after: label.endIndex)...]
        guard let created = Self.created(parameters), abs((now - created).microseconds) <= window.microseconds,
            Self.matches(digest, call.body)
        else { return false }
        let fields = [
            ("@method", call.method), ("@target-uri", call.url), ("content-digest", digest), ("content-type", type),
        ]
        // RFC 9421 §2.5: exactly the components we ask for, in our order; a signature over fewer says less.
        let names = fields.map { "\"\($0.0)\"" }.joined(separator: " ")
        guard parameters.hasPrefix("(\(names));"), parameters.contains(";alg=\"hmac-sha256\"") else { return false }
        let base =
            fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: "\n") + "\n\"@signature-params\": " + parameters
        return HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: Data(base.utf8), using: SymmetricKey(data: Data(secret.reveal().utf8)))
    }

    /// The bytes of `label=:…:`.
    private static func code(_ signature: String, _ label: Substring) -> Data? {
        guard signature.hasPrefix(label + "=:"), signature.hasSuffix(":") else { return nil }
        return Data(base64Encoded: String(signature.dropFirst(label.count + 2).dropLast()))
    }

    private static func created(_ parameters: Substring) -> Timestamp? {
        let found = parameters.split(separator: ";").filter { $0.hasPrefix("created=") }
        guard found.count == 1, let seconds = Int64(found[0].dropFirst(8)), (0...(1 << 40)).contains(seconds) else {
            return nil
        }
        return Timestamp(seconds: seconds)
    }

    /// RFC 9530 §2.
    private static func matches(_ field: String, _ body: [UInt8]) -> Bool {
        field == "sha-256=:\(Data(SHA256.hash(data: body)).base64EncodedString()):"
    }
}
