import Identity
import JOSE
import OAuth
import Storage
import Synchronization
import Vocabulary

/// A client as the gateway works with it. It never changes, and is passed on with every request: a class, because a
/// structure of so many parts would be copied each time.
public final class OAuthClient: Sendable {
    public let id: ClientID
    public let tenant: TenantID
    public let metadata: ClientMetadata
    public let settings: ClientSettings
    public let isDisabled: Bool
    public let managedBy: ManagedBy
    public let version: Int64
    public let createdAt: Timestamp
    let secrets: [StoredClientSecret]
    /// The hash of the token that a client which registered itself looks after its registration with (RFC 7592).
    let registration: Identity.TokenHash?
    /// The client as its proofs are held to it, but for keys that stand elsewhere.
    private let asRegistered: RegisteredClient

    init(stored: StoredClient, secrets: [StoredClientSecret]) throws {
        let record = try JSONColumn.decode(ClientRecord.self, stored.record)
        do {
            metadata = try ClientMetadata(
                reading: try JSONObject(parsing: Array(record.metadata.utf8)), clientID: stored.name,
                author: .administrator(allowsLoopbackForWeb: true))
        } catch {
            throw Fault("storage.corrupt", .ourselves, "The client \(stored.id) cannot be read: \(error)")
        }
        id = stored.id
        tenant = stored.tenant
        settings = record.settings
        isDisabled = stored.isDisabled
        managedBy = stored.managedBy
        version = stored.version
        createdAt = stored.createdAt
        registration = stored.registration
        self.secrets = secrets
        asRegistered = RegisteredClient(
            metadata: metadata,
            secrets: secrets.map {
                RegisteredClient.SecretDigest(digest: $0.hash.bytes, expiresAt: $0.expiresAt?.seconds)
            })
    }

    /// The `client_id`.
    public var name: String { metadata.clientID }
    /// What people are shown.
    public var title: String { metadata.name ?? metadata.clientID }
    /// Whether a stranger said what is known of it: it registered itself, or its name is the address of a document.
    public var isStranger: Bool { registration != nil || ClientIDDocument.isAddress(name) }
    /// How many secrets it has, and when the last of them ends.
    public var secretCount: Int { secrets.count }

    /// The client as its proofs are held to it, with the keys that stand at its `jwks_uri`.
    func registered(fetchedKeys: JSONObject? = nil) -> RegisteredClient {
        guard let fetchedKeys else { return asRegistered }
        return RegisteredClient(
            metadata: metadata, secrets: asRegistered.secrets, fetchedKeys: fetchedKeys)
    }

    /// What it is called as an audience.
    var audiences: [String] { [name] + settings.answersFor }
}

/// The record of a client's row.
struct ClientRecord: Codable {
    /// JSON by the names of RFC 7591.
    let metadata: String
    let settings: ClientSettings
}

/// The clients by tenant and `client_id`, in memory: every request to the token endpoint begins here.
public final class ClientTable: Sendable {
    private struct Memory {
        var byID: [ClientID: OAuthClient] = [:]
        var byName: [TenantID: [String: ClientID]] = [:]
    }

    private let memory = Mutex(Memory())

    /// The client of this `client_id`, switched off or not.
    public func client(_ name: String, in tenant: TenantID) -> OAuthClient? {
        memory.withLock { memory in memory.byName[tenant]?[name].flatMap { memory.byID[$0] } }
    }

    /// The client of this id.
    public func client(_ id: ClientID) -> OAuthClient? { memory.withLock { $0.byID[id] } }

    /// A tenant's clients, by `client_id`.
    public func all(in tenant: TenantID) -> [OAuthClient] {
        memory.withLock { memory in (memory.byName[tenant] ?? [:]).values.compactMap { memory.byID[$0] } }
            .sorted { $0.name < $1.name }
    }

    func put(_ client: OAuthClient) {
        memory.withLock { memory in
            memory.byID[client.id] = client
            memory.byName[client.tenant, default: [:]][client.name] = client.id
        }
    }

    func remove(_ id: ClientID) {
        memory.withLock { memory in
            guard let old = memory.byID.removeValue(forKey: id) else { return }
            memory.byName[old.tenant]?[old.name] = nil
        }
    }
}
