/// Public keys under their names, unchanging: a snapshot that requests read without a lock, and that a refreshed one
/// replaces (RFC 7517 §5).
///
/// A token is checked with the one key it names, or with the only one there is when it names none. A name that is not
/// here is refused; whether to fetch the set anew is for the caller to decide, once in a while.
public struct JSONWebKeySet: Sendable {
    /// Keys that check signatures.
    public let verificationKeys: [VerificationKey]
    /// Keys that others encrypt for.
    public let encryptionKeys: [EncryptionKey]
    /// Keys of a set that was read that are not used, with the reason: another type, curve, algorithm or use.
    public let ignored: [Ignored]

    /// A key that a set held and that is not used.
    public struct Ignored: Sendable {
        /// Its place in the set.
        public let index: Int
        public let reason: JOSEError.Reason
    }

    /// Keys in one set.
    public static let countLimit = 100
    /// Bytes of one set.
    public static let byteLimit = 262_144

    private let places: [String: Int]

    /// A set of these keys: all of them public, or all of them shared secrets, no name twice.
    ///
    /// - Throws: `JOSEError`: `duplicate_key_id`, `mixed_key_set`, `too_many_keys`.
    public init(_ verificationKeys: [VerificationKey], encryptionKeys: [EncryptionKey] = []) throws {
        try self.init(verificationKeys, encryptionKeys, ignored: [])
    }

    private init(
        _ verificationKeys: [VerificationKey], _ encryptionKeys: [EncryptionKey], ignored: [Ignored]
    ) throws {
        guard verificationKeys.count + encryptionKeys.count <= Self.countLimit else { throw JOSEError(.tooManyKeys) }
        guard Set(verificationKeys.map(\.algorithm.isSymmetric)).count <= 1 else { throw JOSEError(.mixedKeySet) }
        var places: [String: Int] = [:]
        for (place, key) in verificationKeys.enumerated() {
            guard let keyID = key.keyID else { continue }
            guard places.updateValue(place, forKey: keyID) == nil else { throw JOSEError(.duplicateKeyID) }
        }
        self.verificationKeys = verificationKeys
        self.encryptionKeys = encryptionKeys
        self.ignored = ignored
        self.places = places
    }

    /// The key that a header names.
    ///
    /// - Throws: `JOSEError`: `unknown_key`, `ambiguous_key` where no name is given and there are several keys.
    public func verificationKey(for header: JOSEHeader) throws -> VerificationKey {
        guard let keyID = header.keyID else {
            guard verificationKeys.count == 1 else {
                throw JOSEError(verificationKeys.isEmpty ? .unknownKey : .ambiguousKey, "kid")
            }
            return verificationKeys[0]
        }
        guard let place = places[keyID], let own = verificationKeys[place].keyID, isIdentical(own, keyID) else {
            throw JOSEError(.unknownKey, "kid")
        }
        return verificationKeys[place]
    }

    /// Whether a key of this name is in the set.
    public func contains(keyID: String) -> Bool { places[keyID] != nil }
}

extension JSONWebKeySet {
    /// Reads a set as it was fetched. Keys we have no use for are left out (RFC 7517 §5) and listed in `ignored`; a set
    /// with a private key, a shared secret or one name twice is refused whole.
    ///
    /// An RSA key that does not say its algorithm is pinned to `unmarkedRSA`.
    ///
    /// - Throws: `JOSEError`.
    public init(parsing bytes: [UInt8], unmarkedRSA: SignatureAlgorithm = .rs256) throws {
        guard bytes.count <= Self.byteLimit else { throw JOSEError(.tooLarge, "keys") }
        try self.init(try JSONObject(parsing: bytes), unmarkedRSA: unmarkedRSA)
    }

    /// Reads a set from its JSON object: one in a client's metadata, for example.
    ///
    /// - Throws: `JOSEError`, as `init(parsing:unmarkedRSA:)`.
    public init(_ json: JSONObject, unmarkedRSA: SignatureAlgorithm = .rs256) throws {
        guard let keys = json["keys"]?.array else { throw JOSEError(.malformedKey, "keys") }
        guard keys.count <= Self.countLimit else { throw JOSEError(.tooManyKeys) }
        var gathered = Gathered(unmarkedRSA: unmarkedRSA)
        for (index, key) in keys.enumerated() { try gathered.take(key, at: index) }
        try self.init(gathered.verification, gathered.encryption, ignored: gathered.ignored)
    }

    /// The set as it is published: public keys only, shared secrets left out.
    public var json: JSONObject {
        let keys = verificationKeys.compactMap(\.publicKey) + encryptionKeys.compactMap(\.publicKey)
        return ["keys": .array(keys.map { .object($0.json) })]
    }

    private struct Gathered {
        let unmarkedRSA: SignatureAlgorithm
        var verification: [VerificationKey] = []
        var encryption: [EncryptionKey] = []
        var ignored: [Ignored] = []

        /// What makes the whole set untrustworthy is thrown; what concerns one key is noted.
        mutating func take(_ value: JSONValue, at index: Int) throws {
            guard let json = value.object else { throw JOSEError(.malformedKey, "keys") }
            do {
                let key = try JSONWebKey(json)
                if key.isForEncryption {
                    encryption.append(try EncryptionKey(key))
                } else {
                    verification.append(try VerificationKey(key, algorithm: pin(of: key)))
                }
            } catch let error as JOSEError where error.reason != .privateKeyExposed {
                ignored.append(Ignored(index: index, reason: error.reason))
            }
        }

        private func pin(of key: JSONWebKey) -> SignatureAlgorithm? {
            if case .rsa = key.material, key.algorithm == nil { unmarkedRSA } else { nil }
        }
    }
}

extension JSONWebKey {
    /// Whether it says, by use, operations or algorithm, that one encrypts for it.
    var isForEncryption: Bool {
        if case .octetKeyPair(.x25519, _) = material { return true }
        if use == "enc" { return true }
        if let algorithm, KeyManagementAlgorithm(rawValue: algorithm) != nil { return true }
        return operations.map { $0.contains("encrypt") || $0.contains("wrapKey") } ?? false
    }
}
