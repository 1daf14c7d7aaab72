import Identity
import OAuth
import Providers
import Storage
import Vocabulary

extension LoginService {
    /// Ends the sessions that came of a provider's, on its word (OpenID Connect Back-Channel Logout 1.0 §2.7).
    ///
    /// - Returns: how many.
    /// - Throws: `OAuthError` for a token that is not believed or came before, `not_found` for a provider that nobody is
    ///   sent to, and what fetching throws.
    public func logOut(
        byToken token: String, at key: String, in tenant: TenantID, trace: String?
    ) async throws -> Int {
        let entry = environment.providers(tenant).first { $0.redirect?.key == key }
        guard let entry, let provider = entry.redirect?.openID else { throw Fault.notFound("provider") }
        let notice = try await provider.logout(token)
        let caller = Caller(
            tenant: tenant, actor: .anonymous, command: CommandID.random(at: clock()), trace: trace)
        return try await store.write(.revocation) { [live] tx in
            guard
                try tx.sql.noteOnce(.logoutToken, notice.id, in: tenant, at: tx.now, until: notice.expiresAt)
            else { throw OAuthError(.invalidRequest, "logout_token: jti came before") }
            let found = try tx.sql.sessions(
                upstreamSubject: notice.subject, sessionID: notice.sessionID, of: entry.id, in: tenant)
            return try found.count {
                try Self.end($0.session, $0.person, entry.id, .upstreamLogout, by: caller, live, tx)
            }
        }
    }

    /// Ends a session that came of a provider's; false when it had ended.
    static func end(
        _ session: SessionID, _ person: PersonID, _ provider: ProviderID, _ reason: SessionEnd, by caller: Caller,
        _ live: LiveCredentials, _ tx: Transaction
    ) throws -> Bool {
        guard try tx.sql.end(session, in: caller.tenant, reason, at: tx.now, by: caller.context) else { return false }
        try tx.append(
            caller.event(
                "session.ended", Stream("session", session),
                facts: [
                    Fact("reason", .word(reason.rawValue.lowercased())), Fact("person", .id(person, "person")),
                    Fact("provider", .id(provider, "provider")),
                ]))
        tx.afterCommit { live.remove(session) }
        return true
    }

    /// Where a browser whose session has ended here goes to end the provider's too, where that is configured; nil
    /// otherwise, and when the provider cannot be asked for its address.
    public func upstreamLogoutAddress(of session: Session, returnTo: String) async throws -> String? {
        let known = try await store.read { try $0.upstreamOrigin(of: session.id) }
        guard let known, let entry = environment.providers(session.tenant).first(where: { $0.id == known.provider }),
            let provider = entry.redirect?.openID, provider.settings.signsOut
        else { return nil }
        let token = try known.idToken.map {
            String(
                decoding: try store.keys.open(
                    $0, purpose: .record, tenant: session.tenant, context: known.subject), as: UTF8.self)
        }
        return try? await provider.logoutAddress(idToken: token, returnTo: returnTo, state: nil)
    }
}
