import COpenSSL
import JOSE

/// HMAC with SHA-256 (RFC 2104).
enum KeyedHash {
    static func sha256(_ message: [UInt8], key: [UInt8]) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &out, nil) != nil else {
            throw JOSEError(.cryptographyFailed)
        }
        return out
    }
}
