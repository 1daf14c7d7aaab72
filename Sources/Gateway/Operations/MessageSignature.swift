import Crypto
import Fetch
import Foundation
import Vocabulary

/// Signs a request's method, address and body with a shared secret: RFC 9421 (HTTP Message Signatures) with
/// `hmac-sha256`, over an RFC 9530 `Content-Digest`. The secret itself is never sent.
struct MessageSignature: Sendable {
    let secret: SecretText
    /// Named in the signature, so that the receiver can tell secrets apart.
    let keyID: String

    /// The header fields to send beside the body, `Content-Type` included.
    func headers(method: String, url: String, contentType: String, body: [UInt8], at now: Timestamp) -> [FetchHeader] {
        let digest = "sha-256=:\(Data(SHA256.hash(data: body)).base64EncodedString()):"
        let fields = [
            ("@method", method), ("@target-uri", url), ("content-digest", digest), ("content-type", contentType),
        ]
        let names = fields.map { "\"\($0.0)\"" }.joined(separator: " ")
        let parameters = "(\(names));created=\(now.seconds);keyid=\"\(keyID)\";alg=\"hmac-sha256\""
        // RFC 9421 §2.5: a line per component, and the parameters last.
        let base =
            fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: "\n") + "\n\"@signature-params\": " + parameters
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(base.utf8), using: SymmetricKey(data: Data(secret.reveal().utf8)))
        return [
            FetchHeader("Content-Type", contentType), FetchHeader("Content-Digest", digest),
            FetchHeader("Signature-Input", "gatehouse=\(parameters)"),
            FetchHeader("Signature", "gatehouse=:\(Data(code).base64EncodedString()):"),
        ]
    }
}
