@testable import JOSE

/// Whoever expects a signed token inside an encrypted one, and has three keys to open it with.
struct EncryptedTarget: Sendable {
    let inner: Target
    let agreement: DecryptionKey
    let montgomery: DecryptionKey
    let oaep: DecryptionKey

    static let one = Result { try EncryptedTarget() }

    init() throws {
        inner = try Target.one.get()
        agreement = try .generate(.ecdhESA128KW, curve: .p256, keyID: "p256")
        montgomery = try .generate(.ecdhES, keyID: "x25519")
        oaep = try .generate(.rsaOAEP256, keyID: "rsa")
    }

    var keys: [DecryptionKey] { [agreement, montgomery, oaep] }

    func verify(_ token: String) throws -> VerifiedJWT {
        try JWT.decryptAndVerify(
            token, decryptingWith: keys, verifyingWith: inner.keys, policy: Target.policy, now: Target.now)
    }

    func sound(for key: DecryptionKey? = nil) throws -> String {
        try JWT.signAndEncrypt(Target.claims, with: inner.elliptic, for: (key ?? montgomery).encryptionKey())
    }

    /// Anybody can make this: the text, encrypted for us.
    func encrypted(_ text: String, contentType: String? = "JWT") throws -> String {
        try JWE.encrypt(Array(text.utf8), for: montgomery.encryptionKey(), contentType: contentType)
    }

    /// A sound token with another header in front.
    func header(_ text: String, for key: DecryptionKey? = nil) throws -> String {
        let parts = try sound(for: key).split(separator: ".", omittingEmptySubsequences: false).dropFirst()
        return ([Base64URL.encode(Array(text.utf8))] + parts.map(String.init)).joined(separator: ".")
    }

    /// A sound token whose header has other members.
    func header(for key: DecryptionKey, _ changes: KeyValuePairs<String, JSONValue?>) throws -> String {
        let json = try UnopenedJWE(compact: try sound(for: key)).header.parameters
        return try header(String(decoding: json.with(changes).serialized, as: UTF8.self), for: key)
    }

    /// A sound token of which the bytes of one part were changed.
    func changed(part: Int, for key: DecryptionKey? = nil, _ change: (inout [UInt8]) -> Void) throws -> String {
        var parts = try sound(for: key).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var bytes = try Base64URL.decode(parts[part]).orMissing("bytes")
        change(&bytes)
        parts[part] = Base64URL.encode(bytes)
        return parts.joined(separator: ".")
    }
}

/// An encrypted token that must be refused, with the reason it has to be refused for.
struct EncryptedAttack: Sendable {
    let name: String
    let reason: JOSEError.Reason
    let token: @Sendable (EncryptedTarget) throws -> String

    init(
        _ name: String, _ reason: JOSEError.Reason, _ token: @escaping @Sendable (EncryptedTarget) throws -> String
    ) {
        self.name = name
        self.reason = reason
        self.token = token
    }

    static let all = nested + work + form + agreement + bytes

    static let nested: [EncryptedAttack] = [
        EncryptedAttack("claims that nobody signed", .malformedToken) { target in
            try target.encrypted(String(decoding: Target.claims.serialized, as: UTF8.self))
        },
        EncryptedAttack("claims that nobody signed, said to be claims", .notNested) { target in
            try target.encrypted(String(decoding: Target.claims.serialized, as: UTF8.self), contentType: nil)
        },
        EncryptedAttack("claims of another type", .notNested) { target in
            try target.encrypted(try target.inner.sound(), contentType: "json")
        },
        EncryptedAttack("claims without a dot", .notNested) { try $0.encrypted("{}") },
        EncryptedAttack("an inner token with alg none", .unsupportedAlgorithm) { target in
            let head = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
            return try target.encrypted("\(head).\(Base64URL.encode(Target.claims.serialized)).")
        },
        EncryptedAttack("an inner token of a foreign key", .invalidSignature) { target in
            try target.encrypted(try target.inner.sound(by: target.inner.foreign))
        },
        EncryptedAttack("an encrypted token inside the encrypted one", .malformedToken) { target in
            try target.encrypted(try target.sound())
        },
        EncryptedAttack("a signed token that is not encrypted", .malformedToken) { try $0.inner.sound() },
        EncryptedAttack("content that is no UTF-8", .notNested) { target in
            try JWE.encrypt([0xFF, 0x2E], for: target.montgomery.encryptionKey(), contentType: "JWT")
        },
    ]

