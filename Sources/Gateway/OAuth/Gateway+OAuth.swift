import Vocabulary

extension Gateway {
    /// The keys that sign tokens.
    public var tokenKeys: TokenKeyService {
        TokenKeyService(store: store, table: tokenKeyTable, settings: configuration.oauth, clock: clock)
    }

    /// Clients as administrators see them.
    public var clientService: ClientService { ClientService(store: store, table: clients, grants: live.grants) }

    /// What applications and services get tokens from, and ask about them.
    public var tokens: TokenService {
        TokenService(
            store: store, live: live, tenants: tenants, clients: clients, keys: tokenKeys,
            settings: configuration.oauth, policy: ScopePolicy(decisions: decisions), people: claims, clock: clock)
    }

    /// What is told of people.
    public var claims: ClaimReader {
        ClaimReader(store: store, resolver: resolver, access: assignments, scopes: configuration.oauth.scopes)
    }
}
