import Governance
import Storage
import Vocabulary

extension GovernanceService {
    /// Things of one page of 200, and the one that says that there is another page; more is never read at once.
    public static let pageLimit = 201

    /// Policies by id, after one, at most `limit` (1 to 201), narrowed by state, type and scope level.
    public func policies(
        in tenant: TenantID, state: PolicyState? = nil, type: PolicyType? = nil, scope: ScopeLevel? = nil,
        after id: PolicyID? = nil, limit: Int = 100
    ) async throws -> [GovernedPolicy] {
        let filter = GovernedFilter(state: state?.rawValue, type: type?.rawValue, scope: scope?.rawValue)
        return try await list(filter, in: tenant, after: id?.bytes, limit) {
            GovernedStream(GovernedPolicy.aggregate, $0)
        }
    }

    /// Exemptions by id, after one, at most `limit` (1 to 201), narrowed by state and by the policy they are from.
    public func exemptions(
        in tenant: TenantID, state: Exemption.State? = nil, from policy: PolicyID? = nil,
        after id: ExemptionID? = nil, limit: Int = 100
    ) async throws -> [Exemption] {
        let filter = GovernedFilter(state: state?.rawValue, target: policy?.bytes)
        return try await list(filter, in: tenant, after: id?.bytes, limit) { GovernedStream(Exemption.aggregate, $0) }
    }

    /// Policy sets by id, after one, at most `limit` (1 to 201).
    public func sets(in tenant: TenantID, after id: PolicySetID? = nil, limit: Int = 100) async throws -> [PolicySet] {
        try await list(GovernedFilter(), in: tenant, after: id?.bytes, limit) {
            GovernedStream(PolicySet.aggregate, $0)
        }
    }

    private func list<State, Event>(
        _ filter: GovernedFilter, in tenant: TenantID, after id: [UInt8]?, _ limit: Int,
        _ stream: @escaping @Sendable (Identifier<Void>) -> GovernedStream<State, Event>
    ) async throws -> [State] {
        let kind = stream(Identifier(high: 0, low: 0)).stream.kind
        return try await store.read { sql in
            try sql.governed(kind, in: tenant, filter, after: id, limit: min(max(1, limit), Self.pageLimit))
                .compactMap { row in
                    guard let id = Identifier<Void>(bytes: row.id) else { return nil }
                    return try stream(id).load(sql, in: tenant, keys: store.keys).state
                }
        }
    }

    /// One policy. Throws `not_found` when the tenant has none of this id.
    public func policy(_ id: PolicyID, in tenant: TenantID) async throws -> GovernedPolicy {
        try await one(policy(id), "policy", in: tenant)
    }

    /// One policy set. Throws `not_found` when the tenant has none of this id.
    public func policySet(_ id: PolicySetID, in tenant: TenantID) async throws -> PolicySet {
        try await one(set(id), "policy set", in: tenant)
    }

    /// One exemption. Throws `not_found` when the tenant has none of this id.
    public func exemption(_ id: ExemptionID, in tenant: TenantID) async throws -> Exemption {
        try await one(exemption(id), "exemption", in: tenant)
    }

    private func one<State, Event>(
        _ stream: GovernedStream<State, Event>, _ what: String, in tenant: TenantID
    ) async throws -> State {
        let loaded = try await store.read { try stream.load($0, in: tenant, keys: store.keys) }
        guard let state = loaded.state else { throw Fault.notFound(what) }
        return state
    }

    /// Every change of a policy, oldest first: who, when, why as far as it was not erased, and what became different.
    /// Throws `not_found` when the tenant has no such policy.
    public func history(of id: PolicyID, in tenant: TenantID) async throws -> [PolicyChange] {
        let events = try await events(of: policy(id), "policy", in: tenant)
        return try refusing { try GovernedPolicy.history(of: events) }
    }

    /// The same of a policy set.
    public func history(of id: PolicySetID, in tenant: TenantID) async throws -> [PolicyChange] {
        let events = try await events(of: set(id), "policy set", in: tenant)
        return try refusing { try PolicySet.history(of: events) }
    }

    /// The same of an exemption. What was said about a person is gone once that person is erased.
    public func history(of id: ExemptionID, in tenant: TenantID) async throws -> [PolicyChange] {
        let events = try await events(of: exemption(id), "exemption", in: tenant)
        return try refusing { try Exemption.history(of: events) }
    }

    /// Why each of these exemptions was granted and revoked, as far as it was not erased.
    public func accounts(
        of ids: some Sequence<ExemptionID> & Sendable, in tenant: TenantID
    ) async throws -> [ExemptionID: ExemptionAccount] {
        try await store.read { sql in
            var accounts: [ExemptionID: ExemptionAccount] = [:]
            for id in ids { accounts[id] = ExemptionAccount(try events(of: exemption(id), sql, in: tenant)) }
            return accounts
        }
    }

    private func events<State, Event>(
        of stream: GovernedStream<State, Event>, _ what: String, in tenant: TenantID
    ) async throws -> [Recorded<Event>] {
        let found: [Recorded<Event>] = try await store.read { try self.events(of: stream, $0, in: tenant) }
        guard !found.isEmpty else { throw Fault.notFound(what) }
        return found
    }

    private func events<State, Event>(
        of stream: GovernedStream<State, Event>, _ sql: any SQLConnection, in tenant: TenantID
    ) throws -> [Recorded<Event>] {
        var events: [Recorded<Event>] = []
        try stream.forEach(sql, in: tenant, keys: store.keys) { event, _ in events.append(event) }
        return events
    }
}

extension GovernanceService {
    /// The present version of what a command is about, 0 when that does not exist yet or is not named.
    public func version(for name: String, _ payload: AttributeValue, in tenant: TenantID) async throws -> Int64 {
        func id<Kind>(_ key: String) -> Identifier<Kind>? { payload[key]?.string.flatMap { Identifier<Kind>($0) } }
        let stream =
            switch name {
            case "create_set", "add_to_set", "remove_from_set": id("set_id").map { set($0).stream }
            case "grant_exemption", "revoke_exemption": id("exemption_id").map { exemption($0).stream }
            default: id("policy_id").map { policy($0).stream }
            }
        guard let stream else { return 0 }
        return try await store.read { try $0.streamVersion(stream, in: tenant) }
    }
}
