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
    /// Leave to import.
    let activation: (_ taken: NATSImports.Taken, _ importer: NATSAccount) throws -> String

    func claims() throws -> AccountClaims {
        var claims = AccountClaims(
            CommonClaims(account.key, name: account.name), limits: account.settings.accountLimits,
            signingKeys: signingKeys.map { .plain($0) })
        for (text, moment) in account.settings.revoked {
            if let key = try? NKey(text) { claims.revocations.revoke(key, until: moment) }
        }
        guard !account.isSystem, let own = traffic.first(where: { $0.account.id == account.id }) else { return claims }
        let others = traffic.filter { $0.account.id != account.id && !$0.account.isSystem }
        claims.exports =
            NATSSubject.least(own.published.filter { subject in others.contains { $0.hears(subject) } })
            .map { Export(.stream, $0.text, needsActivation: true) }
            + own.answered.filter { service in
                others.contains {
                    imports.of($0.account).contains { $0.kind == .service && service.contains($0.subject) }
                }
            }.map { Export(.service, $0.text, needsActivation: true) }
        claims.imports = try imports.of(account).map { taken in
            Import(
                taken.kind, taken.subject.text, from: taken.exporter.key, activation: try activation(taken, account))
        }
        return claims
    }
}

/// What the users of an account publish and hear, as their tokens have it. Inboxes and what servers speak of are no part of
/// it, and neither is leave to hear everything, which means everything of the account's own.
///
/// Commands are apart: who asks for one hears an answer, for which servers have another way than for what is merely heard.
struct NATSAccountTraffic {
    let account: NATSAccount
    let published: [NATSSubject]
    let heard: [NATSSubject]
    /// Commands that are asked for, and those that are answered.
    let asked: [NATSSubject]
    let answered: [NATSSubject]

    init(_ account: NATSAccount, _ users: [NATSUser], _ subjects: MessagingSubjects) {
        self.account = account
        let rights = users.compactMap { user -> SubjectRights? in
            guard case .user(let claims)? = (try? NATSToken(user.stored.token))?.claims else { return nil }
            return claims.rights.subjects
        }
        let publish = rights.flatMap { Self.named($0.publish.allow) }
        let subscribe = rights.flatMap { Self.named($0.subscribe.allow) }
        published = NATSSubject.least(publish.filter { !subjects.isCommand($0) })
        heard = NATSSubject.least(subscribe.filter { !subjects.isCommand($0) })
        asked = NATSSubject.least(publish.filter(subjects.isCommand))
        // Who runs the service may hear all of the domain, and what is answered is its commands.
        let commands = (try? NATSSubject(subjects.commandPattern)).map { [$0] } ?? []
        answered = commands.filter { pattern in
            users.contains { $0.settings.runsPolicyService } && subscribe.contains { $0.contains(pattern) }
        }
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
