import Identity
import Storage
import Vocabulary

/// A hand-over code that was redeemed.
public struct HandedOver: Sendable {
    /// The token of the application's new session; nil when the code was not this browser's, and nobody is signed in.
    public let token: SecretText?
    public let returnTarget: String
}

extension SessionService {
    /// Makes the single-use code with which the browser takes its login to the application's own host.
    public func makeHandOver(
        of session: Session, to application: ApplicationID, returnTarget: String
    ) async throws -> SecretText {
        let token = try Randomness.token(.handOver)
        try await store.write(.login) { tx in
            try tx.sql.insertHandOver(
                HandOverCode(
                    hash: token.hash, tenant: session.tenant, session: session.id, application: application,
                    returnTarget: returnTarget, createdAt: tx.now))
        }
        return token.text
    }

    /// Redeems the code at the application's host: a session of that application's own, and where to go. The code is used
    /// up whatever `isOwn` says of its return target.
    ///
    /// - Parameter isOwn: whether the login that ended with this code was begun by the browser that presents it.
    /// - Returns: nil when the code is unknown, used, too old, another application's, or its session is over.
    public func redeemHandOver(
        _ text: String, for application: ApplicationID, in tenant: TenantID, trace: String? = nil,
        isOwn: @escaping @Sendable (_ returnTarget: String) -> Bool
    ) async throws -> HandedOver? {
        guard let code = BearerToken(text: text, kind: .handOver) else { return nil }
        let token = try Randomness.token(.applicationSession)
        return try await store.write(.login) { [live, settings] tx in
            guard let redeemed = try tx.sql.redeemHandOver(code.hash, application: application, at: tx.now),
                let parent = live.session(redeemed.session), parent.tenant == tenant, !parent.isExpired(at: tx.now)
            else { return nil }
            guard isOwn(redeemed.returnTarget) else {
                return HandedOver(token: nil, returnTarget: redeemed.returnTarget)
            }
            let session = ApplicationSession(
                id: ApplicationSessionID.random(at: tx.now), tenant: parent.tenant, parent: parent.id,
                application: application, tokenHash: token.hash, createdAt: tx.now,
                lifetime: SessionLifetime(
                    idleSeconds: settings.applicationIdle.components.seconds,
                    absoluteSeconds: settings.absolute.components.seconds))
            try tx.sql.insert(session)
            try tx.append(Self.event("application_session.started", session, parent, trace))
            tx.afterCommit { live.add(session) }
            return HandedOver(token: token.text, returnTarget: redeemed.returnTarget)
        }
    }

    /// Ends one application's session, by the token in its own cookie; false when that opens nothing any more.
    public func end(
        applicationSession text: String, for application: ApplicationID, trace: String? = nil
    ) async throws -> Bool {
        guard let token = BearerToken(text: text, kind: .applicationSession) else { return false }
        return try await store.write(.revocation) { [live] tx in
            guard case .success(let (session, parent)) = live.applicationSession(token, at: tx.now),
                session.isFor(application), try tx.sql.end(session.id, in: session.tenant, .logout, at: tx.now)
            else { return false }
            try tx.append(Self.event("application_session.ended", session, parent, trace))
            tx.afterCommit { live.remove(session) }
            return true
        }
    }

    private static func event(
        _ type: String, _ session: ApplicationSession, _ parent: Session, _ trace: String?
    ) -> NewEvent {
        let caller = Caller(
            tenant: session.tenant, actor: .person(parent.person), command: CommandID.random(at: session.createdAt),
            trace: trace)
        return caller.event(
            type, Stream("session", parent.id),
            facts: [
                Fact("application", .id(session.application, "application")),
                Fact("application_session", .id(session.id, "application_session")),
                Fact("person", .id(parent.person, "person")),
            ])
    }
}
