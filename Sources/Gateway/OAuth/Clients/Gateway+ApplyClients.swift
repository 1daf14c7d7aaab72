import Identity
import OAuth
import Storage
import Vocabulary

extension Gateway {
    /// Brings the configuration's clients of one tenant in line: those that the API owns are left alone, and one that the
    /// configuration names no longer is switched off, so that nothing it was granted is lost by a typing error.
    static func applyClients(
        _ configuration: Configuration, _ slug: String, _ live: LiveGrants, by caller: Caller, _ tx: Transaction
    ) throws {
        let known = try tx.sql.clients().filter { $0.tenant == caller.tenant }
        let wanted = configuration.oauth.clients.filter { $0.tenant == slug }
        for client in wanted {
            let present = known.first { $0.name == client.clientID }
            if let present, present.managedBy != .configuration {
                throw Fault(
                    "configuration.client_owned", .caller,
                    "The client \(client.clientID) of the configuration exists and is managed by "
                        + "\(present.managedBy.rawValue).", remedy: "Delete it there, or choose another `client_id`.")
            }
            try put(client, present, by: caller, tx)
        }
        let names = Set(wanted.map(\.clientID))
        for var gone in known
        where gone.managedBy == .configuration && !gone.isDisabled && !names.contains(gone.name) {
            gone.isDisabled = true
            _ = try tx.sql.update(gone)
            try GrantEnding.end(.client(gone.id), .clientDisabled, by: caller, live, tx)
            try tx.append(caller.event("client.disabled", Stream("client", gone.id)))
        }
    }

    private static func put(
        _ client: ClientConfiguration, _ present: StoredClient?, by caller: Caller, _ tx: Transaction
    ) throws {
        guard let metadata = client.metadata else { return }
        var settings = client.settings
        if let name = client.serviceAccount {
            settings.serviceAccount = try account(named: name, by: caller, tx)
        }
        let record = try ClientService.record(metadata, settings)
        if var stored = present {
            if stored.record != record || stored.isDisabled {
                stored.record = record
                stored.isDisabled = false
                guard try tx.sql.update(stored) else { throw Fault.stale("client") }
                try tx.append(caller.event("client.changed", Stream("client", stored.id)))
            }
            try setSecret(of: client, stored.id, tx)
            return
        }
        let stored = StoredClient(
            id: .random(at: tx.now), tenant: caller.tenant, name: client.clientID, record: record,
            managedBy: .configuration, createdAt: tx.now)
        guard try tx.sql.insert(stored) else { throw Fault.stale("client") }
        try tx.append(caller.event("client.created", Stream("client", stored.id)))
        try setSecret(of: client, stored.id, tx)
    }

    /// The account of this name; made where there is none, and able to do nothing until it is given a role.
    private static func account(
        named name: String, by caller: Caller, _ tx: Transaction
    ) throws -> ServiceAccountID {
        if let known = try tx.sql.serviceAccounts(in: caller.tenant).first(where: { $0.name == name }) {
            return known.id
        }
        let account = ServiceAccount(
            id: .random(at: tx.now), tenant: caller.tenant, name: name, managedBy: .configuration, createdAt: tx.now)
        try tx.sql.insert(account)
        try tx.append(caller.event("service_account.created", Stream("service_account", account.id)))
        return account.id
    }

    private static func setSecret(of client: ClientConfiguration, _ id: ClientID, _ tx: Transaction) throws {
        guard let source = client.secret, client.metadata?.authentication.usesSecret == true else {
            return try tx.sql.setSecrets([], of: id)
        }
        let secret = try source.load()
        guard secret.reveal().utf8.count >= 32 else {
            throw Fault(
                "configuration.client_secret", .caller,
                "The secret of the client \(client.clientID) has fewer than 32 bytes.",
                remedy: "Make one with `openssl rand -base64 32`.")
        }
        try tx.sql.setSecrets([StoredClientSecret(hash: ClientService.hash(secret), createdAt: tx.now)], of: id)
    }

    /// Fills the tables of clients, keys, grants and opaque tokens.
    func fillOAuth() async throws {
        let now = clock()
        let (stored, secrets) = try await store.read { (try $0.clients(), try $0.clientSecrets()) }
        let bySecret = Dictionary(grouping: secrets, by: \.client)
        for client in stored {
            clients.put(try OAuthClient(stored: client, secrets: (bySecret[client.id] ?? []).map(\.secret)))
        }
        try await tokenKeys.fill()
        let (grants, tokens, revoked) = try await store.read { sql in
            (
                try sql.liveGrants(at: now), try sql.liveAccessTokens(at: now),
                try sql.noted(.revokedToken, at: now)
            )
        }
        for grant in grants { live.grants.add(try LiveGrant(stored: grant)) }
        for token in tokens { live.grants.add(try LiveAccessToken(stored: token)) }
        for (_, digest, until) in revoked { live.grants.revoke(digest, until: until) }
    }
}
