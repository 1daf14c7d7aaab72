import Crypto
import Vocabulary

/// What a tenant's key yields: purpose keys by generation, derived, so that only the tenant key is stored.
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
    private var derived: [Slot: PurposeKey] = [:]
    private var byID: [KeyID: Slot] = [:]

    init(tenant: TenantID, root: SymmetricKey) {
        self.tenant = tenant
        self.root = root
    }

    mutating func active(_ purpose: KeyPurpose) -> PurposeKey {
        derive(Slot(purpose: purpose, generation: generations[purpose] ?? 1))
    }

    mutating func key(_ id: KeyID, _ purpose: KeyPurpose) throws -> PurposeKey {
        if let slot = byID[id] {
            guard slot.purpose == purpose else { throw AuthenticatedCipher.refused }
            return derive(slot)
        }
        for generation in stride(from: generations[purpose] ?? 1, through: 1, by: -1) {
            let candidate = derive(Slot(purpose: purpose, generation: generation))
            if candidate.id == id { return candidate }
        }
        throw Fault("keys.unknown", .ourselves, "A sealed value names a key that this key ring does not hold.")
    }

    mutating func all(_ purpose: KeyPurpose) -> [PurposeKey] {
        (1...(generations[purpose] ?? 1)).map { derive(Slot(purpose: purpose, generation: $0)) }
    }

    private mutating func derive(_ slot: Slot) -> PurposeKey {
        if let known = derived[slot] { return known }
        var info = Array("gatehouse purpose key v1".utf8)
        info.append(slot.purpose.rawValue)
        info.append(bigEndian: slot.generation)
        let key = HKDF<SHA256>.deriveKey(inputKeyMaterial: root, info: info + [1], outputByteCount: 32)
        let made = PurposeKey(id: identifier(slot, key, info), key: key)
        derived[slot] = made
        byID[made.id] = slot
        return made
    }

    // A signing key is named by the hash of its public half, so that a head names exactly one key to an outsider.
    private func identifier(_ slot: Slot, _ key: SymmetricKey, _ info: [UInt8]) -> KeyID {
        if slot.purpose == .headSigning, let signer = try? Curve25519.Signing.PrivateKey(rawRepresentation: key.bytes) {
            return PublishedKey.identifier(Array(signer.publicKey.rawRepresentation))
        }
        let bytes = HKDF<SHA256>.deriveKey(inputKeyMaterial: root, info: info + [0], outputByteCount: 16).bytes
        return KeyID(high: bytes[..<8].bigEndianNumber, low: bytes[8...].bigEndianNumber)
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

    static func identifier(_ publicKey: [UInt8]) -> KeyID {
        let digest = Array(SHA256.hash(data: publicKey))
        return KeyID(high: digest[..<8].bigEndianNumber, low: digest[8..<16].bigEndianNumber)
    }
}

extension SymmetricKey {
    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
