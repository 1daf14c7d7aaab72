/// How somebody at the browser proved who they are, as the session knows it.
public struct ProvenAuthn: Sendable, Hashable, Codable {
    /// The strongest class that was reached.
    public var contextClass: String
    /// Seconds since 1970, when they last did.
    public var instant: Int64
    /// Whoever else said so, from the nearest on.
    public var authorities: [String]

    public init(contextClass: String, instant: Int64, authorities: [String] = []) {
        self.contextClass = contextClass
        self.instant = instant
        self.authorities = authorities
    }
}

/// What comes next for a request.
public enum SignOnStep: Sendable, Hashable {
    /// They prove who they are, by one of these classes, from the weakest on; anew, whatever the session says, where forced.
    /// No classes are those that only somebody behind a proxy may know.
    case authenticate(classes: [String], isForced: Bool)
    /// What is proven is enough; the class to say.
    case answer(ProvenAuthn)
    case refuse(Status)
}

extension IdentityProviderSettings {
    /// Decides what comes next.
    ///
    /// - Parameters:
    ///   - proven: the session's authentication; nil where there is none.
    ///   - began: seconds since 1970, when this request came: what is forced has to be proven after it.
    public func step(
        _ request: AcceptedRequest, policy: ServiceProviderPolicy = ServiceProviderPolicy(), proven: ProvenAuthn?,
        began: Int64
    ) -> SignOnStep {
        let fitting = contexts.steps.joined().filter { isEnough($0, request, policy) }
        if let proven, !(request.forcesAuthn && proven.instant < began),
            let said = isEnough(proven.contextClass, request, policy)
                ? proven.contextClass : saidClass(of: proven.contextClass, among: fitting)
        {
            var answered = proven
            answered.contextClass = said
            return .answer(answered)
        }
        // SAML Core §3.4.1: without being seen.
        guard !request.isPassive else { return .refuse(Status(.responder, .noPassive)) }
        guard !fitting.isEmpty || asksBehind else { return .refuse(Status(.responder, .noAuthnContext)) }
        return .authenticate(classes: fitting, isForced: request.forcesAuthn)
    }

    /// Whether a class satisfies both the request and what is settled for the service provider.
    private func isEnough(_ name: String, _ request: AcceptedRequest, _ policy: ServiceProviderPolicy) -> Bool {
        let minimum = policy.minimumContext.map { RequestedAuthnContext([$0], comparison: .minimum) }
        return [request.authnContext, minimum].compactMap { $0 }.allSatisfy { contexts.satisfies(name, $0) }
    }

    /// What may be said of what was reached: itself, else the strongest of what was asked for that is no stronger. Somebody
    /// with two factors has shown a password, and nobody with a password has shown two.
    private func saidClass(of reached: String, among fitting: [String]) -> String? {
        if Exact.holds(fitting, reached) { return reached }
        guard let mine = contexts.rank(reached) else { return nil }
        return fitting.last { name in contexts.rank(name).map { $0 <= mine } ?? false }
    }
}
