import Identity
import LDAP
import Logging
import Vocabulary

extension LDAPDirectory {
    /// Proves a login and password against the directory and reads who that is, groups included.
    ///
    /// Never throws: whatever goes wrong is an outcome, and none but a bind the server accepted verifies. An empty
    /// password is refused before anything is sent (RFC 4513 §5.1.2).
    ///
    /// - Parameter admission: asked before each bind that may fail.
    public func authenticate(
        login: String, password: SecretText, admission: BindAdmission = .unlimited
    ) async -> PrimaryOutcome {
        let secret = Array(password.reveal().utf8)
        guard secret.contains(where: { ![0x00, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20].contains($0) }) else {
            return .refused(.emptyPassword)
        }
        guard NameKey.isValid(login: login) else { return .refused(.malformedLogin) }
        let attempt = Attempt(name: loginName(login), secret: secret, admission: admission)
        do {
            guard let template else { return try await authenticateBySearch(attempt) }
            guard let text = template.filled(attempt.name.values) else { return .refused(.malformedLogin) }
            return template.grammar == .principal
                ? try await authenticate(principal: text, attempt) : try await authenticate(dn: text, attempt)
        } catch let throttled as BindThrottled {
            return .throttled(throttled.wait)
        } catch let error as LDAPError {
            explainLater(error)
            return .unavailable(LDAPFailure.fault(error))
        } catch {
            return .unavailable(error as? Fault ?? Self.unasked)
        }
    }

    static let unasked = Fault("directory.failed", .ourselves, "The directory could not be asked.")

    func loginName(_ login: String) -> LoginName {
        LoginName(
            login, domains: settings.domains, splitsAnyBackslash: settings.people.keyAttribute == .objectGUID)
    }

    /// One person's try.
    struct Attempt: Sendable {
        let name: LoginName
        let secret: [UInt8]
        let admission: BindAdmission
    }

    // MARK: Search, then bind

    private func authenticateBySearch(_ attempt: Attempt) async throws -> PrimaryOutcome {
        guard let search = search(for: attempt.name) else { return try await refuse(.unknownLogin, attempt) }
        switch try await signIn(search, attempt) {
        case .nobody: return try await refuse(.unknownLogin, attempt)
        case .several: return try await refuse(.ambiguousLogin, attempt)
        case .bound(let entry, .accepted(let warnings), let following):
            return try await identity(of: entry, warnings, first: following, asService)
        case .bound(_, let refusal, _): return refused(refusal)
        case .found(let entry):
            let outcome = try await bind(
                as: .entry(entry.dn), account: account(of: entry), attempt.secret, attempt.admission
            ) { $1 }
            guard case .accepted(let warnings) = outcome else { return refused(outcome) }
            return try await identity(of: entry, warnings, asService)
        }
    }

    /// Finds the entry, and where its bind was admitted beforehand goes on to bind and to ask for groups in one turn.
    private func signIn(_ search: SearchRequest, _ attempt: Attempt) async throws -> LDAPSignIn {
        let (unsent, admission) = (UnsentBind(), attempt.admission)
        let request = LDAPSignInRequest(person: search, password: attempt.secret) { entry in
            let account = account(of: entry)
            if admission.takePrepared(account) { unsent.admitted(account) }
            return unsent.leave(account)
        } notSent: {
            unsent.cameBack()
        } following: { entry in
            admission.accepted(account(of: entry))
            return firstQuestion(about: entry)
        }
        do {
            let outcome = try await client.signIn(request)
            if let account = unsent.waiting { try await admission.withdraw(account) }
            return outcome
        } catch {
            if let account = unsent.waiting { try await admission.withdraw(account) }
            throw error
        }
    }

    /// A name that nobody has is counted and costs a bind as well, so that neither the time taken nor the number of
    /// tries tells who exists.
    private func refuse(_ reason: DirectoryRefusal, _ attempt: Attempt) async throws -> PrimaryOutcome {
        try await bind(as: .entry(nobody), account: account(ofUnknown: attempt.name), attempt.secret, attempt.admission)
        { _, _ in }
        return .refused(reason)
    }

    enum Found: Sendable {
        case nobody, several
        case one(LDAPEntry)
    }

    /// The entry a login means, asked as the service account.
    func find(_ login: LoginName, attributes: [String]? = nil) async throws -> Found {
        try await client.withSearchConnection { try await find(login, attributes, on: $0) }
    }

    private func find(
        _ login: LoginName, _ attributes: [String]?, on connection: LDAPConnection
    ) async throws -> Found {
        guard let request = search(for: login, attributes) else { return .nobody }
        let entries: [LDAPEntry]
        do throws(LDAPError) {
            entries = try await connection.entries(request)
        } catch {
            guard error == .limitExceeded(.entries) else { throw error }
            return .several
        }
        return entries.first.map(Found.one) ?? .nobody
    }

