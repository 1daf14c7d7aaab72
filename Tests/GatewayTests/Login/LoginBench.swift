import Foundation
import Identity
import Passwords
import Providers
import Storage
import Synchronization
import Testing
import Vocabulary

@testable import Gateway

/// A store in a folder of its own with one tenant, the services a login needs, and a clock that tests move.
final class LoginBench: Sendable {
    static let password = SecretText("a sufficiently long passphrase")
    static let start = Timestamp(seconds: 1_800_000_000)

    let directory: String
    let store: Store
    let tenant: TenantID
    let anna: PersonID
    let credentials: CredentialService
    let sessions: SessionService
    let people: PeopleService
    let login: LoginService
    let live = LiveCredentials()
    let standings = StandingCache()
    let local: ProviderID
    let upstream: ProviderID
    let application: ProtectedApplication
    /// What the directory answers; nil is a wrong password.
    let answer: Box<DirectoryOutcome>
    let asked = Box(0)
    private let moment: Box<Timestamp>

    final class Box<Value: Sendable>: Sendable {
        private let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
        var current: Value {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    init(
        lockout: LockoutConfiguration? = nil, requiredRoles: Set<String> = [],
        anomalies: AnomalySettings = AnomalySettings(),
        directory make: (
            @Sendable (ProviderID, TenantID, @escaping @Sendable () -> Timestamp) throws -> UpstreamDirectory
        )? = nil
    ) async throws {
        let moment = Box(Self.start)
        let answer = Box(DirectoryOutcome.refused(.badCredentials))
        let clock: @Sendable () -> Timestamp = { moment.current }
        self.moment = moment
        self.answer = answer
        directory = NSTemporaryDirectory() + "login-\(UUID().uuidString)"
        let store = try await Store.open(
            StoreConfiguration(directory: directory, node: .random(at: clock())), masterKey: .generate(), clock: clock)
        self.store = store
        let tenant = TenantID.random(at: clock())
        self.tenant = tenant
        credentials = try CredentialService(
            store: store, hasher: PasswordHasher(configuration: .init(threads: 1)), passwords: Self.passwords,
            multiFactor: Self.multiFactor, blockList: BlockList(""), breached: nil, clock: clock)
        sessions = SessionService(store: store, live: live, settings: Self.sessionSettings, clock: clock)
        people = PeopleService(store: store, live: live, standings: standings, providers: ProviderTable())
        let (local, upstream) = (ProviderID.random(at: clock()), ProviderID.random(at: clock()))
        self.local = local
        self.upstream = upstream
        let application = ProtectedApplication(
            id: .random(at: clock()), tenant: tenant,
            settings: ApplicationConfiguration(
                key: "wiki", tenant: "main", name: "Wiki", host: "wiki.example.org",
                publicURL: "https://wiki.example.org"))
        self.application = application
        anna = PersonID.random(at: clock())
        let table = AuthorizationTable(
            store: store, configurationDigest: [1], multiFactorRoles: requiredRoles)
        let resolver = SubjectResolver(store: store, table: table, cache: standings, clock: clock)
        let asked = asked
        let fake = UpstreamDirectory(bindLimit: 3, bindWindow: .minutes(30), createsPeople: true) {
            _, _, admission in
            // As a real directory does: what cannot be reached is sent no bind, and one account is one account.
            if case .unavailable = answer.current { return .unavailable }
            if let wait = try await admission.admit("key:carla") { return .throttled(wait) }
            asked.current += 1
            if case .verified = answer.current { admission.accepted("key:carla") }
            return answer.current
        }
        let directoryProvider = try make?(upstream, tenant, clock) ?? fake
        login = LoginService(
            store: store, live: live, credentials: credentials,
            settings: LoginSettings(
                sessions: Self.sessionSettings, lockout: lockout ?? Self.lockout, flowLifetime: .minutes(10),
                groupLimit: 100, anomalies: anomalies),
            environment: LoginEnvironment(
                providers: { id in
                    guard id == tenant else { return [] }
                    return [
                        LoginProviderEntry(id: local, tenant: id, name: "Local", domains: [], provider: .local),
                        LoginProviderEntry(
                            id: upstream, tenant: id, name: "Works", domains: ["works.example"],
                            provider: .directory(directoryProvider)),
                    ]
                },
                standing: { try await LoginStanding.resolve($0, in: $1, by: resolver) },
                containers: { try await table.snapshot(of: $0).containers },
                application: { $0 == application.id ? application : nil },
                personChanged: { [standings] in standings.forget(.person($0), in: $1) },
                groupsAdded: { _ = try await table.reload($0) }, configurationDigest: { [1, 2, 3] }),
            clock: clock)
        try await insertPeople()
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func insertPeople() async throws {
        let (tenant, anna, local, upstream, caller) = (tenant, anna, local, upstream, caller)
        try await store.write(.administration) { tx in
            try tx.sql.insert(Tenant(id: tenant, slug: "main", name: "Example"), managedBy: .api, at: tx.now)
            for (id, name, kind) in [(local, "local", "local"), (upstream, "works", "ldap")] {
                try tx.sql.upsert(
                    StoredProvider(id: id, tenant: tenant, name: name, kind: kind), settingsDigest: [1],
                    managedBy: .configuration)
            }
            try RoleService.insertPredefined(in: tenant, by: caller, tx)
            try PeopleService.insert(
                Person(id: anna, tenant: tenant, login: "anna", mail: "anna@example.org", createdAt: tx.now),
                by: caller, tx)
        }
        guard try await credentials.setPassword(Self.password, of: anna, mustChange: false, by: caller) == .changed
        else {
            throw Fault("test.password", .ourselves, "The password was refused.")
        }
    }

    /// Another local person.
    func insert(_ login: String, mail: String? = nil) async throws -> PersonID {
        let person = Person(id: .random(at: now), tenant: tenant, login: login, mail: mail, createdAt: now)
        try await store.write(.administration) { [caller] tx in try PeopleService.insert(person, by: caller, tx) }
        return person.id
    }

    var caller: Caller { Caller(tenant: tenant, actor: .operatingSystemUser(0), command: .random(at: moment.current)) }
    var now: Timestamp { moment.current }
    func advance(_ by: Duration) { moment.current = moment.current + by }

    // MARK: Steps

    struct Begun: Sendable {
        let flow: FlowID
        let browser: LoginBrowser
        let page: LoginView?
    }

    func browser(_ secret: SecretText? = nil, device: SecretText? = nil, source: String = "192.0.2.1") -> LoginBrowser {
        LoginBrowser(tenant: tenant, preSession: secret, device: device, source: IPAddress(source))
    }

    func begin(
        _ beginning: LoginBeginning = LoginBeginning(), device: SecretText? = nil, source: String = "192.0.2.1"
    ) async throws -> Begun {
        let start = try await login.begin(beginning, from: browser(device: device, source: source))
        guard case .begun(let secret, .show(let view)) = start else {
            throw Fault("test.begin", .ourselves, "The login did not begin.")
        }
        return Begun(flow: view.flow, browser: browser(secret, device: device, source: source), page: view)
    }

    func submit(_ answer: LoginAnswer, to begun: Begun) async throws -> LoginResult {
        try await login.submit(answer, to: begun.flow, from: begun.browser)
    }

    /// Identifier and password in one go.
    func signIn(
        _ name: String = "anna", _ password: SecretText = LoginBench.password, provider: ProviderID? = nil,
        device: SecretText? = nil, source: String = "192.0.2.1"
    ) async throws -> LoginResult {
        let begun = try await begin(device: device, source: source)
        _ = try await submit(.identifier(name, provider: provider ?? local), to: begun)
        return try await submit(.password(login: name, password), to: begun)
    }

    /// An enrolled authenticator's secret.
    func enrol() async throws -> SecretBytes {
        let enrolment = try await credentials.beginTOTP(for: anna, by: caller)
        let secret = try #require(Base32.decode(enrolment.secret.reveal()))
        let outcome = try await credentials.confirmTOTP(code(secret), of: anna, by: caller)
        guard outcome == .accepted else { throw Fault("test.totp", .ourselves, "\(outcome)") }
        advance(.seconds(60))
        return SecretBytes(secret)
    }

    /// Gives Anna a predefined role.
    func assign(_ name: String) async throws {
        try await store.write(.administration) { [caller, tenant, anna] tx in
            let role = try #require(try tx.sql.roles(in: tenant).first { $0.name == name })
            try RoleService.insert(
                RoleAssignment(
                    id: .random(at: tx.now), tenant: tenant, subject: .person(anna), role: role.id,
                    grantedBy: caller.actor, grantedAt: tx.now), by: caller, tx)
        }
        standings.forget(.person(anna), in: tenant)
    }

    func code(_ secret: [UInt8]) -> SecretText {
        let totp = credentials.totp
        return SecretText(totp.code(secret: SecretBytes(secret), counter: UInt64(totp.step(at: now))))
    }

    // MARK: What is stored

    func events(_ type: String) async throws -> Int {
        try await store.read { sql in
            Int(try sql.queryOne("SELECT count(*) FROM journal_event WHERE type = ?1", [.text(type)])?.integer(0) ?? 0)
        }
    }

    /// Every byte of every file under the folder.
    func bytes() throws -> Data {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted().reduce(into: Data()) {
            $0 += try Data(contentsOf: URL(fileURLWithPath: directory + "/" + $1))
        }
    }

    /// Whether these bytes stand in any file.
    func holds(_ bytes: some Sequence<UInt8>) throws -> Bool { try self.bytes().range(of: Data(bytes)) != nil }

    // MARK: Settings

    static let lockout = LockoutConfiguration(
        accountLimit: 5, sourceLimit: 8, window: .minutes(15), lock: .minutes(10), knownDeviceLimit: 3)
    static let sessionSettings = SessionConfiguration(
        idle: .hours(1), absolute: .hours(12), applicationIdle: .hours(1), perPerson: 3,
        revocationBound: .milliseconds(100))
    static let passwords = PasswordConfiguration(
        minimumLength: 15, minimumLengthWithMultiFactor: 12, maximumBytes: 1_024, blockList: false, contextWords: [],
        history: 0, upper: 0, lower: 0, digit: 0, special: 0, argon2MemoryKiB: 7_168, argon2Passes: 1, argon2Lanes: 1,
        hashingQueue: 64)
    static let multiFactor = MultiFactorConfiguration(
        requiredRoles: [], issuer: "Example", digits: 6, period: .seconds(30), skewSteps: 1, recoveryCodes: 10)
}

extension LoginResult {
    var completed: CompletedLogin? { if case .completed(let done) = self { done } else { nil } }
    var notice: LoginNotice? { if case .show(let view) = self { view.notice } else { nil } }
    var page: LoginPageKind? { if case .show(let view) = self { view.page } else { nil } }

    /// The page's name, for comparisons.
    var pageName: String {
        switch page {
        case nil: "completed"
        case .identifier: "identifier"
        case .password: "password"
        case .secondFactor: "second factor"
        case .enrolment: "enrolment"
        case .invitation: "invitation"
        case .newPassword: "new password"
        case .over: "over"
        }
    }
}
