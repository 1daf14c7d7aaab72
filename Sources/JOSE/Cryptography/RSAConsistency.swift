import COpenSSL

/// Whether the numbers of an RSA key are of one key (RFC 8017 §3.2). OpenSSL does not ask: given wrong factors it computes
/// the slow way, and the key would work until it meets somebody who does not.
final class RSAConsistency {
    private let context: OpaquePointer
    private var numbers: [OpaquePointer] = []

    private init() throws { context = try OpenSSL.require(BN_CTX_secure_new()) }

    deinit {
        for number in numbers { BN_clear_free(number) }
        BN_CTX_free(context)
    }

    /// - Throws: `JOSEError` with `malformed_key`, naming the member that does not fit.
    static func require(modulus: [UInt8], exponent: [UInt8], _ secret: EVPKey.PrivatePart) throws {
        let check = try RSAConsistency()
        let n = try check.number(SecretOctets(modulus)), e = try check.number(SecretOctets(exponent))
        let d = try check.number(secret.d)
        let factors = try secret.factors.map { try check.number($0) }
        guard factors.count == EVPKey.PrivatePart.factorNames.count else { throw JOSEError(.malformedKey, "p") }
        let (p, q, dp, dq, qi) = (factors[0], factors[1], factors[2], factors[3], factors[4])
        guard BN_is_odd(p) == 1, BN_is_odd(q) == 1, BN_cmp(try check.product(p, q), n) == 0 else {
            throw JOSEError(.malformedKey, "p")
        }
        let (p1, q1) = (try check.less(p), try check.less(q))
        guard try check.isInverse(e, dp, p1) else { throw JOSEError(.malformedKey, "dp") }
        guard try check.isInverse(e, dq, q1) else { throw JOSEError(.malformedKey, "dq") }
        guard try check.isInverse(q, qi, p) else { throw JOSEError(.malformedKey, "qi") }
        guard BN_cmp(d, n) < 0, try check.isInverse(e, d, p1), try check.isInverse(e, d, q1) else {
            throw JOSEError(.malformedKey, "d")
        }
    }

    private func keep(_ number: OpaquePointer?) throws -> OpaquePointer {
        let number = try OpenSSL.require(number)
        numbers.append(number)
        return number
    }

    private func number(_ octets: SecretOctets) throws -> OpaquePointer {
        try keep(octets.withBytes { BN_bin2bn($0.baseAddress, Int32($0.count), nil) })
    }

    private func product(_ a: OpaquePointer, _ b: OpaquePointer) throws -> OpaquePointer {
        let product = try keep(BN_new())
        try OpenSSL.require(BN_mul(product, a, b, context))
        return product
    }

    /// One less than a factor.
    private func less(_ a: OpaquePointer) throws -> OpaquePointer {
        let less = try keep(BN_dup(a))
        try OpenSSL.require(BN_sub_word(less, 1))
        guard BN_is_zero(less) == 0 else { throw JOSEError(.malformedKey, "p") }
        return less
    }

    private func isInverse(_ a: OpaquePointer, _ b: OpaquePointer, _ modulus: OpaquePointer) throws -> Bool {
        let product = try keep(BN_new())
        try OpenSSL.require(BN_mod_mul(product, a, b, modulus, context))
        return BN_is_one(product) == 1
    }
}
