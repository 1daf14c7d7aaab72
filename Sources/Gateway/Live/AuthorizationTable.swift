import Authorization
import Storage
import Synchronization
import Vocabulary

/// The compiled authorization of each tenant: read as a snapshot, loaded at first need, replaced after every change of
/// roles, mappings, group nesting or policies.
///
/// Loading is serialized, and each load reads what is committed by then, so the newest change always wins. Where the
/// newest does not compile there is no snapshot at all: nothing is decided on what held before it.
final class AuthorizationTable: Sendable {
    private enum Entry {
        case compiled(TenantAuthorization)
        case broken(generation: UInt64, Fault, retryAt: ContinuousClock.Instant)

        var generation: UInt64 {
            switch self {
            case .compiled(let authorization): authorization.index.stamp.generation
            case .broken(let generation, _, _): generation
            }
        }
    }

    /// How long a tenant that does not compile is left alone by those who only ask: a compile for each question would
    /// make the fault everybody's. A change compiles at once.
    private static let pause = Duration.seconds(5)

    private let memory = Mutex<[TenantID: Entry]>([:])
    private let store: Store
    private let policyLimit: Int
    private let source: GovernedSource
    private let loader: Loader
    private let onFault: @Sendable (TenantID, Fault) -> Void

    /// - Parameters:
    ///   - multiFactorRoles: names of roles that require two factors by configuration.
    ///   - governance: what configuration says of governed policies.
    ///   - policyLimit: policies a change may leave in a tenant; more that stand already go on to be decided by.
    ///   - onFault: told of every tenant that could not be compiled.
    init(
        store: Store, configurationDigest: [UInt8], multiFactorRoles: Set<String> = [],
        governance: GovernanceConfiguration = GovernanceConfiguration(), policyLimit: Int = .max,
        onFault: @escaping @Sendable (TenantID, Fault) -> Void = { _, _ in }
    ) {
        self.store = store
        self.policyLimit = policyLimit
        self.onFault = onFault
        source = GovernedSource(keys: store.keys, settings: governance)
        loader = Loader(
            store: store, configurationDigest: configurationDigest, multiFactorRoles: multiFactorRoles, source: source)
    }

    /// What became of approvals, for metrics.
    let approvalTally = ApprovalTally()

    /// What governed rules are read with.
    var governedSource: GovernedSource { source }

    /// The machine's time zones, for rules and workflows.
    var zones: ZoneFiles { source.zones }

    /// What is counted under the limits of governed rules.
    var limits: LimitMemory { source.limits }
    /// The slug of the tenant whose system-wide policies hold everywhere.
    var globalTenant: String? { source.settings.globalTenant }
    /// What configuration says of governance.
    var settings: GovernanceConfiguration { source.settings }

    /// The tenant's snapshot, loaded now if nobody has asked before.
    ///
    /// - Throws: `authorization.unavailable` (HTTP 503) while what the store holds does not compile.
    func snapshot(of tenant: TenantID) async throws -> TenantAuthorization {
        switch memory.withLock({ $0[tenant] }) {
        case .compiled(let known): return known
        case .broken(_, let fault, let retryAt) where ContinuousClock.now < retryAt: throw fault
        case .broken, nil: return try await reload(tenant)
        }
    }

    /// The tenants that decide nothing now, and why.
    var faults: [TenantID: Fault] {
        memory.withLock { table in
            table.compactMapValues { entry in if case .broken(_, let fault, _) = entry { fault } else { nil } }
        }
    }

    /// Writes a change of roles or policies, and puts it in service. What would not compile is not committed; where
    /// what stands there already does not compile, every change is, because each may be a step of mending it.
    ///
    /// Compiling takes long where there are very many rules, and the writer would be held meanwhile. So the change is
    /// carried out in vain first, what it leaves is compiled elsewhere, and it is carried out again where it still leaves
    /// just that.
    ///
    /// - Parameters:
    ///   - isAlone: nobody waits for the writer, as before a start: compiled in the body, which is then run once.
    ///   - body: may be run several times, all but the last in vain.
    /// - Throws: what the body throws, and the fault of the rules with the words that nothing was stored.
    func write<T: Sendable>(
        _ lane: WriterLane, in tenant: TenantID, isAlone: Bool = false,
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let result: T
        do {
            result =
                try await isAlone ? checkedInside(lane, tenant, body) : checkedBeforehand(lane, tenant, body)
        } catch let rejection as TenantRules.Rejection {
            guard try await isBroken(tenant) else { throw rejection.refusal }
            result = try await store.write(lane, body)
        }
        await refresh(tenant)
        return result
    }

    /// How often others may get in between before the writer is held after all.
    private static let rehearsals = 4

    /// What a change would leave, thrown out of its transaction so that nothing of it stays.
    private struct Unjudged: Error { let source: TenantRules.Source }

    private func checkedBeforehand<T: Sendable>(
        _ lane: WriterLane, _ tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        var sound: (left: TenantRules.Source, graph: RoleGraph)?
        for _ in 0..<Self.rehearsals {
            do {
                return try await store.write(lane) { [sound, source] tx in
                    let result = try body(tx)
                    let left = try TenantRules.Source(of: tenant, from: tx.sql)
                    guard let sound, left == sound.left else { throw Unjudged(source: left) }
                    _ = try GovernedRules(of: tenant, from: tx.sql, source, isCommitted: false).book(sound.graph, 0)
                    return result
                }
            } catch let unjudged as Unjudged {
                // On a reader's thread, because compiling blocks whichever it runs on.
                let graph = try await store.read { [policyLimit] _ in
                    try TenantRules.check(unjudged.source, policyLimit: policyLimit).graph
                }
                sound = (unjudged.source, graph)
            }
        }
        return try await checkedInside(lane, tenant, body)
    }

