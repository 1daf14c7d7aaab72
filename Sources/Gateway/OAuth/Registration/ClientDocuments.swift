import Identity
import JOSE
import OAuth
import Storage
import Synchronization
import Vocabulary

/// Clients by name. Where the configuration allows it, a name may be the address of a document in which the client says who
/// it is (draft-ietf-oauth-client-id-metadata-document): it is fetched when somebody first comes with it, and looked at
/// again after a while.
final class ClientDocuments: Sendable {
    /// How long a document is believed without looking again.
    static let keptFor: Duration = .hours(1)
    /// How soon a document is looked for again that could not be had.
    static let pause: Duration = .seconds(30)

    private let store: Store
    private let table: ClientTable
    /// Fetches the document at an address that a stranger said, of at most so many bytes.
    private let document: @Sendable (String, Int) async throws -> [UInt8]
    private let settings: RegistrationConfiguration
    private let clock: @Sendable () -> Timestamp
    private let looks = Mutex<[String: Look]>([:])

    /// When somebody last looked at an address, and whether a client's document stood there.
    private struct Look {
        let at: Timestamp
        var isGood: Bool
    }

    private enum Plan {
        case look
        /// What was read before is believed.
        case keep
        /// There was none a moment ago.
        case refuse
    }

    init(
        store: Store, table: ClientTable, settings: RegistrationConfiguration,
        clock: @escaping @Sendable () -> Timestamp,
        document: @escaping @Sendable (_ address: String, _ bytes: Int) async throws -> [UInt8]
    ) {
        (self.store, self.table, self.document) = (store, table, document)
        (self.settings, self.clock) = (settings, clock)
    }

    /// The client of this `client_id`, while it is not switched off.
    func client(_ name: String, in tenant: TenantID) async -> OAuthClient? {
        let known = table.client(name, in: tenant)
        guard settings.takesDocuments, ClientIDDocument.isAddress(name) else {
            return known.flatMap { $0.isDisabled ? nil : $0 }
        }
        guard known?.isDisabled != true else { return nil }
        let key = "\(tenant) \(name)"
        switch plan(key) {
        case .keep: return known
        case .refuse: return nil
        case .look:
            let client = try? await fetch(name, known, tenant)
            looks.withLock { $0[key]?.isGood = client != nil }
            return client
        }
    }

    /// One look per while, whoever asks: nobody makes us call somebody else's server again and again. While one looks,
    /// others go by what was there before.
    private func plan(_ key: String) -> Plan {
        let now = clock()
        return looks.withLock { looks in
            if looks.count > 10_000 { looks = looks.filter { $0.value.at + Self.keptFor > now } }
            let last = looks[key]
            if let last, last.at + (last.isGood ? Self.keptFor : Self.pause) > now {
                return last.isGood ? .keep : .refuse
            }
            looks[key] = Look(at: now, isGood: last?.isGood ?? false)
            return .look
        }
    }

    private func fetch(_ name: String, _ known: OAuthClient?, _ tenant: TenantID) async throws -> OAuthClient {
        let body = try await document(name, ClientIDDocument.byteLimit)
        let metadata = try ClientIDDocument.read(body, at: name, policy: settings.policy)
        if let known, known.metadata == metadata { return known }
        let caller = Caller(tenant: tenant, actor: .system("client_documents"), command: .random(at: clock()))
        return try await store.write(.administration) { [table] tx in
            var stored =
                try tx.sql.client(named: name, in: tenant)
                ?? StoredClient(
                    id: .random(at: tx.now), tenant: tenant, name: name, record: "", managedBy: .api,
                    createdAt: tx.now)
            let isNew = stored.record.isEmpty
            guard !isNew || table.all(in: tenant).count < ClientService.limit else {
                throw OAuthError(.temporarilyUnavailable)
            }
            stored.record = try ClientService.record(metadata, known?.settings ?? ClientSettings())
            guard try isNew ? tx.sql.insert(stored) : tx.sql.update(stored) else { throw Fault.stale("client") }
            try tx.append(
                caller.event(isNew ? "client.registered" : "client.changed", Stream("client", stored.id)))
            guard let now = try tx.sql.client(stored.id, in: tenant) else { throw Fault.notFound("client") }
            let client = try OAuthClient(stored: now, secrets: [])
            tx.afterCommit { table.put(client) }
            return client
        }
    }
}
