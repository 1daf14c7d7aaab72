import Foundation
import Identity
import Logging
import Passwords
import Providers
import Storage
import Synchronization
import Vocabulary

/// One running gateway: the store, what is alive in memory, and the services over both. Built once by `open`, handed
/// down as a value; nothing here is global.
public final class Gateway: Sendable {
    public let configuration: Configuration
    let store: Store
    public let tenants: TenantTable
    public let applications: ApplicationTable
    public let providers: ProviderTable
    /// Applications and services that may ask for tokens.
    public let clients = ClientTable()
    let tokenKeyTable = TokenKeyTable()
    let deviceAttempts = DeviceAttempts()
    /// Discovery documents by issuer.
    let discovery = Mutex<[String: [UInt8]]>([:])
    let clientServers: ClientServers
    let clientDocuments: ClientDocuments
    let clientAuthorities: ClientAuthorities
    public let logger: Logger
    public let clock: @Sendable () -> Timestamp
    let hasher: PasswordHasher
    let live: LiveCredentials
    let standings: StandingCache
    let authorization: AuthorizationTable
    let recorder: DecisionRecorder
    let policyMeter: PolicyMeter
    /// Frameworks, how their controls stand, and signed assessments.
    public let compliance: ComplianceService
    let keptHeads = KeptHeads()
    let trials: TrialDesk
    let decisionRefusals = Tally<DecisionPrecondition>()
    let directories: DirectoryTable
    let redirects: RedirectTable
    /// The gateway as an entity of SAML.
    public let saml: SAMLService
    /// Applications that speak SAML.
    public let samlApplications = SAMLApplicationTable()
    let samlSources: SAMLApplicationSources
    let couriers: [HeadCourier]
    /// Tell target systems who gets and loses entitlements.
    public let provisioners: [ProvisioningCourier]
    /// Carry notices to people and systems.
    public let outbox: [OutboxCourier]
    /// Tells clients that a session has ended.
    public let logouts: LogoutCourier
    /// Single logout by SAML.
    public let samlLogout: SAMLLogoutService
    /// Tells SAML peers that a session has ended, where no browser does.
    public let samlLogoutCourier: SAMLLogoutCourier
    /// Tells receivers of security events.
    public let signalCourier: SignalCourier
    let receiverServers: ReceiverServers
    /// Rung when servers of NATS have something to hear.
    let natsBell = Bell()
    let natsLooks = NATSLooks()
    /// What answers commands and tells events over NATS, while it does.
    let messengerDesk = MessengerDesk()
    public let keyKeeper: KeyKeeper
    public let credentials: CredentialService
    public let login: LoginService
    public let sync: SyncService
    public let machineAccounts = MachineAccounts()

    /// Opens the store, applies the configuration and fills memory. After this every service answers.
    ///
    /// - Parameter fetch: in place of the network to providers that people are sent to, for tests.
    /// - Throws: what the store throws (`storage.locked`, `keys.wrong_master` …), and `Fault`s of the configuration.
    public static func open(
        _ configuration: Configuration, logger: Logger, clock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        uptime: @escaping @Sendable () -> Duration = SystemClock.uptime, fetch: OutgoingFetch? = nil
    ) async throws -> Gateway {
        if configuration.storage.requiresEncryptedVolume {
            try VolumeEncryption().require(at: configuration.storage.directory)
        }
        let storage = storeConfiguration(configuration, logger: logger, now: clock())
        let store = try await configuration.withMasterKey(logger) {
            try await Store.open(storage, masterKey: $0, clock: clock)
        }
        do {
            // A database that is behind its last head starts nothing: it is restored first.
            if let refusal = store.appendRefusal { throw refusal }
            return try await open(
                configuration, store: store, logger: logger, clock: clock, uptime: uptime, fetch: fetch)
        } catch {
            try? await store.close()
            throw error
        }
    }

    private static func open(
        _ configuration: Configuration, store: Store, logger: Logger, clock: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> Duration, fetch: OutgoingFetch?
    ) async throws -> Gateway {
        try store.configuration.erasureLog?.begin()
        try await store.reconcileErasures()
        let gateway = try Gateway(
            configuration, store: store, logger: logger, clock: clock, uptime: uptime, fetch: fetch)
        try await gateway.applyConfiguration()
        try await gateway.fillMemory()
        let providers = gateway.tenants.all.flatMap { gateway.providers.all(in: $0.id) }
        try gateway.directories.open(providers, logger: logger, clock: clock)
        try gateway.redirects.open(
            providers, publicURL: { gateway.tenants.publicURL(of: $0) }, clock: clock, logger: logger)
        await gateway.sync.recover(gateway.syncTargets)
        return gateway
    }

