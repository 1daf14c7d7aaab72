@testable import JOSE

/// Attacks on which key is chosen, and on what the header asks for beside.
enum HeaderAttacks {
    static let all = names + carried + critical

    static let names: [Attack] = [
        Attack("no kid, and three keys", .ambiguousKey) { try $0.header(#"{"alg":"ES256"}"#) },
        Attack("a kid nobody has", .unknownKey) { try $0.header(#"{"alg":"ES256","kid":"other"}"#) },
        Attack("an empty kid", .unknownKey) { try $0.header(#"{"alg":"ES256","kid":""}"#) },
        Attack("a kid of other case", .unknownKey) { try $0.header(#"{"alg":"ES256","kid":"EC"}"#) },
        Attack("a kid with a space", .unknownKey) { try $0.header(#"{"alg":"ES256","kid":"ec "}"#) },
        Attack("a kid that ends in a null", .unknownKey) { try $0.header(#"{"alg":"ES256","kid":"ec\u0000"}"#) },
        Attack("a kid that is a path", .unknownKey) {
            try $0.header(#"{"alg":"ES256","kid":"../../../../dev/null"}"#)
        },
        Attack("a kid that is a query", .unknownKey) {
            try $0.header(#"{"alg":"ES256","kid":"x' UNION SELECT 'ec"}"#)
        },
        Attack("a kid that is an address", .unknownKey) {
            try $0.header(#"{"alg":"ES256","kid":"https://evil.example/key"}"#)
        },
        Attack("a kid that is a number", .malformedHeader) { try $0.header(#"{"alg":"ES256","kid":1}"#) },
        Attack("a kid that is null", .malformedHeader) { try $0.header(#"{"alg":"ES256","kid":null}"#) },
        Attack("a kid that is a list", .malformedHeader) { try $0.header(#"{"alg":"ES256","kid":["ec"]}"#) },
        Attack("two kids", .malformedJSON) { try $0.header(#"{"alg":"ES256","kid":"rsa","kid":"ec"}"#) },
        Attack("two algs", .malformedJSON) { try $0.header(#"{"alg":"none","alg":"ES256","kid":"ec"}"#) },
        Attack("two algs, one of them escaped", .malformedJSON) {
            try $0.header(#"{"\u0061lg":"none","alg":"ES256","kid":"ec"}"#)
        },
        Attack("another key's kid", .algorithmMismatch) { try $0.header(#"{"alg":"ES256","kid":"ed"}"#) },
        Attack("a foreign key under the right name", .invalidSignature) { try $0.sound(by: $0.foreign) },
        Attack("a foreign RSA key under the right name", .invalidSignature) { try $0.sound(by: $0.foreignRSA) },
    ]

    /// A token of the attacker's key, which its header brings along.
    private static func carrying(_ name: String, _ value: JSONValue?, keyID: String? = "ec") -> Attack {
        let reason: JOSEError.Reason = keyID == nil ? .ambiguousKey : .invalidSignature
        let what = "\(name) \(value?.text ?? "of the attacker's")"
        return Attack("\(what)\(keyID == nil ? ", and no kid" : "")", reason) { target in
            let publicKey = try target.foreign.publicKey.orMissing("a key").json
            var header: JSONObject = ["alg": "ES256", "typ": "JWT"]
            header["kid"] = keyID.map { .string($0) }
            header[name] = value ?? .object(publicKey)
            return try target.header(header.serialized, by: target.foreign)
        }
    }

    static let carried: [Attack] = [
        carrying("jwk", nil), carrying("jwk", nil, keyID: nil),
        carrying("jku", "https://evil.example/keys"), carrying("jku", "https://evil.example/keys", keyID: nil),
        carrying("jku", "http://169.254.169.254/latest"), carrying("x5u", "https://evil.example/chain"),
        carrying("x5u", "file:///etc/passwd", keyID: nil), carrying("x5c", ["MIIB"]),
        carrying("x5c", ["MIIB"], keyID: nil), carrying("x5t", "AAAA"), carrying("x5t#S256", "AAAA", keyID: nil),
    ]

    static let critical: [Attack] =
        [
            ("an extension nobody knows", #""crit":["exp2"],"exp2":1"#, JOSEError.Reason.unknownCriticalParameter),
            ("a known and an unknown extension", #""crit":["b64","x"],"b64":true,"x":1"#, .unknownCriticalParameter),
            ("crit empty", #""crit":[]"#, .malformedHeader), ("crit a text", #""crit":"b64""#, .malformedHeader),
            ("crit null", #""crit":null"#, .malformedHeader), ("crit of numbers", #""crit":[1]"#, .malformedHeader),
            ("crit of what is absent", #""crit":["b64"]"#, .malformedHeader),
            ("crit of a registered name", #""crit":["alg"]"#, .malformedHeader),
            ("crit of kid", #""crit":["kid"]"#, .malformedHeader),
            ("crit twice the same", #""crit":["b64","b64"],"b64":true"#, .malformedHeader),
            ("b64 false without crit", #""b64":false"#, .malformedHeader),
            ("b64 true without crit", #""b64":true"#, .malformedHeader),
            ("b64 a text", #""b64":"false","crit":["b64"]"#, .malformedHeader),
            ("b64 a number", #""b64":0,"crit":["b64"]"#, .malformedHeader),
        ].map { name, members, reason in
            Attack(name, reason) { try $0.header("{\"alg\":\"ES256\",\"kid\":\"ec\",\(members)}") }
        }
}
