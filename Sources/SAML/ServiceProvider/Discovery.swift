/// Asking somebody which identity provider is theirs (Identity Provider Discovery Service Protocol and Profile §2.4).
public enum Discovery {
    /// The only policy there is: one identity provider is wanted.
    private static let policy = "urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol:single"

    /// The address to send a browser to.
    ///
    /// - Parameters:
    ///   - service: the discovery service's address.
    ///   - entityID: the service provider's.
    ///   - returnAddress: one of its `DiscoveryResponse` endpoints, with a handle of the sign-in in its query.
    ///   - isPassive: nobody is to be asked.
    public static func address(
        service: String, entityID: String, returnAddress: String, isPassive: Bool = false
    ) -> String {
        let parameters = [
            ("entityID", entityID), ("return", returnAddress), ("policy", policy), ("returnIDParam", parameter),
            ("isPassive", Markup.flag(isPassive)),
        ].map { $0 + "=" + PercentCoding.encode($1) }
        return service + (service.contains("?") ? "&" : "?") + parameters.joined(separator: "&")
    }

    /// The parameter in which the answer stands.
    public static let parameter = "entityID"

    /// What a discovery service said.
    public enum Answer: Sendable, Hashable {
        /// This one, of those that are known.
        case chosen(String)
        /// Nobody was chosen.
        case none
        /// It is one that is not known here, or the answer stands twice: somebody may be playing.
        case refused
    }

    /// Reads the query that a browser came back with. It may be anybody's: what is chosen starts a sign-in and proves
    /// nothing.
    ///
    /// - Parameter known: whether an identity provider may be signed in at.
    public static func read(query: String, known: (String) -> Bool) -> Answer {
        // RFC 3986 §2: no other reader would split it as Swift does.
        guard query.utf8.allSatisfy({ $0 < 0x80 }) else { return .refused }
        var answers: [String] = []
        for pair in query.split(separator: "&").prefix(64) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard Exact.same(PercentCoding.decode(halves[0]), parameter) else { continue }
            guard halves.count == 2, let value = PercentCoding.decode(halves[1]) else { return .refused }
            answers.append(value)
        }
        guard let answer = answers.first, !answer.isEmpty else { return .none }
        guard answers.count == 1, answer.utf8.count <= EntityDescriptor.entityIDLimit, known(answer) else {
            return .refused
        }
        return .chosen(answer)
    }
}
