extension IdentityProviderSettings {
    /// Seconds that a request may be old, beside what clocks may differ.
    public static let requestAge: Int64 = 300

    /// Holds a request to the metadata of the service provider that it names.
    ///
    /// - Parameters:
    ///   - peer: the metadata of `request.header.issuer`.
    ///   - now: seconds since 1970.
    public func read(
        _ request: AuthnRequest, from peer: EntityDescriptor, policy: ServiceProviderPolicy = ServiceProviderPolicy(),
        arrival: MessageArrival, now: Int64
    ) -> RequestReading {
        let place: AnswerPlace
        do {
            try checkSender(request, peer, policy, arrival, now)
            place = try answerPlace(request, peer, arrival, now)
        } catch {
            return .page(error)
        }
        if let status = unfulfillable(request, peer, now) ?? misled(request, arrival) {
            return .answered(status, place)
        }
        return .accepted(
            AcceptedRequest(
                requestID: request.header.id, serviceProvider: peer.entityID, consumer: place.location,
                answerBinding: place.binding, forcesAuthn: request.forcesAuthn, isPassive: request.isPassive,
                nameIDPolicy: request.nameIDPolicy, authnContext: request.authnContext, scoping: request.scoping,
                attributeServiceIndex: request.attributeServiceIndex, isSigned: arrival.signature == .verified,
                channels: Self.bindsChannels(request, arrival)
                    ? ChannelBinding.agreed(request.channels, arrival.channels) : nil))
    }

    /// A browser describes no channel, so there is nothing to hold what a service provider says of it against.
    private static func bindsChannels(_ request: AuthnRequest, _ arrival: MessageArrival) -> Bool {
        arrival.binding == .soap && !(request.channels.isEmpty && arrival.channels.isEmpty)
    }

    /// ECP Profile Version 2.0 §2.3.6.2: where either end describes the channel between them, the other describes the same
    /// one, and the service provider signs that it does; otherwise somebody may stand in between, and nobody is answered for.
    private func misled(_ request: AuthnRequest, _ arrival: MessageArrival) -> Status? {
        guard Self.bindsChannels(request, arrival) else { return nil }
        guard arrival.signature == .verified else {
            return Status(.requester, .requestDenied, message: "channel bindings have to be signed")
        }
        guard ChannelBinding.agreed(request.channels, arrival.channels).isEmpty else { return nil }
        return Status(.requester, .requestDenied, message: "the channel bindings are not the same")
    }

    /// What has to be right before anything is answered: a request that somebody else made sends nobody anywhere.
    private func checkSender(
        _ request: AuthnRequest, _ peer: EntityDescriptor, _ policy: ServiceProviderPolicy, _ arrival: MessageArrival,
        _ now: Int64
    ) throws(MessageFault) {
        guard Exact.same(request.header.issuer, peer.entityID) else {
            throw MessageFault(.issuer, "Issuer is not the entity whose metadata was found")
        }
        guard let role = peer.serviceProvider(at: now, skew: skew) else {
            throw MessageFault(.issuer, "the metadata has no service provider that is valid now")
        }
        try checkSignature(role, policy, arrival)
        try checkDestination(request.header, arrival)
        guard request.header.isFresh(at: now, within: skew + Self.requestAge) else {
            throw MessageFault(.stale, "IssueInstant is too far from now; is a clock wrong?")
        }
        guard arrival.isFirstShowing else { throw MessageFault(.stale, "this request was answered before") }
    }

    private func checkSignature(
        _ role: ServiceProviderDescriptor, _ policy: ServiceProviderPolicy, _ arrival: MessageArrival
    ) throws(MessageFault) {
        // SDP-IDP05: one that is there has to be right.
        if let fault = arrival.signature.fault(keysOf: "service provider") { throw fault }
        // SDP-IDP04.
        guard
            arrival.signature == .verified
                || !(role.signsRequests || requiresSignedRequests || policy.requiresSignedRequests)
        else { throw MessageFault(.unsigned, "requests of this service provider have to be signed") }
    }

    /// SAML Bindings §3.4.5.2, §3.5.5.2: a signed request says where it goes, and one that says it says it rightly. Whoever
    /// asks by an enhanced client does not know yet whom the client will go to.
    private func checkDestination(_ header: MessageHeader, _ arrival: MessageArrival) throws(MessageFault) {
        guard let destination = header.destination, !destination.isEmpty else {
            guard arrival.signature != .verified || arrival.binding == .soap, header.destination == nil else {
                throw MessageFault(.destination, "Destination is missing, and a signed request has to have it")
            }
            return
        }
        guard Exact.same(destination, arrival.location) else {
            throw MessageFault(.destination, "Destination is another address than \(arrival.location)")
        }
    }

