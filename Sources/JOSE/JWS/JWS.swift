/// Signing (RFC 7515).
public enum JWS {
    /// Signs bytes and gives the compact serialization.
    ///
    /// The header holds `alg`, `typ` where given, `kid` where the key has a name, and then `parameters`.
    ///
    /// - Throws: `JOSEError`: `malformed_header` where `parameters` names one of those three, `crit` or `b64`.
    public static func sign(
        _ payload: [UInt8], with key: SigningKey, type: String? = nil, parameters: JSONObject = [:]
    ) throws -> String {
        try compact(payload, with: key, protected: header(key, type, parameters))
    }

    /// Signs bytes that travel apart from the token, whose middle part is then empty (RFC 7515 appendix F).
    ///
    /// - Parameter isEncoded: false signs the bytes as they are and says so by `b64` (RFC 7797), without a copy in base64url.
    /// - Throws: `JOSEError`.
    public static func signDetached(
        _ payload: [UInt8], with key: SigningKey, type: String? = nil, isEncoded: Bool = true
    ) throws -> String {
        var protected = try header(key, type, [:])
        if !isEncoded {
            protected["b64"] = false
            protected["crit"] = ["b64"]
        }
        let head = Base64URL.encoded(protected.serialized)
        let signature = try signature(head, isEncoded ? Base64URL.encoded(payload) : payload, key)
        return String(decoding: head + [dot, dot] + signature, as: UTF8.self)
    }

    static let dot = UInt8(ascii: ".")

    /// Signs with exactly this protected header.
    static func compact(_ payload: [UInt8], with key: SigningKey, protected: JSONObject) throws -> String {
        let head = Base64URL.encoded(protected.serialized)
        let body = Base64URL.encoded(payload)
        return String(decoding: head + [dot] + body + [dot] + (try signature(head, body, key)), as: UTF8.self)
    }

    private static func signature(_ head: [UInt8], _ body: [UInt8], _ key: SigningKey) throws -> [UInt8] {
        Base64URL.encoded(try key.signature(over: head + [dot] + body))
    }

    private static func header(_ key: SigningKey, _ type: String?, _ parameters: JSONObject) throws -> JSONObject {
        var header: JSONObject = ["alg": .string(key.algorithm.rawValue)]
        if let type { header["typ"] = .string(type) }
        if let keyID = key.keyID { header["kid"] = .string(keyID) }
        for name in parameters.names {
            guard header[name] == nil, !["typ", "kid", "crit", "b64"].contains(name) else {
                throw JOSEError(.malformedHeader, name)
            }
            header[name] = parameters[name]
        }
        return header
    }
}
