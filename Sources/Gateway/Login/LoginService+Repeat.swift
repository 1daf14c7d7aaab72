import Identity
import Storage
import Vocabulary

/// A form sent twice, by a double click or an impatient reload. A browser shows the answer to the last request and drops
/// the one before it, cookies included, so the last one has to be as good as the first.
extension LoginService {
    /// How long after a login its last step may be sent again.
    static let repeatWindow: Duration = .seconds(15)

    /// The token of the session that a flow ends in. It hangs on the pre-session secret (256 random bits that only this
    /// browser has), on the flow and on a key of ours, so that a repeated step answers with the one session there is
    /// instead of a second one, and nobody else can compute it.
    func sessionToken(of work: LoginWork) throws -> BearerToken? { try token(.session, of: work) }

    /// The token of the device that a flow makes known, found again by a repeated step in the same way: a browser that
    /// lost it would stand out at its next sign-in.
    func deviceToken(of work: LoginWork) throws -> BearerToken? { try token(.device, of: work) }

    private func token(_ kind: TokenKind, of work: LoginWork) throws -> BearerToken? {
        guard let secret = work.browser.preSession else { return nil }
        let message = Array("login:\(kind.rawValue):\(work.flow.id):".utf8) + Array(secret.reveal().utf8)
        return BearerToken(
            kind: kind, random: try store.keys.mac(message, purpose: .digest, tenant: work.caller.tenant).tag)
    }

    /// The device cookie of a login that is done: its own new one where it made one.
    private func device(of session: Session, _ work: LoginWork) async throws -> SecretText? {
        guard let token = try deviceToken(of: work) else { return nil }
        let now = clock()
        let isOurs = try await store.read { try $0.device(token.hash, of: session.person, at: now) } == session.device
        return isOurs ? token.text : work.browser.device
    }

    /// The login that is done already, for the same browser with the same proof and for a moment only; nil otherwise.
    func repeated(_ answer: LoginAnswer, _ work: LoginWork) async throws -> LoginResult? {
        guard work.flow.step == .completed, let token = try sessionToken(of: work),
            case .success(let session) = live.session(token, in: work.caller.tenant, at: clock()),
            session.person == work.flow.subject, clock() - session.createdAt <= Self.repeatWindow,
            try await isProofAgain(answer, session, work)
        else { return nil }
        return .completed(
            CompletedLogin(
                flow: work.flow.id, started: StartedSession(session: session, token: token.text),
                device: try await device(of: session, work),
                application: work.flow.request.application, returnTarget: work.flow.request.returnTarget,
                recoveryCodes: []))
    }

    /// Whether the answer proves again what completed the flow. A pre-session cookie alone proves nothing: somebody may
    /// have read it on a machine that others sign in at.
    private func isProofAgain(_ answer: LoginAnswer, _ session: Session, _ work: LoginWork) async throws -> Bool {
        guard let last = work.flow.proofs.last else { return false }
        switch (answer, last.method) {
        case (.oneTimeCode(let code), .oneTimePassword):
            return try await credentials.isLastAcceptedTOTP(
                Self.withoutSpaces(code), of: session.person, by: work.caller)
        case (.recoveryCode(let code), .recoveryCode):
            return try await credentials.isRecoveryCode(
                code, of: session.person, usedSince: last.at, by: work.caller)
        case (.password(let login, let password), .password) where last.step == .password:
            return try await isPassword(password, login, session, work)
        case (.newPassword(let password, _), .password) where last.step == .passwordChange:
            let outcome = try await credentials.verifyPassword(password, of: session.person, in: work.caller.tenant)
            return outcome != .mismatched
        default: return false
        }
    }

    /// Asks the provider once more, counted as every other try is.
    private func isPassword(
        _ password: SecretText, _ login: String, _ session: Session, _ work: LoginWork
    ) async throws -> Bool {
        var work = work
        work.login = login
        guard let entry = entry(work.flow.provider, work) else { return false }
        return try await person(provenBy: password, login, entry, &work) == session.person
    }
}
