/// Signing somebody out at the provider too (OpenID Connect RP-Initiated Logout 1.0 §2).
public enum UpstreamLogout {
    /// Where to send the browser; nil when the provider has no such endpoint.
    public static func address(
        _ client: UpstreamClient, idToken: String?, returnTo: String?, state: String?
    ) -> String? {
        guard let endpoint = client.endpoints.endSession else { return nil }
        var parameters = Parameters()
        parameters.set("client_id", client.clientID)
        parameters.set("id_token_hint", idToken)
        parameters.set("post_logout_redirect_uri", returnTo)
        parameters.set("state", returnTo == nil ? nil : state)
        return UpstreamAttempt.joined(endpoint, parameters)
    }
}
