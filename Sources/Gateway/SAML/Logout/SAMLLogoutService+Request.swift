import Identity
import SAML
import Storage
import Vocabulary

/// A request that was believed, and what it brought about.
struct TakenLogout: Sendable {
    let request: LogoutRequest
    let sender: LogoutPeer
    /// Whether the name and session it said were known here.
    let isKnown: Bool
    let ended: Set<SessionID>
    /// Who else has to hear of it.
    let logouts: [PeerLogout]
    let token: JourneyToken
}

extension SAMLLogoutService {
    /// Ends what the sender of a request may end: the sessions that it knows by exactly that name and index. One transaction
    /// holds all of it: that the request was not shown before, what ends, and who has to be told.
    ///
    /// - Throws: `MessageFault`, `SAMLError`.
    func takeRequest(_ arrived: ArrivedMessage, in tenant: TenantID, trace: String?) async throws -> TakenLogout {
        let (message, senders) = try await examined(arrived, as: .logoutRequest, in: tenant)
        let keys = try teller.saml.keys().compactMap(\.decryption)
        let policy = teller.saml.algorithms.believed
        let request = try await teller.saml.executor().run {
            try LogoutRequest(reading: message, keys: keys, policy: policy)
        }
        let judge = LogoutJudge(
            request: request, senders: senders, settings: teller.settings(tenant),
            arrival: MessageArrival(
                location: teller.saml.logoutLocation(of: tenant, by: arrived.binding), binding: arrived.binding,
                signature: .verified))
        // What is refused whatever there is takes no turn at the writer.
        _ = try judge.meant(of: [], isFirstShowing: true, now: clock().seconds)
        let caller = Caller(
            tenant: tenant, actor: .anonymous, command: CommandID.random(at: clock()), trace: trace)
        let token = JourneyToken()
        return try await store.write(.revocation) { [live] tx in
            let meant = try judge.found(in: tenant, tx)
            var (ended, logouts): (Set<SessionID>, [PeerLogout]) = ([], [])
            for (known, sender) in meant where !ended.contains(known.session) {
                let reason: SessionEnd = known.role == .identityProvider ? .upstreamLogout : .logout
                guard try tx.sql.end(known.session, in: tenant, reason, at: tx.now, by: caller.context) else {
                    continue
                }
                ended.insert(known.session)
                try tx.append(Self.event(known, sender, reason, by: caller))
                tx.afterCommit { live.remove(known.session) }
                logouts += try tx.sql.claimPeerLogouts(
                    of: known.session, for: token.hash, until: tx.now + LogoutJourney.lifetime)
            }
            // Who asked knows already.
            for logout in logouts where judge.isSender(logout) { try tx.sql.remove(peerLogout: logout.id) }
            return TakenLogout(
                request: request, sender: meant.first?.sender ?? senders[0], isKnown: !meant.isEmpty, ended: ended,
                logouts: logouts.filter { !judge.isSender($0) }, token: token)
        }
    }

    private static func event(
        _ known: FoundPeerSession, _ sender: LogoutPeer, _ reason: SessionEnd, by caller: Caller
    ) -> NewEvent {
        caller.event(
            "session.ended", Stream("session", known.session),
            facts: [
                Fact("reason", .word(reason.rawValue.lowercased())), Fact("person", .id(known.person, "person")),
                sender.fact,
            ])
    }
}

/// Holds a request to what the store has.
private struct LogoutJudge: Sendable {
    let request: LogoutRequest
    let senders: [LogoutPeer]
    let settings: LogoutSettings
    let arrival: MessageArrival

    func isSender(_ logout: PeerLogout) -> Bool {
        senders.contains { $0.role == logout.role && $0.entity.entityID.utf8.elementsEqual(logout.peer.utf8) }
    }

    /// The sessions that the request means, each with the role of the sender that knows it.
    ///
    /// - Throws: `MessageFault`.
    func meant(
        of known: [(FoundPeerSession, PeerSession)], isFirstShowing: Bool, now: Int64
    ) throws(MessageFault) -> [(known: FoundPeerSession, sender: LogoutPeer)] {
        var arrival = arrival
        arrival.isFirstShowing = isFirstShowing
        var found: [(FoundPeerSession, LogoutPeer)] = []
        for sender in senders {
            let own = known.filter { $0.0.role == sender.role }
            switch settings.read(request, from: sender.entity, arrival: arrival, sessions: own.map(\.1), now: now) {
            case .refused(let fault): throw fault
            case .end(let sessions):
                found += own.filter { one in sessions.contains { $0.isSame(as: one.1) } }.map { ($0.0, sender) }
            }
        }
        return found
    }

    /// As `meant`, of what the store has, with the request used up.
    func found(
        in tenant: TenantID, _ tx: Transaction
    ) throws -> [(known: FoundPeerSession, sender: LogoutPeer)] {
        // Until it is too old to be believed anyway: its freshness ends five minutes and the allowance after it was made.
        let isFirst = try tx.sql.noteOnce(
            .samlLogoutRequest, PeerDigest.request(request.header.id, from: request.header.issuer), in: tenant,
            at: tx.now, until: Timestamp(seconds: request.header.issueInstant + 2 * (settings.skew + 300)))
        let rows = try tx.sql.peerSessions(
            of: request.header.issuer, named: PeerDigest.name(request.subject, at: request.header.issuer), in: tenant)
        let known = try rows.map { row in
            (row, try tx.keys.open(record: PeerSession.self, row.sealed, tenant: tenant, context: row.id))
        }
        return try meant(of: known, isFirstShowing: isFirst, now: tx.now.seconds)
    }
}

extension PeerSession {
    /// Octet by octet: texts that are canonically equivalent are equal to Swift, and not to SAML.
    fileprivate func isSame(as other: PeerSession) -> Bool {
        peer.utf8.elementsEqual(other.peer.utf8) && nameID.isSame(as: other.nameID)
            && (sessionIndex.map { Array($0.utf8) } == other.sessionIndex.map { Array($0.utf8) })
    }
}
