import COpenSSL

extension EVPKey {
    /// Signs with a context of this call's own, so that one key serves any number of threads.
    func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws -> [UInt8] {
        let context = try OpenSSL.require(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        var operation: OpaquePointer?
        try OpenSSL.require(EVP_DigestSignInit(context, &operation, digest(of: algorithm), nil, pointer))
        try Self.configure(operation, algorithm)
        var length = size
        var signature = [UInt8](repeating: 0, count: length)
        try OpenSSL.require(EVP_DigestSign(context, &signature, &length, message, message.count))
        signature.removeLast(signature.count - length)
        guard let curve = algorithm.curve else { return signature }
        return try ECDSASignature.raw(fromDER: signature, on: curve)
    }

    /// Whether a signature holds; whatever is wrong with it, the answer is no.
    func verify(_ signature: [UInt8], over message: [UInt8], _ algorithm: SignatureAlgorithm) throws -> Bool {
        guard let form = try form(of: signature, algorithm) else { return false }
        let context = try OpenSSL.require(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        var operation: OpaquePointer?
        try OpenSSL.require(EVP_DigestVerifyInit(context, &operation, digest(of: algorithm), nil, pointer))
        try Self.configure(operation, algorithm)
        let status = EVP_DigestVerify(context, form, form.count, message, message.count)
        if status != 1 { ERR_clear_error() }
        return status == 1
    }

    /// The signature as OpenSSL takes it; nil for a length that no signature of this key has.
    private func form(of signature: [UInt8], _ algorithm: SignatureAlgorithm) throws -> [UInt8]? {
        if let curve = algorithm.curve { return try ECDSASignature.der(fromRaw: signature, on: curve) }
        return signature.count == size ? signature : nil
    }

    /// Ed25519 hashes by itself.
    private func digest(of algorithm: SignatureAlgorithm) -> OpaquePointer? {
        algorithm.family == .edDSA ? nil : algorithm.hash.implementation
    }

    /// RFC 7518 §3.5: the mask's hash is the message's, which is OpenSSL's default, and the salt as long as it.
    private static func configure(_ operation: OpaquePointer?, _ algorithm: SignatureAlgorithm) throws {
        guard algorithm.family == .rsaPSS else { return }
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING))
        try OpenSSL.require(EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, Int32(algorithm.hash.length)))
    }
}

/// The two forms of an ECDSA signature: r and s beside each other (RFC 7518 §3.4), and OpenSSL's DER.
enum ECDSASignature {
    /// Nil for a wrong length, and where r or s is zero: such a signature once held for every key and message
    /// (CVE-2022-21449). OpenSSL refuses them, too, and whatever is not below the order.
    static func der(fromRaw raw: [UInt8], on curve: EllipticCurve) throws -> [UInt8]? {
        let length = curve.coordinateLength
        guard raw.count == 2 * length else { return nil }
        guard raw[..<length].contains(where: { $0 != 0 }), raw[length...].contains(where: { $0 != 0 }) else {
            return nil
        }
        let signature = try OpenSSL.require(ECDSA_SIG_new())
        defer { ECDSA_SIG_free(signature) }
        try raw.withUnsafeBufferPointer { raw in
            let r = BN_bin2bn(raw.baseAddress, Int32(length), nil)
            let s = BN_bin2bn(raw.baseAddress.map { $0 + length }, Int32(length), nil)
            try OpenSSL.require(ECDSA_SIG_set0(signature, r, s))
        }
        var der = [UInt8](repeating: 0, count: 2 * length + 16)
        let count = der.withUnsafeMutableBufferPointer { out in
            var place = out.baseAddress
            return i2d_ECDSA_SIG(signature, &place)
        }
        guard count > 0, count <= der.count else { throw OpenSSL.failed() }
        der.removeLast(der.count - Int(count))
        return der
    }

    static func raw(fromDER der: [UInt8], on curve: EllipticCurve) throws -> [UInt8] {
        let signature = try der.withUnsafeBufferPointer { der in
            var place = der.baseAddress
            return try OpenSSL.require(d2i_ECDSA_SIG(nil, &place, der.count))
        }
        defer { ECDSA_SIG_free(signature) }
        let length = curve.coordinateLength
        var raw = [UInt8](repeating: 0, count: 2 * length)
        try raw.withUnsafeMutableBufferPointer { raw in
            let (r, s) = (ECDSA_SIG_get0_r(signature), ECDSA_SIG_get0_s(signature))
            let middle = raw.baseAddress.map { $0 + length }
            guard BN_bn2binpad(r, raw.baseAddress, Int32(length)) > 0, BN_bn2binpad(s, middle, Int32(length)) > 0
            else { throw OpenSSL.failed() }
        }
        return raw
    }
}