    /// SAML Core §3.4.1, Profiles §4.1.4.1: one of the metadata's places, octet by octet (SDP-IDP06).
    private func answerPlace(
        _ request: AuthnRequest, _ peer: EntityDescriptor, _ arrival: MessageArrival, _ now: Int64
    ) throws(MessageFault) -> AnswerPlace {
        let role = peer.serviceProvider(at: now, skew: skew)
        let fitting = (role?.assertionConsumers ?? []).filter { isServed($0.endpoint.spoken, arrival.binding) }
        let found: IndexedEndpoint?
        switch request.consumer {
        case .preferred: found = fitting.preferred
        case .index(let index): found = fitting.first { $0.index == index }
        case .endpoint(let url, let binding):
            let matching = fitting.filter { place in
                (url.map { Exact.same($0, place.endpoint.location) } ?? true)
                    && (binding.map { Exact.same($0, place.endpoint.binding) } ?? true)
            }
            found = matching.preferred
        }
        guard let place = found?.endpoint, let binding = place.spoken else {
            throw MessageFault(
                .consumer,
                "the metadata of the service provider has no AssertionConsumerService as the request wants it; "
                    + "compare its address, index and binding, which have to be the same to the letter")
        }
        return AnswerPlace(location: place.location, binding: binding, inResponseTo: request.header.id)
    }

    /// The answers there are: into a browser by form or artifact, to a client of its own by reverse SOAP.
    private func isServed(_ answer: Binding?, _ arrival: Binding) -> Bool {
        arrival == .soap ? answer == .paos : answer == .post || answer == .artifact
    }

    /// What the service provider is told of instead of being served.
    private func unfulfillable(_ request: AuthnRequest, _ peer: EntityDescriptor, _ now: Int64) -> Status? {
        // SAML Core §3.4.1.1, IIP-SSO07: a subject that is named has to be the one who is answered for.
        if request.namesSubject { return Status(.responder, .requestUnsupported, message: "Subject is not supported") }
        if request.isPassive, request.forcesAuthn { return Status(.responder, .noPassive) }
        if let index = request.attributeServiceIndex,
            peer.serviceProvider(at: now, skew: skew)?.requestedAttributes(index: index) == nil
        {
            return Status(.requester, .requestUnsupported, message: "no AttributeConsumingService has this index")
        }
        if let context = request.authnContext, !asksBehind, !canReach(context) {
            return Status(.responder, .noAuthnContext)
        }
        return nil
    }

    /// Whether any way to sign in satisfies it.
    func canReach(_ context: RequestedAuthnContext) -> Bool {
        contexts.steps.joined().contains { contexts.satisfies($0, context) }
    }

    /// Sends somebody to a service provider that did not ask, where that is allowed.
    ///
    /// - Parameter target: the place by address; nil for the default one.
    /// - Throws: `unsupported`, `consumer`.
    public func unsolicited(
        to peer: EntityDescriptor, target: String? = nil, policy: ServiceProviderPolicy, now: Int64
    ) throws(MessageFault) -> AcceptedRequest {
        guard policy.allowsUnsolicited else {
            throw MessageFault(.unsupported, "nobody is sent to this service provider without its request")
        }
        guard let role = peer.serviceProvider(at: now, skew: skew) else {
            throw MessageFault(.issuer, "the metadata has no service provider that is valid now")
        }
        let fitting = role.assertionConsumers.filter { $0.endpoint.spoken == .post }
        let found =
            target.map { wanted in fitting.first { Exact.same($0.endpoint.location, wanted) } } ?? fitting.preferred
        guard let place = found?.endpoint else {
            throw MessageFault(.consumer, "the metadata has no such AssertionConsumerService by HTTP-POST")
        }
        return AcceptedRequest(
            requestID: nil, serviceProvider: peer.entityID, consumer: place.location, answerBinding: .post,
            forcesAuthn: false, isPassive: false, nameIDPolicy: nil, authnContext: nil, scoping: nil,
            attributeServiceIndex: nil, isSigned: false)
    }
}
