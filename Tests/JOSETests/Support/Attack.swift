import Testing

@testable import JOSE

/// A token that must be refused, with the reason it has to be refused for.
struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let reason: JOSEError.Reason
    let token: @Sendable (Target) throws -> String

    init(_ name: String, _ reason: JOSEError.Reason, _ token: @escaping @Sendable (Target) throws -> String) {
        self.name = name
        self.reason = reason
        self.token = token
    }

    var testDescription: String { name }
}

/// Who is attacked: somebody who expects ID tokens of one issuer, signed by one of three keys. Attacks are signed by
/// those keys wherever the attack is not on the signature, so that nothing else refuses them.
struct Target: Sendable {
    let rsa: SigningKey
    let elliptic: SigningKey
    let edwards: SigningKey
    /// Keys of the attacker's, under the names of the issuer's.
    let foreign: SigningKey
    let foreignRSA: SigningKey
    let keys: JSONWebKeySet

    static let one = Result { try Target() }

    init() throws {
        rsa = try .generate(.rs256, keyID: "rsa")
        elliptic = try .generate(.es256, keyID: "ec")
        edwards = try .generate(.edDSA, keyID: "ed")
        foreign = try .generate(.es256, keyID: "ec")
        foreignRSA = try .generate(.rs256, keyID: "rsa")
        keys = try JSONWebKeySet([rsa, elliptic, edwards].map(\.verificationKey))
    }

    static let claims: JSONObject = [
        "iss": "https://issuer.example", "sub": "alice", "aud": "client", "exp": 2_000, "iat": 1_000, "nonce": "n-0S6",
    ]
    static let now: NumericDate = 1_500

    static var policy: JWTPolicy {
        var policy = JWTPolicy(
            issuer: .exactly("https://issuer.example"), audience: .contains("client"), type: .absentOr("JWT"),
            nonce: "n-0S6")
        policy.authorizedParty = "client"
        policy.requiredClaims = ["exp", "iat", "sub"]
        return policy
    }

    func verify(_ token: String) throws -> VerifiedJWT {
        try JWT.verify(token, with: keys, policy: Self.policy, now: Self.now)
    }

    /// A token of the elliptic key with these claims changed.
    func claiming(_ changes: KeyValuePairs<String, JSONValue?>) throws -> String {
        try JWT.sign(Self.claims.with(changes), with: elliptic)
    }

    /// A token whose payload is exactly this text, signed.
    func payload(_ text: String) throws -> String { try payload(Array(text.utf8)) }
    func payload(_ bytes: [UInt8]) throws -> String { try JWS.sign(bytes, with: elliptic) }

    /// A token whose header is exactly this text, signed by a key.
    func header(_ text: String, by key: SigningKey? = nil) throws -> String { try header(Array(text.utf8), by: key) }
    func header(_ bytes: [UInt8], by key: SigningKey? = nil) throws -> String {
        try signed(Base64URL.encode(bytes), Base64URL.encode(Self.claims.serialized), by: key ?? elliptic)
    }

    /// A token of these two texts, signed by a key as they are.
    func signed(_ head: String, _ body: String, by key: SigningKey) throws -> String {
        let signature = try key.signature(over: Array("\(head).\(body)".utf8))
        return "\(head).\(body).\(Base64URL.encode(signature))"
    }

    /// A sound token.
    func sound(by key: SigningKey? = nil) throws -> String { try JWT.sign(Self.claims, with: key ?? elliptic) }

    /// A sound token whose signature's bytes were changed.
    func resigned(by key: SigningKey? = nil, _ change: (inout [UInt8]) -> Void) throws -> String {
        var parts = try sound(by: key).split(separator: ".").map(String.init)
        var bytes = try Base64URL.decode(parts[2]).orMissing("a signature")
        change(&bytes)
        parts[2] = Base64URL.encode(bytes)
        return parts.joined(separator: ".")
    }

    /// A sound token of which one part was changed.
    func changed(part: Int, _ change: (String) -> String) throws -> String {
        var parts = try sound().split(separator: ".").map(String.init)
        parts[part] = change(parts[part])
        return parts.joined(separator: ".")
    }

    /// A token under HMAC with a secret that the attacker knows: something public.
    func authenticated(with secret: [UInt8], _ algorithm: SignatureAlgorithm = .hs256, keyID: String) throws -> String {
        // Too short a secret is filled up, as HMAC itself would.
        let filled = secret + [UInt8](repeating: 0, count: max(0, algorithm.hash.length - secret.count))
        return try sound(by: SigningKey(sharedSecret: filled, algorithm: algorithm, keyID: keyID))
    }
}
