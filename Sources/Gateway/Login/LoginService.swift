import Governance
import Identity
import Storage
import Vocabulary

/// Takes people through the login pages: loads the flow and its facts, lets the pure flow decide, makes the check it
/// asks for, lets it decide again, and commits once — the flow where nobody else moved it, the event, and the session.
///
/// Passwords, codes and tokens reach the checks and nothing else: neither rows nor events hold them.
public struct LoginService: Sendable {
    let store: Store
    let live: LiveCredentials
    let credentials: CredentialService
    let settings: LoginSettings
    let environment: LoginEnvironment
    let ledger: AttemptLedger
    let binds = InFlightBinds()
    let flows = FlowMemory()
    let journal: LoginJournal
    let tally = LoginTally()
    let clock: @Sendable () -> Timestamp

    init(
        store: Store, live: LiveCredentials, credentials: CredentialService, settings: LoginSettings,
        environment: LoginEnvironment, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.live = live
        self.credentials = credentials
        self.settings = settings
        self.environment = environment
        ledger = AttemptLedger(settings: settings.lockout)
        journal = LoginJournal()
        self.clock = clock
    }

    /// The page a flow stands at, asked for again.
    public func show(_ id: FlowID, from browser: LoginBrowser) async throws -> LoginResult {
        guard var work = try await load(id, browser) else { return Self.over(id, .refused(.otherBrowser)) }
        let transition = work.flow.decide(.opened, context: try await context(&work), now: clock())
        return try await settle(transition, &work)
    }

    /// One step: what the person sent, and the page or the session that follows.
    ///
    /// - Throws: `passwords.busy` when no more passwords can be checked now, and what the store throws. Nothing thrown
    ///   lets anybody in.
    public func submit(
        _ answer: LoginAnswer, to id: FlowID, from browser: LoginBrowser
    ) async throws -> LoginResult {
        do {
            return try await take(answer, to: id, from: browser)
        } catch let fault as Fault where Self.isOvertaken(fault) {
            // Another request moved the flow or used the code up; as things are now, that is what this one hears.
            return try await take(answer, to: id, from: browser)
        }
    }

    private func take(
        _ answer: LoginAnswer, to id: FlowID, from browser: LoginBrowser
    ) async throws -> LoginResult {
        guard var work = try await load(id, browser) else { return Self.over(id, .refused(.otherBrowser)) }
        if let done = try await repeated(answer, work) { return done }
        do {
            return try await settleOrRemember(answer, &work)
        } catch let fault as Fault where Self.isOvertaken(fault) {
            // Two requests with one page: the faster one has moved the flow, and this one shows where it stands.
            guard let moved = try await load(id, browser), moved.flow.revision != work.stored.revision else {
                throw fault
            }
            if let done = try await repeated(answer, moved) { return done }
            return try await show(id, from: browser)
        }
    }

    /// What checks left to be written is written also where the step fails.
    private func settleOrRemember(_ answer: LoginAnswer, _ work: inout LoginWork) async throws -> LoginResult {
        do {
            let result = try await settle(try await respond(to: answer, &work), &work)
            tally.count(result, entry(work.flow.provider, work)?.provider)
            return result
        } catch {
            let isOvertaken = (error as? Fault).map(Self.isOvertaken) ?? false
            if !isOvertaken { tally.countFailure(entry(work.flow.provider, work)?.provider) }
            let left = work
            if !left.remainders.isEmpty { try? await store.write(.login) { try left.writeRemainders($0) } }
            throw error
        }
    }

    private static func isOvertaken(_ fault: Fault) -> Bool { fault == overtaken || fault == Fault.stale("password") }

    /// What a completed flow was asked for, told to its own browser only; nil for any other.
    public func request(ofCompleted id: FlowID, from browser: LoginBrowser) async throws -> LoginRequest? {
        guard let work = try await load(id, browser), work.flow.step == .completed else { return nil }
        return work.flow.request
    }

    /// Journals the sums of folded failures whose windows have ended, or of all at shutdown.
    public func drainFailures(all: Bool = false) async throws {
        try await journal.drain(all: all, store, now: clock())
    }

    // MARK: Loading

    static let overtaken = Fault("login.overtaken", .caller, "Another request was faster.")

    static func over(_ id: FlowID, _ notice: LoginNotice?) -> LoginResult {
        .show(LoginView(flow: id, page: .over, notice: notice))
    }

    /// The flow, for its own browser only: nothing is checked and no code used up for any other.
    func load(_ id: FlowID, _ browser: LoginBrowser) async throws -> LoginWork? {
        guard let flow = try await flow(id, browser.tenant), let hash = browser.hash,
            equalInConstantTime(hash.bytes, flow.browserBinding.bytes)
        else {
            return nil
        }
        return LoginWork(
            flow,
            Caller(
                tenant: browser.tenant, actor: .anonymous, command: CommandID.random(at: clock()), trace: browser.trace),
            browser)
    }

    private func flow(_ id: FlowID, _ tenant: TenantID) async throws -> LoginFlow? {
        if let known = flows.find(id, in: tenant, at: clock()) { return known }
        return try await store.read { try $0.loginFlow(id, in: tenant) }
    }

