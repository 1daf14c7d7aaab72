import Fetch
import SAML
import Vocabulary

/// Fetching what an artifact stands for (SAML Profiles §4.1.4.5): asked over TLS, at the place that the metadata have for
/// this artifact and nowhere else, signed, once.
extension SAMLProvider {
    /// From the question to the last byte of the answer.
    static let artifactTimeout: Duration = .seconds(10)

    /// - Throws: `unsupported` where artifacts of this identity provider cannot be resolved.
    func requireArtifacts(of peer: SAMLPeer) throws(MessageFault) {
        let role = peer.entity.identityProvider(at: clock().seconds, skew: settings.service.skew)
        guard role?.role.artifactResolution.contains(where: { $0.endpoint.spoken == .soap }) == true else {
            throw MessageFault(.unsupported, "the identity provider has no ArtifactResolutionService by SOAP")
        }
        guard settings.signingKey != nil else {
            throw MessageFault(.unsupported, "artifacts are asked for with a key of the gateway's, and there is none")
        }
    }

    /// - Throws: `ArtifactFailure`, `SAMLError`, and what fetching throws.
    func resolve(
        _ text: String, questionID: String, at peer: SAMLPeer, _ expectation: ResponseExpectation
    ) async throws -> VerifiedAssertion {
        let place = try place(of: text, at: peer)
        let header = MessageHeader(
            id: questionID, issueInstant: clock().seconds, issuer: settings.service.entityID,
            destination: place.location)
        let key = settings.signingKey
        let body = try await executor.run {
            try SOAPEnvelope.bytes(around: ArtifactResolve(header, artifact: text).element(), signedWith: key)
        }
        let answer = try await ask(body, at: place.location, trusting: try verificationKeys(of: peer))
        return try await executor.run {
            try SOAPMessage(answer).judgedResponse(toResolve: questionID, by: expectation).get()
        }
    }

    private func place(of text: String, at peer: SAMLPeer) throws -> Endpoint {
        guard let artifact = try? Artifact(reading: text) else { throw ArtifactFailure.malformed }
        guard artifact.sourceID == Artifact.sourceID(of: peer.entity.entityID) else {
            throw ArtifactFailure.otherIssuer
        }
        guard let role = peer.entity.identityProvider(at: clock().seconds, skew: settings.service.skew),
            let place = try? artifact.resolutionPlace(issuer: peer.entity.entityID, role: role.role)
        else { throw ArtifactFailure.noPlace }
        return place
    }

    /// Redirections are not followed, and nothing but an answer of the SOAP binding is taken (SAML Bindings §3.2.2.1).
    private func ask(
        _ body: [UInt8], at address: String, trusting keys: [SAMLVerificationKey]
    ) async throws -> [UInt8] {
        var limits = FetchLimits()
        limits.totalTimeout = Self.artifactTimeout
        limits.responseBytes = XMLLimits.message.bytes
        let headers = [
            FetchHeader("Content-Type", SOAPEnvelope.mediaType + "; charset=utf-8"),
            FetchHeader("SOAPAction", SOAPEnvelope.action), FetchHeader("Accept", SOAPEnvelope.mediaType),
            FetchHeader("Cache-Control", "no-cache, no-store"),
        ]
        let answer = try await SAMLBackChannel.send(
            FetchRequest(.post, url: address, headers: headers, body: body, limits: limits), trusting: keys, by: fetch)
        guard answer.status == 200 else { throw ArtifactFailure.status }
        return answer.body
    }
}

/// Why an artifact was not resolved, by a closed word.
enum ArtifactFailure: Error {
    case malformed
    /// Somebody else issued it than was asked to sign the person in.
    case otherIssuer
    /// The metadata have no place with its index.
    case noPlace
    /// The place answers otherwise than SOAP does.
    case status

    var word: String {
        switch self {
        case .malformed: "saml.artifact_malformed"
        case .otherIssuer: "saml.artifact_issuer"
        case .noPlace: "saml.artifact_index"
        case .status: "saml.artifact_status"
        }
    }

    /// It is the answer that is wrong; otherwise whoever was asked about it.
    var isRefusal: Bool { self != .status }
}
