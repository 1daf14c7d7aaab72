import COpenSSL

/// What every call of the library has in common.
enum OpenSSL {
    /// - Throws: `SAMLError` with `LIBRARY` for anything but one.
    static func require(_ status: Int32) throws {
        guard status == 1 else { throw failed() }
    }

    /// - Throws: `SAMLError` with `LIBRARY` for nil.
    static func require<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw failed() }
        return value
    }

    /// Leaves nothing of a failure in the thread's queue of errors.
    static func failed() -> SAMLError {
        ERR_clear_error()
        return SAMLError(.library, "OpenSSL refused an operation")
    }

    /// Random bytes from the library's generator.
    static func randomBytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try require(RAND_bytes(&bytes, Int32(count)))
        return bytes
    }

    static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer?) throws -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        try require(EVP_Digest(bytes, bytes.count, &result, &length, algorithm, nil))
        return Array(result.prefix(Int(length)))
    }
}
