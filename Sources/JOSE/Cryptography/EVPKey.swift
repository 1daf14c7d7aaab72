import COpenSSL

/// A key of OpenSSL's, owned.
///
/// `@unchecked Sendable`: the pointer is set once and its key never changed afterwards; OpenSSL counts references
/// atomically and guards its own caches with locks, and every operation has a context of its own.
final class EVPKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes the reference over.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    /// Bytes of an RSA modulus, or the most a signature of another key can have.
    var size: Int { Int(EVP_PKEY_get_size(pointer)) }

    /// A context for one operation with this key, which `body` must not keep.
    func withContext<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let context = try OpenSSL.require(EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil))
        defer { EVP_PKEY_CTX_free(context) }
        return try body(context)
    }
}

extension EVPKey {
    /// What is known of a private key beside its public part, by the members of RFC 7518 §6.2.2 and §6.3.2.
    struct PrivatePart: Sendable {
        var d: SecretOctets
        /// `p`, `q`, `dp`, `dq`, `qi` of an RSA key, in this order; empty for others.
        var factors: [SecretOctets] = []

        /// Names of the members of `factors`.
        static let factorNames = ["p", "q", "dp", "dq", "qi"]
        /// What OpenSSL calls them.
        static let parameters = [
            "rsa-factor1", "rsa-factor2", "rsa-exponent1", "rsa-exponent2", "rsa-coefficient1",
        ]
    }

    /// A key of this material, a pair when the private part is given.
    ///
    /// - Throws: `JOSEError` with `malformed_key` when the parts make no key: a point beside its curve, for example.
    static func make(_ material: KeyMaterial, _ secret: PrivatePart? = nil) throws -> EVPKey {
        do {
            switch material {
            case .rsa(let modulus, let exponent): return try rsa(modulus, exponent, secret)
            case .ellipticCurve(let curve, let x, let y): return try elliptic(curve, x, y, secret)
            case .octetKeyPair(let curve, let x): return try octets(curve, x, secret)
            }
        } catch let error as JOSEError where error.reason == .cryptographyFailed {
            throw JOSEError(.malformedKey)
        }
    }

    private static func rsa(_ modulus: [UInt8], _ exponent: [UInt8], _ secret: PrivatePart?) throws -> EVPKey {
        let parameters = try KeyParameters()
        try parameters.add("n", number: SecretOctets(modulus))
        try parameters.add("e", number: SecretOctets(exponent))
        guard let secret else { return try parameters.key(of: "RSA", isPair: false) }
        try parameters.add("d", number: secret.d)
        for (name, factor) in zip(PrivatePart.parameters, secret.factors) {
            try parameters.add(name, number: factor)
        }
        return try parameters.key(of: "RSA", isPair: true)
    }

    private static func elliptic(
        _ curve: EllipticCurve, _ x: [UInt8], _ y: [UInt8], _ secret: PrivatePart?
    ) throws -> EVPKey {
        let parameters = try KeyParameters()
        try parameters.add("group", text: curve.rawValue)
        // SEC 1 §2.3.3: the uncompressed form.
        try parameters.add("pub", octets: [4] + x + y)
        if let secret { try parameters.add("priv", number: secret.d) }
        let key = try parameters.key(of: "EC", isPair: secret != nil)
        try key.withContext { context in
            try OpenSSL.require(EVP_PKEY_public_check(context))
            if secret != nil { try OpenSSL.require(EVP_PKEY_pairwise_check(context)) }
        }
        return key
    }

    private static func octets(_ curve: OctetCurve, _ x: [UInt8], _ secret: PrivatePart?) throws -> EVPKey {
        let name = curve.rawValue.uppercased()
        guard let secret else {
            return EVPKey(
                owning: try OpenSSL.require(EVP_PKEY_new_raw_public_key_ex(nil, name, nil, x, x.count)))
        }
        let pointer = secret.d.withBytes {
            EVP_PKEY_new_raw_private_key_ex(nil, name, nil, $0.baseAddress, $0.count)
        }
        let key = EVPKey(owning: try OpenSSL.require(pointer))
        // The public key follows from the private one; what was said of it must be that.
        guard try key.rawPublicKey() == x else { throw JOSEError(.malformedKey, "x") }
        return key
    }
}
