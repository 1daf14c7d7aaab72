/// What one sign-in should be like.
public struct SignInWish: Sendable, Hashable {
    public var forcesAuthn: Bool
    public var isPassive: Bool
    /// In place of the service provider's own.
    public var authnContext: RequestedAuthnContext?
    /// Set where the sign-in is for somebody else behind us.
    public var scoping: Scoping?
    /// The binding to be answered by.
    public var answerBinding: Binding
    public var attributeServiceIndex: Int?

    public init(
        forcesAuthn: Bool = false, isPassive: Bool = false, authnContext: RequestedAuthnContext? = nil,
        scoping: Scoping? = nil, answerBinding: Binding = .post, attributeServiceIndex: Int? = nil
    ) {
        self.forcesAuthn = forcesAuthn
        self.isPassive = isPassive
        self.authnContext = authnContext
        self.scoping = scoping
        self.answerBinding = answerBinding
        self.attributeServiceIndex = attributeServiceIndex
    }
}

/// A request that waits for its answer: kept at the server, and handed to the browser by its ID only.
public struct OutstandingRequest: Sendable, Hashable, Codable {
    public let id: String
    /// Whom it was sent to: nobody else can answer it.
    public let identityProvider: String
    /// Where the answer has to come.
    public let consumer: String
    /// Seconds since 1970.
    public let issuedAt: Int64
    public let expiresAt: Int64
    public let forcesAuthn: Bool
    public let isPassive: Bool
    /// The classes and comparison that were asked for; empty for none.
    public let contextClasses: [String]
    public let comparison: String?

    var authnContext: RequestedAuthnContext? {
        guard !contextClasses.isEmpty else { return nil }
        return RequestedAuthnContext(
            contextClasses, comparison: comparison.flatMap(RequestedAuthnContext.Comparison.init) ?? .exact)
    }
}

/// A request that is ready to be written, signed where it has to be, and sent.
public struct PlannedSignIn: Sendable, Hashable {
    public let request: AuthnRequest
    public let binding: Binding
    public let location: String
    public let mustSign: Bool
    public let outstanding: OutstandingRequest
}

extension ServiceProviderSettings {
    /// Plans a sign-in at an identity provider.
    ///
    /// - Parameters:
    ///   - peer: its metadata.
    ///   - id: of the request, new and random.
    ///   - now: seconds since 1970.
    /// - Throws: `unsupported` where it cannot be asked, and says what is missing.
    public func plan(_ wish: SignInWish, at peer: EntityDescriptor, id: String, now: Int64) throws(MessageFault)
        -> PlannedSignIn
    {
        guard let role = peer.identityProvider(at: now, skew: skew) else {
            throw MessageFault(.unsupported, "the metadata has no identity provider that is valid now")
        }
        guard role.isUsable else {
            throw MessageFault(.unsupported, "the identity provider has no signing key or no place to sign in")
        }
        guard let (endpoint, binding) = place(role) else {
            throw MessageFault(
                .unsupported, "the identity provider has no SingleSignOnService by HTTP-Redirect or HTTP-POST")
        }
        guard let consumer = consumers.filter({ $0.endpoint.spoken == wish.answerBinding }).preferred else {
            throw MessageFault(.consumer, "no AssertionConsumerService of ours takes \(wish.answerBinding.shortName)")
        }
        guard !(wish.forcesAuthn && wish.isPassive) else {
            throw MessageFault(.unsupported, "nobody can prove anew who they are without being asked")
        }
        let context = try requested(wish.authnContext ?? authnContext)
        var request = AuthnRequest(
            MessageHeader(id: id, issueInstant: now, issuer: entityID, destination: endpoint.location))
        request.consumer = .endpoint(url: consumer.endpoint.location, binding: wish.answerBinding.rawValue)
        (request.forcesAuthn, request.isPassive) = (wish.forcesAuthn, wish.isPassive)
        request.nameIDPolicy = nameIDPolicy
        request.authnContext = context
        request.scoping = wish.scoping
        request.attributeServiceIndex = wish.attributeServiceIndex
        return PlannedSignIn(
            request: request, binding: binding, location: endpoint.location,
            mustSign: signsRequests || role.wantsSignedRequests,
            outstanding: OutstandingRequest(
                id: id, identityProvider: peer.entityID, consumer: consumer.endpoint.location, issuedAt: now,
                expiresAt: now + requestLifetime, forcesAuthn: wish.forcesAuthn, isPassive: wish.isPassive,
                contextClasses: context?.classes ?? [], comparison: context?.comparison.rawValue))
    }

    /// SDP-SP02: by redirection, wherever there is a choice; a form only where there is not, and not under saml2int.
    private func place(_ role: IdentityProviderDescriptor) -> (Endpoint, Binding)? {
        for binding in profile == .saml2int ? [Binding.redirect] : [.redirect, .post] {
            if let found = role.singleSignOn.first(of: [binding]) { return (found, binding) }
        }
        return nil
    }

    private var nameIDPolicy: NameIDPolicy? {
        switch nameID {
        case .unsaid: nil
        case .any: NameIDPolicy(allowsCreation: true)
        // SDP-SP04: no format.
        case .format(let format):
            profile == .saml2int
                ? NameIDPolicy(allowsCreation: true) : NameIDPolicy(format: format, allowsCreation: true)
        }
    }

    private func requested(_ context: RequestedAuthnContext?) throws(MessageFault) -> RequestedAuthnContext? {
        guard let context, !context.classes.isEmpty else { return nil }
        // SDP-SP07.
        guard profile == .standard || context.comparison == .exact else {
            throw MessageFault(.unsupported, "saml2int asks for authentication contexts by exact comparison only")
        }
        return context
    }
}