    /// The question who has a login; nil for one that no entry can have.
    private func search(for login: LoginName, _ attributes: [String]? = nil) -> SearchRequest? {
        logins.filter(for: login).map { filter in
            SearchRequest(
                base: settings.people.base, filter: filter, attributes: attributes ?? reader.wanted,
                limits: SearchLimits(entries: 1))
        }
    }

    /// What binds of an entry are counted by: the same whatever was typed to find it.
    func account(of entry: LDAPEntry) -> String {
        UpstreamKey.text(of: entry).map(Self.account(ofKey:)) ?? BindName.entry(entry.dn).account
    }

    private static func account(ofKey key: String) -> String { "key:\(key)" }

    private func account(ofUnknown name: LoginName) -> String { "unknown:" + NameKey.of(name.account) }

    /// What the first bind of a login will be counted by, as far as that can be told before the directory is asked: a
    /// template says it, else the key of the account that is linked here. Without one it is expected that nobody has the
    /// login, so that strangers' names take the same way as known ones.
    public func expectedAccount(login: String, subjectKey: String?) -> String? {
        guard NameKey.isValid(login: login) else { return nil }
        let name = loginName(login)
        guard let template else { return subjectKey.map(Self.account(ofKey:)) ?? account(ofUnknown: name) }
        return template.filled(name.values).map { text in
            (template.grammar == .principal ? BindName.principal(text) : .entry(text)).account
        }
    }

    /// A name under the people's base that nobody has.
    private var nobody: String { "cn=gatehouse-nobody-\(UInt64.random(in: 0 ... .max)),\(settings.people.base)" }

    // MARK: Direct binds

    private func authenticate(dn: String, _ attempt: Attempt) async throws -> PrimaryOutcome {
        let outcome = try await bind(as: .entry(dn), attempt.secret, attempt.admission) { connection, outcome in
            guard case .accepted(let warnings) = outcome else { return Bound.over(refused(outcome)) }
            // Without a service account only the person may read the person's entry.
            guard settings.service == nil else { return .accepted(warnings) }
            return .over(try await read(dn, warnings) { try await connection.entries($0) })
        }
        switch outcome {
        case .over(let outcome): return outcome
        case .accepted(let warnings):
            return try await read(dn, warnings, asService)
        }
    }

    private enum Bound: Sendable {
        case over(PrimaryOutcome)
        case accepted(BindWarnings)
    }

    /// A principal's name says nothing sure about which entry it is: servers also try names that stand in no entry.
    /// So the entry that is found has to accept the same password by its own name.
    private func authenticate(principal: String, _ attempt: Attempt) async throws -> PrimaryOutcome {
        let proven = try await bind(as: .principal(principal), attempt.secret, attempt.admission) {
            connection, outcome in
            guard case .accepted = outcome else { return Proven.refused(outcome) }
            guard settings.service == nil else { return .accepted(nil) }
            return .accepted(try await find(attempt.name, nil, on: connection))
        }
        guard case .accepted(let seen) = proven else {
            return if case .refused(let outcome) = proven { refused(outcome) } else { .refused(.other) }
        }
        let found = if let seen { seen } else { try await find(attempt.name) }
        switch found {
        case .nobody: return .refused(.outsideScope)
        case .several: return .refused(.ambiguousLogin)
        case .one(let entry): return try await confirm(entry, attempt)
        }
    }

    private enum Proven: Sendable {
        case refused(BindOutcome)
        case accepted(Found?)
    }

    private func confirm(_ entry: LDAPEntry, _ attempt: Attempt) async throws -> PrimaryOutcome {
        try await bind(as: .entry(entry.dn), account: account(of: entry), attempt.secret, attempt.admission) {
            connection, outcome in
            guard case .accepted(let warnings) = outcome else { return .refused(.ambiguousLogin) }
            guard settings.service == nil else { return try await identity(of: entry, warnings, asService) }
            return try await identity(of: entry, warnings) { try await connection.entries($0) }
        }
    }

    private func read(
        _ dn: String, _ warnings: BindWarnings, _ ask: @escaping DirectoryQuestion
    ) async throws -> PrimaryOutcome {
        let entries: [LDAPEntry]
        do {
            entries = try await ask(
                SearchRequest(
                    base: dn, scope: .base, filter: settings.people.filter, attributes: reader.wanted,
                    limits: SearchLimits(entries: 1)))
        } catch LDAPError.failed(.noSuchObject, _) {
            entries = []
        }
        guard let entry = entries.first else { return .refused(.outsideScope) }
        return try await identity(of: entry, warnings, ask)
    }

    func refused(_ outcome: BindOutcome) -> PrimaryOutcome {
        guard case .refused(let reason) = outcome else { return .refused(.other) }
        switch reason {
        case .strongerAuthenticationRequired, .confidentialityRequired:
            // Never tried again with less protection: what the server asks for is configured or missing.
            logger.warning(
                "directory demands better protection of binds",
                metadata: ["reason": "\(DirectoryRefusal(reason).rawValue)"])
        default: break
        }
        return .refused(DirectoryRefusal(reason))
    }
}
