import Crypto
import Synchronization
import Vocabulary

/// The key one person's sections are sealed under; destroying it is what erasure rests on.
struct PersonKey: Sendable {
    let id: KeyID
    let key: SymmetricKey
}

/// Opened person keys, at most 200,000; when full, everything goes and is opened again on need.
final class PersonKeyCache: Sendable {
    struct Name: Hashable {
        let tenant: TenantID
        let person: PersonID
    }
    private static let limit = 200_000
    private let keys = Mutex<[Name: PersonKey]>([:])

    subscript(tenant: TenantID, person: PersonID) -> PersonKey? {
        get { keys.withLock { $0[Name(tenant: tenant, person: person)] } }
        set {
            keys.withLock {
                if $0.count >= Self.limit { $0.removeAll() }
                $0[Name(tenant: tenant, person: person)] = newValue
            }
        }
    }

    func removeAll() { keys.withLock { $0.removeAll() } }
}

extension KeyRing {
    /// The person's key, or nil when there is none (never made, or erased).
    func personKey(_ person: PersonID, _ tenant: TenantID, _ connection: any SQLConnection) throws -> PersonKey? {
        let row = try connection.queryOne(
            "SELECT id, sealed FROM person_key WHERE tenant = ?1 AND person = ?2", [.id(tenant), .id(person)])
        guard let row else { return nil }
        let bytes = try open(row.blob(1), purpose: .personKey, tenant: tenant, context: person.bytes)
        return PersonKey(id: try row.id(0), key: SymmetricKey(data: bytes))
    }

    /// Makes a person's key and stores it wrapped by the tenant's. A new person, whose id was drawn just now, cannot
    /// have been erased.
    func makePersonKey(
        _ person: PersonID, _ tenant: TenantID, _ connection: any SQLConnection, isNew: Bool = false
    ) throws -> PersonKey {
        guard
            try isNew
                || connection.queryOne(
                    "SELECT 1 FROM erased_person WHERE tenant = ?1 AND person = ?2", [.id(tenant), .id(person)]) == nil
        else { throw Fault("storage.erased", .caller, "The person \(person) has been erased.") }
        var generator = PooledRandomNumberGenerator()
        let made = PersonKey(
            id: KeyID(high: generator.next(), low: generator.next()), key: SymmetricKey(data: RandomBytes.draw(32)))
        let sealed = try seal(made.key.bytes, purpose: .personKey, tenant: tenant, context: person.bytes)
        try connection.execute(
            "INSERT INTO person_key (tenant, person, id, sealed) VALUES (?1, ?2, ?3, ?4)",
            [.id(tenant), .id(person), .id(made.id), .blob(sealed)])
        return made
    }
}
