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
    /// The reason of an answer that is right in everything and names nobody.
    public static let tooLittleTold = "saml." + SignInRefusal.subject.rawValue

    /// What an identity provider had a browser bring.
    public enum Answer: Sendable, Hashable {
        /// The form field `SAMLResponse`.
        case posted(String)
        /// `SAMLart`, and an ID for the question that is asked about it: new and random, an `xs:ID`.
        case artifact(String, questionID: String)
    }

    /// Holds an identity provider's answer to the request it is of, and finds out who the person is.
    ///
    /// The caller has found the request by the browser and has used it up: one answer, one sign-in. It spends `once` in
    /// the transaction that signs the person in.
    ///
    /// - Parameter request: nil for an answer that nobody asked for, which is taken by a form only, and where that is
    ///   settled.
    public func signIn(_ answer: Answer, of request: OutstandingRequest?) async -> SAMLOutcome {
        do {
            return try await verified(answer, request)
        } catch let error as SAMLError {
            return error.reason == .busy ? .unavailable("saml.busy") : .refused(Self.word(error))
        } catch let failure as SAMLMetadataFailure {
            return .unavailable(failure.word)
        } catch let failure as ArtifactFailure {
            return failure.isRefusal ? .refused(failure.word) : .unavailable(failure.word)
        } catch {
            return .unavailable((error as? Fault)?.code ?? "saml.failed")
        }
    }

    private func verified(_ answer: Answer, _ request: OutstandingRequest?) async throws -> SAMLOutcome {
        let service = settings.service
        guard isTaken(answer, request) else {
            return .refused(request == nil ? "saml.unsolicited" : "saml.other_binding")
        }
        let peer = try await metadata.peer()
        let now = clock()
        let expectation = try expectation(of: request, by: peer, now)
        let assertion: VerifiedAssertion
        switch answer {
        case .posted(let text):
            assertion = try await executor.run { try UnverifiedResponse(base64: text).verified(by: expectation) }
        case .artifact(let text, let id):
            assertion = try await resolve(text, questionID: id, at: peer, expectation)
        }
        let verified = VerifiedSignIn(assertion)
        let facts = SignInFacts(
            outstanding: request, isFirstShowing: true, consumer: consumer,
            metadataIsVouchedFor: peer.isVouchedFor)
        switch service.decide(verified, facts: facts, peer: peer.entity, now: now.seconds) {
        case .refused(let reasons): return .refused("saml." + (reasons.first?.rawValue ?? "refused"))
        case .signedIn(let person):
            guard let signIn = try signIn(person, verified.issuer) else { return .refused(Self.tooLittleTold) }
            return .verified(signIn, once: verified.replayKey(skew: service.skew))
        }
    }

    /// Whoever asked for one binding is not answered by another: who chose artifacts keeps assertions out of browsers.
    private func isTaken(_ answer: Answer, _ request: OutstandingRequest?) -> Bool {
        switch answer {
        case .posted: request == nil ? settings.service.takesUnsolicited : settings.answerBinding == .post
        case .artifact: request != nil && settings.answerBinding == .artifact
        }
    }

    /// Where answers come, by whichever binding.
    private var consumer: String { settings.service.consumers.preferred?.endpoint.location ?? "" }

    private func expectation(
        of request: OutstandingRequest?, by peer: SAMLPeer, _ now: Timestamp
    ) throws -> ResponseExpectation {
        let service = settings.service
        return ResponseExpectation(
            issuer: peer.entity.entityID, keys: try verificationKeys(of: peer), audience: service.entityID,
            recipient: request?.consumer ?? consumer, request: request.map { .answers($0.id) } ?? .unsolicited,
            signature: settings.signature, decryptionKeys: settings.decryptionKeys, clockSkew: service.skew,
            now: SAMLTime(seconds: now.seconds), allowsMissingName: service.knowsPeopleByAttributes,
            algorithms: settings.algorithms)
    }

    private func signIn(_ person: SignedIn, _ issuer: String) throws -> UpstreamSignIn? {
        guard let identity = try AttributeMapping(settings).identity(person) else { return nil }
        var signIn = UpstreamSignIn(
            identity: identity,
            authenticatedAt: settings.saysSignInTime ? min(Timestamp(seconds: person.authnInstant), clock()) : nil,
            isMultiFactor: person.contextClass.map(settings.multiFactorContexts.contains) ?? false,
            subject: try person.nameID.map { try SubjectDigest.name($0, issuer: issuer) }
                ?? Array(identity.subjectKey.utf8),
            sessionID: try person.sessionIndex.map { try SubjectDigest.session($0, issuer: issuer) }, idToken: nil,
            kept: nil,
            vouching: Vouching(
                person.authorities, contextClass: person.contextClass, proxyCount: person.proxyCount))
        signIn.peer = person.nameID.map { PeerSession(peer: issuer, nameID: $0, sessionIndex: person.sessionIndex) }
        signIn.sessionUntil = person.sessionNotOnOrAfter.map { Timestamp(seconds: $0) }
        return signIn
    }

    /// The codes are those that `gatehouse saml verify` explains.
    private static func word(_ error: SAMLError) -> String { "saml." + error.reason.rawValue.lowercased() }
}
