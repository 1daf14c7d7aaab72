/// What an assertion says once its signature, audience, times and confirmation were verified. Made of nothing that was not.
public struct VerifiedSignIn: Sendable, Hashable {
    public var issuer: String
    public var assertionID: String
    public var inResponseTo: String?
    /// Seconds since 1970, as every time here: when nobody may take it any more.
    public var notOnOrAfter: Int64
    public var nameID: NameID?
    public var attributes: [SAMLAttribute]
    public var authnInstant: Int64
    public var contextClass: String?
    public var authorities: [String]
    public var sessionIndex: String?
    public var sessionNotOnOrAfter: Int64?
    /// How often it may be passed on; nil for any.
    public var proxyCount: Int?

    public init(
        issuer: String, assertionID: String, inResponseTo: String?, notOnOrAfter: Int64, nameID: NameID?,
        attributes: [SAMLAttribute], authnInstant: Int64, contextClass: String?, authorities: [String] = [],
        sessionIndex: String? = nil, sessionNotOnOrAfter: Int64? = nil, proxyCount: Int? = nil
    ) {
        self.issuer = issuer
        self.assertionID = assertionID
        self.inResponseTo = inResponseTo
        self.notOnOrAfter = notOnOrAfter
        self.nameID = nameID
        self.attributes = attributes
        self.authnInstant = authnInstant
        self.contextClass = contextClass
        self.authorities = authorities
        self.sessionIndex = sessionIndex
        self.sessionNotOnOrAfter = sessionNotOnOrAfter
        self.proxyCount = proxyCount
    }

    /// What a verified assertion says.
    public init(_ assertion: VerifiedAssertion) {
        self.init(
            issuer: assertion.issuer, assertionID: assertion.id, inResponseTo: assertion.inResponseTo,
            notOnOrAfter: SchemaTime.seconds(assertion.notOnOrAfter), nameID: assertion.nameID.map(NameID.init),
            attributes: assertion.attributes.map(SAMLAttribute.init),
            authnInstant: SchemaTime.seconds(assertion.authnInstant), contextClass: assertion.authnContextClass,
            authorities: assertion.authenticatingAuthorities, sessionIndex: assertion.sessionIndex,
            sessionNotOnOrAfter: assertion.sessionNotOnOrAfter.map(SchemaTime.seconds),
            proxyCount: assertion.proxyCount)
    }

    /// What the store keeps so that nobody comes with it twice: to be inserted in one statement, judged by affected rows.
    public func replayKey(skew: Int64) -> ReplayKey {
        ReplayKey(issuer: issuer, id: assertionID, keepUntil: notOnOrAfter + skew)
    }
}

/// Something that may be shown once.
public struct ReplayKey: Sendable, Hashable, Codable {
    public let issuer: String
    public let id: String
    /// Seconds since 1970; later it proves nothing anyway.
    public let keepUntil: Int64
}

/// What was asked of the store before somebody is signed in.
public struct SignInFacts: Sendable, Hashable {
    /// The request that `InResponseTo` names, taken out of the store by this browser; nil when there is none, it was
    /// answered, or another browser sent it.
    public var outstanding: OutstandingRequest?
    /// The replay key was new.
    public var isFirstShowing: Bool
    /// Where the answer came.
    public var consumer: String
    /// Somebody trusted vouches for the identity provider's metadata.
    public var metadataIsVouchedFor: Bool

    public init(
        outstanding: OutstandingRequest?, isFirstShowing: Bool, consumer: String, metadataIsVouchedFor: Bool
    ) {
        self.outstanding = outstanding
        self.isFirstShowing = isFirstShowing
        self.consumer = consumer
        self.metadataIsVouchedFor = metadataIsVouchedFor
    }
}

/// Why nobody is signed in.
public enum SignInRefusal: String, Sendable, Hashable, CaseIterable {
    case replayed
    case unsolicited
    /// It answers no request that this browser sent and that still waits.
    case unknownRequest = "unknown_request"
    case requestExpired = "request_expired"
    /// Somebody else than was asked answers.
    case otherIdentityProvider = "other_identity_provider"
    case otherConsumer = "other_consumer"
    case authnContext = "authn_context"
    /// They were to prove anew who they are, and did not.
    case authnNotFresh = "authn_not_fresh"
    case authnInFuture = "authn_in_future"
    case sessionEnded = "session_ended"
    /// Nothing names them for good.
    case subject
}

