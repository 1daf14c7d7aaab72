/// A session that both sides know: ours, and one at a peer.
public struct PeerSession: Sendable, Hashable, Codable {
    /// The peer's entity ID.
    public var peer: String
    /// As it was said or received, to be told back exactly (SDP-SP29).
    public var nameID: NameID
    public var sessionIndex: String?

    public init(peer: String, nameID: NameID, sessionIndex: String?) {
        self.peer = peer
        self.nameID = nameID
        self.sessionIndex = sessionIndex
    }

    /// Whether a request means it: by its name, and by its index where indexes are named (SAML Core §3.7.1). A name that
    /// leaves its qualifiers out means the one whose qualifiers are those of the two parties (§8.3.7).
    func isMeant(by request: LogoutRequest, issuer: String, own: String) -> Bool {
        guard Exact.same(peer, issuer), Exact.same(nameID.value, request.subject.value),
            Exact.same(NameIDFormat.effective(nameID.format), NameIDFormat.effective(request.subject.format)),
            Self.fits(nameID.nameQualifier, request.subject.nameQualifier, parties: [own, issuer]),
            Self.fits(nameID.spNameQualifier, request.subject.spNameQualifier, parties: [own, issuer])
        else { return false }
        guard !request.sessionIndexes.isEmpty else { return true }
        return sessionIndex.map { Exact.holds(request.sessionIndexes, $0) } ?? false
    }

    private static func fits(_ mine: String?, _ theirs: String?, parties: [String]) -> Bool {
        switch (mine, theirs) {
        case (let mine?, let theirs?): Exact.same(mine, theirs)
        case (nil, nil): true
        case (let said?, nil), (nil, let said?): Exact.holds(parties, said)
        }
    }
}

/// What becomes of a logout request.
public enum LogoutReading: Sendable, Hashable {
    /// These sessions end; none where there are none any more, which is no error: what was wanted is so.
    case end([PeerSession])
    /// Nothing ends, and nobody is answered: it is not known who asked.
    case refused(MessageFault)
}

/// What either role goes by at logout.
public struct LogoutSettings: Sendable, Hashable {
    public var entityID: String
    public var skew: Int64
    /// Seconds that a request of ours means something.
    public var requestLifetime: Int64

    public init(entityID: String, skew: Int64 = 180, requestLifetime: Int64 = 300) {
        self.entityID = entityID
        self.skew = skew
        self.requestLifetime = requestLifetime
    }

    /// Decides who may end which sessions.
    ///
    /// - Parameters:
    ///   - peer: the metadata of `request.header.issuer`.
    ///   - sessions: those that are known with this peer, of whoever is at the browser or, by SOAP, of anybody.
    ///   - now: seconds since 1970.
    public func read(
        _ request: LogoutRequest, from peer: EntityDescriptor, arrival: MessageArrival, sessions: [PeerSession],
        now: Int64
    ) -> LogoutReading {
        do {
            try check(request.header, peer, arrival, now)
        } catch {
            return .refused(error)
        }
        // SAML Core §3.7.1: later it means nothing.
        if let end = request.notOnOrAfter, now >= end + skew {
            return .refused(MessageFault(.stale, "NotOnOrAfter has passed"))
        }
        guard arrival.isFirstShowing else { return .refused(MessageFault(.stale, "this request was seen before")) }
        return .end(sessions.filter { $0.isMeant(by: request, issuer: peer.entityID, own: entityID) })
    }

    /// Whether an answer may be believed: of whom was asked, to what was asked.
    ///
    /// - Parameter asked: the ID of the request that waits for it.
    /// - Throws: `issuer`, `unsigned`, `destination`, `stale`, `binding`.
    public func check(
        _ response: LogoutResponse, from peer: EntityDescriptor, asked: String, arrival: MessageArrival, now: Int64
    ) throws(MessageFault) {
        try check(response.header, peer, arrival, now)
        guard Exact.same(response.header.inResponseTo, asked) else {
            throw MessageFault(.binding, "InResponseTo is another request")
        }
    }

    private func check(
        _ header: MessageHeader, _ peer: EntityDescriptor, _ arrival: MessageArrival, _ now: Int64
    ) throws(MessageFault) {
        guard Exact.same(header.issuer, peer.entityID), peer.isValid(at: now, skew: skew) else {
            throw MessageFault(.issuer, "Issuer is not the entity whose metadata was found, or that has ended")
        }
        // SAML Profiles §4.4.3.1, §4.4.4.1: signed, whatever the binding; anybody could end anybody's sessions else.
        if let fault = arrival.signature.fault(keysOf: "peer") { throw fault }
        guard arrival.signature == .verified else {
            throw MessageFault(.unsigned, "logout messages have to be signed by a key of the peer's metadata")
        }
        // By SOAP the connection is the destination (Bindings §3.2).
        if arrival.binding != .soap || header.destination != nil {
            guard Exact.same(header.destination, arrival.location) else {
                throw MessageFault(.destination, "Destination is missing, or another address than \(arrival.location)")
            }
        }
        guard header.isFresh(at: now, within: skew + 300) else {
            throw MessageFault(.stale, "IssueInstant is too far from now; is a clock wrong?")
        }
    }
}
