import COpenSSL

/// How a signature is made, named by its address in XML Signature and RFC 9231.
public enum SAMLSignatureAlgorithm: String, Sendable, CaseIterable {
    case rsaSHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    case rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    case rsaSHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
    case rsaSHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
    case ecdsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    case ecdsaSHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
    case ecdsaSHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"

    /// Whether keys are RSA's; else they are points of a curve.
    public var isRSA: Bool {
        switch self {
        case .rsaSHA1, .rsaSHA256, .rsaSHA384, .rsaSHA512: true
        case .ecdsaSHA256, .ecdsaSHA384, .ecdsaSHA512: false
        }
    }

    /// The hash of what is signed.
    public var digest: SAMLDigestAlgorithm {
        switch self {
        case .rsaSHA1: .sha1
        case .rsaSHA256, .ecdsaSHA256: .sha256
        case .rsaSHA384, .ecdsaSHA384: .sha384
        case .rsaSHA512, .ecdsaSHA512: .sha512
        }
    }
}

/// A hash, named by its address in XML Signature, XML Encryption and RFC 9231.
public enum SAMLDigestAlgorithm: String, Sendable, CaseIterable {
    case sha1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    case sha256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    case sha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
    case sha512 = "http://www.w3.org/2001/04/xmlenc#sha512"

    /// Bytes of the hash.
    public var length: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    var implementation: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }

    /// The hash of some bytes.
    ///
    /// - Throws: `SAMLError` with `LIBRARY`.
    public func hash(_ bytes: [UInt8]) throws -> [UInt8] { try OpenSSL.digest(bytes, implementation) }
}

/// Which algorithms and keys are believed. There is one policy for everything that a service does: RSA of 2,048 bits and
/// more or the NIST curves, SHA-2, exclusive canonicalization, AES-GCM and OAEP.
public struct SAMLAlgorithmPolicy: Sendable, Equatable {
    let allowsSHA1: Bool
    let minimumRSABits: Int
    let allowsInclusiveCanonicalization: Bool
    let allowsEmptyReference: Bool
    let allowsUnauthenticatedEncryption: Bool
    /// By their addresses; refused whatever else is allowed (IIP-ALG08).
    private(set) var forbidden: Set<String> = []

    /// The only policy that a service reaches.
    public static let strict = SAMLAlgorithmPolicy(
        allowsSHA1: false, minimumRSABits: 2_048, allowsInclusiveCanonicalization: false, allowsEmptyReference: false,
        allowsUnauthenticatedEncryption: false)

    /// For looking at old messages from the command line, and for nothing else: RSA-SHA1, RSA of 1,024 bits, inclusive
    /// canonicalization, `URI=""` on the root, CBC and RSA-1_5, whose errors tell whoever asks often enough the plaintext.
    @_spi(SAMLDebugging) public static let legacy = SAMLAlgorithmPolicy(
        allowsSHA1: true, minimumRSABits: 1_024, allowsInclusiveCanonicalization: true, allowsEmptyReference: true,
        allowsUnauthenticatedEncryption: true)

    init(
        allowsSHA1: Bool, minimumRSABits: Int, allowsInclusiveCanonicalization: Bool, allowsEmptyReference: Bool,
        allowsUnauthenticatedEncryption: Bool
    ) {
        self.allowsSHA1 = allowsSHA1
        self.minimumRSABits = minimumRSABits
        self.allowsInclusiveCanonicalization = allowsInclusiveCanonicalization
        self.allowsEmptyReference = allowsEmptyReference
        self.allowsUnauthenticatedEncryption = allowsUnauthenticatedEncryption
    }

    /// The same without these, by their addresses.
    public func without(_ algorithms: Set<String>) -> SAMLAlgorithmPolicy {
        var policy = self
        policy.forbidden.formUnion(algorithms)
        return policy
    }

    /// Of a Reference.
    func allows(_ algorithm: SAMLDigestAlgorithm) -> Bool {
        (allowsSHA1 || algorithm != .sha1) && !forbidden.contains(algorithm.rawValue)
    }

    func allows(_ algorithm: SAMLSignatureAlgorithm) -> Bool {
        (allowsSHA1 || algorithm.digest != .sha1) && !forbidden.contains(algorithm.rawValue)
    }

    func allows(_ cipher: SAMLCipher) -> Bool {
        (cipher.isAuthenticated || allowsUnauthenticatedEncryption) && !forbidden.contains(cipher.rawValue)
    }

    func allows(_ transport: SAMLKeyTransport) -> Bool {
        guard transport != .pkcs1 || allowsUnauthenticatedEncryption, !forbidden.contains(transport.name) else {
            return false
        }
        return transport.digests.map { !forbidden.contains($0.digest.rawValue) } ?? true
    }
}
