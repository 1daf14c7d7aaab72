import COpenSSL

/// A key that a role speaks with (SAML Metadata §2.4.1.1).
///
/// By the Metadata Interoperability Profile §2.6.1 a certificate is a way to write a key down and nothing more: whether it
/// has expired, who issued it and what it says it is for decide nothing (IIP-MD12). They are shown to administrators.
public struct MetadataKey: Sendable, Hashable {
    /// What a key is for.
    public enum Use: String, Sendable, Hashable, CaseIterable {
        case signing
        case encryption
    }

    /// The kind of a key, with its size.
    public enum Kind: Sendable, Hashable {
        case rsa(bits: Int)
        case ellipticCurve(bits: Int)
        case other

        public var bits: Int? {
            switch self {
            case .rsa(let bits), .ellipticCurve(let bits): bits
            case .other: nil
            }
        }
    }

    /// Nil for both: a key without a use is one for everything (SAML Errata E62).
    public var use: Use?
    /// The public key as a SubjectPublicKeyInfo in DER.
    public let publicKey: [UInt8]
    public let kind: Kind
    /// The certificate it was written as, in DER.
    public let certificate: [UInt8]?
    /// What stood in the metadata, where that is the certificate's PEM text: some products put it into Base64 once more.
    let written: [UInt8]?
    public let names: [String]
    /// What it says may be encrypted with, from the most preferred on; empty says nothing.
    public var encryptionMethods: [EncryptionMethod]

    /// An algorithm of encryption with what it needs (XML Encryption §3.2).
    public struct EncryptionMethod: Sendable, Hashable {
        public var algorithm: String
        public var digest: String?

        public init(_ algorithm: String, digest: String? = nil) {
            self.algorithm = algorithm
            self.digest = digest
        }
    }

    /// No larger certificate is read, in bytes.
    public static let certificateByteLimit = 16_384

    /// A key as its certificate in DER; nil when it is none, or holds a key that OpenSSL does not know. A certificate in PEM
    /// is taken for what is in it.
    public init?(
        certificate: [UInt8], use: Use? = nil, names: [String] = [], encryptionMethods: [EncryptionMethod] = []
    ) {
        let inside = Self.insidePEM(certificate)
        guard let read = Certificate(der: inside ?? certificate), let key = X509_get_X509_PUBKEY(read.pointer),
            let (spki, kind) = Self.described(key)
        else {
            ERR_clear_error()
            return nil
        }
        (publicKey, self.kind, self.certificate) = (spki, kind, inside ?? certificate)
        (self.use, self.names, self.encryptionMethods) = (use, names, encryptionMethods)
        written = inside == nil ? nil : certificate
    }

    private static func insidePEM(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count <= 2 * certificateByteLimit, bytes.starts(with: Array("-----BEGIN ".utf8)) else { return nil }
        return try? PEMText.first(in: String(decoding: bytes, as: UTF8.self), labels: ["CERTIFICATE"]).bytes
    }

    /// A bare key, as a SubjectPublicKeyInfo in DER; nil when it is none.
    public init?(
        publicKey: [UInt8], use: Use? = nil, names: [String] = [], encryptionMethods: [EncryptionMethod] = []
    ) {
        guard publicKey.count <= Self.certificateByteLimit else { return nil }
        let key: OpaquePointer? = publicKey.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_X509_PUBKEY(nil, &start, buffer.count)
        }
        guard let key else {
            ERR_clear_error()
            return nil
        }
        defer { X509_PUBKEY_free(key) }
        guard let (spki, kind) = Self.described(key) else {
            ERR_clear_error()
            return nil
        }
        (self.publicKey, self.kind, certificate, written) = (spki, kind, nil, nil)
        (self.use, self.names, self.encryptionMethods) = (use, names, encryptionMethods)
    }

    /// Strong enough to believe (SDP-MD06, SDP-MD07): RSA of 2048 bits, curves of 256.
    public var isStrong: Bool {
        switch kind {
        case .rsa(let bits): bits >= 2_048
        case .ellipticCurve(let bits): bits >= 256
        case .other: false
        }
    }

    /// The key to verify by or encrypt to.
    ///
    /// - Throws: `SAMLError` with `KEY` for a kind or size that is unsound.
    public func verificationKey() throws -> SAMLVerificationKey {
        guard let certificate else { return try SAMLVerificationKey(publicKey: publicKey) }
        return try SAMLVerificationKey(certificate: certificate)
    }

    /// SHA-256 of the certificate, or of the key where there is none.
    public var fingerprint: [UInt8] { Self.digest(certificate ?? publicKey, EVP_sha256()) }
    /// SHA-1 of what stood in the metadata, by which older tools name a key.
    public var legacyFingerprint: [UInt8] { Self.digest(written ?? certificate ?? publicKey, EVP_sha1()) }

    /// What the certificate says, for those who look at it.
    public var about: About? { certificate.flatMap(Certificate.init(der:))?.about }

    /// What a certificate says beside its key.
    public struct About: Sendable, Hashable {
        public var subject: String
        /// Seconds since 1970.
        public var notBefore: Int64
        public var notAfter: Int64
    }

    /// A key as it was written: to have it encoded anew out of an `EVP_PKEY` takes OpenSSL 3 longer than to read it, which
    /// in the metadata of a federation is a second.
    private static func described(_ written: OpaquePointer) -> (spki: [UInt8], kind: Kind)? {
        guard let key = X509_PUBKEY_get0(written) else { return nil }
        var buffer: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509_PUBKEY(written, &buffer)
        guard count > 0, let buffer else { return nil }
        // OPENSSL_free is a macro that Swift does not see.
        defer { CRYPTO_free(buffer, nil, 0) }
        let bits = Int(EVP_PKEY_get_bits(key))
        let kind: Kind =
            switch EVP_PKEY_get_base_id(key) {
            case EVP_PKEY_RSA: .rsa(bits: bits)
            case EVP_PKEY_EC: .ellipticCurve(bits: bits)
            default: .other
            }
        return (Array(UnsafeBufferPointer(start: buffer, count: Int(count))), kind)
    }

    private static func digest(_ bytes: [UInt8], _ kind: OpaquePointer?) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &count, kind, nil) == 1 else { return [] }
        return Array(digest.prefix(Int(count)))
    }
}

/// A certificate of OpenSSL's, owned for as long as it is looked at.
private final class Certificate {
    let pointer: OpaquePointer

    init?(der: [UInt8]) {
        guard (1...MetadataKey.certificateByteLimit).contains(der.count) else { return nil }
        let read: OpaquePointer? = der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_X509(nil, &start, buffer.count)
        }
        guard let read else {
            ERR_clear_error()
            return nil
        }
        pointer = read
    }

    deinit { X509_free(pointer) }

    var about: MetadataKey.About {
        MetadataKey.About(
            subject: subject, notBefore: seconds(X509_get0_notBefore(pointer)),
            notAfter: seconds(X509_get0_notAfter(pointer)))
    }

    private var subject: String {
        guard let name = X509_get_subject_name(pointer) else { return "" }
        var buffer = [CChar](repeating: 0, count: 512)
        guard X509_NAME_oneline(name, &buffer, Int32(buffer.count)) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return 0 }
        defer { ASN1_STRING_free(epoch) }
        var (days, rest): (Int32, Int32) = (0, 0)
        guard ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else { return 0 }
        return Int64(days) * 86_400 + Int64(rest)
    }
}
