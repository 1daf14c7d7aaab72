import JOSE

extension AuthorizationRequest {
    /// The client a request names, the first thing to be looked up; the error is for a page.
    public static func clientID(in parameters: Parameters) throws(OAuthError) -> String {
        guard let id = parameters["client_id"] else { throw OAuthError(.invalidRequest, "client_id is missing") }
        guard ClientMetadata.isIdentifier(id) else { throw OAuthError(.invalidRequest, "client_id is malformed") }
        return id
    }

    /// Holds parameters to the registration of the client they name.
    ///
    /// - Parameters:
    ///   - parameters: of the query or body; of the request object, when one was sent (RFC 9101 §6.3 takes nothing from
    ///     elsewhere); of what was pushed.
    ///   - origin: how they came.
    public static func read(
        _ parameters: Parameters, client: ClientMetadata, origin: Origin, rules: AuthorizationRules
    ) -> AuthorizationReading {
        let target: AuthorizationResponse.Target
        do {
            target = try responseTarget(parameters, client: client, rules: rules)
        } catch {
            return .page(error)
        }
        do {
            return .request(try validated(parameters, client: client, origin: origin, rules: rules, target: target))
        } catch {
            return .redirect(.error(error, to: target))
        }
    }

    /// The place that errors may be sent to: nobody is redirected to what is not registered for this client.
    static func responseTarget(_ parameters: Parameters, client: ClientMetadata, rules: AuthorizationRules)
        throws(OAuthError) -> AuthorizationResponse.Target
    {
        let id = try clientID(in: parameters)
        guard Texts.same(id, client.clientID) else { throw OAuthError(.invalidRequest, "client_id is another one") }
        guard let uri = parameters["redirect_uri"] else {
            throw OAuthError(.invalidRequest, "redirect_uri is missing")
        }
        guard client.redirectURIs.contains(where: { $0.matches(uri, isNative: client.applicationType == .native) })
        else { throw OAuthError(.invalidRequest, "redirect_uri is not registered for this client") }
        let state = parameters["state"].flatMap { Texts.isVisible($0, upTo: Limit.stateBytes) ? $0 : nil }
        let mode = parameters["response_mode"].flatMap(ResponseMode.init) ?? .query
        return AuthorizationResponse.Target(redirectURI: uri, mode: mode, state: state, issuer: rules.issuer)
    }

    private static func validated(
        _ parameters: Parameters, client: ClientMetadata, origin: Origin, rules: AuthorizationRules,
        target: AuthorizationResponse.Target
    ) throws(OAuthError) -> AuthorizationRequest {
        try checkForm(parameters, origin: origin)
        try checkResponseType(parameters, client)
        try checkProfile(client, origin: origin, rules: rules)
        let scope = try AuthorizationRequest.scope(parameters, client)
        return AuthorizationRequest(
            clientID: client.clientID, redirectURI: target.redirectURI, responseMode: target.mode, scope: scope,
            state: target.state, nonce: try text(parameters, "nonce", Limit.nonceBytes),
            codeChallenge: try ProofKey.challenge(parameters, isRequired: client.mustUsePKCE),
            resources: try ResourceIndicators.read(parameters, allowed: client.resources),
            prompts: try AuthorizationRequest.prompts(parameters),
            maxAge: try age(parameters) ?? client.defaultMaxAge,
            acrValues: try words(parameters, "acr_values") ?? client.defaultACRValues,
            claims: try ClaimsRequest.read(parameters["claims"]),
            display: parameters["display"].flatMap { Self.displays.contains($0) ? $0 : nil },
            uiLocales: try words(parameters, "ui_locales") ?? [],
            loginHint: try text(parameters, "login_hint", Limit.hintBytes),
            idTokenHint: try text(parameters, "id_token_hint", Limit.idTokenHintBytes),
            dpopThumbprint: try thumbprint(parameters), origin: origin)
    }

    /// What no reader may ignore, and what every one has to understand alike.
    private static func checkForm(_ parameters: Parameters, origin: Origin) throws(OAuthError) {
        if let state = parameters["state"], !Texts.isVisible(state, upTo: Limit.stateBytes) {
            throw OAuthError(.invalidRequest, "state is too long or holds characters it may not")
        }
        if let mode = parameters["response_mode"], ResponseMode(rawValue: mode) == nil {
            throw OAuthError(.invalidRequest, "response_mode is not supported")
        }
        // A request object is read before, and then its own members stand here: never beside it, never within it.
        if parameters.holds("request") { throw OAuthError(.requestNotSupported, "request is not taken here") }
        if parameters.holds("request_uri") {
            throw OAuthError(.requestURINotSupported, "request_uri is taken only as given out by this server")
        }
        if parameters.holds("registration") {
            throw OAuthError(.registrationNotSupported, "registration is not taken as a parameter")
        }
    }

