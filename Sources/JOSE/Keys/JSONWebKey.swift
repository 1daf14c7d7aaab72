/// A public key as it is published (RFC 7517), checked when it is read: an RSA key of sound size, a point on its curve.
///
/// A private or symmetric key is never a value of this type, so whatever takes one cannot be handed a secret, and no
/// signature is ever checked with a public key's bytes as if they were a shared secret.
public struct JSONWebKey: Sendable {
    /// The key itself.
    public let material: KeyMaterial
    /// `kid`.
    public let keyID: String?
    /// `use`: `sig`, `enc`, or another word of somebody's.
    public let use: String?
    /// `key_ops`; nil where it is absent.
    public let operations: [String]?
    /// `alg`, which may be of algorithms we do not have.
    public let algorithm: String?

    let key: EVPKey

    /// Reads the public key of a JSON object.
    ///
    /// - Throws: `JOSEError`: `private_key_exposed` where members of a private or symmetric key are in it,
    ///   `unsupported_key` for a type or curve we do not have, else `malformed_key` or `weak_key`.
    public init(_ json: JSONObject) throws {
        try self.init(publicPartOf: json, refusingSecrets: true)
    }

    /// Reads the public key of a JSON text.
    ///
    /// - Throws: as `init(_:)`, and `JOSEError` with `malformed_json` or `too_large`.
    public init(parsing bytes: [UInt8]) throws {
        try self.init(try JSONObject(parsing: bytes))
    }

    init(publicPartOf json: JSONObject, refusingSecrets: Bool) throws {
        let isSecret = json["kty"]?.text == "oct" || Self.secretMembers.contains { json[$0] != nil }
        if refusingSecrets, isSecret { throw JOSEError(.privateKeyExposed) }
        let description = try KeyDescription(json)
        let material = try KeyMaterial(json)
        self.init(material, description, try EVPKey.make(material))
    }

    init(_ material: KeyMaterial, _ description: KeyDescription, _ key: EVPKey) {
        self.material = material
        self.key = key
        keyID = description.keyID
        use = description.use
        operations = description.operations
        algorithm = description.algorithm
    }

    static let secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
}

extension JSONWebKey: Equatable {
    public static func == (left: JSONWebKey, right: JSONWebKey) -> Bool { left.json == right.json }
}

extension JSONWebKey {
    /// The members of this key, public ones only.
    public var json: JSONObject {
        var json = material.json
        json["kid"] = keyID.map { .string($0) }
        json["use"] = use.map { .string($0) }
        json["key_ops"] = operations.map { .array($0.map { .string($0) }) }
        json["alg"] = algorithm.map { .string($0) }
        return json
    }

    /// The hash of what makes the key (RFC 7638 §3).
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    public func thumbprint(_ hash: HashFunction = .sha256) throws -> [UInt8] {
        try hash.hash(material.json.serialized)
    }

    /// The SHA-256 thumbprint as base64url: `jkt` of RFC 9449, and a good `kid`.
    ///
    /// - Throws: `JOSEError` with `cryptography_failed`.
    public func thumbprintText() throws -> String { Base64URL.encode(try thumbprint()) }
}

/// What a JWK says of its key beside the key (RFC 7517 §4).
struct KeyDescription {
    var keyID: String?
    var use: String?
    var operations: [String]?
    var algorithm: String?

    /// Bytes of a `kid`.
    static let keyIDLimit = 512

    init(keyID: String? = nil, use: String? = nil, operations: [String]? = nil, algorithm: String? = nil) {
        self.keyID = keyID
        self.use = use
        self.operations = operations
        self.algorithm = algorithm
    }

    /// - Throws: `JOSEError` with `malformed_key`.
    init(_ json: JSONObject) throws {
        keyID = try Self.text("kid", of: json)
        use = try Self.text("use", of: json)
        algorithm = try Self.text("alg", of: json)
        guard (keyID?.utf8.count ?? 0) <= Self.keyIDLimit else { throw JOSEError(.malformedKey, "kid") }
        guard let operations = json["key_ops"] else { return }
        // RFC 7517 §4.3: no value twice.
        guard let texts = operations.texts, Set(texts).count == texts.count, texts.count <= 16 else {
            throw JOSEError(.malformedKey, "key_ops")
        }
        self.operations = texts
    }

    private static func text(_ name: String, of json: JSONObject) throws -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.text else { throw JOSEError(.malformedKey, name) }
        return text
    }

    /// Whether `use` and `key_ops`, where they are, allow this.
    func allows(use: String, operations: [String]) -> Bool {
        if let own = self.use, own != use { return false }
        if let own = self.operations, !operations.contains(where: own.contains) { return false }
        return true
    }
}
