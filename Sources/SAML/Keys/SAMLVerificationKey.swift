import COpenSSL

/// A public key that somebody's signatures are checked with, or that they are encrypted for. Trust is in the key alone:
/// of a certificate nothing but its key counts, and one that expired works like any other (IIP-MD12).
public struct SAMLVerificationKey: Sendable {
    /// What kind of key it is.
    public let kind: SAMLKeyKind
    /// The certificate it came in, as DER; nil for a bare key.
    public let certificate: [UInt8]?
    /// SHA-256 of the public key's SubjectPublicKeyInfo, by which keys are told apart.
    public let fingerprint: [UInt8]

    let material: SAMLKeyMaterial

    /// Bytes of a certificate or a key; more is refused.
    public static let byteLimit = 32_768

    /// Reads the first certificate or public key of a PEM text.
    ///
    /// - Throws: `SAMLError` with `KEY`.
    public init(pem text: String) throws {
        let der = try PEMText.first(in: text, labels: ["CERTIFICATE", "PUBLIC KEY"])
        try self.init(der: der.bytes, isCertificate: der.label == "CERTIFICATE")
    }

    /// Reads an X.509 certificate in DER.
    ///
    /// - Throws: `SAMLError` with `KEY`.
    public init(certificate der: [UInt8]) throws { try self.init(der: der, isCertificate: true) }

    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// - Throws: `SAMLError` with `KEY`.
    public init(publicKey der: [UInt8]) throws { try self.init(der: der, isCertificate: false) }

    /// Reads a certificate as metadata holds it: base64 with white space in it.
    ///
    /// - Throws: `SAMLError` with `KEY`.
    public init(certificateText text: String) throws {
        guard text.utf8.count <= Self.byteLimit * 2, let der = SAMLBase64.decode(text) else {
            throw SAMLError(.key, "the certificate is not base64")
        }
        try self.init(certificate: der)
    }

    private init(der: [UInt8], isCertificate: Bool) throws {
        guard der.count <= Self.byteLimit else { throw SAMLError(.key, "the key has too many bytes") }
        let key = isCertificate ? Self.key(ofCertificate: der) : Self.key(of: der)
        guard let key else {
            ERR_clear_error()
            throw SAMLError(.key, isCertificate ? "the certificate cannot be read" : "the public key cannot be read")
        }
        material = try SAMLKeyMaterial(owning: key)
        kind = material.kind
        certificate = isCertificate ? der : nil
        fingerprint = try SAMLDigestAlgorithm.sha256.hash(Self.encoded(material.key))
    }

    init(publicPartOf material: SAMLKeyMaterial, certificate: [UInt8]?) throws {
        self.material = material
        kind = material.kind
        self.certificate = certificate
        fingerprint = try SAMLDigestAlgorithm.sha256.hash(Self.encoded(material.key))
    }

    private static func key(ofCertificate der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            guard let certificate = d2i_X509(nil, &start, buffer.count) else { return nil }
            defer { X509_free(certificate) }
            return X509_get_pubkey(certificate)
        }
    }

    private static func key(of der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_PUBKEY(nil, &start, buffer.count)
        }
    }

    private static func encoded(_ key: OpaquePointer) throws -> [UInt8] {
        let length = i2d_PUBKEY(key, nil)
        guard length > 0 else { throw OpenSSL.failed() }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            _ = i2d_PUBKEY(key, &start)
        }
        return bytes
    }

    /// SHA-1 of the certificate, which is what products print; nothing rests on it.
    public func certificateSHA1() throws -> [UInt8]? { try certificate.map { try SAMLDigestAlgorithm.sha1.hash($0) } }
}

extension SAMLVerificationKey: Equatable {
    public static func == (left: SAMLVerificationKey, right: SAMLVerificationKey) -> Bool {
        left.fingerprint == right.fingerprint
    }
}

extension SAMLVerificationKey {
    /// Whether a signature over some bytes holds; whatever is wrong with it, the answer is no. An ECDSA signature is two
    /// numbers after one another (XML Signature §6.4.3) or in DER, which most products send in redirects.
    public func verifies(
        _ signature: [UInt8], over message: [UInt8], _ algorithm: SAMLSignatureAlgorithm,
        policy: SAMLAlgorithmPolicy = .strict
    ) -> Bool {
        guard kind.fits(algorithm), policy.allows(algorithm), isStrongEnough(for: policy),
            let form = form(of: signature), let context = EVP_MD_CTX_new()
        else { return false }
        defer { EVP_MD_CTX_free(context) }
        let isGood =
            EVP_DigestVerifyInit(context, nil, algorithm.digest.implementation, nil, material.key) == 1
            && EVP_DigestVerify(context, form, form.count, message, message.count) == 1
        if !isGood { ERR_clear_error() }
        return isGood
    }

    func isStrongEnough(for policy: SAMLAlgorithmPolicy) -> Bool {
        if case .rsa(let bits) = kind { bits >= policy.minimumRSABits } else { true }
    }

    private func form(of signature: [UInt8]) -> [UInt8]? {
        guard let length = kind.coordinateLength else {
            return signature.count == Int(EVP_PKEY_get_size(material.key)) ? signature : nil
        }
        guard signature.count == 2 * length else { return signature.count <= 2 * length + 16 ? signature : nil }
        return ECDSAForm.der(of: signature)
    }
}

/// The two forms of an ECDSA signature.
enum ECDSAForm {
    static func der(of raw: [UInt8]) -> [UInt8]? {
        let half = raw.count / 2
        let pair = ECDSA_SIG_new()
        defer { ECDSA_SIG_free(pair) }
        let r = BN_bin2bn(Array(raw[..<half]), Int32(half), nil), s = BN_bin2bn(Array(raw[half...]), Int32(half), nil)
        guard let pair, let r, let s, ECDSA_SIG_set0(pair, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(i2d_ECDSA_SIG(pair, nil)))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            _ = i2d_ECDSA_SIG(pair, &start)
        }
        return bytes
    }
}

extension SAMLKeyKind {
    /// As metadata tell it.
    public var metadataKind: MetadataKey.Kind {
        switch self {
        case .rsa(let bits): .rsa(bits: bits)
        case .p256: .ellipticCurve(bits: 256)
        case .p384: .ellipticCurve(bits: 384)
        case .p521: .ellipticCurve(bits: 521)
        }
    }
}
