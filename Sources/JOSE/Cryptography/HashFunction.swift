import COpenSSL

/// The hash functions that JOSE's algorithms are made of (RFC 7518 §3.1).
public enum HashFunction: String, Sendable, CaseIterable {
    case sha256 = "SHA-256"
    case sha384 = "SHA-384"
    case sha512 = "SHA-512"

    /// Bytes of a hash.
    public var length: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// OpenSSL's static description, which is never freed.
    var implementation: OpaquePointer? {
        switch self {
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }

    /// The hash of some bytes.
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    public func hash(_ bytes: [UInt8]) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: length)
        try OpenSSL.require(EVP_Digest(bytes, bytes.count, &out, nil, implementation, nil))
        return out
    }

    /// The hash of a secret between two texts, written where it stays secret.
    func hash(
        _ start: [UInt8], _ secret: SecretOctets, _ end: [UInt8], into out: UnsafeMutablePointer<UInt8>
    ) throws {
        let context = try OpenSSL.require(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        try OpenSSL.require(EVP_DigestInit_ex(context, implementation, nil))
        try OpenSSL.require(EVP_DigestUpdate(context, start, start.count))
        try OpenSSL.require(secret.withBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) })
        try OpenSSL.require(EVP_DigestUpdate(context, end, end.count))
        try OpenSSL.require(EVP_DigestFinal_ex(context, out, nil))
    }

    /// HMAC (RFC 2104) of some bytes.
    func authenticationCode(of bytes: [UInt8], key: SecretOctets) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: length)
        let done = key.withBytes { key in
            HMAC(implementation, key.baseAddress, Int32(key.count), bytes, bytes.count, &out, nil)
        }
        guard done != nil else { throw OpenSSL.failed() }
        return out
    }
}
