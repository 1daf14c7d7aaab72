/// Algorithms by the names of XML Signature and XML Encryption.
public enum Algorithm {
    public static let rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    public static let rsaSHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
    public static let rsaSHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
    public static let ecdsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    public static let ecdsaSHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
    public static let ecdsaSHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
    public static let sha1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    public static let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    public static let sha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
    public static let sha512 = "http://www.w3.org/2001/04/xmlenc#sha512"
    public static let aes128GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
    public static let aes256GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    public static let oaepMGF1 = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
    public static let oaep11 = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
}

/// What may be signed and encrypted with, from the most liked on. What is not here is never chosen, whatever a peer says
/// (IIP-ALG08): there is no SHA-1 signature, no CBC and no RSA 1.5 to put here.
public struct AlgorithmPolicy: Sendable, Hashable {
    public private(set) var signatures: [String]
    public private(set) var digests: [String]
    public private(set) var contents: [String]
    public private(set) var keyTransports: [String]
    /// What may neither be chosen nor believed (IIP-ALG08).
    public private(set) var forbidden: Set<String> = []

    /// Everything that has an address and might be forbidden, sound or not.
    public static let named: Set<String> = Set(
        SAMLSignatureAlgorithm.allCases.map(\.rawValue) + SAMLDigestAlgorithm.allCases.map(\.rawValue)
            + SAMLCipher.allCases.map(\.rawValue)
            + [SAMLKeyTransport.mgf1pName, SAMLKeyTransport.oaepName, SAMLKeyTransport.pkcs1Name])

    static let known = (
        signatures: [
            Algorithm.rsaSHA256, Algorithm.ecdsaSHA256, Algorithm.rsaSHA384, Algorithm.ecdsaSHA384, Algorithm.rsaSHA512,
            Algorithm.ecdsaSHA512,
        ], digests: [Algorithm.sha256, Algorithm.sha384, Algorithm.sha512],
        contents: [Algorithm.aes256GCM, Algorithm.aes128GCM], keyTransports: [Algorithm.oaepMGF1, Algorithm.oaep11]
    )

    /// All that is sound.
    public init() {
        (signatures, digests, contents, keyTransports) = Self.known
    }

    /// What is sound, without these.
    ///
    /// - Throws: `unsupported` where nothing would be left of a kind.
    public init(without forbidden: Set<String>) throws(MessageFault) {
        self.init()
        self.forbidden = forbidden
        signatures.removeAll(where: forbidden.contains)
        digests.removeAll(where: forbidden.contains)
        contents.removeAll(where: forbidden.contains)
        keyTransports.removeAll(where: forbidden.contains)
        guard !signatures.isEmpty, !digests.isEmpty, !contents.isEmpty, !keyTransports.isEmpty else {
            throw MessageFault(.unsupported, "every algorithm of a kind is forbidden; leave one of each")
        }
    }

    /// What is believed of others: all that is sound, without what is forbidden.
    public var believed: SAMLAlgorithmPolicy { .strict.without(forbidden) }

    /// What metadata of ours says of it (IIP-MD09).
    public var published: AlgorithmSupport {
        AlgorithmSupport(digests: digests, signatures: signatures.map { AlgorithmSupport.SigningMethod($0) })
    }

    /// What a key of ours to encrypt to is published with.
    public var publishedEncryption: [MetadataKey.EncryptionMethod] {
        (contents + keyTransports).map { MetadataKey.EncryptionMethod($0) }
    }

    /// How a message for a peer is signed with a key of this kind (IIP-MD10).
    ///
    /// - Parameter preferred: taken before all others where it may be.
    /// - Throws: `unsupported` where the peer takes nothing that is sound.
    public func signature(
        for peer: AlgorithmSupport, key: MetadataKey.Kind, preferring preferred: String? = nil
    ) throws(MessageFault) -> (algorithm: String, digest: String) {
        let all = signatures.filter { Self.fits($0, key) }
        let mine = all.filter { $0 == preferred } + all.filter { $0 != preferred }
        let taken =
            peer.signatures.isEmpty
            ? mine
            : mine.filter { name in
                peer.signatures.contains { Exact.same($0.algorithm, name) && $0.allows(bits: key.bits) }
            }
        let digest = peer.digests.isEmpty ? digests.first : digests.first { Exact.holds(peer.digests, $0) }
        guard let algorithm = taken.first, let digest else {
            throw MessageFault(.unsupported, "the peer's metadata takes no signature that is sound")
        }
        return (algorithm, digest)
    }

    private static func fits(_ algorithm: String, _ key: MetadataKey.Kind) -> Bool {
        switch key {
        case .rsa: algorithm.contains("#rsa-")
        case .ellipticCurve: algorithm.contains("#ecdsa-")
        case .other: false
        }
    }

    /// A key of a peer's and how to encrypt to it.
    public struct EncryptionChoice: Sendable, Hashable {
        public let key: MetadataKey
        public let content: String
        public let keyTransport: String
        /// The digest of OAEP.
        public let digest: String
    }

    /// The first key of a peer's that something sound can be encrypted to (IIP-MD08, IIP-MD10).
    ///
    /// - Returns: nil where there is none.
    public func encryption(to keys: [MetadataKey]) -> EncryptionChoice? {
        for key in keys where key.isStrong {
            guard case .rsa = key.kind, let content = chosen(contents, for: key),
                let way = chosen(keyTransports, for: key)
            else { continue }
            // SDP-ALG01: SHA-1 within OAEP is what everybody has, and needs no more than that it be a function.
            let said = key.encryptionMethods.first { Exact.same($0.algorithm, way) }?.digest
            let hashes = [Algorithm.sha1, Algorithm.sha256].filter { !forbidden.contains($0) }
            guard let digest = said ?? hashes.first, Exact.holds(hashes, digest) else { continue }
            return EncryptionChoice(key: key, content: content, keyTransport: way, digest: digest)
        }
        return nil
    }

    /// The one liked best that the key says; of a key that says nothing of this kind, the one liked best.
    private func chosen(_ mine: [String], for key: MetadataKey) -> String? {
        let said = key.encryptionMethods.map(\.algorithm)
        let isContent = mine.contains { Self.known.contents.contains($0) }
        let ofKind = said.filter { isContent ? !Self.isKeyTransport($0) : Self.isKeyTransport($0) }
        return ofKind.isEmpty ? mine.first : mine.first { Exact.holds(ofKind, $0) }
    }

    private static func isKeyTransport(_ name: String) -> Bool {
        name.hasSuffix("#rsa-oaep-mgf1p") || name.hasSuffix("#rsa-oaep") || name.hasSuffix("#rsa-1_5")
            || name.contains("#kw-") || name.contains("#ECDH") || name.contains("#dh")
    }
}

extension AlgorithmSupport.SigningMethod {
    fileprivate func allows(bits: Int?) -> Bool {
        guard let bits else { return minimumBits == nil && maximumBits == nil }
        return bits >= minimumBits ?? 0 && bits <= maximumBits ?? .max
    }
}
