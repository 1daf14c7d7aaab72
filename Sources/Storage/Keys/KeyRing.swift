import Crypto
import Synchronization
import Vocabulary

/// Every key of the gateway, by tenant, purpose and generation: the first derived from a tenant key, later ones drawn,
/// all of it stored wrapped by the master key.
///
/// Synchronous and safe from any thread. A tenant's first key is itself derived from the master key, so that it can
/// be used before the transaction that stores it has committed, and comes out the same if that transaction fails.
public final class KeyRing: Sendable {
    struct State {
        var master: MasterKey
        var tenants: [TenantID: TenantKeys] = [:]
        var stored: Set<TenantID> = []
    }
    let state: Mutex<State>
    let people = PersonKeyCache()

    init(master: MasterKey) { state = Mutex(State(master: master)) }

    /// Encrypts under the tenant's active key for this purpose. `context` says what the value belongs to (a row's
    /// id): the result opens nowhere else. At most 16 MiB.
    public func seal(
        _ plaintext: [UInt8], purpose: KeyPurpose, tenant: TenantID, context: [UInt8]
    ) throws -> [UInt8] {
        guard plaintext.count <= 16 << 20 else {
            throw Fault("keys.too_large", .caller, "A value to seal has more than 16 MiB.")
        }
        let active = active(purpose, tenant)
        let envelope = KeyEnvelope(purpose: purpose, tenant: tenant, key: active.id)
        return try AuthenticatedCipher.seal(plaintext, key: active.key, envelope: envelope, context: context)
    }

    /// Decrypts what `seal` made for the same purpose, tenant and context; any other throws `keys.refused`,
    /// `keys.malformed`, `keys.unknown` or `keys.retired`.
    public func open(
        _ sealed: [UInt8], purpose: KeyPurpose, tenant: TenantID, context: [UInt8]
    ) throws -> [UInt8] {
        let envelope = try KeyEnvelope(reading: sealed)
        guard envelope.purpose == purpose, envelope.tenant == tenant else { throw AuthenticatedCipher.refused }
        return try AuthenticatedCipher.open(sealed, key: key(envelope.key, purpose, tenant).key, context: context)
    }

    /// HMAC-SHA-256 under the tenant's active key for this purpose.
    public func mac(_ message: [UInt8], purpose: KeyPurpose, tenant: TenantID) throws -> MAC {
        let active = active(purpose, tenant)
        return MAC(keyID: active.id, tag: tag(message, active.key, purpose, tenant))
    }

    /// Whether the code is right, compared in constant time; a code by an unknown key is wrong.
    public func verify(_ mac: MAC, over message: [UInt8], purpose: KeyPurpose, tenant: TenantID) -> Bool {
        guard let known = try? key(mac.keyID, purpose, tenant) else { return false }
        return equalInConstantTime(tag(message, known.key, purpose, tenant), mac.tag)
    }

    /// The active key itself, for the one caller that needs raw bytes (the password pepper).
    public func secret(_ purpose: KeyPurpose, tenant: TenantID) -> (id: KeyID, secret: SecretBytes) {
        let active = active(purpose, tenant)
        return (active.id, SecretBytes(active.key.bytes))
    }

    /// An older key by id, for values made before a rotation. Throws `keys.unknown`.
    public func secret(_ id: KeyID, _ purpose: KeyPurpose, tenant: TenantID) throws -> SecretBytes {
        SecretBytes(try key(id, purpose, tenant).key.bytes)
    }

    /// Seals a value anew under the active key, which opens in the same place as before. Throws as `open` does.
    func reseal(
        _ sealed: [UInt8], purpose: KeyPurpose, tenant: TenantID, context: [UInt8]
    ) throws -> [UInt8] {
        try seal(
            open(sealed, purpose: purpose, tenant: tenant, context: context), purpose: purpose, tenant: tenant,
            context: context)
    }

    func active(_ purpose: KeyPurpose, _ tenant: TenantID) -> TenantKeys.PurposeKey {
        state.withLock { $0.tenant(tenant) { $0.active(purpose) } }
    }

    func key(_ id: KeyID, _ purpose: KeyPurpose, _ tenant: TenantID) throws -> TenantKeys.PurposeKey {
        try state.withLock { try $0.tenant(tenant) { try $0.key(id, purpose) } }
    }

    private func tag(_ message: [UInt8], _ key: SymmetricKey, _ purpose: KeyPurpose, _ tenant: TenantID) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: [KeyEnvelope.version, purpose.rawValue] + tenant.bytes)
        hmac.update(data: message)
        return Array(hmac.finalize())
    }
}

extension KeyRing.State {
    mutating func tenant<T>(_ id: TenantID, _ body: (inout TenantKeys) throws -> T) rethrows -> T {
        if tenants[id] != nil { return try body(&tenants[id]!) }
        let fresh = TenantKeys(
            tenant: id,
            root: HKDF<SHA256>.deriveKey(
                inputKeyMaterial: master.key, salt: id.bytes, info: Array("gatehouse tenant key v1".utf8),
                outputByteCount: 32))
        return try body(&tenants[id, default: fresh])
    }
}
