import JOSE

/// The secret of a client at Apple: a token signed with the team's ES256 key, whose id is its `kid`.
public enum AppleClientSecret {
    /// The claims, to be signed without `typ`.
    ///
    /// - Parameter lifetime: in seconds; Apple takes half a year at most, and a secret that is made anew needs minutes.
    public static func claims(team: String, clientID: String, lifetime: Int64 = 300, now: Int64) -> JSONObject {
        [
            "iss": .string(team), "sub": .string(clientID), "aud": "https://appleid.apple.com", "iat": .integer(now),
            "exp": .integer(now + lifetime),
        ]
    }
}
