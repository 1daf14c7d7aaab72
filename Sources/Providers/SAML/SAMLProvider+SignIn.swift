import Identity
import SAML
import Vocabulary

/// What came of an identity provider's answer.
public enum SAMLOutcome: Sendable {
    /// Somebody, and what must never be shown again.
    case verified(UpstreamSignIn, once: ReplayKey)
    /// Not believed, or it says no; the reason is a closed word for the journal.
    case refused(String)
    /// It could not be looked at; the word says why.
    case unavailable(String)
}

extension SAMLProvider {
    /// Holds an identity provider's answer to the request it is of, and finds out who the person is.
    ///
    /// The caller has found the request by the browser and has used it up: one answer, one sign-in. It spends `once` in
    /// the transaction that signs the person in.
    ///
    /// - Parameter response: the form field `SAMLResponse`.
    public func signIn(_ response: String, of request: OutstandingRequest) async -> SAMLOutcome {
        do {
            return try await verified(response, request)
        } catch let error as SAMLError {
            return error.reason == .busy ? .unavailable("saml.busy") : .refused(Self.word(error))
        } catch let failure as SAMLMetadataFailure {
            return .unavailable(failure.word)
        } catch {
            return .unavailable((error as? Fault)?.code ?? "saml.failed")
        }
    }

    private func verified(_ response: String, _ request: OutstandingRequest) async throws -> SAMLOutcome {
        let peer = try await metadata.peer()
        let service = settings.service
        let now = clock()
        let expectation = ResponseExpectation(
            issuer: peer.entity.entityID, keys: try verificationKeys(of: peer), audience: service.entityID,
            recipient: request.consumer, request: .answers(request.id), signature: settings.signature,
            decryptionKeys: settings.decryptionKeys, clockSkew: service.skew, now: SAMLTime(seconds: now.seconds))
        let assertion = try await executor.run {
            try UnverifiedResponse(base64: response).verified(by: expectation)
        }
        let verified = VerifiedSignIn(assertion)
        let facts = SignInFacts(
            outstanding: request, isFirstShowing: true, consumer: request.consumer,
            metadataIsVouchedFor: peer.isVouchedFor)
        switch service.decide(verified, facts: facts, peer: peer.entity, now: now.seconds) {
        case .refused(let reasons): return .refused("saml." + (reasons.first?.rawValue ?? "refused"))
        case .signedIn(let person):
            guard let signIn = try signIn(person, verified.issuer) else { return .refused("saml.subject") }
            return .verified(signIn, once: verified.replayKey(skew: service.skew))
        }
    }

    private func signIn(_ person: SignedIn, _ issuer: String) throws -> UpstreamSignIn? {
        guard let identity = try AttributeMapping(settings).identity(person) else { return nil }
        return UpstreamSignIn(
            identity: identity,
            authenticatedAt: settings.saysSignInTime ? min(Timestamp(seconds: person.authnInstant), clock()) : nil,
            isMultiFactor: person.contextClass.map(settings.multiFactorContexts.contains) ?? false,
            subject: try person.nameID.map { try SubjectDigest.name($0, issuer: issuer) }
                ?? Array(identity.subjectKey.utf8),
            sessionID: try person.sessionIndex.map { try SubjectDigest.session($0, issuer: issuer) }, idToken: nil,
            kept: nil,
            vouching: Vouching(
                person.authorities, contextClass: person.contextClass, proxyCount: person.proxyCount))
    }

    /// The codes are those that `gatehouse saml verify` explains.
    private static func word(_ error: SAMLError) -> String { "saml." + error.reason.rawValue.lowercased() }
}
