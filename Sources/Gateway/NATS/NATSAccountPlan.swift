import NKeys
import Storage
import Vocabulary

/// What the token of an account has to say, out of everything that is known of its operator's accounts and users. Pure.
///
/// Accounts hear nothing of each other by themselves. What users of one publish and users of another hear is exported by the
/// first, to those with an activation only, and imported by the second, no more of it than its users hear.
struct NATSAccountPlan {
    let account: NATSAccount
    /// All accounts of the operator's, with what their users may do.
    let traffic: [NATSAccountTraffic]
    /// What they take of each other.
    let imports: NATSImports
    /// Public keys that sign in its name.
    let signingKeys: [NKey]
    /// Leave to import a subject: from whom, of what, for whom.
    let activation: (_ exporter: NATSAccount, _ subject: String, _ importer: NATSAccount) throws -> String

    func claims() throws -> AccountClaims {
        var claims = AccountClaims(
            CommonClaims(account.key, name: account.name), limits: account.settings.accountLimits,
            signingKeys: signingKeys.map { .plain($0) })
        for (text, moment) in account.settings.revoked {
            if let key = try? NKey(text) { claims.revocations.revoke(key, until: moment) }
        }
        guard !account.isSystem, let own = traffic.first(where: { $0.account.id == account.id }) else { return claims }
        let others = traffic.filter { $0.account.id != account.id && !$0.account.isSystem }
        claims.exports = NATSSubject.least(
            own.published.filter { subject in others.contains { $0.hears(subject) } }
        ).map { Export(.stream, $0.text, needsActivation: true) }
        claims.imports = try imports.of(account).map { exporter, subject in
            Import(
                .stream, subject.text, from: exporter.key,
                activation: try activation(exporter, subject.text, account))
        }
        return claims
    }
}

/// What the users of an account publish and hear, as their tokens have it. Inboxes and what servers speak of are no part of
/// it, and neither is leave to hear everything, which means everything of the account's own.
struct NATSAccountTraffic {
    let account: NATSAccount
    let published: [NATSSubject]
    let heard: [NATSSubject]

    init(_ account: NATSAccount, _ users: [NATSUser]) {
        self.account = account
        let rights = users.compactMap { user -> SubjectRights? in
            guard case .user(let claims)? = (try? NATSToken(user.stored.token))?.claims else { return nil }
            return claims.rights.subjects
        }
        published = NATSSubject.least(rights.flatMap { Self.named($0.publish.allow) })
        heard = NATSSubject.least(rights.flatMap { Self.named($0.subscribe.allow) })
    }

    func hears(_ subject: NATSSubject) -> Bool { heard.contains { $0.overlaps(subject) } }

    /// Of what another publishes, no more than is heard here.
    func wanted(from other: NATSAccountTraffic) -> [NATSSubject] {
        NATSSubject.least(
            other.published.flatMap { subject in
                heard.filter { $0.overlaps(subject) }.map { subject.contains($0) ? $0 : subject }
            })
    }

    private static func named(_ texts: [String]) -> [NATSSubject] {
        texts.compactMap { text in
            guard let first = text.first, !"$_*>".contains(first) else { return nil }
            return try? NATSSubject(String(text.prefix { $0 != " " }))
        }
    }
}
