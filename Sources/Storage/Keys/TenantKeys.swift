import Crypto
import Vocabulary

/// The keys of one tenant: by purpose and generation. The first generation is derived from the tenant's key; each later
/// one is drawn at random when a purpose is rotated, so that nothing older leads to it, and can be destroyed.
struct TenantKeys {
    struct Slot: Hashable {
        let purpose: KeyPurpose
        let generation: Int64
    }
    struct PurposeKey {
        let id: KeyID
        let key: SymmetricKey
    }

    let tenant: TenantID
    let root: SymmetricKey
    /// Generations in force per purpose, 1 when absent.
    var generations: [KeyPurpose: Int64] = [:]
    private var drawn: [Slot: SymmetricKey] = [:]
    /// Ids of keys that are no more.
    private var retired: [Slot: KeyID] = [:]
    /// Public halves of signing keys that are no more.
    private var published: [Slot: PublishedKey] = [:]
    private var derived: [Slot: PurposeKey] = [:]
    private var byID: [KeyID: Slot] = [:]

    init(tenant: TenantID, root: SymmetricKey) {
        self.tenant = tenant
        self.root = root
    }

    mutating func active(_ purpose: KeyPurpose) -> PurposeKey {
        derive(Slot(purpose: purpose, generation: generations[purpose] ?? 1))
    }

    /// Throws `keys.retired` for a key that is no more, `keys.unknown` for one that never was.
    mutating func key(_ id: KeyID, _ purpose: KeyPurpose) throws -> PurposeKey {
        if let slot = byID[id] {
            guard slot.purpose == purpose else { throw AuthenticatedCipher.refused }
            return derive(slot)
        }
        for generation in stride(from: generations[purpose] ?? 1, through: 1, by: -1) {
            let slot = Slot(purpose: purpose, generation: generation)
            if let gone = retired[slot] {
                if gone == id { throw Self.gone }
                continue
            }
            let candidate = derive(slot)
            if candidate.id == id { return candidate }
        }
        throw Fault("keys.unknown", .ourselves, "A sealed value names a key that this key ring does not hold.")
    }

    /// Every generation that is still a key, oldest first.
    mutating func held(_ purpose: KeyPurpose) -> [(generation: Int64, key: PurposeKey)] {
        (1...(generations[purpose] ?? 1)).compactMap { generation in
            let slot = Slot(purpose: purpose, generation: generation)
            return retired[slot] == nil ? (generation, derive(slot)) : nil
        }
    }

    /// The public halves of every signing key there ever was, oldest first.
    mutating func signers() -> [PublishedKey] {
        (1...(generations[.headSigning] ?? 1)).compactMap { generation in
            let slot = Slot(purpose: .headSigning, generation: generation)
            return retired[slot] == nil ? Self.publicHalf(of: derive(slot).key) : published[slot]
        }
    }

    /// Takes up a generation that was drawn.
    mutating func add(_ secret: SymmetricKey, _ slot: Slot) {
        drawn[slot] = secret
        generations[slot.purpose] = max(generations[slot.purpose] ?? 1, slot.generation)
    }

    /// Forgets a generation for good.
    mutating func retire(_ slot: Slot, id: KeyID, publicKey: [UInt8]?) {
        drawn[slot] = nil
        derived[slot] = nil
        byID[id] = nil
        retired[slot] = id
        published[slot] = publicKey.map { PublishedKey(publicKey: $0) }
        generations[slot.purpose] = max(generations[slot.purpose] ?? 1, slot.generation)
    }

    private mutating func derive(_ slot: Slot) -> PurposeKey {
        if let known = derived[slot] { return known }
        let made = Self.make(slot, from: drawn[slot] ?? root)
        derived[slot] = made
        byID[made.id] = slot
        return made
    }

    /// A purpose's key out of what it is derived from: the tenant's key, or what was drawn for this generation.
    static func make(_ slot: Slot, from secret: SymmetricKey) -> PurposeKey {
        var info = Array("gatehouse purpose key v1".utf8)
        info.append(slot.purpose.rawValue)
        info.append(bigEndian: slot.generation)
        let key = HKDF<SHA256>.deriveKey(inputKeyMaterial: secret, info: info + [1], outputByteCount: 32)
        // A signing key is named by the hash of its public half, so that a head names exactly one key to an outsider.
        if slot.purpose == .headSigning, let published = publicHalf(of: key) {
            return PurposeKey(id: published.id, key: key)
        }
        let bytes = HKDF<SHA256>.deriveKey(inputKeyMaterial: secret, info: info + [0], outputByteCount: 16).bytes
        let id = KeyID(high: bytes[..<8].bigEndianNumber, low: bytes[8...].bigEndianNumber)
        return PurposeKey(id: id, key: key)
    }

    static func publicHalf(of key: SymmetricKey) -> PublishedKey? {
        let signer = try? Curve25519.Signing.PrivateKey(rawRepresentation: key.bytes)
        return signer.map { PublishedKey(publicKey: Array($0.publicKey.rawRepresentation)) }
    }

    private static var gone: Fault {
        Fault(
            "keys.retired", .ourselves, "A sealed value names a key that was retired.",
            remedy:
                "The key was destroyed when nothing stood under it; a value of before that comes from a backup only.")
    }
}

/// The public half of a key that signs heads.
public struct PublishedKey: Hashable, Sendable, Codable {
    /// The first 16 bytes of SHA-256 over the public key.
    public let id: KeyID
    /// Ed25519 (RFC 8032), 32 bytes.
    public let publicKey: [UInt8]

    public init(publicKey: [UInt8]) {
        self.id = Self.identifier(publicKey)
        self.publicKey = publicKey
    }

    /// Whether the id is the one that this public key must have.
    public var isConsistent: Bool { id == Self.identifier(publicKey) }

    private static func identifier(_ publicKey: [UInt8]) -> KeyID {
        let digest = Array(SHA256.hash(data: publicKey))
        return KeyID(high: digest[..<8].bigEndianNumber, low: digest[8..<16].bigEndianNumber)
    }
}

extension SymmetricKey {
    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
