import COpenSSL
import CXMLSec

/// A key of OpenSSL's and the same key as libxmlsec1 holds it, owned.
///
/// `@unchecked Sendable`: both pointers are set once and their keys never changed afterwards; OpenSSL counts references
/// atomically, and every operation works on a duplicate of its own.
final class SAMLKeyMaterial: @unchecked Sendable {
    let key: OpaquePointer
    let kind: SAMLKeyKind
    /// Of RSA's public exponent; 0 for other keys.
    let exponentBits: Int
    private let secKey: xmlSecKeyPtr

    /// Takes the reference over.
    ///
    /// - Throws: `SAMLError` with `KEY` for keys of another kind or a size that is unsound.
    init(owning key: OpaquePointer) throws {
        do {
            try XMLLibrary.require()
            kind = try SAMLKeyKind(key)
            exponentBits = kind.coordinateLength == nil ? try SAMLKeyKind.exponentBits(of: key) : 0
            secKey = try Self.makeSecKey(key)
            self.key = key
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
    }

    deinit {
        xmlSecKeyDestroy(secKey)
        EVP_PKEY_free(key)
    }

    private static func makeSecKey(_ key: OpaquePointer) throws -> xmlSecKeyPtr {
        guard EVP_PKEY_up_ref(key) == 1 else { throw OpenSSL.failed() }
        guard let data = xmlSecOpenSSLEvpKeyAdopt(key) else {
            EVP_PKEY_free(key)
            throw SAMLError(.key, "libxmlsec1 has no use for the key")
        }
        guard let made = xmlSecKeyCreate() else {
            xmlSecKeyDataDestroy(data)
            throw SAMLError(.library, "no memory")
        }
        guard xmlSecKeySetValue(made, data) == 0 else {
            xmlSecKeyDataDestroy(data)
            xmlSecKeyDestroy(made)
            throw SAMLError(.library, "libxmlsec1 did not take the key")
        }
        return made
    }

    /// A key for one context, which owns it.
    func duplicate() throws -> xmlSecKeyPtr {
        guard let key = xmlSecKeyDuplicate(secKey) else { throw SAMLError(.library, "no memory") }
        return key
    }

    /// A context for one operation with this key, which `body` must not keep.
    func withContext<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let context = try OpenSSL.require(EVP_PKEY_CTX_new_from_pkey(nil, key, nil))
        defer { EVP_PKEY_CTX_free(context) }
        return try body(context)
    }
}

/// What kind of key it is.
public enum SAMLKeyKind: Sendable, Equatable, CustomStringConvertible {
    case rsa(bits: Int)
    case p256
    case p384
    case p521

    init(_ key: OpaquePointer) throws {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            let bits = Int(EVP_PKEY_get_bits(key))
            // Below, it is forged; above, one verification takes as long as its author likes.
            guard (1_024...8_192).contains(bits) else { throw SAMLError(.key, "RSA keys have 1,024 to 8,192 bits") }
            guard try Self.exponentBits(of: key) <= 64 else { throw SAMLError(.key, "the RSA exponent is too long") }
            self = .rsa(bits: bits)
        case EVP_PKEY_EC: self = try Self.curve(of: key)
        default: throw SAMLError(.key, "keys are RSA or on P-256, P-384, P-521")
        }
    }

    static func exponentBits(of key: OpaquePointer) throws -> Int {
        var exponent: OpaquePointer?
        try OpenSSL.require(EVP_PKEY_get_bn_param(key, "e", &exponent))
        defer { BN_free(exponent) }
        return Int(BN_num_bits(exponent))
    }

    private static func curve(of key: OpaquePointer) throws -> SAMLKeyKind {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        try OpenSSL.require(EVP_PKEY_get_group_name(key, &name, name.count, &length))
        switch String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self) {
        case "prime256v1", "P-256": return .p256
        case "secp384r1", "P-384": return .p384
        case "secp521r1", "P-521": return .p521
        default: throw SAMLError(.key, "keys are RSA or on P-256, P-384, P-521")
        }
    }

    /// Bytes of a coordinate; nil for RSA.
    var coordinateLength: Int? {
        switch self {
        case .rsa: nil
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// The algorithm that a key of this kind signs with where nobody says another.
    public var usualAlgorithm: SAMLSignatureAlgorithm {
        switch self {
        case .rsa: .rsaSHA256
        case .p256: .ecdsaSHA256
        case .p384: .ecdsaSHA384
        case .p521: .ecdsaSHA512
        }
    }

    func fits(_ algorithm: SAMLSignatureAlgorithm) -> Bool { algorithm.isRSA == (coordinateLength == nil) }

    public var description: String {
        switch self {
        case .rsa(let bits): "RSA \(bits)"
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        }
    }
}
