import Governance
import Identity
import Storage
import Vocabulary

/// A session just made, with the token that only its owner's browser will hold.
public struct StartedSession: Sendable {
    public let session: Session
    public let token: SecretText
}

extension SessionService {
    /// Makes the session a completed login is worth, inside the transaction that completes the flow. A step-up rotates
    /// the session it strengthens; the oldest session ends where the person has too many. `token` is what its cookie
    /// will hold, and `ruling` what rules say of how long it lasts: shorter than the configuration has it, never longer; nor
    /// longer than `end`, which the provider said (SAML Core §2.7.2, `SessionNotOnOrAfter`). Those
    /// of one `origin` make room for one another before a browser's has to go.
    static func begin(
        _ grant: SessionGrant, token: BearerToken, device: DeviceID?, by caller: Caller, settings: SessionConfiguration,
        ruling: SessionRuling?, until end: Timestamp? = nil, origin: SessionOrigin? = nil, _ live: LiveCredentials,
        _ tx: Transaction
    ) throws -> StartedSession {
        let id = SessionID.random(at: tx.now)
        func bounded(_ lifetime: SessionLifetime) -> SessionLifetime {
            lifetime.bounded(idleSeconds: ruling?.idleSeconds, absoluteSeconds: ruling?.absoluteSeconds)
                .bounded(idleSeconds: nil, absoluteSeconds: end.map { max(1, $0.seconds - tx.now.seconds) })
        }
        let session: Session
        if let old = grant.rotates {
            guard let before = live.session(old), before.person == grant.person,
                let rotated = before.rotated(
                    id: id, secretHash: token.hash, events: grant.events, anomalies: grant.anomalies, now: tx.now,
                    bound: bounded)
            else { throw Fault("session.over", .caller, "The session to strengthen has ended.") }
            session = rotated
            _ = try tx.sql.end(old, in: caller.tenant, .rotated, at: tx.now)
            // What applications were granted goes on: it is the same person, who proved more.
            try tx.sql.moveGrants(from: old, to: id)
        } else {
            session = Session(
                id: id, tenant: caller.tenant, person: grant.person, events: grant.events, provider: grant.provider,
                createdAt: tx.now,
                lifetime: bounded(
                    SessionLifetime(
                        idleSeconds: settings.idle.components.seconds,
                        absoluteSeconds: settings.absolute.components.seconds)),
                secretHash: token.hash, device: device, anomalies: grant.anomalies, origin: origin)
            try makeRoom(for: session, keeping: settings.perPerson - 1, by: caller, live, tx)
        }
        try tx.sql.insert(session)
        try tx.append(caller.event("session.started", Stream("session", id), facts: facts(of: session)))
        tx.afterCommit {
            live.add(session)
            if let old = grant.rotates {
                live.grants.move(from: old, to: id)
                live.remove(old)
            }
        }
        return StartedSession(session: session, token: token.text)
    }

    /// Sessions of one person that began otherwise than in a browser, and the same way: a client that signs in for every look
    /// makes one each time.
    static let perOrigin = 10

    private static func makeRoom(
        for session: Session, keeping limit: Int, by caller: Caller, _ live: LiveCredentials, _ tx: Transaction
    ) throws {
        if let origin = session.origin {
            let alike = live.sessions(of: session.person).filter { $0.origin == origin }
            try end(alike.dropFirst(perOrigin - 1).map(\.id), by: caller, live, tx)
        }
        try end(
            try tx.sql.oldestSessions(of: session.person, beyond: max(0, limit), at: tx.now), by: caller, live, tx)
    }

    private static func end(
        _ sessions: [SessionID], by caller: Caller, _ live: LiveCredentials, _ tx: Transaction
    ) throws {
        for session in sessions {
            guard try tx.sql.end(session, in: caller.tenant, .expired, at: tx.now, by: caller.context) else { continue }
            try tx.append(
                caller.event("session.ended", Stream("session", session), facts: [Fact("reason", .word("too_many"))])
            )
            tx.afterCommit { live.remove(session) }
        }
    }

    private static func facts(of session: Session) -> [Fact] {
        var facts = [
            Fact("person", .id(session.person, "person")),
            Fact("acr", .word(session.strength.acr)),
            Fact("amr", .list(session.events.map { .word($0.method.rawValue) })),
        ]
        if let provider = session.provider { facts.append(Fact("provider", .id(provider, "provider"))) }
        if !session.anomalies.isEmpty {
            facts.append(Fact("anomalies", .list(session.anomalies.map { .word($0.rawValue) })))
        }
        if let origin = session.origin { facts.append(Fact("client", .word(origin.rawValue))) }
        if let old = session.rotatedFrom { facts.append(Fact("rotated_from", .id(old, "session"))) }
        return facts
    }
}
