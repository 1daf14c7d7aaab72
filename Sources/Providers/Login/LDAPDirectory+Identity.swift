import Identity
import LDAP
import Vocabulary

/// Where a search is made: over one connection that is held, or over any of the service account's.
typealias DirectoryQuestion = @Sendable (SearchRequest) async throws -> [LDAPEntry]

extension LDAPDirectory {
    /// As the service account, on a connection for each question.
    var asService: DirectoryQuestion {
        { [client] request in try await client.withSearchConnection { try await $0.entries(request) } }
    }

    /// Who the entry is; asked only once its password is proven, for the state may be told to nobody else.
    ///
    /// - Parameter first: what came of the question about groups that was asked in the same turn as the bind.
    func identity(
        of entry: LDAPEntry, _ warnings: BindWarnings, first: LDAPSignIn.Following = .nothingAsked,
        _ ask: @escaping DirectoryQuestion
    ) async throws -> PrimaryOutcome {
        if let refusal = AccountState.refusal(entry, now: clock()) { return .refused(refusal) }
        let record = reader.record(entry, now: clock())
        guard UpstreamSubject.isValid(key: record.key) else { return .refused(.keyMissing) }
        guard NameKey.isValid(login: record.login) else { return .refused(.malformedLogin) }
        // A password to be changed first: some servers let nothing else through, so the groups are left for later.
        let reads = !warnings.mustChange || settings.service != nil
        guard let groups = reads ? try await groups(of: entry, record.login, first, ask) : [] else {
            return .refused(.tooManyGroups)
        }
        let identity = ExternalIdentity(
            provider: settings.provider, subjectKey: record.key, login: record.login, displayName: record.displayName,
            givenName: record.givenName, familyName: record.familyName, mail: record.mail,
            attributes: record.attributes, groups: groups, described: reader.described)
        return .verified(identity, LoginWarnings(warnings))
    }

    /// Nil when there are too many.
    private func groups(
        of entry: LDAPEntry, _ login: String, _ first: LDAPSignIn.Following, _ ask: @escaping DirectoryQuestion
    ) async throws -> [UpstreamGroup]? {
        guard let groups = settings.groups else { return [] }
        do {
            if groups.lookup == .tokenGroups {
                return try await TokenGroups(settings: groups, attributes: groupAttributes(groups), ask: ask)
                    .groups(of: entry.dn)
            }
            let answer: [LDAPEntry]?
            switch first {
            case .tooMany: return nil
            case .entries(let entries): answer = entries
            case .nothingAsked: answer = nil
            }
            return try await walk(groups, ask).groups(
                of: entry.dn, login: login, primary: PrimaryGroups.groupSID(of: entry), first: answer)
        } catch LDAPError.limitExceeded(.entries) {
            return nil
        }
    }

    private func walk(_ groups: LDAPDirectorySettings.Groups, _ ask: @escaping DirectoryQuestion) -> GroupWalk {
        GroupWalk(settings: groups, attributes: groupAttributes(groups), nesting: nesting, ask: ask)
    }

    /// What can be asked about a person's groups before anything but their entry is known; nil where that is nothing.
    func firstQuestion(about entry: LDAPEntry) -> SearchRequest? {
        guard let groups = settings.groups, groups.lookup == .members else { return nil }
        return walk(groups, asService).firstQuestion(of: entry.dn, login: entry[settings.people.loginAttribute] ?? "")
    }
}