    private static func checkResponseType(_ parameters: Parameters, _ client: ClientMetadata) throws(OAuthError) {
        guard let type = parameters["response_type"] else {
            throw OAuthError(.invalidRequest, "response_type is missing")
        }
        // RFC 9700 §2.1.2: neither the implicit grant nor a hybrid of it.
        guard type == "code" else { throw OAuthError(.unsupportedResponseType, "response_type has to be code") }
        guard client.grantTypes.contains(.authorizationCode) else {
            throw OAuthError(.unauthorizedClient, "the client may not use the authorization code grant")
        }
    }

    private static func checkProfile(_ client: ClientMetadata, origin: Origin, rules: AuthorizationRules)
        throws(OAuthError)
    {
        if rules.requiresPushedRequests || client.mustPushRequests, !origin.isPushed {
            throw OAuthError(.invalidRequest, "the request has to be pushed")
        }
        if client.requiresSignedRequests, !origin.isSigned {
            throw OAuthError(.invalidRequest, "the request has to be signed")
        }
    }

    /// OpenID Connect Core §3.1.2.1: scopes that are not understood are ignored, which narrows; RFC 6749 §3.3 tells the
    /// client in the answer.
    private static func scope(_ parameters: Parameters, _ client: ClientMetadata) throws(OAuthError) -> ScopeSet {
        guard let text = parameters["scope"] else {
            guard let scope = client.defaultScope else { throw OAuthError(.invalidScope, "scope is missing") }
            return scope
        }
        guard let asked = ScopeSet(text) else { throw OAuthError(.invalidScope, "scope is malformed") }
        let scope = asked.intersection(client.scope)
        guard !scope.isEmpty else { throw OAuthError(.invalidScope, "the client may use none of these scopes") }
        return scope
    }

    private static func prompts(_ parameters: Parameters) throws(OAuthError) -> Set<Prompt> {
        guard let words = try words(parameters, "prompt") else { return [] }
        guard !words.contains("none") || words.count == 1 else {
            throw OAuthError(.invalidRequest, "prompt none stands alone")
        }
        // §3.1.2.1 lets a value that is not understood be ignored, so that extensions can come.
        return Set(words.compactMap(Prompt.init))
    }

    private static func age(_ parameters: Parameters) throws(OAuthError) -> Int64? {
        guard let text = parameters["max_age"] else { return nil }
        guard text.utf8.count <= 10, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let age = Int64(text) else {
            throw OAuthError(.invalidRequest, "max_age is not a number of seconds")
        }
        return age
    }

    private static func words(_ parameters: Parameters, _ name: String) throws(OAuthError) -> [String]? {
        guard let text = parameters[name] else { return nil }
        guard let words = Texts.words(text, limit: Limit.words) else {
            throw OAuthError(.invalidRequest, "\(name) is malformed")
        }
        return words
    }

    private static func text(_ parameters: Parameters, _ name: String, _ limit: Int) throws(OAuthError) -> String? {
        guard let text = parameters[name] else { return nil }
        guard text.utf8.count <= limit, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw OAuthError(.invalidRequest, "\(name) is too long or holds characters it may not")
        }
        return text
    }

    private static func thumbprint(_ parameters: Parameters) throws(OAuthError) -> String? {
        guard let text = parameters["dpop_jkt"] else { return nil }
        guard SHA256Text.isOne(text) else { throw OAuthError(.invalidRequest, "dpop_jkt is not a thumbprint") }
        return text
    }

    /// OpenID Connect Core §3.1.2.1; another is ignored.
    private static let displays: Set<String> = ["page", "popup", "touch", "wap"]

    /// How much of each parameter is read.
    public enum Limit {
        public static let stateBytes = 2_048
        public static let nonceBytes = 512
        public static let hintBytes = 512
        public static let idTokenHintBytes = 8_192
        /// Of `acr_values`, `ui_locales` and `prompt`.
        public static let words = 16
    }
}
