import Identity
import OAuth
import Providers
import SAML
import Storage
import Vocabulary

/// An account of the person's at another provider.
public struct LinkedAccount: Sendable {
    public let provider: ProviderID
    /// The provider's configured name, permanent.
    public let key: String
    /// What it is called.
    public let name: String
    /// What the account is called there; nil where none is linked.
    public let login: String?
}

/// Linking accounts: only somebody who is signed in, and has proved it lately, links one to themselves. A name or an
/// address never does (pre-hijacking, nOAuth).
extension LoginService {
    /// The providers that accounts can be linked of, and those that are.
    public func linkedAccounts(of session: Session) async throws -> [LinkedAccount] {
        let identities = try await store.read { try $0.identities(of: session.person) }
        return environment.providers(session.tenant).compactMap { entry in
            guard let provider = entry.redirect else { return nil }
            let own = identities.first { $0.tenant == session.tenant && $0.subject.provider == entry.id }
            return LinkedAccount(
                provider: entry.id, key: provider.key, name: entry.name, login: own?.login)
        }
    }

    /// Sends a signed-in person to a provider, to link their account there. The caller has made sure of a fresh login.
    ///
    /// - Returns: the secret of the pre-session cookie that the answer is bound to, and where to go.
    /// - Throws: `not_found` for a provider that nobody is sent to; `login.provider_unavailable`.
    public func beginLink(
        to key: String, of session: Session, from browser: LoginBrowser
    ) async throws -> (secret: SecretText, departure: UpstreamDeparture) {
        let entry = environment.providers(session.tenant).first { $0.redirect?.key == key }
        guard let entry, let provider = entry.redirect else { throw Fault.notFound("provider") }
        let presented = browser.preSession.flatMap { BearerToken(text: $0.reveal(), kind: .preSession) }
        let token = try presented ?? Randomness.token(.preSession)
        let own = LoginBrowser(
            tenant: browser.tenant, preSession: token.text, device: browser.device, source: browser.source,
            trace: browser.trace)
        let (begun, place): (RedirectAttempt, RedirectPlace)
        do {
            (begun, place) = try await provider.begin(UpstreamWish())
        } catch {
            throw Fault(
                LoginRefusal.providerUnavailable.rawValue, .peer, "\(entry.name) cannot be reached at the moment.",
                remedy: "Try again later.")
        }
        let (row, sealed) = try attempt(
            KeptAttempt(attempt: begun, stamp: nil, device: nil), entry.id, .link(session.id), own)
        try await store.write(.login) { try $0.sql.insert(row, sealed: sealed) }
        let departure = UpstreamDeparture(flow: FlowID.random(at: clock()), place, provider: entry.name)
        return (token.text, departure)
    }

    /// Links the account that the provider says is the person's, to the person of the session that asked for it and is
    /// still there.
    func link(
        _ answer: Parameters, _ kept: KeptAttempt, at id: ProviderID, _ session: SessionID, from browser: LoginBrowser
    ) async throws -> AccountLinkOutcome {
        let entry = environment.providers(browser.tenant).first { $0.id == id }
        guard let provider = entry?.redirect else { return .refused }
        guard let asking = live.session(session), asking.tenant == browser.tenant, !asking.isExpired(at: clock()) else {
            return .sessionOver
        }
        switch await provider.signIn(answer, of: kept.attempt) {
        case .denied: return .denied
        case .refused: return .refused
        case .unavailable: return .unavailable
        case .verified(let signIn, let once): return try await insertLink(signIn.identity, once, to: asking, browser)
        }
    }

    private func insertLink(
        _ identity: ExternalIdentity, _ once: ReplayKey?, to session: Session, _ browser: LoginBrowser
    ) async throws -> AccountLinkOutcome {
        let caller = Caller(
            tenant: session.tenant, actor: .person(session.person), command: CommandID.random(at: clock()),
            trace: browser.trace)
        let changed = environment.personChanged
        return try await store.write(.login) { [live] tx in
            // Ended while the provider was asked.
            guard live.session(session.id) != nil else { return .sessionOver }
            guard try once.map({ try tx.spend($0, in: session.tenant) }) ?? true else { return .refused }
            if let known = try tx.sql.identity(identity.subject) {
                return known.person == session.person ? .alreadyLinked : .linkedElsewhere
            }
            let link = LinkedIdentity(
                id: IdentityID.random(at: tx.now), tenant: session.tenant, person: session.person,
                subject: identity.subject, login: identity.login, linkedAt: tx.now, lastSeenAt: tx.now)
            try tx.sql.insert(link)
            try tx.append(
                caller.event(
                    "identity.linked", Stream("person", session.person),
                    facts: [
                        Fact("identity", .id(link.id, "identity")),
                        Fact("provider", .id(identity.provider, "provider")),
                    ]))
            tx.afterCommit { changed(session.person, session.tenant) }
            return .linked
        }
    }

    // MARK: Taking a link away

    /// Takes a person's link to a provider away, with the groups that came of it and the other sessions that were begun
    /// there. The caller has made sure of a fresh login.
    ///
    /// - Returns: false where nothing is linked, or nothing else would be left to sign in with.
    public func unlink(_ key: String, of session: Session, by caller: Caller) async throws -> Bool {
        let entries = environment.providers(session.tenant)
        guard let entry = entries.first(where: { $0.redirect?.key == key }) else { return false }
        let others = Set(entries.map(\.id)).subtracting([entry.id])
        let changed = environment.personChanged
        return try await store.write(.login) { [live] tx in
            let own = try tx.sql.identities(of: session.person).filter { $0.tenant == session.tenant }
            guard let link = own.first(where: { $0.subject.provider == entry.id }),
                try tx.sql.password(of: session.person) != nil
                    || own.contains(where: { others.contains($0.subject.provider) }),
                try tx.sql.deleteIdentity(link.id)
            else { return false }
            try Self.noteUnlinked(link, by: caller, tx)
            let begun = try tx.sql.sessions(of: session.person, at: tx.now)
            for one in begun where one.provider == entry.id && one.id != session.id && one.tenant == session.tenant {
                _ = try Self.end(one.id, session.person, entry.id, .credentialChanged, by: caller, live, tx)
            }
            tx.afterCommit { changed(session.person, session.tenant) }
            return true
        }
    }

    private static func noteUnlinked(_ link: LinkedIdentity, by caller: Caller, _ tx: Transaction) throws {
        let provider = Fact("provider", .id(link.subject.provider, "provider"))
        let stream = Stream("person", link.person)
        try tx.append(
            caller.event(
                "identity.unlinked", stream, facts: [Fact("identity", .id(link.id, "identity")), provider]))
        let lost = try tx.sql.directGroups(of: link.person, from: link.subject.provider)
        guard !lost.isEmpty else { return }
        let event = try tx.append(
            caller.event(
                "person.groups_refreshed", stream,
                facts: [
                    provider, Fact("gained", .list([])), Fact("lost", .list(lost.map { .id($0, "group") })),
                ]))
        for group in lost { try tx.sql.closeMembership(person: link.person, group: group, at: event.position) }
    }
}
