/// An answer that is ready to be written, and how it has to be protected on its way.
public struct AnswerPlan: Sendable, Hashable {
    public let response: ResponseMessage
    /// Nil for an error.
    public let assertion: Assertion?
    public let binding: Binding
    public let location: String
    public let signsAssertion: Bool
    public let signsResponse: Bool
    /// Nil where the assertion travels in the open, within TLS.
    public let encryption: AlgorithmPolicy.EncryptionChoice?
    public let signatureAlgorithm: String
    public let digest: String
}

/// What an assertion is made of beside the request.
public struct AssertionContent: Sendable, Hashable {
    public var nameID: NameID?
    public var authn: ProvenAuthn
    public var attributes: [SAMLAttribute]
    /// Another one for every service provider, so that they cannot be told together by it (SAML Core §2.7.2).
    public var sessionIndex: String
    /// When the session here ends.
    public var sessionNotOnOrAfter: Int64?
    /// How many more may pass it on; nil says nothing.
    public var proxyCount: Int?
    /// Random octets for an enhanced client and its service provider; told where the assertion is encrypted.
    public var generatedKey: [UInt8]?

    public init(
        nameID: NameID?, authn: ProvenAuthn, attributes: [SAMLAttribute], sessionIndex: String,
        sessionNotOnOrAfter: Int64? = nil, proxyCount: Int? = nil, generatedKey: [UInt8]? = nil
    ) {
        self.nameID = nameID
        self.authn = authn
        self.attributes = attributes
        self.sessionIndex = sessionIndex
        self.sessionNotOnOrAfter = sessionNotOnOrAfter
        self.proxyCount = proxyCount
        self.generatedKey = generatedKey
    }
}

/// IDs for a response and its assertion, each new and random.
public struct AnswerIDs: Sendable, Hashable {
    public var response: String
    public var assertion: String

    public init(response: String, assertion: String) {
        self.response = response
        self.assertion = assertion
    }
}

extension IdentityProviderSettings {
    /// Plans the answer to a request that is fulfilled.
    ///
    /// - Parameters:
    ///   - key: the kind of key it will be signed with.
    ///   - now: seconds since 1970.
    /// - Throws: `unsupported` where nothing sound protects it as it has to be.
    public func answer(
        _ request: AcceptedRequest, with content: AssertionContent, peer: EntityDescriptor,
        policy: ServiceProviderPolicy = ServiceProviderPolicy(), key: MetadataKey.Kind, ids: AnswerIDs, now: Int64
    ) throws(MessageFault) -> AnswerPlan {
        guard let role = peer.serviceProvider(at: now, skew: skew) else {
            throw MessageFault(.issuer, "the metadata has no service provider that is valid now")
        }
        let encryption = policy.encryption == .never ? nil : algorithms.encryption(to: role.role.encryptionKeys)
        if policy.encryption == .always, encryption == nil {
            throw MessageFault(.unsupported, "the service provider's metadata has no key to encrypt to that is sound")
        }
        let signature = try algorithms.signature(for: role.role.algorithms.or(peer.algorithms), key: key)
        // By artifact the response comes over a connection of its own, whose answer is signed as well.
        let signsAssertion = policy.signsAssertion || role.wantsSignedAssertions || !policy.signsResponse
        var assertion = self.assertion(request, content, ids, now)
        // SAML-EC §5.3.1: whoever could read the assertion on its way would have the key.
        assertion.advice = Assertion.Advice(
            channels: request.channels ?? [], generatedKey: encryption == nil ? nil : content.generatedKey)
        return AnswerPlan(
            response: ResponseMessage(header(ids.response, request.consumer, request.requestID, now), status: .success),
            assertion: assertion, binding: request.answerBinding,
            location: request.consumer, signsAssertion: signsAssertion, signsResponse: policy.signsResponse,
            encryption: encryption, signatureAlgorithm: signature.algorithm, digest: signature.digest)
    }

    /// Plans an answer that tells of an error (IIP-IDP05); it is signed as any other is.
    ///
    /// - Throws: `unsupported`.
    public func answer(
        _ status: Status, at place: AnswerPlace, peer: EntityDescriptor, key: MetadataKey.Kind, id: String, now: Int64
    ) throws(MessageFault) -> AnswerPlan {
        let peerAlgorithms = peer.serviceProvider(at: now, skew: skew)?.role.algorithms.or(peer.algorithms)
        let signature = try algorithms.signature(for: peerAlgorithms ?? peer.algorithms, key: key)
        return AnswerPlan(
            response: ResponseMessage(header(id, place.location, place.inResponseTo, now), status: status),
            assertion: nil, binding: place.binding, location: place.location, signsAssertion: false,
            signsResponse: true, encryption: nil, signatureAlgorithm: signature.algorithm, digest: signature.digest)
    }

    private func header(_ id: String, _ location: String, _ request: String?, _ now: Int64) -> MessageHeader {
        MessageHeader(id: id, issueInstant: now, issuer: entityID, destination: location, inResponseTo: request)
    }

    private func assertion(
        _ request: AcceptedRequest, _ content: AssertionContent, _ ids: AnswerIDs, _ now: Int64
    ) -> Assertion {
        Assertion(
            id: ids.assertion, issueInstant: now, issuer: entityID, subject: content.nameID,
            confirmation: Assertion.Confirmation(
                recipient: request.consumer, notOnOrAfter: now + assertionLifetime, inResponseTo: request.requestID),
            // A clock that is behind ours by a little would take it for one from the future.
            conditions: Assertion.Conditions(
                notBefore: now - 60, notOnOrAfter: now + assertionLifetime, audiences: [request.serviceProvider],
                proxyCount: content.proxyCount),
            authn: Assertion.AuthnStatement(
                instant: content.authn.instant, sessionIndex: content.sessionIndex,
                sessionNotOnOrAfter: content.sessionNotOnOrAfter, contextClass: content.authn.contextClass,
                authorities: content.authn.authorities),
            attributes: content.attributes.filter { !$0.values.isEmpty })
    }
}

extension AcceptedRequest {
    /// Where its answer goes, an error as well.
    public var answerPlace: AnswerPlace {
        AnswerPlace(location: consumer, binding: answerBinding, inResponseTo: requestID)
    }
}
