import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// Clients of the authorization server: what an administrator makes, changes and takes away.
public struct ClientService: Sendable {
    let store: Store
    let table: ClientTable
    let grants: LiveGrants
    let tenants: TenantTable
    /// Nil where no client is asked for a certificate.
    let certificates: MutualTLSConfiguration?

    /// Clients of one tenant.
    static let limit = 10_000
    /// Two secrets at once let a client change from one to the other.
    static let secretLimit = 2

    // MARK: Reading

    /// A tenant's clients, by `client_id`.
    public func list(in tenant: TenantID) -> [OAuthClient] { table.all(in: tenant) }

    /// The client of this `client_id` or id. Throws `not_found`.
    public func client(_ name: String, in tenant: TenantID) throws -> OAuthClient {
        let found = table.client(name, in: tenant) ?? ClientID(name).flatMap(table.client)
        guard let found, found.tenant == tenant else { throw Fault.notFound("client") }
        return found
    }

    // MARK: Changing

    /// Adds a client; its secret, where it has one, is in this answer and nowhere else.
    ///
    /// - Parameters:
    ///   - metadata: by the names of RFC 7591, and those of ours that an administrator may say.
    ///   - serviceAccount: whom it acts as in its own name; needed for `client_credentials`.
    /// - Throws: `invalid` with every fault of the metadata; `conflict` when the `client_id` is taken.
    public func create(
        _ name: String, _ metadata: [String: AttributeValue], _ settings: ClientSettings, by caller: Caller
    ) async throws -> (client: OAuthClient, secret: SecretText?) {
        let read = try Self.read(metadata, name, settings)
        try requireCertificates(read, in: caller.tenant)
        let secret = read.authentication.usesSecret ? try Randomness.token(.clientSecret).text : nil
        let client = try await store.write(.administration) { [table] tx in
            guard table.all(in: caller.tenant).count < Self.limit else {
                throw Fault.invalid("A tenant has at most \(Self.limit) clients.")
            }
            try Self.require(settings, in: caller.tenant, tx)
            let stored = StoredClient(
                id: .random(at: tx.now), tenant: caller.tenant, name: name, record: try Self.record(read, settings),
                managedBy: .api, createdAt: tx.now)
            guard try tx.sql.insert(stored) else {
                throw Fault(
                    "conflict", .caller, "A client with this client_id exists.", remedy: "Choose another client_id.")
            }
            let secrets = secret.map { [StoredClientSecret(hash: Self.hash($0), createdAt: tx.now)] } ?? []
            try tx.sql.setSecrets(secrets, of: stored.id)
            try tx.append(caller.event("client.created", Stream("client", stored.id)))
            let client = try OAuthClient(stored: stored, secrets: secrets)
            tx.afterCommit { table.put(client) }
            return client
        }
        return (client, secret)
    }

    /// Changes members of a client's metadata (null takes one away) and its settings.
    ///
    /// - Throws: `not_found`; `managed` for a client of the configuration; `stale`; `invalid`.
    public func change(
        _ name: String, _ metadata: [String: AttributeValue], _ settings: ClientSettings?, expecting version: Int64?,
        by caller: Caller
    ) async throws -> OAuthClient {
        let present = try own(name, in: caller.tenant)
        if let version, version != present.version { throw Fault.stale("client") }
        var members = AttributeValue(.object(present.metadata.json)).object ?? [:]
        for (key, value) in metadata { members[key] = value == .null ? nil : value }
        let wanted = settings ?? present.settings
        let read = try Self.read(members, name, wanted)
        try requireCertificates(read, in: caller.tenant)
        guard !read.authentication.usesSecret || !present.secrets.isEmpty else {
            throw Fault.invalid("The client has no secret.", remedy: "Make one first, or choose private_key_jwt.")
        }
        return try await write(present, by: caller) { stored, tx in
            try Self.require(wanted, in: caller.tenant, tx)
            stored.record = try Self.record(read, wanted)
            return "client.changed"
        }
    }

    /// Switches a client off, with everything it was granted, or on again.
    public func setDisabled(_ name: String, _ isDisabled: Bool, by caller: Caller) async throws {
        let present = try client(name, in: caller.tenant)
        _ = try await write(present, .revocation, by: caller) { [grants] stored, tx in
            stored.isDisabled = isDisabled
            if isDisabled { try GrantEnding.end(.client(present.id), .clientDisabled, by: caller, grants, tx) }
            return isDisabled ? "client.disabled" : "client.enabled"
        }
    }

    /// Makes a new secret beside the present one, which goes on until `end`; its text is in this answer and nowhere else.
    public func makeSecret(_ name: String, oldEnds end: Timestamp?, by caller: Caller) async throws -> SecretText {
        let present = try client(name, in: caller.tenant)
        guard present.metadata.authentication.usesSecret else {
            throw Fault.invalid("The client does not authenticate by a secret.")
        }
        let secret = try Randomness.token(.clientSecret).text
        try await store.write(.administration) { [table] tx in
            guard let stored = try tx.sql.client(present.id, in: caller.tenant) else { throw Fault.notFound("client") }
            let kept = present.secrets.sorted { $0.createdAt > $1.createdAt }.prefix(Self.secretLimit - 1)
                .filter { end != nil && ($0.expiresAt ?? .distantFuture) > tx.now }
                .map { StoredClientSecret(hash: $0.hash, createdAt: $0.createdAt, expiresAt: end) }
            let secrets = kept + [StoredClientSecret(hash: Self.hash(secret), createdAt: tx.now)]
            try tx.sql.setSecrets(secrets, of: stored.id)
            try tx.append(caller.event("client.secret_made", Stream("client", stored.id)))
            let client = try OAuthClient(stored: stored, secrets: secrets)
            tx.afterCommit { table.put(client) }
        }
        return secret
    }

