/// A client's request to sign somebody out (OpenID Connect RP-Initiated Logout 1.0 §2).
public struct EndSessionRequest: Sendable, Hashable {
    public let idTokenHint: String?
    public let clientID: String?
    public let redirectURI: String?
    public let state: String?

    /// Reads the parameters, of a query or of a body.
    ///
    /// - Throws: `invalid_request`, always for a page.
    public static func read(_ parameters: Parameters) throws(OAuthError) -> EndSessionRequest {
        let hint = parameters["id_token_hint"]
        guard (hint?.utf8.count ?? 0) <= AuthorizationRequest.Limit.idTokenHintBytes else {
            throw OAuthError(.invalidRequest, "id_token_hint is too long")
        }
        if let state = parameters["state"], !Texts.isVisible(state, upTo: AuthorizationRequest.Limit.stateBytes) {
            throw OAuthError(.invalidRequest, "state is too long or holds characters it may not")
        }
        return EndSessionRequest(
            idTokenHint: hint, clientID: parameters["client_id"],
            redirectURI: parameters["post_logout_redirect_uri"], state: parameters["state"])
    }

    /// What a request may do.
    public enum Outcome: Sendable, Hashable {
        /// Sign out at once: the hint names the session of this browser. Then go on to `redirect`, when there is one.
        case signOut(redirect: String?)
        /// Ask first: anybody can send somebody here (§2, §6). Then go on to `redirect`, when there is one.
        case confirm(redirect: String?)
        /// Nobody is redirected, and nobody signed out.
        case page(OAuthError)
    }

    /// Decides a request.
    ///
    /// - Parameters:
    ///   - hint: the hint, verified; nil when none was sent. One that cannot be verified is refused before.
    ///   - client: of the hint, or named by `client_id`; nil when neither names one.
    ///   - session: the `sid` of this browser's session at that client; nil when there is none.
    ///   - subject: who is signed in in this browser, as the client knows them.
    public func decide(hint: IDTokenHint?, client: ClientMetadata?, session: String?, subject: String?) -> Outcome {
        if let clientID {
            guard let client, Texts.same(client.clientID, clientID) else {
                return .page(OAuthError(.invalidRequest, "client_id is unknown, or not the hint's"))
            }
        }
        if let hint, let clientID, !Texts.same(hint.clientID, clientID) {
            return .page(OAuthError(.invalidRequest, "id_token_hint is another client's"))
        }
        let redirect: String?
        do {
            redirect = try target(hint: hint, client: client)
        } catch {
            return .page(error)
        }
        guard let hint, isOfSession(hint, session, subject) else { return .confirm(redirect: redirect) }
        return .signOut(redirect: redirect)
    }

    /// §3: registered byte for byte, and of a client that the hint proves to be meant.
    private func target(hint: IDTokenHint?, client: ClientMetadata?) throws(OAuthError) -> String? {
        guard let redirectURI else { return nil }
        guard let client, hint != nil else {
            throw OAuthError(.invalidRequest, "post_logout_redirect_uri needs an id_token_hint")
        }
        guard Texts.holds(client.postLogoutRedirectURIs, redirectURI) else {
            throw OAuthError(.invalidRequest, "post_logout_redirect_uri is not registered for this client")
        }
        guard let state else { return redirectURI }
        let mark = redirectURI.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return redirectURI + mark + "state=" + FormCoding.encode(state)
    }

    private func isOfSession(_ hint: IDTokenHint, _ session: String?, _ subject: String?) -> Bool {
        if let named = hint.sessionID, let session { return Texts.same(named, session) }
        guard let subject else { return true }
        return hint.sessionID == nil && Texts.same(hint.subject, subject)
    }
}
