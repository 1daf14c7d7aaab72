import Crypto
import Vocabulary

extension Store {
    /// Seals what a decision read under its subject's key: a person's own, so that erasure reaches it; the tenant's for
    /// a service account, and where nobody is known. Blocks for a look-up the first time: for threads of one's own only.
    /// Throws `storage.erased` for a person without a key.
    public func sealInputs(
        _ tenant: TenantID, _ subject: Subject?, _ associatedData: [UInt8], _ plaintext: [UInt8]
    ) throws -> [UInt8] {
        switch subject {
        case nil, .serviceAccount?:
            return try keys.seal(plaintext, purpose: .record, tenant: tenant, context: associatedData)
        case .person(let person)?:
            let key = try existingKey(of: person, tenant)
            return try AuthenticatedCipher.seal(
                plaintext, key: key.key, envelope: KeyEnvelope(purpose: .personKey, tenant: tenant, key: key.id),
                context: associatedData)
        }
    }

    /// Opens what `sealInputs` sealed. Throws `storage.erased` when the person's key is gone.
    public func openInputs(
        _ tenant: TenantID, _ subject: Subject?, _ associatedData: [UInt8], _ sealed: [UInt8]
    ) throws -> [UInt8] {
        switch subject {
        case nil, .serviceAccount?:
            return try keys.open(sealed, purpose: .record, tenant: tenant, context: associatedData)
        case .person(let person)?:
            return try AuthenticatedCipher.open(
                sealed, key: existingKey(of: person, tenant).key, context: associatedData)
        }
    }

    private func existingKey(of person: PersonID, _ tenant: TenantID) throws -> PersonKey {
        if let cached = keys.people[tenant, person] { return cached }
        guard let key = try pool.readBlocking({ try keys.personKey(person, tenant, $0) }) else {
            throw Fault("storage.erased", .caller, "The person \(person) has no key any more.")
        }
        return key
    }
}
