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
            guard let name = Texts.holds(allowed, text) ? text : allowed.first(where: { same($0, text) }) else {
                throw OAuthError(.invalidTarget, "the client may not ask for tokens for this resource")
            }
            if !Texts.holds(resources, name) { resources.append(name) }
        }
        guard resources.count <= countLimit else { throw OAuthError(.invalidTarget, "too many resources") }
        return resources
    }

    /// Libraries that parse a URI and write it again give `https://api.example` its `/`. The two are one address (RFC 3986
    /// §6.2.3); the token carries the name that was allowed, because whoever is shown it compares bytes.
    private static func same(_ allowed: String, _ asked: String) -> Bool {
        func isBare(_ text: String) -> Bool { WebAddress(text).map { $0.path.isEmpty && $0.query == nil } ?? false }
        return (isBare(allowed) && Texts.same(allowed + "/", asked))
            || (isBare(asked) && Texts.same(asked + "/", allowed))
    }

    /// What a later request of the same grant asks for: a part of what was granted (RFC 8707 §2.2), all of it when it
    /// asks for nothing.
    public static func narrowed(_ parameters: Parameters, granted: [String]) throws(OAuthError) -> [String] {
        let asked = try read(parameters, allowed: granted)
        return asked.isEmpty ? granted : asked
    }
}
