import SAML
import Storage
import Vocabulary

extension SAMLLogoutService {
    /// Tells whoever can be told behind, all at once, then sends the browser to the first of the others.
    func begin(
        _ beginning: LogoutJourney, _ logouts: [PeerLogout], _ token: JourneyToken, in tenant: TenantID
    ) async throws -> LogoutTurn {
        var journey = beginning
        let (told, through) = try await tell(logouts, hasBrowser: true)
        journey.told = told
        journey.waiting = Array(through.prefix(LogoutJourney.hopLimit).map(\.id))
        journey.told += through.dropFirst(LogoutJourney.hopLimit).map { .init(title: $0.peer, result: .silent) }
        var (next, turn) = try await advance(journey, in: tenant)
        guard let hop = next.hop else { return turn }
        let sealed = try store.keys.seal(record: next, tenant: tenant, context: token.hash)
        try await store.write(.revocation) { tx in
            try tx.sql.insertLogoutJourney(
                token.hash, in: tenant, asked: PeerDigest.request(hop.request), sealed: sealed,
                until: tx.now + LogoutJourney.lifetime)
        }
        turn.secret = token.secret
        return turn
    }

    /// Where the journey of this browser goes on; over where it has none.
    ///
    /// - Parameter skips: whoever has not answered is not waited for any more.
    public func next(_ secret: SecretText?, in tenant: TenantID, skips: Bool = false) async throws -> LogoutTurn {
        guard let secret else { return .over(LogoutJourney()) }
        let token = JourneyToken(secret: secret)
        // Another request of the same browser may be faster, and moves the journey: then it is looked at once more.
        for _ in 0..<2 {
            let now = clock()
            guard let stored = try await store.read({ try $0.logoutJourney(token.hash, in: tenant, at: now) }),
                var journey = try? store.keys.open(
                    record: LogoutJourney.self, stored.sealed, tenant: tenant, context: stored.hash)
            else { break }
            if let hop = journey.hop {
                guard skips else { return LogoutTurn(.waiting(name: hop.title), isOver: false) }
                journey.told.append(.init(title: hop.title, result: .silent))
                journey.hop = nil
            }
            let (next, turn) = try await advance(journey, in: tenant)
            if try await keep(next, over: stored, in: tenant) { return turn }
        }
        return .over(LogoutJourney())
    }

    private func keep(
        _ journey: LogoutJourney, over stored: StoredLogoutJourney, in tenant: TenantID
    ) async throws -> Bool {
        let sealed = try store.keys.seal(record: journey, tenant: tenant, context: stored.hash)
        return try await store.write(.revocation) { tx in
            if journey.hop == nil, journey.waiting.isEmpty { return try tx.sql.remove(stored) }
            return try tx.sql.update(
                stored, asked: journey.hop.map { PeerDigest.request($0.request) }, sealed: sealed)
        }
    }

    /// The next of those who wait, or the end.
    private func advance(
        _ beginning: LogoutJourney, in tenant: TenantID
    ) async throws -> (LogoutJourney, LogoutTurn) {
        var journey = beginning
        while !journey.waiting.isEmpty, let key = try teller.signingKey() {
            let id = journey.waiting.removeFirst()
            // Told behind meanwhile.
            guard let logout = try await store.read({ try $0.peerLogout(id) }) else { continue }
            guard case .through(let step, let peer) = await teller.route(logout, hasBrowser: true),
                let (request, place) = try? await teller.request(logout, step, peer, signedWith: key)
            else {
                journey.told.append(.init(title: logout.peer, result: .silent))
                continue
            }
            journey.hop = LogoutJourney.Hop(logout: id, title: peer.title, request: request)
            return (journey, LogoutTurn(LogoutStop(place, name: peer.title), isOver: false))
        }
        return (journey, try await answer(journey, journey.status, in: tenant))
    }

    /// The end of a journey: whoever asked is answered; nobody else is there to be.
    func answer(_ journey: LogoutJourney, _ status: Status, in tenant: TenantID) async throws -> LogoutTurn {
        guard let asker = journey.asker, let key = try teller.signingKey(),
            let peer = await teller.peers.peer(asker.peer, asker.role, in: tenant),
            let answer = teller.settings(tenant).answer(
                toRequest: asker.request, peer: peer.entity, arrivedBy: asker.binding, status: status,
                id: LogoutTeller.id(), now: clock().seconds),
            let place = answer.place
        else { return .over(journey) }
        let departure = try await teller.saml.executor().run {
            try SAMLDeparture(
                answer.response.element(), kind: .response, relayState: asker.relayState.flatMap(RelayState.init),
                by: place.spoken ?? .redirect, to: place.answerLocation, signedWith: key)
        }
        return LogoutTurn(LogoutStop(RedirectPlace(departure), name: peer.title), isOver: true)
    }

