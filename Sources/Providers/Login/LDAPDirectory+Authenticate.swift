import Identity
import LDAP
import Logging
import Vocabulary

extension LDAPDirectory {
    /// Proves a login and password against the directory and reads who that is, groups included.
    ///
    /// Never throws: whatever goes wrong is an outcome, and none but a bind the server accepted verifies. An empty
    /// password is refused before anything is sent (RFC 4513 §5.1.2).
    public func authenticate(login: String, password: SecretText) async -> PrimaryOutcome {
        let secret = Array(password.reveal().utf8)
        guard secret.contains(where: { ![0x00, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20].contains($0) }) else {
            return .refused(.emptyPassword)
        }
        guard NameKey.isValid(login: login) else { return .refused(.malformedLogin) }
        do {
            if let template {
                guard let dn = template.filled(["login": login]) else { return .refused(.malformedLogin) }
                return try await authenticateDirectly(dn, login, secret)
            }
            return try await authenticateBySearch(login, secret)
        } catch let error as LDAPError {
            return .unavailable(LDAPFailure.fault(error))
        } catch {
            return .unavailable(Fault("directory.failed", .ourselves, "The directory could not be asked."))
        }
    }

    private func authenticateBySearch(_ login: String, _ secret: [UInt8]) async throws -> PrimaryOutcome {
        switch try await find(login) {
        case .none:
            // A name that nobody has costs a bind as well, so that the time taken does not tell who exists.
            _ = try? await client.withBindConnection { try await $0.bind(dn: nobody, password: secret) }
            return .refused(.unknownLogin)
        case .several: return .refused(.ambiguousLogin)
        case .one(let entry):
            let outcome = try await client.withBindConnection { try await $0.bind(dn: entry.dn, password: secret) }
            guard case .accepted(let warnings) = outcome else { return refused(outcome) }
            return try await client.withSearchConnection { try await identity(of: entry, warnings, on: $0) }
        }
    }

    private func authenticateDirectly(
        _ dn: String, _ login: String, _ secret: [UInt8]
    ) async throws -> PrimaryOutcome {
        let outcome = try await client.withBindConnection { connection -> PrimaryOutcome? in
            let outcome = try await connection.bind(dn: dn, password: secret)
            guard case .accepted(let warnings) = outcome else { return refused(outcome) }
            // Without a service account only the person may read the person's entry.
            guard settings.service == nil else { return nil }
            return try await read(dn, warnings, on: connection)
        }
        if let outcome { return outcome }
        return try await client.withSearchConnection { try await read(dn, BindWarnings(), on: $0) }
    }

    private enum Found {
        case none, several
        case one(LDAPEntry)
    }

    private func find(_ login: String) async throws -> Found {
        guard let condition = LDAPFilter.equals(settings.people.loginAttribute, login) else { return .none }
        do {
            let entries = try await client.withSearchConnection { connection in
                try await connection.entries(
                    SearchRequest(
                        base: settings.people.base, filter: "(&\(settings.people.filter)\(condition))",
                        attributes: reader.wanted, limits: SearchLimits(entries: 1)))
            }
            return entries.first.map(Found.one) ?? .none
        } catch LDAPError.limitExceeded(.entries) {
            return .several
        }
    }

    private func read(_ dn: String, _ warnings: BindWarnings, on connection: LDAPConnection) async throws
        -> PrimaryOutcome
    {
        let entries: [LDAPEntry]
        do {
            entries = try await connection.entries(
                SearchRequest(
                    base: dn, scope: .base, filter: settings.people.filter, attributes: reader.wanted,
                    limits: SearchLimits(entries: 1)))
        } catch LDAPError.failed(.noSuchObject, _) {
            entries = []
        }
        guard let entry = entries.first else { return .refused(.outsideScope) }
        return try await identity(of: entry, warnings, on: connection)
    }

    /// Who the entry is; asked only once its password is proven, for the state may be told to nobody else.
    private func identity(
        of entry: LDAPEntry, _ warnings: BindWarnings, on connection: LDAPConnection
    ) async throws -> PrimaryOutcome {
        if let refusal = AccountState.refusal(entry, now: clock()) { return .refused(refusal) }
        let record = reader.record(entry, now: clock())
        guard UpstreamSubject.isValid(key: record.key) else { return .refused(.keyMissing) }
        guard NameKey.isValid(login: record.login) else { return .refused(.malformedLogin) }
        // A password to be changed first: some servers let nothing else through, so the groups are left for later.
        let reads = !warnings.mustChange || settings.service != nil
        guard let groups = reads ? try await groups(of: entry, record.login, on: connection) : [] else {
            return .refused(.tooManyGroups)
        }
        let identity = ExternalIdentity(
            provider: settings.provider, subjectKey: record.key, login: record.login, displayName: record.displayName,
            givenName: record.givenName, familyName: record.familyName, mail: record.mail,
            attributes: record.attributes, groups: groups)
        return .verified(identity, LoginWarnings(warnings))
    }

    private func groups(
        of entry: LDAPEntry, _ login: String, on connection: LDAPConnection
    ) async throws -> [UpstreamGroup]? {
        guard let groups = settings.groups else { return [] }
        let walk = GroupWalk(settings: groups, attributes: groupAttributes(groups))
        do {
            return try await walk.groups(
                of: entry.dn, login: login, primary: PrimaryGroups.groupSID(of: entry), on: connection)
        } catch LDAPError.limitExceeded(.entries) {
            return nil
        }
    }

    private func refused(_ outcome: BindOutcome) -> PrimaryOutcome {
        guard case .refused(let reason) = outcome else { return .refused(.other) }
        switch reason {
        case .strongerAuthenticationRequired, .confidentialityRequired:
            logger.warning("A directory demands better protection of binds: \(DirectoryRefusal(reason).rawValue)")
        default: break
        }
        return .refused(DirectoryRefusal(reason))
    }

    /// A name under the people's base that nobody has.
    private var nobody: String { "cn=gatehouse-nobody-\(UInt64.random(in: 0 ... .max)),\(settings.people.base)" }
}
