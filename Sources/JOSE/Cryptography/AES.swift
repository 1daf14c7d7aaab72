import COpenSSL

/// An AES operation of OpenSSL's with a context of its own.
final class AESOperation {
    let context: OpaquePointer

    enum Mode { case gcm, cbc, keyWrap }

    init(_ mode: Mode, key: SecretOctets, vector: [UInt8]?, encrypting: Bool) throws {
        context = try OpenSSL.require(EVP_CIPHER_CTX_new())
        // Of ciphers that wrap, the library wants to hear that they are meant.
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)
        let cipher = try OpenSSL.require(Self.cipher(mode, keyLength: key.count))
        let status = key.withBytes {
            EVP_CipherInit_ex(context, cipher, nil, $0.baseAddress, vector, encrypting ? 1 : 0)
        }
        try OpenSSL.require(status)
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    private static func cipher(_ mode: Mode, keyLength: Int) -> OpaquePointer? {
        switch (mode, keyLength) {
        case (.gcm, 16): EVP_aes_128_gcm()
        case (.gcm, 24): EVP_aes_192_gcm()
        case (.gcm, 32): EVP_aes_256_gcm()
        case (.cbc, 16): EVP_aes_128_cbc()
        case (.cbc, 24): EVP_aes_192_cbc()
        case (.cbc, 32): EVP_aes_256_cbc()
        case (.keyWrap, 16): EVP_aes_128_wrap()
        case (.keyWrap, 24): EVP_aes_192_wrap()
        case (.keyWrap, 32): EVP_aes_256_wrap()
        default: nil
        }
    }

    func authenticate(_ additional: [UInt8]) throws {
        guard !additional.isEmpty else { return }
        var count: Int32 = 0
        try OpenSSL.require(EVP_CipherUpdate(context, nil, &count, additional, Int32(additional.count)))
    }

    /// The whole of the data; what is written needs room for a block more than it has.
    func run(
        _ input: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<UInt8>
    ) throws -> Int {
        var (count, rest): (Int32, Int32) = (0, 0)
        if !input.isEmpty {
            try OpenSSL.require(EVP_CipherUpdate(context, out, &count, input.baseAddress, Int32(input.count)))
        }
        try OpenSSL.require(EVP_CipherFinal_ex(context, out + Int(count), &rest))
        return Int(count + rest)
    }

    func run(_ input: UnsafeBufferPointer<UInt8>) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: input.count + Self.room)
        let count = try out.withUnsafeMutableBufferPointer { out in
            guard let start = out.baseAddress else { return 0 }
            return try run(input, into: start)
        }
        out.removeLast(out.count - count)
        return out
    }

    func run(_ input: [UInt8]) throws -> [UInt8] { try input.withUnsafeBufferPointer { try run($0) } }

    /// The same for what stays secret: the result is wiped when it goes.
    func secret(_ input: [UInt8]) throws -> SecretOctets {
        var count = 0
        let out = try SecretOctets(count: input.count + Self.room) { start in
            count = try input.withUnsafeBufferPointer { try run($0, into: start) }
        }
        return out.split(at: count).0
    }

    /// More than a block: what an operation may write beyond the length of its input.
    private static let room = 32
}

/// AES in Galois/Counter mode (RFC 7518 §5.3): vectors of 96 bits, tags of 128.
enum AESGCM {
    static let vectorLength = 12
    static let tagLength = 16

    static func seal(
        _ plaintext: [UInt8], key: SecretOctets, vector: [UInt8], additional: [UInt8]
    ) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
        try plaintext.withUnsafeBufferPointer { try seal($0, key: key, vector: vector, additional: additional) }
    }

    static func seal(
        _ plaintext: UnsafeBufferPointer<UInt8>, key: SecretOctets, vector: [UInt8], additional: [UInt8]
    ) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
        let operation = try AESOperation(.gcm, key: key, vector: vector, encrypting: true)
        try operation.authenticate(additional)
        let ciphertext = try operation.run(plaintext)
        var tag = [UInt8](repeating: 0, count: tagLength)
        try OpenSSL.require(
            EVP_CIPHER_CTX_ctrl(operation.context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag))
        return (ciphertext, tag)
    }

    /// - Throws: `JOSEError` with `decryption_failed`.
    static func open(
        _ ciphertext: [UInt8], key: SecretOctets, vector: [UInt8], tag: [UInt8], additional: [UInt8]
    ) throws -> [UInt8] {
        try opening(key, vector, tag, additional) { try $0.run(ciphertext) }
    }

    /// Opens a key that was wrapped.
    ///
    /// - Throws: `JOSEError` with `decryption_failed`.
    static func unwrap(_ wrapped: [UInt8], key: SecretOctets, vector: [UInt8], tag: [UInt8]) throws -> SecretOctets {
        try opening(key, vector, tag, []) { try $0.secret(wrapped) }
    }

    private static func opening<Result>(
        _ key: SecretOctets, _ vector: [UInt8], _ tag: [UInt8], _ additional: [UInt8],
        _ open: (AESOperation) throws -> Result
    ) throws -> Result {
        guard vector.count == vectorLength, tag.count == tagLength else { throw JOSEError(.decryptionFailed) }
        do {
            let operation = try AESOperation(.gcm, key: key, vector: vector, encrypting: false)
            var tag = tag
            try OpenSSL.require(
                EVP_CIPHER_CTX_ctrl(operation.context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag))
            try operation.authenticate(additional)
            return try open(operation)
        } catch {
            throw JOSEError(.decryptionFailed)
        }
    }
}

/// AES in cipher block chaining mode with PKCS #7 padding, only ever beside a code that authenticates.
enum AESCBC {
    /// - Throws: `JOSEError` with `decryption_failed`.
    static func run(_ input: [UInt8], key: SecretOctets, vector: [UInt8], encrypting: Bool) throws -> [UInt8] {
        do {
            return try AESOperation(.cbc, key: key, vector: vector, encrypting: encrypting).run(input)
        } catch {
            throw JOSEError(.decryptionFailed)
        }
    }
}

/// AES Key Wrap (RFC 3394) with the default initial value (RFC 7518 §4.4).
enum AESKeyWrap {
    static func wrap(_ secret: SecretOctets, with key: SecretOctets) throws -> [UInt8] {
        let operation = try AESOperation(.keyWrap, key: key, vector: nil, encrypting: true)
        return try secret.withBytes { try operation.run($0) }
    }

    /// - Throws: `JOSEError` with `decryption_failed`.
    static func unwrap(_ wrapped: [UInt8], with key: SecretOctets) throws -> SecretOctets {
        // A whole number of blocks of 64 bits, two of them at least beside the integrity check.
        guard wrapped.count % 8 == 0, (24...72).contains(wrapped.count) else { throw JOSEError(.decryptionFailed) }
        do {
            let operation = try AESOperation(.keyWrap, key: key, vector: nil, encrypting: false)
            return try operation.secret(wrapped)
        } catch {
            throw JOSEError(.decryptionFailed)
        }
    }
}
