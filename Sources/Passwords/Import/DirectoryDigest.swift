import COpenSSL
import Vocabulary

/// A `userPassword` of RFC 2307 §5.3 and its successors: `{SHA}`, `{SSHA}`, and both with SHA-256 and SHA-512.
struct DirectoryDigest: Hashable, Sendable {
    let digest: MessageDigest
    /// Empty for the unsalted schemes.
    let salt: [UInt8]
    let hash: [UInt8]

    init?(_ text: String) {
        guard let end = text.firstIndex(of: "}"), text.first == "{",
            let bytes = Base64.decode(text[text.index(after: end)...], .padded)
        else { return nil }
        let schemes: [String: (MessageDigest, salted: Bool)] = [
            "{SHA": (.sha1, false), "{SSHA": (.sha1, true), "{SHA256": (.sha256, false), "{SSHA256": (.sha256, true),
            "{SHA512": (.sha512, false), "{SSHA512": (.sha512, true),
        ]
        guard let (digest, salted) = schemes[text[..<end].uppercased()] else { return nil }
        let saltLengths = salted ? 1...64 : 0...0
        guard saltLengths.contains(bytes.count - digest.length) else { return nil }
        self.digest = digest
        hash = Array(bytes.prefix(digest.length))
        salt = Array(bytes.dropFirst(digest.length))
    }

    /// - Throws: `passwords.openssl` when the library refuses.
    func matches(_ password: SecretBuffer) throws(Fault) -> Bool {
        let message = SecretBuffer(count: password.count + salt.count) { buffer in
            password.withBytes { buffer.copyMemory(from: $0) }
            UnsafeMutableRawBufferPointer(rebasing: buffer[password.count...]).copyBytes(from: salt)
        }
        var status: Int32 = 0
        let derived = SecretBuffer(count: digest.length) { output in
            status = message.withBytes { input in
                EVP_Digest(
                    input.baseAddress, input.count, output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil,
                    digest.implementation, nil)
            }
        }
        guard status == 1 else { throw Fault("passwords.openssl", .ourselves, "OpenSSL refused to make a digest.") }
        return derived.equals(hash)
    }
}
