import Vocabulary

extension PolicyIndex {
    /// Whether a rule about this subject asks for at least this strength: sooner or later they will be asked for it.
    public func asks(for strength: AuthenticationStrength, of standing: Standing) -> Bool {
        guard standing.stamp === stamp else { return true }
        return (0..<standing.wordCount).contains { place in
            let word = standing.word(place)
            return (0..<64).contains { bit in
                guard word.bits >> UInt64(bit) & 1 == 1 else { return false }
                return (requirements[word.index << 6 | bit]?.strength ?? .none) >= strength
            }
        }
    }
}

extension AuthenticationRequirement {
    /// Whether an authentication is as strong and as recent as demanded.
    public func isMet(by authentication: RequestAuthentication?, now: Timestamp) -> Bool {
        guard let authentication, authentication.strength >= strength ?? .none else { return false }
        guard maxAgeSeconds != nil else { return true }
        // OpenID Connect Core §3.1.2.1: the age may reach max_age, not pass it.
        return expiry(authentication).map { now <= $0 } ?? false
    }

    /// The last moment at which the age demand is met; nil without one, or without a time of authentication.
    func expiry(_ authentication: RequestAuthentication?) -> Timestamp? {
        guard let maxAgeSeconds, let proven = authentication?.authenticatedAt else { return nil }
        return proven + .seconds(maxAgeSeconds)
    }
}
