import Identity
import JOSE
import OAuth
import Storage
import Vocabulary

/// Clients that register themselves (RFC 7591) and look after it (RFC 7592), within what the configuration lets strangers
/// have.
public struct RegistrationService: Sendable {
    let store: Store
    let table: ClientTable
    let grants: LiveGrants
    let tenants: TenantTable
    let servers: ClientServers
    let settings: RegistrationConfiguration
    /// Nil where no client is asked for a certificate.
    let certificates: MutualTLSConfiguration?
    let clock: @Sendable () -> Timestamp

    /// Registers a client.
    ///
    /// - Parameters:
    ///   - body: its metadata.
    ///   - actor: who lets it register; anonymous where everybody may.
    /// - Returns: the metadata as registered, and the credentials, which are told once.
    /// - Throws: `OAuthError` with every fault of the metadata.
    public func register(
        _ body: [UInt8], in tenant: TenantID, by actor: Actor, trace: String?
    ) async throws -> JSONObject {
        let name = "c-" + Base64URL.encode(Randomness.bytes(16))
        let metadata = try await checked(in: tenant) { () throws(ClientMetadataFaults) in
            try DynamicRegistration.read(body, clientID: name, policy: settings.policy)
        }
        let (token, secret) = (try Randomness.token(.registration), try Self.secret(for: metadata))
        let caller = Caller(tenant: tenant, actor: actor, command: .random(at: clock()), trace: trace)
        let client = try await store.write(.administration) { [table] tx in
            guard table.all(in: tenant).count < ClientService.limit else {
                throw OAuthError(.temporarilyUnavailable, "no more clients can register")
            }
            let stored = StoredClient(
                id: .random(at: tx.now), tenant: tenant, name: name,
                record: try ClientService.record(metadata, ClientSettings()), registration: token.hash,
                managedBy: .api, createdAt: tx.now)
            guard try tx.sql.insert(stored) else { throw OAuthError(.serverError) }
            return try Self.finish(stored, secret, "client.registered", by: caller, table, tx)
        }
        return answer(client, secret: secret, token: token.text)
    }

    /// The registration behind its own token; nil where the token is not of this client.
    public func find(_ name: String, token text: String, in tenant: TenantID) -> OAuthClient? {
        guard let token = BearerToken(text: text, kind: .registration), let client = table.client(name, in: tenant),
            let hash = client.registration, equalInConstantTime(hash.bytes, token.hash.bytes)
        else { return nil }
        return client
    }

    /// The metadata as registered. Secrets are told when they are made, and not again.
    public func read(_ client: OAuthClient, token: SecretText) -> JSONObject {
        answer(client, secret: nil, token: token)
    }

    /// Replaces what is registered (RFC 7592 §2.2); a client that now authenticates by a secret and has none gets one.
    public func update(
        _ client: OAuthClient, _ body: [UInt8], token: SecretText, trace: String?
    ) async throws -> JSONObject {
        let metadata = try await checked(in: client.tenant) { () throws(ClientMetadataFaults) in
            try DynamicRegistration.readUpdate(body, of: client.name, policy: settings.policy)
        }
        let secret = client.secrets.isEmpty ? try Self.secret(for: metadata) : nil
        let caller = self.caller(client, trace)
        let changed = try await store.write(.administration) { [table] tx in
            guard var stored = try tx.sql.client(client.id, in: client.tenant) else { throw OAuthError(.invalidToken) }
            stored.record = try ClientService.record(metadata, client.settings)
            guard try tx.sql.update(stored) else { throw OAuthError(.temporarilyUnavailable, "changed meanwhile") }
            return try Self.finish(stored, secret, "client.changed", by: caller, table, tx, keeping: client.secrets)
        }
        return answer(changed, secret: secret, token: token)
    }

    /// Takes the registration back, with everything the client was granted (RFC 7592 §2.3).
    public func delete(_ client: OAuthClient, trace: String?) async throws {
        let caller = self.caller(client, trace)
        try await store.write(.revocation) { [table, grants] tx in
            try GrantEnding.end(.client(client.id), .clientDisabled, by: caller, grants, tx)
            _ = try tx.sql.deleteClient(client.id, in: client.tenant)
            try tx.append(caller.event("client.deleted", Stream("client", client.id)))
            tx.afterCommit { table.remove(client.id) }
        }
    }

    private func caller(_ client: OAuthClient, _ trace: String?) -> Caller {
        Caller(tenant: client.tenant, actor: .client(client.id), command: .random(at: clock()), trace: trace)
    }

    // MARK: Metadata

    /// What the protocol lets pass, with the one thing that has to be looked up: a sector document names every
    /// redirection URI of its clients (OpenID Connect Registration §5).
    private func checked(
        in tenant: TenantID, _ read: () throws(ClientMetadataFaults) -> ClientMetadata
    ) async throws -> ClientMetadata {
        let metadata: ClientMetadata
        do { metadata = try read() } catch { throw error.error }
        let slug = tenants.tenant(tenant)?.slug ?? ""
        if let obstacle = MutualTLSConfiguration.obstacle(for: metadata, in: slug, certificates) {
            throw OAuthError(.invalidClientMetadata, obstacle.replacing("`", with: ""))
        }
        guard let address = metadata.sectorIdentifierURI else { return metadata }
        let document = try? await servers.fetchStrange(address, bytes: SectorIdentifier.byteLimit)
        guard let document, SectorIdentifier.document(document, names: metadata) else {
            throw OAuthError(.invalidClientMetadata, "sector_identifier_uri: does not name every redirect_uri")
        }
        return metadata
    }

    private static func secret(for metadata: ClientMetadata) throws -> SecretText? {
        metadata.authentication.usesSecret ? try Randomness.token(.clientSecret).text : nil
    }

    private static func finish(
        _ stored: StoredClient, _ secret: SecretText?, _ event: String, by caller: Caller, _ table: ClientTable,
        _ tx: Transaction, keeping kept: [StoredClientSecret] = []
    ) throws -> OAuthClient {
        let secrets = secret.map { [StoredClientSecret(hash: ClientService.hash($0), createdAt: tx.now)] } ?? kept
        try tx.sql.setSecrets(secrets, of: stored.id)
        try tx.append(caller.event(event, Stream("client", stored.id)))
        guard let now = try tx.sql.client(stored.id, in: stored.tenant) else { throw OAuthError(.serverError) }
        let client = try OAuthClient(stored: now, secrets: secrets)
        tx.afterCommit { table.put(client) }
        return client
    }

    private func answer(_ client: OAuthClient, secret: SecretText?, token: SecretText) -> JSONObject {
        DynamicRegistration.answer(
            client.metadata,
            .init(
                issuedAt: client.createdAt.seconds, secret: secret?.reveal(), managementToken: token.reveal(),
                managementURI: tenants.publicURL(of: client.tenant) + "/oauth2/register/" + client.name))
    }
}