    /// Takes a client away, with everything it was granted.
    public func delete(_ name: String, by caller: Caller) async throws {
        let present = try own(name, in: caller.tenant)
        try await store.write(.revocation) { [table, grants] tx in
            try GrantEnding.end(.client(present.id), .clientDisabled, by: caller, grants, tx)
            guard try tx.sql.deleteClient(present.id, in: caller.tenant) else { throw Fault.notFound("client") }
            try tx.append(caller.event("client.deleted", Stream("client", present.id)))
            tx.afterCommit { table.remove(present.id) }
        }
    }

    private func own(_ name: String, in tenant: TenantID) throws -> OAuthClient {
        let client = try client(name, in: tenant)
        guard client.managedBy == .api else {
            throw Fault(
                "managed", .caller, "The client is managed by \(client.managedBy.rawValue).",
                remedy: "Change it where it is managed.")
        }
        return client
    }

    private func write(
        _ present: OAuthClient, _ lane: WriterLane = .administration, by caller: Caller,
        _ body: @escaping @Sendable (inout StoredClient, Transaction) throws -> String
    ) async throws -> OAuthClient {
        try await store.write(lane) { [table] tx in
            guard var stored = try tx.sql.client(present.id, in: caller.tenant) else { throw Fault.notFound("client") }
            guard stored.version == present.version else { throw Fault.stale("client") }
            let type = try body(&stored, tx)
            guard try tx.sql.update(stored), let after = try tx.sql.client(present.id, in: caller.tenant) else {
                throw Fault.stale("client")
            }
            try tx.append(caller.event(type, Stream("client", present.id)))
            let client = try OAuthClient(stored: after, secrets: present.secrets)
            tx.afterCommit { table.put(client) }
            return client
        }
    }

    // MARK: Values

    /// SHA-256 of the secret's text: it is random and long, so that nobody guesses it from a fast hash.
    static func hash(_ secret: SecretText) -> Identity.TokenHash {
        Identity.TokenHash(bytes: Digests.sha256(secret.reveal())) ?? Identity.TokenHash(of: [], kind: .clientSecret)
    }

    static func record(_ metadata: ClientMetadata, _ settings: ClientSettings) throws -> String {
        let record = ClientRecord(
            metadata: String(decoding: metadata.json.serialized, as: UTF8.self), settings: settings)
        let text = try JSONColumn.text(of: record)
        return text
    }

    static func read(
        _ members: [String: AttributeValue], _ name: String, _ settings: ClientSettings
    ) throws -> ClientMetadata {
        let metadata: ClientMetadata
        do {
            metadata = try ClientMetadata(
                reading: JSONObject(members), clientID: name, author: .administrator(allowsLoopbackForWeb: true))
        } catch {
            throw Fault.invalid(error.faults.map { "`\($0.member)` \($0.reason)." }.joined(separator: " "))
        }
        guard !metadata.grantTypes.contains(.clientCredentials) || settings.serviceAccount != nil else {
            throw Fault.invalid(
                "`service_account` is missing: the client acts in its own name.",
                remedy: "Name the service account whose roles it has.")
        }
        return metadata
    }

    /// A client that could never prove what it is registered with is refused now, and not with every request.
    private func requireCertificates(_ metadata: ClientMetadata, in tenant: TenantID) throws {
        let slug = tenants.tenant(tenant)?.slug ?? ""
        guard let obstacle = MutualTLSConfiguration.obstacle(for: metadata, in: slug, certificates) else { return }
        throw Fault.invalid("The client would need a certificate: \(obstacle).")
    }

    private static func require(_ settings: ClientSettings, in tenant: TenantID, _ tx: Transaction) throws {
        guard let account = settings.serviceAccount else { return }
        guard try tx.sql.serviceAccount(account, in: tenant) != nil else { throw Fault.notFound("service account") }
    }
}

/// Ends what was granted, in rows, journal and memory.
enum GrantEnding {
    /// Ends all of an owner's grants; answers how many.
    @discardableResult static func end(
        _ owner: GrantOwner, _ reason: GrantEnd, by caller: Caller, _ live: LiveGrants, _ tx: Transaction
    ) throws -> Int {
        let ended = try tx.sql.liveGrants(of: owner, in: caller.tenant, at: tx.now)
        for grant in ended {
            _ = try tx.sql.end(grant.id, in: caller.tenant, reason, at: tx.now)
            var facts = [Fact("reason", .word(reason.rawValue)), Fact("client", .id(grant.client, "client"))]
            if let person = grant.person { facts.append(Fact("person", .id(person, "person"))) }
            try tx.append(caller.event("grant.ended", Stream("grant", grant.id), facts: facts))
        }
        let ids = ended.map(\.id)
        if !ids.isEmpty { tx.afterCommit { live.remove(ids) } }
        return ids.count
    }
}