    /// Everything outside the record that the next decision depends on, as it is now.
    func context(_ work: inout LoginWork, of person: PersonID? = nil) async throws -> LoginContext {
        let stepUp = work.flow.request.stepUpOf.flatMap { live.session($0) }
        let providers = environment.providers(work.caller.tenant)
        let subject = person ?? work.flow.subject
        var facts: LoginSubjectFacts?
        var anomalies: [LoginAnomaly] = []
        if let subject {
            let isJudged = work.failuresBefore != nil
            facts = try await self.facts(of: subject, providers, &work)
            if isJudged { anomalies = work.findings.map(\.kind) }
        }
        return LoginContext(
            browser: work.browser.hash,
            realms: HomeRealms(
                providers: providers.map {
                    LoginProvider(
                        id: $0.id, domains: Set($0.domains), isRedirect: $0.redirect != nil,
                        asksForFactors: $0.redirect?.asksForFactors ?? false)
                }),
            subject: facts, stepUpSession: stepUp, anomalies: anomalies)
    }

    private func facts(
        of id: PersonID, _ providers: [LoginProviderEntry], _ work: inout LoginWork
    ) async throws -> LoginSubjectFacts? {
        let tenant = work.caller.tenant
        let standing = try await environment.standing(id, tenant)
        // Read just now together with what the directory said, or for this.
        let read = work.known.flatMap { $0.person.id == id ? $0 : nil }
        work.known = nil
        let lookBack = work.failuresBefore == nil ? nil : lookBack(work)
        let known =
            if let read { read } else {
                try await store.read { [clock] in try PersonFacts.read(id, tenant, $0, lookBack, at: clock()) }
            }
        guard let known else { return nil }
        judge(known.past, &work)
        let (person, factors) = (known.person, known.factors)
        work.standing = standing
        if work.login.isEmpty { work.login = person.login }
        let ruling = try await ruling(of: id, factors, &work)
        return LoginSubjectFacts(
            person: id, tenant: tenant, isActive: person.isActive, enrolledFactors: factors,
            rolesRequireMFA: standing.requiresMultiFactor,
            rulesRequireMFA: (ruling?.demand?.strength ?? .none) >= .aal2,
            isBarred: ruling?.isRefused ?? false, mayBeAskedForMFA: standing.mayBeAskedForMultiFactor,
            mayHaveLocalPassword: providers.contains(where: \.isLocal) && person.managedBy != .sync)
    }
}

/// What the store knows of a person whom a proof names.
struct PersonFacts: Sendable {
    let person: Person
    /// The second factors they have enrolled.
    let factors: Set<AuthenticationMethod>
    /// How they signed in before, where that is asked.
    let past: PastSignIns?

    /// Nil when the tenant has nobody of this id.
    static func read(
        _ id: PersonID, _ tenant: TenantID, _ sql: any SQLConnection, _ lookBack: LookBack?, at now: Timestamp
    ) throws -> PersonFacts? {
        guard let person = try sql.person(id, in: tenant) else { return nil }
        var factors: Set<AuthenticationMethod> = []
        if try !sql.totp(of: id).isEmpty { factors.insert(.oneTimePassword) }
        if !factors.isEmpty, try sql.unusedRecoveryCodes(of: id) > 0 { factors.insert(.recoveryCode) }
        let past = try lookBack.map { try PastSignIns(id, tenant, $0, sql, at: now) }
        return PersonFacts(person: person, factors: factors, past: past)
    }
}

/// One request's hold on a flow: the record as it was read, the record as it has become, and what was learnt on the
/// way.
struct LoginWork: Sendable {
    let stored: LoginFlow
    var flow: LoginFlow
    let caller: Caller
    let browser: LoginBrowser
    /// As typed in this request, or the person's own; shown on the next page, never stored.
    var login = ""
    var notice: LoginNotice?
    /// Whose tries were counted for a password checked in this request.
    var attempt: AttemptKeys?
    /// The person a wrong password was typed for.
    var candidate: PersonID?
    /// Wrong passwords before one that was right in this request, until they are judged.
    var failuresBefore: Int?
    /// What stands out about it.
    var findings: [AnomalyFinding] = []
    var upstreamKey: [UInt8]?
    /// The directory's own reason for a refusal.
    var upstreamReason: String?
    var linkRefusal: LinkRefusal?
    /// An answer that came without a request, and is the proof that the flow's provider would be asked for.
    var unsolicited: String?
    var standing: LoginStanding?
    /// What rules say of the sign-in; nil where none is about it.
    var ruling: SessionRuling?
    /// What the next decision goes by, where it was read together with something else.
    var known: PersonFacts?
    /// Uses up what was proven in this request, in the transaction that moves the flow; false when it is used already.
    var use: (@Sendable (Transaction) throws -> Bool)?
    var recoveryCodes: [SecretText] = []
    /// What checks of this request left to be written with whatever comes of it.
    var remainders: [@Sendable (Transaction) throws -> Void] = []

    init(_ flow: LoginFlow, _ caller: Caller, _ browser: LoginBrowser) {
        stored = flow
        self.flow = flow
        self.caller = caller
        self.browser = browser
    }

    func writeRemainders(_ tx: Transaction) throws { for remainder in remainders { try remainder(tx) } }

    var hasMoved: Bool { flow.revision != stored.revision }
}
