import COpenSSL

/// RSA over content keys.
enum SealedKey {
    /// The content key; nil whatever went wrong.
    static func open(_ bytes: [UInt8], _ transport: SAMLKeyTransport, label: [UInt8], with key: SAMLKeyMaterial)
        -> [UInt8]?
    {
        defer { ERR_clear_error() }
        // As long as the modulus: what is longer, or a greater number, would be refused without work.
        let size = Int(EVP_PKEY_get_size(key.key))
        var number = [UInt8](repeating: 0, count: max(0, size - bytes.count)) + bytes.prefix(size)
        let isWhole = bytes.count <= size
        let opened = unwrapped(number, transport, label, key, size)
        guard opened == nil, ERR_GET_REASON(ERR_peek_last_error()) == RSA_R_DATA_TOO_LARGE_FOR_MODULUS else {
            return isWhole ? opened : nil
        }
        number[0] = 0
        _ = unwrapped(number, transport, label, key, size)
        return nil
    }

    private static func unwrapped(
        _ bytes: [UInt8], _ transport: SAMLKeyTransport, _ label: [UInt8], _ key: SAMLKeyMaterial, _ size: Int
    ) -> [UInt8]? {
        try? key.withContext { context in
            try OpenSSL.require(EVP_PKEY_decrypt_init(context))
            try prepare(context, transport, label)
            var length = size
            var opened = [UInt8](repeating: 0, count: length)
            // Without an error of Swift's, which would be more to do than a success is.
            guard EVP_PKEY_decrypt(context, &opened, &length, bytes, bytes.count) == 1 else { return nil }
            return Array(opened.prefix(length))
        }
    }

    /// - Throws: `SAMLError` with `LIBRARY`.
    static func seal(_ bytes: [UInt8], _ transport: SAMLKeyTransport, for key: SAMLKeyMaterial) throws -> [UInt8] {
        try key.withContext { context in
            try OpenSSL.require(EVP_PKEY_encrypt_init(context))
            try prepare(context, transport, [])
            var length = Int(EVP_PKEY_get_size(key.key))
            var sealed = [UInt8](repeating: 0, count: length)
            try OpenSSL.require(EVP_PKEY_encrypt(context, &sealed, &length, bytes, bytes.count))
            return Array(sealed.prefix(length))
        }
    }

    private static func prepare(_ context: OpaquePointer, _ transport: SAMLKeyTransport, _ label: [UInt8]) throws {
        guard let (digest, mask) = transport.digests else {
            return try OpenSSL.require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING))
        }
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING))
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_oaep_md(context, digest.implementation))
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_mgf1_md(context, mask.implementation))
        guard !label.isEmpty else { return }
        // The library frees it with the context.
        let copy = try OpenSSL.require(CRYPTO_malloc(label.count, nil, 0))
        copy.copyMemory(from: label, byteCount: label.count)
        guard EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, Int32(label.count)) == 1 else {
            CRYPTO_free(copy, nil, 0)
            throw OpenSSL.failed()
        }
    }
}

/// Ciphers over content.
enum SealedContent {
    private static let vectorLength = 12
    private static let tagLength = 16

    /// The content; nil whatever went wrong.
    static func open(_ bytes: [UInt8], _ cipher: SAMLCipher, key: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        guard key.count == cipher.keyLength else { return nil }
        return try? cipher.isAuthenticated ? openGCM(bytes, cipher, key) : openCBC(bytes, cipher, key)
    }

    private static func openGCM(_ bytes: [UInt8], _ cipher: SAMLCipher, _ key: [UInt8]) throws -> [UInt8]? {
        guard bytes.count >= vectorLength + tagLength else { return nil }
        let vector = Array(bytes[..<vectorLength]), body = Array(bytes[vectorLength..<(bytes.count - tagLength)])
        var tag = Array(bytes[(bytes.count - tagLength)...])
        let context = try OpenSSL.require(EVP_CIPHER_CTX_new())
        defer { EVP_CIPHER_CTX_free(context) }
        try OpenSSL.require(EVP_DecryptInit_ex(context, cipher.implementation, nil, key, vector))
        var content = [UInt8](repeating: 0, count: body.count + 16)
        var length: Int32 = 0, rest: Int32 = 0
        try OpenSSL.require(EVP_DecryptUpdate(context, &content, &length, body, Int32(body.count)))
        try OpenSSL.require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag))
        var nothing = [UInt8](repeating: 0, count: 16)
        try OpenSSL.require(EVP_DecryptFinal_ex(context, &nothing, &rest))
        return Array(content.prefix(Int(length)))
    }

    /// XML Encryption §5.2: the last byte says how many are padding, the others may be anything.
    private static func openCBC(_ bytes: [UInt8], _ cipher: SAMLCipher, _ key: [UInt8]) throws -> [UInt8]? {
        let block = cipher.blockLength
        guard bytes.count >= 2 * block, bytes.count % block == 0 else { return nil }
        let body = Array(bytes[block...])
        let context = try OpenSSL.require(EVP_CIPHER_CTX_new())
        defer { EVP_CIPHER_CTX_free(context) }
        try OpenSSL.require(EVP_DecryptInit_ex(context, cipher.implementation, nil, key, Array(bytes[..<block])))
        EVP_CIPHER_CTX_set_padding(context, 0)
        var content = [UInt8](repeating: 0, count: body.count + block)
        var length: Int32 = 0
        try OpenSSL.require(EVP_DecryptUpdate(context, &content, &length, body, Int32(body.count)))
        guard Int(length) == body.count, let padding = content[..<body.count].last, (1...block).contains(Int(padding))
        else { return nil }
        return Array(content.prefix(body.count - Int(padding)))
    }

    /// - Throws: `SAMLError` with `LIBRARY`, `ENC_ALG` for ciphers that are not authenticated.
    static func seal(_ bytes: [UInt8], _ cipher: SAMLCipher, key: [UInt8]) throws -> [UInt8] {
        guard cipher.isAuthenticated else { throw SAMLError(.encryptionAlgorithm, "only AES-GCM is encrypted with") }
        let vector = try OpenSSL.randomBytes(vectorLength)
        let context = try OpenSSL.require(EVP_CIPHER_CTX_new())
        defer { EVP_CIPHER_CTX_free(context) }
        try OpenSSL.require(EVP_EncryptInit_ex(context, cipher.implementation, nil, key, vector))
        var sealed = [UInt8](repeating: 0, count: bytes.count + 16)
        var length: Int32 = 0, rest: Int32 = 0
        try OpenSSL.require(EVP_EncryptUpdate(context, &sealed, &length, bytes, Int32(bytes.count)))
        var nothing = [UInt8](repeating: 0, count: 16)
        try OpenSSL.require(EVP_EncryptFinal_ex(context, &nothing, &rest))
        var tag = [UInt8](repeating: 0, count: tagLength)
        try OpenSSL.require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag))
        return vector + sealed.prefix(Int(length)) + tag
    }
}
