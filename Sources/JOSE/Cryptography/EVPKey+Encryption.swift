import COpenSSL

// RSAES-OAEP (RFC 7518 §4.3): the mask's hash is the label's.
extension EVPKey {
    func encryptOAEP(_ secret: SecretOctets, _ hash: OAEPHash) throws -> [UInt8] {
        try withContext { context in
            try OpenSSL.require(EVP_PKEY_encrypt_init(context))
            try Self.configureOAEP(context, hash)
            var length = size
            var out = [UInt8](repeating: 0, count: length)
            try secret.withBytes {
                try OpenSSL.require(EVP_PKEY_encrypt(context, &out, &length, $0.baseAddress, $0.count))
            }
            return Array(out[..<length])
        }
    }

    /// Nil when the padding is not one that `encryptOAEP` makes.
    func decryptOAEP(_ encrypted: [UInt8], _ hash: OAEPHash) throws -> SecretOctets? {
        guard encrypted.count == size else { return nil }
        return try withContext { context in
            try OpenSSL.require(EVP_PKEY_decrypt_init(context))
            try Self.configureOAEP(context, hash)
            var length = size
            var isSound = false
            let out = SecretOctets(count: size) { start in
                isSound = EVP_PKEY_decrypt(context, start, &length, encrypted, encrypted.count) == 1
            }
            if !isSound { ERR_clear_error() }
            return isSound ? out.split(at: length).0 : nil
        }
    }

    enum OAEPHash { case sha1, sha256 }

    private static func configureOAEP(_ context: OpaquePointer, _ hash: OAEPHash) throws {
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING))
        let implementation = hash == .sha1 ? EVP_sha1() : EVP_sha256()
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_oaep_md(context, implementation))
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_mgf1_md(context, implementation))
    }
}

extension EVPKey {
    /// What both sides of a key agreement compute; nil where the other key gives nothing away of this one, as points
    /// of small order do (RFC 7748 §6.1).
    func agree(with other: EVPKey) throws -> SecretOctets? {
        try withContext { context in
            try OpenSSL.require(EVP_PKEY_derive_init(context))
            guard EVP_PKEY_derive_set_peer(context, other.pointer) == 1 else {
                ERR_clear_error()
                return nil
            }
            var length = 0
            try OpenSSL.require(EVP_PKEY_derive(context, nil, &length))
            var isSound = false
            let secret = SecretOctets(count: length) { start in
                isSound = EVP_PKEY_derive(context, start, &length) == 1
            }
            if !isSound { ERR_clear_error() }
            let isZero = secret.withBytes { $0.reduce(0, |) } == 0
            return isSound && length == secret.count && !isZero ? secret : nil
        }
    }
}
