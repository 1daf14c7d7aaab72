@testable import JOSE

/// Tokens of the right key that are for something or somebody else.
enum ClaimAttacks {
    static let all = parties + times + types

    private static func claim(
        _ name: String, _ value: JSONValue?, _ reason: JOSEError.Reason, _ said: String
    ) -> Attack {
        Attack("\(name) \(said)", reason) { try $0.claiming([name: value]) }
    }

    static let parties: [Attack] = [
        claim("iss", nil, .missingClaim, "absent"), claim("iss", "https://evil.example", .wrongIssuer, "another"),
        claim("iss", "https://issuer.example/", .wrongIssuer, "with a slash more"),
        claim("iss", "https://ISSUER.example", .wrongIssuer, "of other case"),
        claim("iss", "https://issuer.example.evil.example", .wrongIssuer, "that begins alike"),
        claim("iss", "", .wrongIssuer, "empty"), claim("iss", ["https://issuer.example"], .malformedClaims, "a list"),
        claim("iss", .null, .malformedClaims, "null"),
        claim("aud", nil, .missingClaim, "absent"), claim("aud", "other", .wrongAudience, "another"),
        claim("aud", ["other", "another"], .wrongAudience, "of others"), claim("aud", [], .malformedClaims, "empty"),
        claim("aud", "Client", .wrongAudience, "of other case"),
        claim("aud", "client2", .wrongAudience, "that begins alike"),
        claim("aud", "clie", .wrongAudience, "cut off"), claim("aud", 1, .malformedClaims, "a number"),
        claim("aud", ["client", 1], .malformedClaims, "with a number"), claim("aud", .null, .malformedClaims, "null"),
        claim("aud", ["client": true], .malformedClaims, "an object"),
        claim("aud", .array(Array(repeating: "client", count: 65)), .malformedClaims, "of 65"),
        claim("aud", ["client", "other"], .missingClaim, "of two without azp"),
        claim("azp", "other", .wrongAuthorizedParty, "another"), claim("azp", 1, .malformedClaims, "a number"),
        claim("sub", nil, .missingClaim, "absent"), claim("sub", 1, .malformedClaims, "a number"),
        claim("sub", ["alice"], .malformedClaims, "a list"), claim("nonce", nil, .missingClaim, "absent"),
        claim("nonce", "n-0S7", .wrongNonce, "another"), claim("nonce", "", .wrongNonce, "empty"),
        claim("nonce", 0, .malformedClaims, "a number"), claim("jti", 7, .malformedClaims, "a number"),
        claim("amr", "pwd", .malformedClaims, "a text"), claim("acr", 1, .malformedClaims, "a number"),
        claim("auth_time", "1000", .malformedClaims, "a text"),
    ]

    static let times: [Attack] = [
        claim("exp", nil, .missingClaim, "absent"), claim("exp", 1_000, .expired, "long ago"),
        claim("exp", 1_470, .expired, "at the end of the skew"), claim("exp", 0, .expired, "zero"),
        claim("exp", "2000", .malformedClaims, "a text"), claim("exp", .null, .malformedClaims, "null"),
        claim("exp", true, .malformedClaims, "true"), claim("exp", -1, .malformedClaims, "negative"),
        claim("exp", 2_000_000_000_000, .malformedClaims, "in milliseconds"),
        claim("exp", .decimal("1e400"), .malformedClaims, "infinite"),
        claim("exp", .decimal("99999999999999999999"), .malformedClaims, "beyond 64 bits"),
        claim("exp", .decimal("-1e3"), .malformedClaims, "a negative fraction"),
        claim("exp", .decimal("1469.99"), .expired, "a fraction too early"),
        claim("exp", [2_000], .malformedClaims, "a list"), claim("nbf", 1_531, .notYetValid, "beyond the skew"),
        claim("nbf", "0", .malformedClaims, "a text"), claim("iat", 1_531, .issuedInFuture, "beyond the skew"),
        claim("iat", nil, .missingClaim, "absent"), claim("iat", .null, .malformedClaims, "null"),
    ]

    static let types: [Attack] =
        ["at+jwt", "application/at+jwt", "dpop+jwt", "logout+jwt", "JWS", "", "jwt/x", "application/application/jwt"]
        .map {
            (name: String) in
            Attack("typ \"\(name)\"", .wrongType) { try JWT.sign(Target.claims, with: $0.elliptic, type: name) }
        } + [
            Attack("typ a number", .malformedHeader) { try $0.header(#"{"alg":"ES256","kid":"ec","typ":1}"#) },
            Attack("typ null", .malformedHeader) { try $0.header(#"{"alg":"ES256","kid":"ec","typ":null}"#) },
            Attack("typ a list", .malformedHeader) { try $0.header(#"{"alg":"ES256","kid":"ec","typ":["JWT"]}"#) },
            Attack("cty a number", .malformedHeader) { try $0.header(#"{"alg":"ES256","kid":"ec","cty":1}"#) },
        ]
}