    private init(
        _ configuration: Configuration, store: Store, logger: Logger, clock: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> Duration, fetch: OutgoingFetch?
    ) throws {
        self.configuration = configuration
        self.store = store
        self.logger = logger
        self.clock = clock
        tenants = TenantTable()
        applications = ApplicationTable()
        providers = ProviderTable()
        live = LiveCredentials()
        standings = StandingCache()
        authorization = AuthorizationTable(
            store: store, configurationDigest: configuration.digest,
            multiFactorRoles: Set(configuration.multiFactor.requiredRoles),
            governance: configuration.governance, policyLimit: configuration.limits.policiesPerTenant
        ) { tenant, fault in
            logger.error(
                "a tenant decides nothing until its rules compile",
                metadata: ["tenant_id": "\(tenant)", "error": "\(fault)"])
        }
        hasher = try PasswordHasher(
            configuration: PasswordHasherConfiguration(
                parameters: try Argon2Parameters(
                    memoryKiB: configuration.passwords.argon2MemoryKiB,
                    iterations: configuration.passwords.argon2Passes,
                    lanes: configuration.passwords.argon2Lanes),
                queueLimit: configuration.passwords.hashingQueue))
        recorder = try DecisionRecorder.make(configuration, keys: store, logger: logger)
        policyMeter = PolicyMeter(logger: logger)
        compliance = ComplianceService(
            try CatalogueShelf(folder: configuration.compliance.catalogues), store: store, tenants: tenants,
            clock: clock)
        trials = TrialDesk(clock: clock)
        var credentials = try CredentialService(
            store: store, hasher: hasher, passwords: configuration.passwords, multiFactor: configuration.multiFactor,
            blockList: try BlockLists.load(configuration.passwords),
            breached: try configuration.passwords.hibpFile.map { try BreachedPasswords(path: $0) }, clock: clock)
        let resolver = SubjectResolver(store: store, table: authorization, cache: standings, clock: clock)
        credentials.rules = PasswordRules(
            decisions: DecisionService(
                resolver: resolver, revocationBound: configuration.sessions.revocationBound, recorder: recorder,
                refusals: decisionRefusals, meter: policyMeter, clock: clock))
        credentials.signals = SignalOutbox(clients: clients, bell: live.bell)
        self.credentials = credentials
        directories = DirectoryTable()
        saml = SAMLService(configuration.saml, tenants: tenants, clock: clock)
        redirects = RedirectTable(saml: saml, fetch: fetch)
        samlSources = SAMLApplicationSources(
            saml: saml, caFile: configuration.saml.metadataAuthorities, fetch: fetch, clock: clock, logger: logger)
        keyKeeper = KeyKeeper(
            store: store, log: DecisionRecorder.log(configuration, store), clock: clock, uptime: uptime,
            logger: logger)
        couriers = try Self.couriers(configuration.journal, store: store, clock: clock, logger: logger)
        provisioners = try Self.provisioners(
            configuration.governance.provisioning, tenants, store: store, clock: clock, logger: logger)
        outbox = try Self.outboxCouriers(
            configuration.notifications, tenants, store: store, clock: clock, logger: logger)
        clientAuthorities = try ClientAuthorities(configuration.oauth.mutualTLS?.authorities ?? [])
        clientServers = try ClientServers(caFile: configuration.oauth.clientAuthorities, clock: clock)
        clientDocuments = ClientDocuments(
            store: store, table: clients, settings: configuration.oauth.registration, clock: clock,
            document: { [clientServers] in try await clientServers.fetchStrange($0, bytes: $1) })
        let keys = TokenKeyService(store: store, table: tokenKeyTable, settings: configuration.oauth, clock: clock)
        logouts = LogoutCourier(
            store: store, tenants: tenants, clients: clients, keys: keys, servers: clientServers, bell: live.bell,
            logger: logger, clock: clock)
        samlLogout = SAMLLogoutService(
            store: store, live: live,
            teller: LogoutTeller(
                saml: saml,
                peers: LogoutPeers(
                    applications: samlApplications, providers: providers, redirects: redirects,
                    fetch: fetch ?? { [clientServers] in try await clientServers.fetchKnown($0) }, clock: clock),
                keys: store.keys, clock: clock), clock: clock, logger: logger)
        samlLogoutCourier = SAMLLogoutCourier(
            store: store, teller: samlLogout.teller, bell: live.bell, logger: logger, clock: clock)
        receiverServers = try ReceiverServers(
            caFile: configuration.oauth.clientAuthorities,
            allowsPrivateReceivers: configuration.oauth.signals.allowsPrivateReceivers)
        signalCourier = SignalCourier(
            store: store, clients: clients, tokens: SignalTokens(tenants: tenants, keys: keys),
            servers: receiverServers, bell: live.bell, logger: logger, clock: clock)
        login = Self.makeLogin(
            configuration,
            LoginParts(
                live: live, credentials: credentials, resolver: resolver,
                applications: applications, providers: providers, directories: directories,
                redirects: redirects, meter: policyMeter))
        store.afterEachCommit { [messengerDesk] in messengerDesk.wake() }
        sync = SyncService(
            store: store, live: live, standings: standings, table: authorization, clock: clock, logger: logger)
    }

