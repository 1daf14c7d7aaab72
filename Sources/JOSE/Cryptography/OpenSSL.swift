import COpenSSL

/// What every call of the library has in common.
enum OpenSSL {
    /// Takes one for success, and leaves nothing of a failure in the thread's queue of errors.
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    static func require(_ status: Int32) throws {
        guard status == 1 else { throw failed() }
    }

    /// - Throws: `JOSEError` with `cryptography_failed` for nil.
    static func require<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw failed() }
        return value
    }

    static func failed() -> JOSEError {
        ERR_clear_error()
        return JOSEError(.cryptographyFailed)
    }

    /// Random bytes that need not stay secret: initialization vectors.
    static func randomBytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try require(RAND_bytes(&bytes, Int32(count)))
        return bytes
    }

    /// Compares without stopping at the first difference. Lengths are not secret.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
