import JOSE
import NKeys
import Storage
import Vocabulary

/// The key pairs of NATS: drawn here, sealed under the tenant's key, opened to sign and to be handed out. A seed is bound to
/// its row, so that it opens in no other.
struct NATSKeyStore {
    let keys: KeyRing
    let tenant: TenantID
    let sql: any SQLConnection

    /// Draws a pair for a holder that is stored already.
    func add(_ pair: NKeyPair, of holder: NATSEntityID, _ purpose: StoredNATSKey.Purpose, at now: Timestamp) throws {
        let id = KeyID.random(at: now)
        let sealed = try pair.rawSeed().withBytes {
            try keys.seal(Array($0), purpose: .tokenSigning, tenant: tenant, context: id.bytes)
        }
        try sql.insert(
            StoredNATSKey(
                id: id, tenant: tenant, entity: holder, purpose: purpose, publicKey: pair.publicKey.text,
                sealed: sealed, createdAt: now))
    }

    /// Its newest key of this purpose.
    ///
    /// - Throws: `nats.no_key` where the holder keeps it.
    func pair(of holder: NATSEntityID, _ purpose: StoredNATSKey.Purpose) throws -> NKeyPair {
        let found = try sql.natsKeys(in: tenant, of: holder).last { $0.purpose == purpose && $0.sealed != nil }
        guard let found, let pair = try open(found) else {
            throw Fault("nats.no_key", .caller, "The seed is not kept here.")
        }
        return pair
    }

    /// Nil for a key whose seed is not kept here.
    func open(_ key: StoredNATSKey) throws -> NKeyPair? {
        guard let sealed = key.sealed else { return nil }
        let raw = try keys.open(sealed, purpose: .tokenSigning, tenant: tenant, context: key.id.bytes)
        return try NATSNames.known { try NKeyPair(try NKey(key.publicKey).kind, rawSeed: SecretOctets(raw)) }
    }
}