/// Somebody, as an identity provider has proved them.
public struct SignedIn: Sendable, Hashable {
    public let subject: SubjectKey
    /// As it came, to be told back at logout (SDP-SP29).
    public let nameID: NameID?
    public let sessionIndex: String?
    /// When a session of ours has to end at the latest.
    public let sessionNotOnOrAfter: Int64?
    public let authnInstant: Int64
    public let contextClass: String?
    /// The issuer, and whoever stood behind it.
    public let authorities: [String]
    /// How often it may be passed on (SAML Core §2.5.1.6); nil for any.
    public let proxyCount: Int?
    public let attributes: [SAMLAttribute]
    /// Attributes of which values were left away because their scope is not their issuer's.
    public let outOfScope: [String]

    /// The values of an attribute, by name and format: never by a friendly name or a type (IIP-SP11).
    public func values(_ name: String, nameFormat: String = AttributeNameFormat.uri) -> [String] {
        attributes.filter { Exact.same($0.name, name) && Exact.same($0.nameFormat, nameFormat) }.flatMap(\.values)
    }
}

/// What became of an answer.
public enum SignInOutcome: Sendable, Hashable {
    case signedIn(SignedIn)
    /// All reasons.
    case refused([SignInRefusal])
}

extension ServiceProviderSettings {
    /// Decides whether an assertion signs somebody in.
    ///
    /// - Parameters:
    ///   - peer: the issuer's metadata.
    ///   - order: by which contexts are compared.
    ///   - now: seconds since 1970.
    public func decide(
        _ verified: VerifiedSignIn, facts: SignInFacts, peer: EntityDescriptor,
        order: AuthnContextOrder = .usual, now: Int64
    ) -> SignInOutcome {
        var reasons: [SignInRefusal] = facts.isFirstShowing ? [] : [.replayed]
        reasons += refusals(ofRequest: verified, facts, peer, now)
        reasons += refusals(ofAuthentication: verified, facts.outstanding, order, now)
        let (attributes, dropped) = scopes.held(
            verified.attributes, peer: peer, metadataIsVouchedFor: facts.metadataIsVouchedFor, now: now)
        let key = subjectRules.lazy.compactMap {
            $0.key(issuer: verified.issuer, own: entityID, nameID: verified.nameID, attributes: attributes)
        }.first
        if key == nil { reasons.append(.subject) }
        guard reasons.isEmpty, let key else { return .refused(reasons) }
        return .signedIn(
            SignedIn(
                subject: key, nameID: verified.nameID, sessionIndex: verified.sessionIndex,
                sessionNotOnOrAfter: verified.sessionNotOnOrAfter, authnInstant: verified.authnInstant,
                contextClass: verified.contextClass, authorities: [verified.issuer] + verified.authorities,
                proxyCount: verified.proxyCount,
                attributes: attributes, outOfScope: dropped))
    }

    private func refusals(
        ofRequest verified: VerifiedSignIn, _ facts: SignInFacts, _ peer: EntityDescriptor, _ now: Int64
    ) -> [SignInRefusal] {
        var reasons: [SignInRefusal] = []
        if !Exact.same(verified.issuer, peer.entityID) { reasons.append(.otherIdentityProvider) }
        guard let id = verified.inResponseTo else {
            if !takesUnsolicited { reasons.append(.unsolicited) }
            return reasons
        }
        guard let request = facts.outstanding, Exact.same(request.id, id) else { return reasons + [.unknownRequest] }
        if now >= request.expiresAt { reasons.append(.requestExpired) }
        if !Exact.same(request.identityProvider, verified.issuer) { reasons.append(.otherIdentityProvider) }
        if !Exact.same(request.consumer, facts.consumer) { reasons.append(.otherConsumer) }
        return reasons
    }

    private func refusals(
        ofAuthentication verified: VerifiedSignIn, _ request: OutstandingRequest?, _ order: AuthnContextOrder,
        _ now: Int64
    ) -> [SignInRefusal] {
        var reasons: [SignInRefusal] = []
        if verified.authnInstant > now + skew { reasons.append(.authnInFuture) }
        if let end = verified.sessionNotOnOrAfter, now >= end + skew { reasons.append(.sessionEnded) }
        // An unsolicited answer is held to what is asked of everybody.
        if let wanted = request.map(\.authnContext) ?? authnContext {
            let isReached = verified.contextClass.map { order.satisfies($0, wanted) } ?? false
            if !isReached { reasons.append(.authnContext) }
        }
        // Proven anew is proven after the question was asked; the allowance is the clocks' and nothing more.
        if let request, request.forcesAuthn, verified.authnInstant < request.issuedAt - skew {
            reasons.append(.authnNotFresh)
        }
        return reasons
    }
}
