import Storage
import Vocabulary

/// The keys that an administrator may rotate by hand. What the old key sealed or signed still opens and verifies.
public enum RotatableKey: String, Sendable, CaseIterable {
    case headSigning = "head_signing"
    case credential
    case passwordPepper = "password_pepper"
    case providerSecret = "provider_secret"
    case record

    var purpose: KeyPurpose {
        switch self {
        case .headSigning: .headSigning
        case .credential: .credential
        case .passwordPepper: .passwordPepper
        case .providerSecret: .providerSecret
        case .record: .record
        }
    }
}

extension Gateway {
    /// Makes a new key active for one purpose of the caller's tenant, and journals it.
    public func rotateKey(_ key: RotatableKey, by caller: Caller) async throws {
        try await store.rotateKey(key.purpose, caller.context)
    }
}
