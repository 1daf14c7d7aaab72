import COpenSSL
import Vocabulary

/// PBKDF2 (RFC 8018 §5.2) in the spellings of PHC (`$pbkdf2-sha256$i=…,l=…$salt$hash`), passlib
/// (`$pbkdf2-sha256$rounds$salt$hash`) and Django (`pbkdf2_sha256$rounds$salt$hash`).
struct PBKDF2Hash: Hashable, Sendable {
    let digest: MessageDigest
    let iterations: Int
    let salt: [UInt8]
    let hash: [UInt8]

    init?(_ text: String) {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        if fields.count == 5, fields[0].isEmpty {
            self.init(fields[1], cost: fields[2], salt: fields[3], hash: fields[4])
        } else if fields.count == 4 {
            self.init(django: fields)
        } else {
            return nil
        }
    }

    private init?(_ name: Substring, cost: Substring, salt: Substring, hash: Substring) {
        let digests: [Substring: MessageDigest] = [
            "pbkdf2": .sha1, "pbkdf2-sha1": .sha1, "pbkdf2-sha256": .sha256, "pbkdf2-sha512": .sha512,
        ]
        guard let digest = digests[name] else { return nil }
        guard cost.hasPrefix("i=") else {
            self.init(
                digest, canonicalDecimal(cost), Base64.decode(salt, .dotted), Base64.decode(hash, .dotted))
            return
        }
        let parts = cost.split(separator: ",", omittingEmptySubsequences: false)
        let decoded = Base64.decode(hash, .bare)
        let lengthAgrees = parts.count == 1 || parts.count == 2 && parts[1] == "l=\(decoded?.count ?? 0)"
        guard lengthAgrees else { return nil }
        self.init(digest, canonicalDecimal(parts[0].dropFirst(2)), Base64.decode(salt, .bare), decoded)
    }

    private init?(django fields: [Substring]) {
        let digests: [Substring: MessageDigest] = ["pbkdf2_sha1": .sha1, "pbkdf2_sha256": .sha256]
        guard let digest = digests[fields[0]] else { return nil }
        self.init(
            digest, canonicalDecimal(fields[1]), Array(fields[2].utf8), Base64.decode(fields[3], .padded))
    }

    /// Salts of 1 to 64 bytes. A hash shorter than 16 bytes is refused: it could be met by chance or by search.
    private init?(_ digest: MessageDigest, _ iterations: Int?, _ salt: [UInt8]?, _ hash: [UInt8]?) {
        guard let iterations, let salt, let hash, iterations >= 1, (1...64).contains(salt.count),
            (16...64).contains(hash.count)
        else { return nil }
        self.digest = digest
        self.iterations = iterations
        self.salt = salt
        self.hash = hash
    }

    /// Blocks; runs on a hashing thread.
    /// - Throws: `passwords.openssl` when the library refuses.
    func matches(_ password: SecretBuffer) throws(Fault) -> Bool {
        var status: Int32 = 0
        let derived = SecretBuffer(count: hash.count) { output in
            status = password.withBytes { input in
                PKCS5_PBKDF2_HMAC(
                    input.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(input.count), salt,
                    Int32(salt.count), Int32(iterations), digest.implementation, Int32(output.count),
                    output.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
        }
        guard status == 1 else { throw Fault("passwords.openssl", .ourselves, "OpenSSL refused to derive PBKDF2.") }
        return derived.equals(hash)
    }
}
