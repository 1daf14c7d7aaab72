import COpenSSL

/// The digests that imported formats name, and their OpenSSL implementations.
enum MessageDigest: String, Hashable, Sendable {
    case sha1
    case sha256
    case sha512

    var length: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// OpenSSL's static description, which is never freed.
    var implementation: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha512: EVP_sha512()
        }
    }
}
