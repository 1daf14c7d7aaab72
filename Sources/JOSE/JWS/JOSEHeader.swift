/// The header of a token, read strictly (RFC 7515 §4, RFC 7516 §4): what it says is a claim of its sender's until the
/// token is verified, and of keys it only ever names one.
///
/// `jku`, `jwk`, `x5u` and `x5c` are never followed and never used; they can be read from `parameters`.
public struct JOSEHeader: Sendable {
    /// All parameters, protected and not.
    public let parameters: JSONObject
    /// Names of the parameters under the signature or the tag.
    public let protectedNames: [String]
    /// `alg`, whatever it says.
    public let algorithmName: String
    /// `kid`.
    public let keyID: String?
    /// `typ`.
    public let type: String?
    /// `cty`.
    public let contentType: String?

    /// Bytes of a protected header.
    static let byteLimit = 16_384

    /// - Parameter understood: the extensions that `crit` may name.
    /// - Throws: `JOSEError`: `malformed_header`, `unknown_critical_parameter`.
    init(protected: JSONObject, unprotected: JSONObject = [:], understood: Set<String>) throws {
        parameters = try Self.joined(protected, unprotected)
        protectedNames = protected.names
        guard let algorithm = parameters["alg"]?.text else { throw JOSEError(.malformedHeader, "alg") }
        algorithmName = algorithm
        keyID = try Self.text("kid", of: parameters)
        type = try Self.text("typ", of: parameters)
        contentType = try Self.text("cty", of: parameters)
        try Self.checkCritical(protected, unprotected, understood)
    }

    /// RFC 7515 §7.2.1: no name may be in two of the headers.
    private static func joined(_ protected: JSONObject, _ unprotected: JSONObject) throws -> JSONObject {
        var joined = protected
        for name in unprotected.names {
            guard joined[name] == nil else { throw JOSEError(.malformedHeader, "a name appears twice") }
            joined[name] = unprotected[name]
        }
        return joined
    }

    private static func text(_ name: String, of parameters: JSONObject) throws -> String? {
        guard let value = parameters[name] else { return nil }
        guard let text = value.text else { throw JOSEError(.malformedHeader, name) }
        return text
    }

    /// RFC 7515 §4.1.11: `crit` is protected, not empty, names each extension once, only those that are present and no
    /// parameter of the standard itself, and whoever does not understand one refuses.
    private static func checkCritical(
        _ protected: JSONObject, _ unprotected: JSONObject, _ understood: Set<String>
    ) throws {
        guard unprotected["crit"] == nil else { throw JOSEError(.malformedHeader, "crit") }
        guard let critical = protected["crit"] else { return }
        guard let names = critical.texts, !names.isEmpty, Set(names).count == names.count else {
            throw JOSEError(.malformedHeader, "crit")
        }
        for name in names {
            guard protected[name] != nil, !registered.contains(name) else { throw JOSEError(.malformedHeader, "crit") }
            guard understood.contains(name) else { throw JOSEError(.unknownCriticalParameter) }
        }
    }

    private static let registered: Set = [
        "alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "enc", "zip", "epk", "apu",
        "apv", "iv", "tag", "p2s", "p2c",
    ]

    /// Whether `typ` names this media type; `application/` may be left out, and case does not matter
    /// (RFC 7515 §4.1.9).
    public func hasType(_ expected: String) -> Bool {
        type.map { Self.isSameMediaType($0, expected) } ?? false
    }

    static func isSameMediaType(_ left: String, _ right: String) -> Bool {
        func short(_ type: String) -> [UInt8] {
            let lowered = type.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            let prefix = Array("application/".utf8)
            let rest = lowered.dropFirst(prefix.count)
            return lowered.starts(with: prefix) && !rest.contains(UInt8(ascii: "/")) ? Array(rest) : lowered
        }
        return short(left) == short(right)
    }

    /// Reads the protected header from its text.
    static func protectedParameters(_ text: ArraySlice<UInt8>) throws -> JSONObject {
        guard text.count <= byteLimit else { throw JOSEError(.tooLarge, "header") }
        return try JSONObject(parsing: try Base64URL.require(text, "header"))
    }
}
