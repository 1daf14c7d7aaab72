/// A symmetric key (`oct`, RFC 7518 §6.4) and what it says of itself. Bytes of one cannot be a public key's.
struct SharedSecret: Sendable {
    let octets: SecretOctets
    let description: KeyDescription

    /// Bytes of a key; more than the hash's block adds nothing.
    static let lengthLimit = 1_024

    init(_ octets: SecretOctets, keyID: String?, algorithm: String) {
        self.octets = octets
        description = KeyDescription(keyID: keyID, algorithm: algorithm)
    }

    /// - Throws: `JOSEError`.
    init(_ json: JSONObject) throws {
        guard json["kty"]?.text == "oct" else { throw JOSEError(.unsupportedKey, "kty") }
        octets = SecretOctets(try json.octets("k"))
        description = try KeyDescription(json)
    }

    func serialized(use: String) -> SecretOctets {
        var json: JSONObject = ["k": .string(Base64URL.encode(octets.reveal())), "kty": "oct"]
        json["kid"] = description.keyID.map { .string($0) }
        json["use"] = .string(use)
        json["alg"] = description.algorithm.map { .string($0) }
        return SecretOctets(json.serialized)
    }

    /// RFC 7518 §3.2: a key for HMAC is at least as long as the hash.
    ///
    /// - Throws: `JOSEError` with `algorithm_mismatch` or `weak_key`.
    func check(for algorithm: SignatureAlgorithm) throws {
        guard algorithm.isSymmetric else { throw JOSEError(.algorithmMismatch, "kty") }
        guard (algorithm.hash.length...Self.lengthLimit).contains(octets.count) else { throw JOSEError(.weakKey, "k") }
    }
}
