import COpenSSL

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
