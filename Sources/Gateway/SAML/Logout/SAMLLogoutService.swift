import Identity
import Logging
import SAML
import Storage
import Vocabulary

/// Single logout (SAML Profiles §4.4), as an identity provider and as a service provider: sessions end here first, in the
/// journal (SDP-SP34), then everybody who knows them is told.
public struct SAMLLogoutService: Sendable {
    let store: Store
    let live: LiveCredentials
    let teller: LogoutTeller
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    /// A sign-out that began here: takes the browser to whoever knows the session, which has ended.
    ///
    /// - Parameter redirect: where it goes at the end.
    public func depart(from session: Session, then redirect: String?) async throws -> LogoutTurn {
        let journey = LogoutJourney(then: redirect)
        guard try teller.signingKey() != nil,
            try await store.read({ try $0.holdsPeerLogouts(of: session.id) })
        else { return .over(journey) }
        let token = JourneyToken()
        let logouts = try await store.write(.revocation) { tx in
            try tx.sql.claimPeerLogouts(
                of: session.id, for: token.hash, until: tx.now + LogoutJourney.lifetime)
        }
        return try await begin(journey, logouts, token, in: session.tenant)
    }

    // MARK: Messages

    /// Takes a message that a browser brought.
    ///
    /// - Returns: nil for an answer, after which the journey goes on where its browser is known (`next`).
    /// - Throws: `Fault` of the caller's with a code `saml.…` for a message that is not believed: nobody's session has ended.
    public func take(_ arrived: ArrivedMessage, in tenant: TenantID, trace: String?) async throws -> LogoutTurn? {
        try await telling(tenant) {
            guard arrived.kind == .request else {
                try await takeResponse(arrived, in: tenant)
                return nil
            }
            let taken = try await takeRequest(arrived, in: tenant, trace: trace)
            var journey = LogoutJourney()
            if !taken.request.isAsynchronous {
                journey.asker = LogoutJourney.Asker(
                    peer: taken.sender.entity.entityID, role: taken.sender.role, request: taken.request.header.id,
                    binding: arrived.binding, relayState: arrived.relayState?.text)
            }
            var turn =
                taken.isKnown
                ? try await begin(journey, taken.logouts, taken.token, in: tenant)
                : try await answer(journey, LogoutSettings.unknownPrincipal, in: tenant)
            turn.ended = taken.ended
            return turn
        }
    }

    /// Takes a request by SOAP, tells whoever can be told behind, and says what came of it.
    ///
    /// - Returns: an envelope; nil for one who waits for no answer.
    /// - Throws: as `take`.
    public func take(envelope: [UInt8], in tenant: TenantID, trace: String?) async throws -> [UInt8]? {
        try await telling(tenant) {
            let arrived = ArrivedMessage(envelope: envelope, kind: .request)
            let taken = try await takeRequest(arrived, in: tenant, trace: trace)
            let (told, _) = try await tell(taken.logouts, hasBrowser: false)
            let status =
                taken.isKnown
                ? LogoutSettings.status(told.map(\.result), endedHere: true) : LogoutSettings.unknownPrincipal
            guard !taken.request.isAsynchronous, let key = try teller.signingKey(),
                let answer = teller.settings(tenant).answer(
                    toRequest: taken.request.header.id, peer: taken.sender.entity, arrivedBy: .soap, status: status,
                    id: LogoutTeller.id(), now: clock().seconds)
            else { return nil }
            return try await teller.saml.executor().run {
                try SOAPEnvelope.bytes(around: answer.response.element(), signedWith: key)
            }
        }
    }

    /// Says in the gateway's words what SAML's say.
    private func telling<Value>(_ tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        guard try teller.signingKey() != nil else {
            throw Fault("saml.no_key", .caller, "Single logout is not served here.")
        }
        do {
            return try await body()
        } catch let fault as MessageFault {
            throw Self.refusal(fault.code.rawValue, fault.detail)
        } catch let error as SAMLError where error.reason != .busy {
            throw Self.refusal(error.reason.rawValue.lowercased(), error.detail)
        }
    }

    private static func refusal(_ code: String, _ detail: String) -> Fault {
        Fault("saml.\(code)", .caller, "The logout message was refused: \(detail).")
    }

    /// The message and whoever it is proved to come from, in each role whose keys prove it.
    func examined(
        _ arrived: ArrivedMessage, as kind: SAMLMessageKind, in tenant: TenantID
    ) async throws -> (message: XMLElement, senders: [LogoutPeer]) {
        let executor = try teller.saml.executor()
        let issuer = try await executor.run { try arrived.claimedIssuer(of: kind) }
        guard let issuer, issuer.utf8.count <= EntityDescriptor.entityIDLimit else {
            throw MessageFault(.issuer, "Issuer is missing or too long")
        }
        let candidates = await teller.peers.all(issuer, in: tenant).filter { !$0.keys.isEmpty }
        guard !candidates.isEmpty else { throw MessageFault(.issuer, "Issuer is nobody whom sessions are shared with") }
        var found: (message: XMLElement, senders: [LogoutPeer])?
        var fault = MessageFault(.unsigned, "logout messages have to be signed by a key of the peer's metadata")
        let policy = teller.saml.algorithms.believed
        for peer in candidates {
            let (message, signature) = try await executor.run {
                try arrived.examined(as: kind, keys: peer.keys, policy: policy)
            }
            fault = signature.fault(keysOf: "peer") ?? fault
            guard signature == .verified else { continue }
            found = (message, (found?.senders ?? []) + [peer])
        }
        guard let found else { throw fault }
        return found
    }
}

/// What the cookie of a browser that signs out holds, and what is kept of it.
struct JourneyToken: Sendable {
    let secret: SecretText
    let hash: [UInt8]

    init() { self.init(secret: SecretText(Base64.encode(Randomness.bytes(32), .url))) }

    init(secret: SecretText) {
        self.secret = secret
        hash = Digests.sha256(secret.reveal())
    }
}