    private func checkedInside<T: Sendable>(
        _ lane: WriterLane, _ tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        try await store.write(lane) { [policyLimit, source] tx in
            let result = try body(tx)
            try TenantRules.check(tenant, tx.sql, source, policyLimit: policyLimit)
            return result
        }
    }

    /// The same for a change of governed policies, which hold in every tenant where they are the global tenant's: what
    /// would leave any of them without rules that compile is not committed.
    func writeGoverned<T: Sendable>(
        in tenant: TenantID, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let heirs = try await heirs(of: tenant)
        let result = try await write(.administration, in: tenant, isAlone: true) { [source] tx in
            let result = try body(tx)
            for heir in heirs { try TenantRules.check(heir, tx.sql, source) }
            return result
        }
        for heir in heirs { await refresh(heir) }
        return result
    }

    /// The tenants in which this one's system-wide policies hold.
    private func heirs(of tenant: TenantID) async throws -> [TenantID] {
        guard let slug = globalTenant else { return [] }
        return try await store.read { sql in
            try sql.tenant(slug: slug)?.id == tenant ? sql.tenants().map(\.id).filter { $0 != tenant } : []
        }
    }

    private func isBroken(_ tenant: TenantID) async throws -> Bool {
        try await store.read { [policyLimit, source] sql in
            do { try TenantRules.check(tenant, sql, source, policyLimit: policyLimit) } catch is TenantRules.Rejection {
                return true
            }
            return false
        }
    }

    /// Puts in service what a change has committed. It stands, so a failure is not the change's: the tenant decides
    /// nothing until it compiles, and `faults` says why.
    func refresh(_ tenant: TenantID) async { _ = try? await reload(tenant) }

    /// The same after a change that only governed rules look at; nothing where there are none.
    func refreshGoverned(_ tenant: TenantID) async {
        guard case .compiled(let known)? = memory.withLock({ $0[tenant] }), known.book == nil else {
            return await refresh(tenant)
        }
    }

    /// Compiles what is committed now and puts it in service; what was decided on before is no longer.
    ///
    /// - Throws: `authorization.unavailable`; the tenant is then without a snapshot.
    @discardableResult
    func reload(_ tenant: TenantID) async throws -> TenantAuthorization {
        let (generation, loaded) = await loader.load(tenant)
        switch loaded {
        case .success(let fresh):
            publish(.compiled(fresh), tenant)
            return fresh
        case .failure(let error):
            let fault = Self.unavailable(error)
            publish(.broken(generation: generation, fault, retryAt: .now + Self.pause), tenant)
            onFault(tenant, fault)
            throw fault
        }
    }

    private static func unavailable(_ error: any Error) -> Fault {
        let cause = (error as? TenantRules.Rejection)?.fault ?? error as? Fault
        return Fault(
            "authorization.unavailable", .ourselves,
            "The roles and policies do not compile, so nothing is decided. \(cause?.message ?? "\(error)")",
            remedy: cause?.remedy)
    }

    private func publish(_ entry: Entry, _ tenant: TenantID) {
        memory.withLock { table in
            if (table[tenant]?.generation ?? 0) < entry.generation { table[tenant] = entry }
        }
    }

    /// Compiles what is committed with something put in place of something else, to be tried. It decides nothing, and
    /// nobody who decides waits for it.
    ///
    /// - Throws: the fault of rules that do not go together, and what the store throws.
    func compiled(_ trial: RuleTrial, for tenant: TenantID) async throws -> TenantAuthorization {
        let (digest, named, source) = (loader.configurationDigest, loader.multiFactorRoles, source)
        do {
            return try await store.read { sql in
                try TenantAuthorization(
                    tenant: tenant, generation: 0, configurationDigest: digest, multiFactorRoles: named, from: sql,
                    source, trial: trial)
            }
        } catch let rejection as TenantRules.Rejection {
            throw rejection.fault
        }
    }

    private actor Loader {
        let store: Store
        let configurationDigest: [UInt8]
        let multiFactorRoles: Set<String>
        let source: GovernedSource
        var generation: UInt64 = 0

        init(store: Store, configurationDigest: [UInt8], multiFactorRoles: Set<String>, source: GovernedSource) {
            self.source = source
            self.store = store
            self.configurationDigest = configurationDigest
            self.multiFactorRoles = multiFactorRoles
        }

        // The generation is drawn before reading: of two overlapping loads the later drawn has read the later state.
        // A task of its own, because a caller who gives up must not leave a tenant without its rules.
        func load(_ tenant: TenantID) async -> (UInt64, Result<TenantAuthorization, any Error>) {
            generation += 1
            let (mine, digest, named, store) = (generation, configurationDigest, multiFactorRoles, store)
            let source = source
            let task = Task {
                try await store.read {
                    try TenantAuthorization(
                        tenant: tenant, generation: mine, configurationDigest: digest, multiFactorRoles: named,
                        from: $0, source)
                }
            }
            return (mine, await task.result)
        }
    }
}
