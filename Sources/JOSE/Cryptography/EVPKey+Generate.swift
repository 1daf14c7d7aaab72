import COpenSSL

extension EVPKey {
    /// A new RSA pair with the exponent 65537.
    static func generateRSA(bits: Int) throws -> EVPKey {
        try generate("RSA") { EVP_PKEY_CTX_set_rsa_keygen_bits($0, Int32(bits)) }
    }

    static func generate(_ curve: EllipticCurve) throws -> EVPKey {
        try generate("EC") { EVP_PKEY_CTX_set_group_name($0, curve.rawValue) }
    }

    static func generate(_ curve: OctetCurve) throws -> EVPKey {
        try generate(curve.rawValue.uppercased()) { _ in 1 }
    }

    private static func generate(_ type: String, _ configure: (OpaquePointer) -> Int32) throws -> EVPKey {
        let context = try OpenSSL.require(EVP_PKEY_CTX_new_from_name(nil, type, nil))
        defer { EVP_PKEY_CTX_free(context) }
        try OpenSSL.require(EVP_PKEY_keygen_init(context))
        try OpenSSL.require(configure(context))
        var key: OpaquePointer?
        try OpenSSL.require(EVP_PKEY_generate(context, &key))
        return EVPKey(owning: try OpenSSL.require(key))
    }
}

// What a key is, read back from it.
extension EVPKey {
    func rsaMaterial() throws -> KeyMaterial {
        .rsa(modulus: try number("n").reveal(), exponent: try number("e").reveal())
    }

    func material(on curve: EllipticCurve) throws -> KeyMaterial {
        let length = curve.coordinateLength
        return .ellipticCurve(
            curve, x: try number("qx", length: length).reveal(), y: try number("qy", length: length).reveal())
    }

    func material(on curve: OctetCurve) throws -> KeyMaterial { .octetKeyPair(curve, x: try rawPublicKey()) }

    func rsaPrivatePart() throws -> PrivatePart {
        PrivatePart(d: try number("d"), factors: try PrivatePart.parameters.map { try number($0) })
    }

    func privatePart(on curve: EllipticCurve) throws -> PrivatePart {
        PrivatePart(d: try number("priv", length: curve.coordinateLength))
    }

    func rawPrivatePart() throws -> PrivatePart {
        var length = OctetCurve.keyLength
        let secret = try SecretOctets(count: length) { start in
            try OpenSSL.require(EVP_PKEY_get_raw_private_key(pointer, start, &length))
        }
        return PrivatePart(d: secret)
    }

    func rawPublicKey() throws -> [UInt8] {
        var length = OctetCurve.keyLength
        var bytes = [UInt8](repeating: 0, count: length)
        try OpenSSL.require(EVP_PKEY_get_raw_public_key(pointer, &bytes, &length))
        return bytes
    }

    /// A number of the key, big end first: in as many bytes as it needs, or in `length`.
    private func number(_ name: String, length: Int? = nil) throws -> SecretOctets {
        var number: OpaquePointer?
        try OpenSSL.require(EVP_PKEY_get_bn_param(pointer, name, &number))
        defer { BN_clear_free(number) }
        let count = length ?? (Int(BN_num_bits(number)) + 7) / 8
        return try SecretOctets(count: count) { start in
            guard BN_bn2binpad(number, start, Int32(count)) == Int32(count) else { throw OpenSSL.failed() }
        }
    }
}
