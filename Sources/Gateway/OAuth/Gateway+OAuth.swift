import Identity
import Vocabulary

extension Gateway {
    /// The keys that sign tokens.
    public var tokenKeys: TokenKeyService {
        TokenKeyService(store: store, table: tokenKeyTable, settings: configuration.oauth, clock: clock)
    }

    /// Clients as administrators see them.
    public var clientService: ClientService {
        ClientService(
            store: store, table: clients, grants: live.grants, tenants: tenants,
            certificates: configuration.oauth.mutualTLS)
    }

    /// What applications and services get tokens from, and ask about them.
    public var tokens: TokenService {
        TokenService(
            store: store, live: live, tenants: tenants, clients: clients, keys: tokenKeys,
            settings: configuration.oauth, policy: ScopePolicy(decisions: decisions), people: claims,
            servers: clientServers, documents: clientDocuments, authorities: clientAuthorities, clock: clock)
    }

    /// The authorization endpoint.
    public var authorizations: AuthorizationService {
        AuthorizationService(
            store: store, live: live, tenants: tenants, clients: clients, keys: tokenKeys,
            settings: configuration.oauth, policy: ScopePolicy(decisions: decisions), servers: clientServers,
            documents: clientDocuments,
            verdict: { [self] in try await verdict(on: $0, trace: $1) }, clock: clock)
    }

    /// Devices that wait for somebody's word.
    public var devices: DeviceService {
        DeviceService(tokens: tokens, authorizations: authorizations, attempts: deviceAttempts)
    }

    /// Clients that register themselves.
    public var registration: RegistrationService {
        RegistrationService(
            store: store, table: clients, grants: live.grants, tenants: tenants, servers: clientServers,
            settings: configuration.oauth.registration, certificates: configuration.oauth.mutualTLS, clock: clock)
    }

    /// The end-session endpoint.
    public var signOut: SignOutService {
        SignOutService(store: store, tenants: tenants, clients: clients, keys: tokenKeys)
    }

    /// What is told of people.
    public var claims: ClaimReader {
        ClaimReader(people: knownPeople, scopes: configuration.oauth.scopes)
    }

    var knownPeople: KnownPersonReader { KnownPersonReader(store: store, resolver: resolver, access: assignments) }

    /// A secret to bind a browser's waiting requests to, before anybody is known.
    public func makePreSession() throws -> SecretText { try Randomness.token(.preSession).text }
}
