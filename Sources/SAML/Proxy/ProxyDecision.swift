/// What a proxy goes by: an identity provider to those before it, a service provider to those behind it.
public struct ProxySettings: Sendable, Hashable {
    /// Its entity ID as an identity provider.
    public var entityID: String
    /// How names of contexts are told in either direction.
    public var contexts: AuthnContextMapping
    /// How many more proxies it lets a request pass where the request does not say.
    public var proxyCount: Int?

    public init(entityID: String, contexts: AuthnContextMapping = AuthnContextMapping(), proxyCount: Int? = nil) {
        self.entityID = entityID
        self.contexts = contexts
        self.proxyCount = proxyCount
    }
}

/// Names of ways to prove who one is: as those before the proxy say them, and as one of those behind it does.
public struct AuthnContextMapping: Sendable, Hashable {
    /// A name before and the name behind that is the same; several may share one.
    public var pairs: [Pair]
    /// What is in no pair is passed on as it is; else it means nothing on the other side.
    public var passesOthers: Bool

    /// A name on either side.
    public struct Pair: Sendable, Hashable {
        public var before: String
        public var behind: String

        public init(before: String, behind: String) {
            self.before = before
            self.behind = behind
        }
    }

    public init(pairs: [Pair] = [], passesOthers: Bool = true) {
        self.pairs = pairs
        self.passesOthers = passesOthers
    }

    /// What to ask behind for what was asked before.
    func asked(_ name: String) -> [String] {
        let found = pairs.filter { Exact.same($0.before, name) }.map(\.behind)
        return found.isEmpty && passesOthers ? [name] : found
    }

    /// What to say before of what was said behind; the first pair of those that fit.
    func said(_ name: String, among wanted: [String]) -> String? {
        let found = pairs.filter { Exact.same($0.behind, name) }.map(\.before)
        if found.isEmpty { return passesOthers ? name : nil }
        return found.first { Exact.holds(wanted, $0) } ?? found.first
    }
}

/// What a request is passed on as.
public struct ProxiedWish: Sendable, Hashable {
    public let wish: SignInWish
    /// Those of the identity providers behind that may be asked.
    public let candidates: [String]
}

/// What becomes of a request that a proxy was sent.
public enum ProxyStep: Sendable, Hashable {
    case pass(ProxiedWish)
    case refuse(Status)
}

extension ProxySettings {
    /// Decides how a request is passed on (SAML Core §3.4.1.5.1).
    ///
    /// - Parameter behind: the identity providers that may be asked for this service provider.
    public func pass(_ request: AcceptedRequest, behind: [String]) -> ProxyStep {
        guard let scoping = scoping(for: request, behind: behind) else {
            return .refuse(Status(.responder, .proxyCountExceeded))
        }
        let listed = request.scoping?.identityProviders ?? []
        let candidates = listed.isEmpty ? behind : scoping.identityProviders
        guard !candidates.isEmpty else {
            return .refuse(Status(.responder, listed.isEmpty ? .noAvailableIDP : .noSupportedIDP))
        }
        var context: RequestedAuthnContext?
        if let asked = request.authnContext {
            guard let mapped = mapped(asked) else { return .refuse(Status(.responder, .noAuthnContext)) }
            context = mapped
        }
        let wish = SignInWish(
            forcesAuthn: request.forcesAuthn, isPassive: request.isPassive, authnContext: context, scoping: scoping)
        return .pass(ProxiedWish(wish: wish, candidates: candidates))
    }

    /// Who asks and how often it may be passed on from there, as it is said behind; nil where it may go no further.
    ///
    /// - Parameter behind: the identity providers that may be asked for this service provider. Of those that the request lists
    ///   these are named, and no others.
    public func scoping(for request: AcceptedRequest, behind: [String]) -> Scoping? {
        let given = request.scoping ?? Scoping()
        // §3.4.1.2: none means that whoever got it answers alone.
        if given.proxyCount == 0 { return nil }
        let requesters = given.requesters + [request.serviceProvider]
        // A circle of proxies would carry it round for ever.
        guard !Exact.holds(given.requesters, entityID), requesters.count <= Scoping.limit else { return nil }
        return Scoping(
            // "MUST be decremented by one"
            proxyCount: [given.proxyCount, proxyCount].compactMap { $0 }.min().map { max(0, $0 - 1) },
            identityProviders: behind.filter { Exact.holds(given.identityProviders, $0) }, requesters: requesters)
    }

    private func mapped(_ asked: RequestedAuthnContext) -> RequestedAuthnContext? {
        var classes: [String] = []
        for name in asked.classes.flatMap(contexts.asked) where !Exact.holds(classes, name) { classes.append(name) }
        guard !classes.isEmpty, classes.count <= RequestedAuthnContext.limit else { return nil }
        return RequestedAuthnContext(classes, comparison: asked.comparison)
    }

    /// What a proxy says before of what was said to it behind: the class by its own name, and everybody who took part
    /// (§3.4.1.5.2). Nil where the answer means nothing before, or is not what was asked for.
    public func passBack(_ signedIn: SignedIn, to request: AcceptedRequest, order: AuthnContextOrder) -> ProvenAuthn? {
        guard let behind = signedIn.contextClass,
            let said = contexts.said(behind, among: request.authnContext?.classes ?? [])
        else { return nil }
        if let wanted = request.authnContext, !order.satisfies(said, wanted) { return nil }
        return ProvenAuthn(contextClass: said, instant: signedIn.authnInstant, authorities: signedIn.authorities)
    }

    /// What a proxy answers when the one behind it did not sign anybody in (§3.4.1.5.2).
    public func passBack(_ status: Status) -> Status {
        let told: [Status.Detail] = [
            .authnFailed, .noPassive, .noAuthnContext, .noAvailableIDP, .noSupportedIDP, .proxyCountExceeded,
            .requestDenied, .unknownPrincipal,
        ]
        guard let detail = status.detail, told.contains(detail) else { return Status(.responder, .authnFailed) }
        return Status(.responder, detail)
    }
}
