import SAML
import Synchronization

/// The keys of one copy of an entity's metadata, each read once: it takes OpenSSL as long as to judge a response.
final class ReadKeys: Sendable {
    private let keys = Mutex<[MetadataKey: SAMLVerificationKey]>([:])

    /// The key to verify by; nil for one that is not sound.
    func verificationKey(_ key: MetadataKey) -> SAMLVerificationKey? {
        if let known = keys.withLock({ $0[key] }) { return known }
        guard let read = try? key.verificationKey() else { return nil }
        keys.withLock { $0[key] = read }
        return read
    }
}
