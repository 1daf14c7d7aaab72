/// How one peer is told that a session ended.
public struct LogoutStep: Sendable, Hashable {
    public let session: PeerSession
    public let binding: Binding
    public let location: String
    /// Where an answer of ours to this peer goes, by the same binding.
    public let answerLocation: String
}

/// Whom to tell, in order, and who cannot be told.
public struct LogoutPlan: Sendable, Hashable {
    /// By connections of our own: first, and all at once, for they need nobody's browser.
    public let behind: [LogoutStep]
    /// Through the browser, one after the other.
    public let through: [LogoutStep]
    /// Whose metadata is gone or has no place to be told at.
    public let unreachable: [PeerSession]

    public var isComplete: Bool { unreachable.isEmpty }
}

/// What became of telling one peer.
public enum LogoutResult: String, Sendable, Hashable, Codable, CaseIterable {
    /// It said that the session has ended.
    case ended
    /// It said that not everything has, that it failed, or something that is no answer.
    case failed
    /// It did not answer in time, or could not be told.
    case silent
}

extension LogoutSettings {
    /// Plans whom to tell that sessions of theirs have ended. Ours end before anybody is told (SDP-SP34).
    ///
    /// - Parameters:
    ///   - sessions: all that the person has at peers.
    ///   - asker: the peer that asked for it, who gets an answer and no request.
    ///   - hasBrowser: somebody is at a browser that can be sent around.
    ///   - peers: metadata by entity ID.
    public func plan(
        _ sessions: [PeerSession], except asker: String? = nil, hasBrowser: Bool,
        peers: (String) -> EntityDescriptor?, now: Int64
    ) -> LogoutPlan {
        var (behind, through, unreachable): ([LogoutStep], [LogoutStep], [PeerSession]) = ([], [], [])
        for session in Self.together(sessions) where !Exact.same(session.peer, asker) {
            let services = peers(session.peer).map { Self.services($0, now, skew) } ?? []
            if let place = services.first(of: hasBrowser ? [.redirect, .post] : []) {
                through.append(Self.step(session, place))
            } else if let place = services.first(of: [.soap]) {
                behind.append(Self.step(session, place))
            } else {
                unreachable.append(session)
            }
        }
        return LogoutPlan(behind: behind, through: through, unreachable: unreachable)
    }

    /// The request for one step.
    ///
    /// - Parameters:
    ///   - id: new and random.
    ///   - isAsynchronous: nobody waits for an answer; only for identity providers (Asynchronous Single Logout §2).
    public func request(
        for step: LogoutStep, reason: LogoutRequest.Reason? = nil, isAsynchronous: Bool = false, id: String, now: Int64
    ) -> LogoutRequest {
        LogoutRequest(
            MessageHeader(id: id, issueInstant: now, issuer: entityID, destination: step.location),
            subject: step.session.nameID, sessionIndexes: step.session.sessionIndex.map { [$0] } ?? [],
            notOnOrAfter: now + requestLifetime, reason: reason, isAsynchronous: isAsynchronous)
    }

    /// What is answered to whoever asked, and where; nil for one who waits for no answer, or has no place for it.
    ///
    /// - Parameters:
    ///   - results: of everybody who was to be told, those that could not be as `silent`.
    ///   - endedHere: whether our own sessions ended (SDP-IDP31).
    public func answer(
        to request: LogoutRequest, peer: EntityDescriptor, arrivedBy binding: Binding, results: [LogoutResult],
        endedHere: Bool, id: String, now: Int64
    ) -> (response: LogoutResponse, place: Endpoint?)? {
        guard !request.isAsynchronous else { return nil }
        return answer(
            toRequest: request.header.id, peer: peer, arrivedBy: binding,
            status: Self.status(results, endedHere: endedHere), id: id, now: now)
    }

    /// As above, where the request itself is not at hand any more, or nobody was known by the name it said
    /// (`unknownPrincipal`); nil for a peer that has no place for it.
    public func answer(
        toRequest requestID: String, peer: EntityDescriptor, arrivedBy binding: Binding, status: Status, id: String,
        now: Int64
    ) -> (response: LogoutResponse, place: Endpoint?)? {
        let services = Self.services(peer, now, skew)
        let place = binding == .soap ? nil : services.first(of: [binding, .redirect, .post])
        guard binding == .soap || place != nil else { return nil }
        let header = MessageHeader(
            id: id, issueInstant: now, issuer: entityID, destination: place?.answerLocation,
            inResponseTo: requestID)
        return (LogoutResponse(header, status: status), place)
    }

    /// What is said to one whose name or session nobody is known by (SAML Core §3.2.2.2).
    public static let unknownPrincipal = Status(.requester, .unknownPrincipal)

    /// SAML Core §3.7.3.2: success, and below it that it was in part only.
    public static func status(_ results: [LogoutResult], endedHere: Bool) -> Status {
        guard endedHere else { return Status(.responder) }
        return results.allSatisfy { $0 == .ended } ? .success : Status(.success, .partialLogout)
    }

    private static func step(_ session: PeerSession, _ place: Endpoint) -> LogoutStep {
        LogoutStep(
            session: session, binding: place.spoken ?? .redirect, location: place.location,
            answerLocation: place.answerLocation)
    }

    private static func services(_ peer: EntityDescriptor, _ now: Int64, _ skew: Int64) -> [Endpoint] {
        (peer.serviceProvider(at: now, skew: skew)?.role.singleLogout ?? [])
            + (peer.identityProvider(at: now, skew: skew)?.role.singleLogout ?? [])
    }

    /// One session of a peer's once, in the order they came.
    private static func together(_ sessions: [PeerSession]) -> [PeerSession] {
        var seen: Set<PeerSession> = []
        return sessions.filter { seen.insert($0).inserted }
    }
}

extension LogoutResponse {
    /// What it says of the session that was to end.
    public var result: LogoutResult { status.isWholeSuccess ? .ended : .failed }
}