    static let work: [EncryptedAttack] =
        ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"].map { name in
            EncryptedAttack("\(name) of two billion rounds", .unsupportedAlgorithm) {
                try $0.header("{\"alg\":\"\(name)\",\"enc\":\"A256GCM\",\"p2s\":\"c2FsdHNhbHQ\",\"p2c\":2147483647}")
            }
        } + [
            EncryptedAttack("compressed content", .compressionRefused) {
                try $0.header(for: $0.montgomery, ["zip": "DEF"])
            },
            EncryptedAttack("content compressed some other way", .compressionRefused) {
                try $0.header(for: $0.montgomery, ["zip": "none"])
            },
            EncryptedAttack("RSA1_5", .unsupportedAlgorithm) {
                try $0.header(#"{"alg":"RSA1_5","enc":"A256GCM","kid":"rsa"}"#, for: $0.oaep)
            },
            EncryptedAttack("a large ciphertext", .tooLarge) { target in
                let text = String(repeating: "a", count: 100_000)
                return try JWE.encrypt(Array(text.utf8), for: target.montgomery.encryptionKey())
            },
        ]

    static let form: [EncryptedAttack] = [
        EncryptedAttack("no alg", .malformedHeader) { try $0.header(for: $0.montgomery, ["alg": nil]) },
        EncryptedAttack("alg none", .unsupportedAlgorithm) { try $0.header(for: $0.montgomery, ["alg": "none"]) },
        EncryptedAttack("alg ES256", .unsupportedAlgorithm) { try $0.header(for: $0.montgomery, ["alg": "ES256"]) },
        EncryptedAttack("no enc", .malformedHeader) { try $0.header(for: $0.montgomery, ["enc": nil]) },
        EncryptedAttack("enc none", .unsupportedEncryption) { try $0.header(for: $0.montgomery, ["enc": "none"]) },
        EncryptedAttack("enc without authentication", .unsupportedEncryption) {
            try $0.header(for: $0.montgomery, ["enc": "A256CBC"])
        },
        EncryptedAttack("enc a number", .malformedHeader) { try $0.header(for: $0.montgomery, ["enc": 1]) },
        EncryptedAttack("another enc of the same lengths", .decryptionFailed) {
            try $0.header(for: $0.montgomery, ["enc": "A128GCM"])
        },
        EncryptedAttack("a kid nobody has", .unknownKey) { try $0.header(for: $0.montgomery, ["kid": "other"]) },
        EncryptedAttack("a kid of another key", .algorithmMismatch) {
            try $0.header(for: $0.montgomery, ["kid": "rsa"])
        },
        EncryptedAttack("dir", .algorithmMismatch) { try $0.header(for: $0.montgomery, ["alg": "dir"]) },
        EncryptedAttack("an extension nobody knows", .unknownCriticalParameter) {
            try $0.header(for: $0.montgomery, ["crit": ["x"], "x": 1])
        },
        EncryptedAttack("b64 as an extension", .unknownCriticalParameter) {
            try $0.header(for: $0.montgomery, ["crit": ["b64"], "b64": false])
        },
        EncryptedAttack("a header parameter more", .decryptionFailed) {
            try $0.header(for: $0.montgomery, ["x": 1])
        },
        EncryptedAttack("two headers", .malformedJSON) {
            try $0.header(#"{"alg":"ECDH-ES","alg":"dir","enc":"A256GCM","kid":"x25519"}"#)
        },
        EncryptedAttack("four parts", .malformedToken) { target in
            try target.sound().split(separator: ".", omittingEmptySubsequences: false).dropLast().joined(separator: ".")
        },
        EncryptedAttack("six parts", .malformedToken) { try $0.sound() + ".AA" },
        EncryptedAttack("nothing but dots", .malformedJSON) { _ in "...." },
    ]

    /// A token of the P-256 key, naming another ephemeral key.
    private static func ephemeral(_ name: String, _ reason: JOSEError.Reason, _ key: JSONValue?) -> EncryptedAttack {
        EncryptedAttack("epk \(name)", reason) { try $0.header(for: $0.agreement, ["epk": key]) }
    }

    /// An ephemeral key of X25519 with these first bytes.
    private static func montgomery(_ name: String, _ first: UInt8, last: UInt8 = 0) -> EncryptedAttack {
        let point = [first] + [UInt8](repeating: first == 0xED || first == 0xEC ? 0xFF : 0, count: 30) + [last]
        return EncryptedAttack("epk of X25519 \(name)", .decryptionFailed) { target in
            let key: JSONValue = ["kty": "OKP", "crv": "X25519", "x": .string(Base64URL.encode(point))]
            return try target.header(for: target.montgomery, ["epk": key])
        }
    }

    private static let one = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
    private static let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    static let agreement: [EncryptedAttack] = [
        ephemeral("absent", .malformedHeader, nil), ephemeral("a text", .malformedHeader, "key"),
        ephemeral(
            "beside the curve", .malformedKey, ["kty": "EC", "crv": "P-256", "x": .string(one), "y": .string(one)]),
        ephemeral("at infinity", .malformedKey, ["kty": "EC", "crv": "P-256", "x": .string(zero), "y": .string(zero)]),
        ephemeral(
            "of a curve we do not have", .unsupportedKey, ["kty": "EC", "crv": "P-192", "x": "AAAA", "y": "AAAA"]),
        ephemeral("a secret", .privateKeyExposed, ["kty": "oct", "k": "AAAA"]),
        ephemeral("of another length", .malformedKey, ["kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"]),
        EncryptedAttack("epk of another curve", .malformedHeader) { target in
            let other = try DecryptionKey.generate(.ecdhES, curve: .p384).publicKey.orMissing("a key")
            return try target.header(for: target.agreement, ["epk": .object(other.material.json)])
        },
        EncryptedAttack("epk of another sender", .decryptionFailed) { target in
            let other = try DecryptionKey.generate(.ecdhES, curve: .p256).publicKey.orMissing("a key")
            return try target.header(for: target.agreement, ["epk": .object(other.material.json)])
        },
        EncryptedAttack("epk with its private part", .privateKeyExposed) { target in
            let secret = try DecryptionKey.generate(.ecdhES, curve: .p256).privateJWK().reveal()
            return try target.header(for: target.agreement, ["epk": .object(try JSONObject(parsing: secret))])
        },
        montgomery("zero", 0), montgomery("one", 1), montgomery("p", 0xED, last: 0x7F),
        montgomery("p less one", 0xEC, last: 0x7F),
        EncryptedAttack("another apu", .decryptionFailed) { try $0.header(for: $0.agreement, ["apu": "QWxpY2U"]) },
        EncryptedAttack("an apu that is a number", .malformedHeader) { try $0.header(for: $0.agreement, ["apu": 1]) },
        EncryptedAttack("an apv of a kilobyte", .malformedHeader) {
            try $0.header(for: $0.agreement, ["apv": .string(String(repeating: "A", count: 1_024))])
        },
    ]

    private static func part(
        _ name: String, _ part: Int, _ reason: JOSEError.Reason, _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> EncryptedAttack {
        EncryptedAttack(name, reason) { try $0.changed(part: part, for: $0.oaep, change) }
    }

    static let bytes: [EncryptedAttack] = [
        part("a bit of the encrypted key turned", 1, .decryptionFailed) { $0[100] ^= 1 },
        part("an encrypted key that is zero", 1, .decryptionFailed) { $0 = [UInt8](repeating: 0, count: 256) },
        part("an encrypted key that is one", 1, .decryptionFailed) { $0 = [UInt8](repeating: 0, count: 255) + [1] },
        part("an encrypted key beyond the modulus", 1, .decryptionFailed) { $0 = [UInt8](repeating: 255, count: 256) },
        part("an encrypted key cut off", 1, .decryptionFailed) { $0.removeLast() },
        part("no encrypted key", 1, .malformedToken) { $0 = [] },
        part("a bit of the vector turned", 2, .decryptionFailed) { $0[3] ^= 1 },
        part("a vector cut off", 2, .malformedToken) { $0.removeLast() },
        part("no vector", 2, .malformedToken) { $0 = [] },
        part("a bit of the ciphertext turned", 3, .decryptionFailed) { $0[3] ^= 1 },
        part("a ciphertext cut off", 3, .decryptionFailed) { $0.removeLast() },
        part("no ciphertext", 3, .decryptionFailed) { $0 = [] },
        part("a bit of the tag turned", 4, .decryptionFailed) { $0[3] ^= 1 },
        part("a tag of twelve bytes", 4, .malformedToken) { $0.removeLast(4) },
        part("a tag of one byte", 4, .malformedToken) { $0 = [0] }, part("no tag", 4, .malformedToken) { $0 = [] },
        EncryptedAttack("an encrypted key where there is none", .malformedToken) { target in
            try target.changed(part: 1, for: target.montgomery) { $0 = [1, 2, 3, 4, 5, 6, 7, 8] }
        },
        EncryptedAttack("a wrapped key that is no whole number of blocks", .decryptionFailed) { target in
            try target.changed(part: 1, for: target.agreement) { $0.removeLast() }
        },
        EncryptedAttack("a wrapped key of another length", .decryptionFailed) { target in
            try target.changed(part: 1, for: target.agreement) { $0 += [UInt8](repeating: 0, count: 1_024) }
        },
        EncryptedAttack("a bit of the wrapped key turned", .decryptionFailed) { target in
            try target.changed(part: 1, for: target.agreement) { $0[9] ^= 1 }
        },
    ]
}
