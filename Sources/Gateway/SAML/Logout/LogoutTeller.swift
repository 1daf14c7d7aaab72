import Fetch
import Identity
import Providers
import SAML
import Storage
import Vocabulary

/// Writes what is said about sessions that end, signs it, and says it where that needs no browser.
struct LogoutTeller: Sendable {
    let saml: SAMLService
    let peers: LogoutPeers
    let keys: KeyRing
    let clock: @Sendable () -> Timestamp

    /// Seconds that clocks may differ.
    static let skew: Int64 = 180

    func settings(_ tenant: TenantID) -> LogoutSettings {
        LogoutSettings(entityID: saml.entityID(of: tenant), skew: Self.skew)
    }

    /// What signs; nil where there is no key, and so nothing to be said.
    func signingKey() throws -> SAMLSigningKey? { try saml.keys().first?.signing }

    /// A new ID of a message.
    static func id() -> String { MessageHeader.id(random: Randomness.bytes(20)) }

    // MARK: Whom, and how

    /// How one peer is to be told.
    enum Route: Sendable {
        case behind(LogoutStep, LogoutPeer)
        case through(LogoutStep, LogoutPeer)
        /// The configuration has it so.
        case untold
        /// Its metadata are gone for the moment, or have no place for it at all.
        case unreachable(title: String, forGood: Bool)
    }

    func route(_ logout: PeerLogout, hasBrowser: Bool) async -> Route {
        guard let peer = await peers.peer(logout.peer, logout.role, in: logout.tenant),
            let session = try? keys.open(
                record: PeerSession.self, logout.sealed, tenant: logout.tenant, context: logout.id)
        else { return .unreachable(title: logout.peer, forGood: false) }
        guard peer.isTold else { return .untold }
        let plan = settings(logout.tenant).plan(
            [session], hasBrowser: hasBrowser, peers: { _ in peer.entity }, now: clock().seconds)
        if let step = plan.through.first { return .through(step, peer) }
        if let step = plan.behind.first { return .behind(step, peer) }
        return .unreachable(title: peer.title, forGood: true)
    }

    // MARK: What is said

    /// The request of one step by the browser, and its ID.
    func request(
        _ logout: PeerLogout, _ step: LogoutStep, _ peer: LogoutPeer, signedWith key: SAMLSigningKey
    ) async throws -> (id: String, place: RedirectPlace) {
        let (id, now) = (Self.id(), clock().seconds)
        let request = settings(logout.tenant).request(for: step, reason: logout.reason.word, id: id, now: now)
        let choice = peer.encryption(by: saml.algorithms, at: now)
        let departure = try await saml.executor().run {
            try SAMLDeparture(
                Self.element(request, choice, peer.entity.entityID), kind: .request, relayState: nil,
                by: step.binding, to: step.location, signedWith: key)
        }
        return (id, RedirectPlace(departure))
    }

    private static func element(
        _ request: LogoutRequest, _ choice: AlgorithmPolicy.EncryptionChoice?, _ recipient: String
    ) throws -> XMLElement {
        guard let choice else { return try request.element() }
        return try request.element(encryptingFor: choice, recipient: recipient)
    }

    /// From the request to the last byte of a peer's answer.
    static let timeout: Duration = .seconds(5)

    /// Tells a peer by a connection of our own, and says what it answered.
    func tell(
        _ logout: PeerLogout, _ step: LogoutStep, _ peer: LogoutPeer, signedWith key: SAMLSigningKey
    ) async -> LogoutResult {
        let (id, now) = (Self.id(), clock().seconds)
        let request = settings(logout.tenant).request(for: step, reason: logout.reason.word, id: id, now: now)
        let choice = peer.encryption(by: saml.algorithms, at: now)
        guard
            let body = try? await saml.executor().run({
                try SOAPEnvelope.bytes(
                    around: Self.element(request, choice, peer.entity.entityID), signedWith: key)
            }),
            let answer = try? await SAMLBackChannel.send(
                Self.post(body, to: step.location), trusting: peer.keys, by: peer.send), answer.status == 200
        else { return .silent }
        do {
            let response = try await read(answer.body, from: peer, asked: id, in: logout.tenant)
            return response.result
        } catch {
            return .failed
        }
    }

    private static func post(_ body: [UInt8], to location: String) -> FetchRequest {
        var limits = FetchLimits()
        limits.connectTimeout = .seconds(2)
        limits.totalTimeout = timeout
        limits.responseBytes = XMLLimits.message.bytes
        let headers = [
            FetchHeader("Content-Type", SOAPEnvelope.mediaType + "; charset=utf-8"),
            FetchHeader("SOAPAction", "\"\(SOAPEnvelope.action)\""),
        ]
        return FetchRequest(.post, url: location, headers: headers, body: body, limits: limits)
    }

    private func read(
        _ envelope: [UInt8], from peer: LogoutPeer, asked id: String, in tenant: TenantID
    ) async throws -> LogoutResponse {
        let policy = saml.algorithms.believed
        let (message, signature) = try await saml.executor().run {
            try ArrivedMessage(envelope: envelope, kind: .response)
                .examined(as: .logoutResponse, keys: peer.keys, policy: policy)
        }
        let response = try LogoutResponse(reading: message)
        try settings(tenant).check(
            response, from: peer.entity, asked: id,
            arrival: MessageArrival(
                location: saml.logoutLocation(of: tenant, by: .soap), binding: .soap, signature: signature),
            now: clock().seconds)
        return response
    }
}

extension SessionEnd {
    /// In the words of the protocol (SAML Core §3.7.3).
    var word: LogoutRequest.Reason {
        switch self {
        case .logout, .upstreamLogout: .user
        case .expired: .globalTimeout
        default: .admin
        }
    }
}

extension RedirectPlace {
    init(_ departure: SAMLDeparture) {
        switch departure {
        case .address(let address): self = .address(address)
        case .form(let form):
            self = .form(address: form.address, fields: form.fields.map { PostedField($0.name, $0.value) })
        }
    }
}
