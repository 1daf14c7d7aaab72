import Fetch
import Identity
import Logging
import SAML
import Vocabulary

/// A provider that people are sent to by SAML 2.0. The decisions are those of the SAML target; here they are given the
/// metadata, the threads and the clock. Nothing about a sign-in is kept.
public struct SAMLProvider: Sendable {
    public let settings: SAMLProviderSettings
    let metadata: SAMLMetadataSource
    let executor: SAMLExecutor
    let fetch: OutgoingFetch
    let clock: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - place: where the identity provider's metadata are.
    ///   - policy: what they are held to.
    ///   - executor: threads for documents.
    public init(
        _ settings: SAMLProviderSettings, metadata place: SAMLMetadataPlace, policy: MetadataPolicy,
        executor: SAMLExecutor, fetch: @escaping OutgoingFetch, clock: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.settings = settings
        self.executor = executor
        self.fetch = fetch
        self.clock = clock
        var logger = logger
        logger[metadataKey: "provider"] = .string(settings.key)
        metadata = SAMLMetadataSource(
            place, policy: policy, algorithms: settings.algorithms.believed, entityID: settings.entityID,
            executor: executor, fetch: fetch, clock: clock, logger: logger)
    }

    /// Begins a sign-in, and says where to send the browser.
    ///
    /// - Parameters:
    ///   - id: of the request, new and random, an `xs:ID`.
    ///   - handle: what comes back as `RelayState`, new and random, of 80 bytes at most.
    /// - Throws: `Fault` with the reason, and what fetching throws; `saml.proxy_count` where the application that asks lets
    ///   nobody else answer.
    public func begin(
        _ wish: UpstreamWish, id: String, handle: String
    ) async throws -> (request: OutstandingRequest, departure: SAMLDeparture) {
        try await SAMLMetadataFailure.telling { try await request(wish, id: id, handle: handle) }
    }

    private func request(
        _ wish: UpstreamWish, id: String, handle: String
    ) async throws -> (request: OutstandingRequest, departure: SAMLDeparture) {
        let peer = try await metadata.peer()
        if settings.answerBinding == .artifact { try requireArtifacts(of: peer) }
        let plan = try settings.service.plan(
            try settings.asked(wish, of: peer.entity.entityID), at: peer.entity, id: id, now: clock().seconds)
        if plan.mustSign, settings.signingKey == nil {
            throw MessageFault(.unsupported, "the identity provider takes signed requests only, and there is no key")
        }
        let key = settings.signingKey
        let departure = try await executor.run {
            try SAMLDeparture(
                plan.request.element(), kind: .request, relayState: RelayState(handle), by: plan.binding,
                to: plan.location, signedWith: key)
        }
        return (plan.outstanding, departure)
    }

    /// Its entity id, as its metadata have it now; nil where they cannot be had.
    public func entityID() async -> String? { try? await metadata.peer().entity.entityID }

    /// Reads the metadata, and says in a sentence what was found.
    ///
    /// - Throws: `Fault` with the reason, and what fetching throws.
    public func examine() async throws -> String {
        try await SAMLMetadataFailure.telling {
            let peer = try await metadata.peer()
            let keys = try verificationKeys(of: peer).count
            return
                "its metadata are those of \(peer.entity.entityID), and have \(keys == 1 ? "one key" : "\(keys) keys")"
        }
    }

    /// Every key that signs and is strong enough; one that is not sound is passed over, none at all proves nobody.
    func verificationKeys(of peer: SAMLPeer) throws -> [SAMLVerificationKey] {
        let role = peer.entity.identityProvider(at: clock().seconds, skew: settings.service.skew)
        let keys = (role?.role.signingKeys ?? []).filter(\.isStrong).compactMap(peer.keys.verificationKey)
        guard !keys.isEmpty else {
            throw SAMLMetadataFailure("saml.metadata_no_key", "no key in them is strong enough to believe")
        }
        return keys
    }
}
