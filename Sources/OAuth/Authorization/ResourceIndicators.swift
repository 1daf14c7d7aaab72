/// The resources a token is asked for (RFC 8707).
public enum ResourceIndicators {
    /// No more of them than this in a request.
    public static let countLimit = 8

    /// Reads `resource`, each value once, and holds them to what the client may ask for.
    ///
    /// - Throws: `invalid_target` for what is no absolute URI, has a fragment, or is not allowed.
    public static func read(_ parameters: Parameters, allowed: [String]) throws(OAuthError) -> [String] {
        var resources: [String] = []
        for text in parameters.all("resource") where !Texts.holds(resources, text) {
            guard let address = WebAddress(text), address.fragment == nil else {
                throw OAuthError(.invalidTarget, "resource has to be an absolute URI without a fragment")
            }
            guard Texts.holds(allowed, text) else {
                throw OAuthError(.invalidTarget, "the client may not ask for tokens for this resource")
            }
            resources.append(text)
        }
        guard resources.count <= countLimit else { throw OAuthError(.invalidTarget, "too many resources") }
        return resources
    }

    /// What a later request of the same grant asks for: a part of what was granted (RFC 8707 §2.2), all of it when it
    /// asks for nothing.
    public static func narrowed(_ parameters: Parameters, granted: [String]) throws(OAuthError) -> [String] {
        let asked = try read(parameters, allowed: granted)
        return asked.isEmpty ? granted : asked
    }
}
