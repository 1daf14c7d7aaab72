import Identity
import LDAP
import Vocabulary

extension LDAPDirectory {
    /// Who the entry is; asked only once its password is proven, for the state may be told to nobody else.
    func identity(
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

    /// Nil when there are too many.
    private func groups(
        of entry: LDAPEntry, _ login: String, on connection: LDAPConnection
    ) async throws -> [UpstreamGroup]? {
        guard let groups = settings.groups else { return [] }
        do {
            if groups.lookup == .tokenGroups {
                return try await TokenGroups(settings: groups, attributes: groupAttributes(groups))
                    .groups(of: entry.dn, on: connection)
            }
            let walk = GroupWalk(settings: groups, attributes: groupAttributes(groups), nesting: nesting)
            return try await walk.groups(
                of: entry.dn, login: login, primary: PrimaryGroups.groupSID(of: entry), on: connection)
        } catch LDAPError.limitExceeded(.entries) {
            return nil
        }
    }
}
