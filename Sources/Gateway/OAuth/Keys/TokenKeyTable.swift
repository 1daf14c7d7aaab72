import JOSE
import Synchronization
import Vocabulary

/// A tenant's keys, as they are in memory.
struct TokenKeySet: Sendable {
    /// The keys that sign, by what they sign with.
    let signing: [SignatureAlgorithm: SigningKey]
    /// Everything that still verifies, those that will sign next included: what is published (RFC 7517 §5).
    let published: JSONWebKeySet
    /// The published set as it is sent.
    let document: [UInt8]

    init(signing: [SignatureAlgorithm: SigningKey], published: JSONWebKeySet) {
        self.signing = signing
        self.published = published
        document = published.json.serialized
    }
}

/// The keys of every tenant that has any. Changes only in `afterCommit` closures, as everything that is believed.
final class TokenKeyTable: Sendable {
    private let memory = Mutex<[TenantID: TokenKeySet]>([:])

    func keys(of tenant: TenantID) -> TokenKeySet? { memory.withLock { $0[tenant] } }

    func set(_ keys: TokenKeySet, of tenant: TenantID) { memory.withLock { $0[tenant] = keys } }
}