    private func fillMemory() async throws {
        let now = clock()
        let (sessions, children, keys) = try await store.read { sql in
            (try sql.liveSessions(at: now), try sql.liveApplicationSessions(at: now), try sql.liveAPIKeys(at: now))
        }
        live.fill(sessions: sessions, applicationSessions: children, keys: keys)
        try await fillOAuth()
        try await fillSAMLApplications()
        let accounts = try await store.read { sql in
            try sql.tenants().flatMap { try sql.serviceAccounts(in: $0.id) }
        }
        for account in accounts where account.isDisabled { live.setDisabled(account.id, true) }
        for tenant in try await store.read({ try $0.tenants() }) where tenant.isDisabled {
            live.setDisabled(tenant.id, true)
        }
    }

    /// Signs a last head, writes what is buffered, and closes the store, whatever of the rest fails.
    ///
    /// - Throws: the first failure, after everything was tried.
    public func close() async throws {
        hasher.shutDown()
        var failure: (any Error)?
        func attempt(_ work: () async throws -> Void) async {
            do { try await work() } catch { failure = failure ?? error }
        }
        await attempt { try await login.drainFailures(all: true) }
        await recorder.stop()
        await attempt { _ = try await signHeads() }
        await trials.stop()
        for courier in couriers { await courier.finish() }
        clientServers.shutdown()
        samlSources.shutdown()
        receiverServers.shutdown()
        await attempt { try await store.reconcileErasures() }
        await attempt { try await store.close() }
        if let failure { throw failure }
    }

    // MARK: Services

    var resolver: SubjectResolver {
        SubjectResolver(store: store, table: authorization, cache: standings, clock: clock)
    }
    public var sessions: SessionService {
        SessionService(store: store, live: live, settings: configuration.sessions, clock: clock)
    }
    public var people: PeopleService {
        PeopleService(
            store: store, live: live, standings: standings, providers: providers,
            gate: { [roles] in try await roles.attributeGate(by: $0) })
    }
    public var roles: RoleService {
        RoleService(store: store, table: authorization, resolver: resolver, providers: providers)
    }
    public var groups: GroupService {
        GroupService(store: store, table: authorization, standings: standings, providers: providers)
    }
    public var policies: PolicyService { PolicyService(store: store, table: authorization) }
    public var serviceAccounts: ServiceAccountService {
        ServiceAccountService(store: store, live: live, standings: standings)
    }
    public var tenantService: TenantService { TenantService(store: store, live: live, tenants: tenants) }
    public var decisions: DecisionService {
        DecisionService(
            resolver: resolver, revocationBound: configuration.sessions.revocationBound, recorder: recorder,
            refusals: decisionRefusals, meter: policyMeter, clock: clock)
    }
    public var explanations: ExplanationService {
        ExplanationService(decisions: decisions, providers: providers, applications: applications)
    }
    public var audit: AuditService { AuditService(store: store) }

    /// A keyed digest that ties form tokens and cursors to this gateway and tenant.
    public func requestBinding(_ message: [UInt8], in tenant: TenantID) throws -> [UInt8] {
        try store.keys.mac(message, purpose: .requestBinding, tenant: tenant).tag
    }

    /// How much is alive, for metrics and readiness.
    public var counts: (sessions: Int, applicationSessions: Int, keys: Int) { live.counts }
}

/// The system's clock, asked at the edge only.
public enum SystemClock {
    public static let now: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Since the machine started, suspended or not (CLOCK_BOOTTIME): nobody can set it, so it is for how long something
    /// has been, never for when.
    public static let uptime: @Sendable () -> Duration = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
