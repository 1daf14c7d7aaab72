import Identity
import OAuth
import Storage
import Vocabulary

/// A client that a person let in, as they see it.
public struct AgreedClient: Sendable {
    public let client: OAuthClient
    /// What they agreed to.
    public let consent: Consent
    public let givenAt: Timestamp
    /// Whether it may go on while they are away.
    public let isOffline: Bool
}

/// What people agreed to, and how they take it back.
public struct ConsentService: Sendable {
    let store: Store
    let clients: ClientTable
    let grants: LiveGrants

    /// What a person agreed to, oldest first.
    public func list(of person: PersonID, in tenant: TenantID, at now: Timestamp) async throws -> [AgreedClient] {
        let kept = try await store.read { try $0.consents(of: person, in: tenant) }
        let open = grants.grants(of: person, in: tenant, at: now)
        return try kept.compactMap { entry in
            guard let client = clients.client(entry.client) else { return nil }
            return AgreedClient(
                client: client, consent: try JSONColumn.decode(Consent.self, entry.record), givenAt: entry.givenAt,
                isOffline: open.contains { $0.client == entry.client && $0.session == nil })
        }
    }

    /// Takes everything back that a person agreed to for a client: it is asked again, and every token of it ends.
    ///
    /// - Throws: `not_found` where nothing was agreed to.
    public func withdraw(_ client: ClientID, of person: PersonID, by caller: Caller) async throws {
        try await store.write(.revocation) { [grants] tx in
            guard try tx.sql.removeConsent(of: person, to: client) else { throw Fault.notFound("consent") }
            try GrantEnding.end(.consent(person, client), .revoked, by: caller, grants, tx)
            try tx.append(
                caller.event(
                    "consent.withdrawn", Stream("person", person), facts: [Fact("client", .id(client, "client"))]))
        }
    }
}

extension Gateway {
    /// What people agreed to.
    public var consents: ConsentService { ConsentService(store: store, clients: clients, grants: live.grants) }
}
