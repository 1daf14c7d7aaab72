import COpenSSL

extension EVPKey {
    /// No longer text is read, in bytes.
    static let pemByteLimit = 32_768

    /// Reads an unencrypted private key in PEM (RFC 7468 §10, and the older forms that OpenSSL knows).
    ///
    /// - Throws: `JOSEError` with `malformed_key`.
    static func read(pem text: String) throws -> EVPKey {
        let bytes = Array(text.utf8)
        guard bytes.count <= pemByteLimit else { throw JOSEError(.malformedKey, "PEM") }
        let memory = try OpenSSL.require(BIO_new(BIO_s_mem()))
        defer { BIO_free(memory) }
        guard BIO_write(memory, bytes, Int32(bytes.count)) == Int32(bytes.count) else { throw OpenSSL.failed() }
        // Without a callback of ours OpenSSL would ask the terminal for a password.
        guard let key = PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil) else {
            ERR_clear_error()
            throw JOSEError(.malformedKey, "PEM")
        }
        return EVPKey(owning: key)
    }

    /// What kind of key it is, with what it is made of.
    ///
    /// - Throws: `JOSEError` with `unsupported_key`.
    func parts() throws -> (KeyMaterial, PrivatePart) {
        switch EVP_PKEY_get_base_id(pointer) {
        case EVP_PKEY_RSA: return (try rsaMaterial(), try rsaPrivatePart())
        case EVP_PKEY_EC:
            let curve = try curve()
            return (try material(on: curve), try privatePart(on: curve))
        case EVP_PKEY_ED25519: return (try material(on: OctetCurve.ed25519), try rawPrivatePart())
        default: throw JOSEError(.unsupportedKey, "PEM")
        }
    }

    private func curve() throws -> EllipticCurve {
        let names: [(String, EllipticCurve)] = [("prime256v1", .p256), ("secp384r1", .p384), ("secp521r1", .p521)]
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        try OpenSSL.require(EVP_PKEY_get_group_name(pointer, &name, name.count, &length))
        let said = String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard let found = names.first(where: { $0.0 == said || $0.1.rawValue == said }) else {
            throw JOSEError(.unsupportedKey, "crv")
        }
        return found.1
    }
}
