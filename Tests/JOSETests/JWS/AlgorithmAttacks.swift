@testable import JOSE

/// Attacks on which algorithm is used, and with which key.
enum AlgorithmAttacks {
    static let all = none + malformed + confusion + others

    private static func claims() -> String { Base64URL.encode(Target.claims.serialized) }
    private static func encoded(_ text: String) -> String { Base64URL.encode(Array(text.utf8)) }

    static let none: [Attack] =
        ["none", "None", "NONE", "nOnE", "none ", " none", "null", "0", ""].map { name in
            Attack("alg \"\(name)\" without a signature", .unsupportedAlgorithm) { _ in
                "\(encoded("{\"alg\":\"\(name)\",\"kid\":\"ec\"}")).\(claims())."
            }
        } + [
            Attack("alg none with a sound token's signature", .unsupportedAlgorithm) { target in
                let signature = try target.sound().split(separator: ".")[2]
                return "\(encoded(#"{"alg":"none","kid":"ec"}"#)).\(claims()).\(signature)"
            },
            Attack("alg none without kid", .unsupportedAlgorithm) { _ in
                "\(encoded(#"{"alg":"none"}"#)).\(claims())."
            },
            Attack("a signature that was cut off", .invalidSignature) { target in
                try target.sound().split(separator: ".").prefix(2).joined(separator: ".") + "."
            },
        ]

    static let malformed: [Attack] = [
        ("no alg", #"{"kid":"ec"}"#), ("alg null", #"{"alg":null,"kid":"ec"}"#),
        ("alg a number", #"{"alg":256,"kid":"ec"}"#), ("alg a list", #"{"alg":["ES256"],"kid":"ec"}"#),
        ("alg an object", #"{"alg":{"name":"ES256"},"kid":"ec"}"#), ("alg true", #"{"alg":true,"kid":"ec"}"#),
        ("an empty header", "{}"),
    ].map { name, header in Attack(name, .malformedHeader) { try $0.header(header) } }

    static let confusion: [Attack] = [
        Attack("HS256 with the modulus as its secret", .algorithmMismatch) { target in
            guard case .rsa(let modulus, _)? = target.rsa.publicKey?.material else { throw Missing(what: "n") }
            return try target.authenticated(with: modulus, keyID: "rsa")
        },
        Attack("HS256 with the public JWK's text as its secret", .algorithmMismatch) { target in
            try target.authenticated(with: try target.rsa.publicKey.orMissing("a key").json.serialized, keyID: "rsa")
        },
        Attack("HS256 with the base64url of the modulus as its secret", .algorithmMismatch) { target in
            let text = try target.rsa.publicKey.orMissing("a key").json.text("n")
            return try target.authenticated(with: Array(text.utf8), keyID: "rsa")
        },
        Attack("HS256 with x as its secret", .algorithmMismatch) { target in
            guard case .ellipticCurve(_, let x, _)? = target.elliptic.publicKey?.material else {
                throw Missing(what: "x")
            }
            return try target.authenticated(with: x, keyID: "ec")
        },
        Attack("HS256 with the uncompressed point as its secret", .algorithmMismatch) { target in
            guard case .ellipticCurve(_, let x, let y)? = target.elliptic.publicKey?.material else {
                throw Missing(what: "x")
            }
            return try target.authenticated(with: [4] + x + y, keyID: "ec")
        },
        Attack("HS512 with the Ed25519 key as its secret", .algorithmMismatch) { target in
            guard case .octetKeyPair(_, let x)? = target.edwards.publicKey?.material else { throw Missing(what: "x") }
            return try target.authenticated(with: x, .hs512, keyID: "ed")
        },
        Attack("HS384 with nothing as its secret", .algorithmMismatch) {
            try $0.authenticated(with: [], .hs384, keyID: "rsa")
        },
        Attack("HS256 with nothing as its secret", .algorithmMismatch) {
            try $0.authenticated(with: [], keyID: "ec")
        },
    ]

    /// A sound signature of the named key's own kind, but of an algorithm it is not pinned to.
    private static func sibling(_ algorithm: SignatureAlgorithm) -> Attack {
        Attack("\(algorithm.rawValue) by the RS256 key itself", .algorithmMismatch) { target in
            var json = try JSONObject(parsing: target.rsa.privateJWK().reveal())
            json["alg"] = .string(algorithm.rawValue)
            return try target.sound(by: SigningKey(privateJWK: json))
        }
    }

    static let others: [Attack] =
        [.rs384, .rs512, .ps256, .ps384, .ps512].map(sibling) + [
            Attack("an ES256 token that says ES384", .algorithmMismatch) {
                try $0.header(#"{"alg":"ES384","kid":"ec"}"#)
            },
            Attack("an ES256 token that says EdDSA", .algorithmMismatch) {
                try $0.header(#"{"alg":"EdDSA","kid":"ec"}"#)
            },
            Attack("an EdDSA token that says ES256", .algorithmMismatch) {
                try $0.header(#"{"alg":"ES256","kid":"ed"}"#, by: $0.edwards)
            },
            Attack("an ES256 token that says RS256 and names the RSA key", .invalidSignature) {
                try $0.header(#"{"alg":"RS256","kid":"rsa"}"#)
            },
        ]
        + ["es256", "ES256 ", "ES256K", "ES224", "HS1", "RSA1_5", "RSA-OAEP", "A256GCM", "dir", "PBES2-HS256+A128KW"]
        .map { name in
            Attack("alg \"\(name)\"", .unsupportedAlgorithm) { try $0.header("{\"alg\":\"\(name)\",\"kid\":\"ec\"}") }
        }
}
