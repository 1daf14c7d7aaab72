import COpenSSL

/// How content is encrypted (XML Encryption 1.1 §5.2).
public enum SAMLCipher: String, Sendable, CaseIterable {
    case aes128GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
    case aes192GCM = "http://www.w3.org/2009/xmlenc11#aes192-gcm"
    case aes256GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    case aes128CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
    case aes192CBC = "http://www.w3.org/2001/04/xmlenc#aes192-cbc"
    case aes256CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
    case tripleDESCBC = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"

    /// Whether a changed ciphertext is noticed. Of the others, errors give the plaintext away.
    public var isAuthenticated: Bool {
        switch self {
        case .aes128GCM, .aes192GCM, .aes256GCM: true
        case .aes128CBC, .aes192CBC, .aes256CBC, .tripleDESCBC: false
        }
    }

    var keyLength: Int {
        switch self {
        case .aes128GCM, .aes128CBC: 16
        case .aes192GCM, .aes192CBC, .tripleDESCBC: 24
        case .aes256GCM, .aes256CBC: 32
        }
    }

    var blockLength: Int { self == .tripleDESCBC ? 8 : 16 }

    var implementation: OpaquePointer? {
        switch self {
        case .aes128GCM: EVP_aes_128_gcm()
        case .aes192GCM: EVP_aes_192_gcm()
        case .aes256GCM: EVP_aes_256_gcm()
        case .aes128CBC: EVP_aes_128_cbc()
        case .aes192CBC: EVP_aes_192_cbc()
        case .aes256CBC: EVP_aes_256_cbc()
        case .tripleDESCBC: EVP_des_ede3_cbc()
        }
    }
}

/// How the content's key is encrypted for a recipient's RSA key (XML Encryption 1.1 §5.5).
public enum SAMLKeyTransport: Sendable, Hashable {
    /// `xmlenc#rsa-oaep-mgf1p`: the mask is by SHA-1 always, the digest as it is said.
    case oaepMGF1P(digest: SAMLDigestAlgorithm)
    /// `xmlenc11#rsa-oaep`: both as they are said.
    case oaep(digest: SAMLDigestAlgorithm, mask: SAMLDigestAlgorithm)
    /// `xmlenc#rsa-1_5`, whose errors give the key away: legacy messages at the command line only.
    case pkcs1

    static let mgf1pName = XMLNamespace.encryption + "rsa-oaep-mgf1p"
    static let oaepName = XMLNamespace.encryption11 + "rsa-oaep"
    static let pkcs1Name = XMLNamespace.encryption + "rsa-1_5"

    /// The address that it is named by.
    public var name: String {
        switch self {
        case .oaepMGF1P: Self.mgf1pName
        case .oaep: Self.oaepName
        case .pkcs1: Self.pkcs1Name
        }
    }

    var digests: (digest: SAMLDigestAlgorithm, mask: SAMLDigestAlgorithm)? {
        switch self {
        case .oaepMGF1P(let digest): (digest, .sha1)
        case .oaep(let digest, let mask): (digest, mask)
        case .pkcs1: nil
        }
    }
}

extension SAMLDigestAlgorithm {
    /// The address of MGF1 with this hash (XML Encryption 1.1 §5.5.2).
    var maskName: String { XMLNamespace.encryption11 + "mgf1" + suffix }

    private var suffix: String {
        switch self {
        case .sha1: "sha1"
        case .sha256: "sha256"
        case .sha384: "sha384"
        case .sha512: "sha512"
        }
    }
}
