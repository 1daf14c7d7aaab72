import Crypto
import Synchronization
import Vocabulary

extension KeyRing {
    /// Signs with the tenant's active head-signing key (Ed25519, RFC 8032).
    public func sign(_ message: [UInt8], tenant: TenantID) throws -> (keyID: KeyID, signature: [UInt8]) {
        let active = active(.headSigning, tenant)
        let signer = try Curve25519.Signing.PrivateKey(rawRepresentation: active.key.bytes)
        return (active.id, [UInt8](try signer.signature(for: message)))
    }

    /// Whether the signature is by a key of this tenant, active or rotated out.
    public func verify(_ signature: [UInt8], over message: [UInt8], keyID: KeyID, tenant: TenantID) -> Bool {
        publishedKeys(tenant).contains { $0.id == keyID && $0.verifies(signature, over: message) }
    }

    /// The public halves of every signing key the tenant ever had, retired ones included, oldest first.
    public func publishedKeys(_ tenant: TenantID) -> [PublishedKey] {
        state.withLock { $0.tenant(tenant) { $0.signers() } }
    }
}

extension PublishedKey {
    /// Whether the signature over the message is by this key.
    public func verifies(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}