    // MARK: Answers

    /// Takes what a peer answered to the request that a journey waits with. It is written down whoever brings it: it is
    /// signed, and names a request that nobody can guess. The journey goes on in its own browser only.
    ///
    /// - Throws: `MessageFault`, `SAMLError`.
    func takeResponse(_ arrived: ArrivedMessage, in tenant: TenantID) async throws {
        let (message, senders) = try await examined(arrived, as: .logoutResponse, in: tenant)
        let response = try LogoutResponse(reading: message)
        let now = clock()
        guard let asked = response.header.inResponseTo,
            let stored = try await store.read({
                try $0.logoutJourney(asking: PeerDigest.request(asked), in: tenant, at: now)
            }),
            var journey = try? store.keys.open(
                record: LogoutJourney.self, stored.sealed, tenant: tenant, context: stored.hash),
            let hop = journey.hop
        else { throw MessageFault(.binding, "InResponseTo is no request that waits for an answer") }
        let logout = try await store.read { try $0.peerLogout(hop.logout) }
        guard let logout, let sender = senders.first(where: { $0.role == logout.role }),
            sender.entity.entityID.utf8.elementsEqual(logout.peer.utf8)
        else { throw MessageFault(.issuer, "another peer was asked than the one that answers") }
        try teller.settings(tenant).check(
            response, from: sender.entity, asked: hop.request,
            arrival: MessageArrival(
                location: teller.saml.logoutLocation(of: tenant, by: arrived.binding), binding: arrived.binding,
                signature: .verified),
            now: now.seconds)
        journey.told.append(.init(title: hop.title, result: response.result))
        journey.hop = nil
        let sealed = try store.keys.seal(record: journey, tenant: tenant, context: stored.hash)
        try await store.write(.revocation) { tx in
            // Answered twice, or gone on without: nothing changes.
            guard try tx.sql.update(stored, asked: nil, sealed: sealed) else { return }
            try tx.sql.remove(peerLogout: hop.logout)
        }
    }

    // MARK: Behind

    /// Tells everybody who can be told by connections of our own, all at once; the others are for the browser.
    func tell(
        _ logouts: [PeerLogout], hasBrowser: Bool
    ) async throws -> (told: [LogoutJourney.Told], through: [PeerLogout]) {
        guard !logouts.isEmpty, let key = try teller.signingKey() else { return ([], []) }
        let outcomes = await withTaskGroup(of: (Int, BehindOutcome).self) { group in
            for (index, logout) in logouts.enumerated() {
                group.addTask { [teller] in (index, await teller.outcome(logout, hasBrowser, signedWith: key)) }
            }
            var found: [Int: BehindOutcome] = [:]
            for await (index, outcome) in group { found[index] = outcome }
            return found
        }
        var (told, through, settled): ([LogoutJourney.Told], [PeerLogout], [[UInt8]]) = ([], [], [])
        for (index, logout) in logouts.enumerated() {
            guard let outcome = outcomes[index] else { continue }
            switch outcome {
            case .through: through.append(logout)
            case .untold: settled.append(logout.id)
            case .told(let title, let result, let isSettled):
                told.append(.init(title: title, result: result))
                if isSettled { settled.append(logout.id) }
            }
        }
        let done = settled
        if !done.isEmpty {
            try await store.write(.spool) { tx in for id in done { try tx.sql.remove(peerLogout: id) } }
        }
        return (told, through)
    }
}

/// What came of trying to tell somebody without a browser.
enum BehindOutcome: Sendable {
    /// Only a browser reaches them.
    case through
    case untold
    /// `isSettled`: there is nothing to try again.
    case told(title: String, LogoutResult, isSettled: Bool)
}

extension LogoutTeller {
    func outcome(_ logout: PeerLogout, _ hasBrowser: Bool, signedWith key: SAMLSigningKey) async -> BehindOutcome {
        switch await route(logout, hasBrowser: hasBrowser) {
        case .untold: return .untold
        case .through: return .through
        case .unreachable(let title, let forGood): return .told(title: title, .silent, isSettled: forGood)
        case .behind(let step, let peer):
            let result = await tell(logout, step, peer, signedWith: key)
            return .told(title: peer.title, result, isSettled: result != .silent)
        }
    }
}
