/// The public part of an asymmetric key (RFC 7518 §6, RFC 8037 §2); numbers with the big end first.
public enum KeyMaterial: Sendable, Equatable {
    case rsa(modulus: [UInt8], exponent: [UInt8])
    case ellipticCurve(EllipticCurve, x: [UInt8], y: [UInt8])
    case octetKeyPair(OctetCurve, x: [UInt8])
}

extension KeyMaterial {
    /// The value of `kty`.
    public var type: String {
        switch self {
        case .rsa: "RSA"
        case .ellipticCurve: "EC"
        case .octetKeyPair: "OKP"
        }
    }

    /// The members that make the key, in the order of their names: what a thumbprint is taken of (RFC 7638 §3.2).
    var json: JSONObject {
        func text(_ bytes: [UInt8]) -> JSONValue { .string(Base64URL.encode(bytes)) }
        return switch self {
        case .rsa(let modulus, let exponent): ["e": text(exponent), "kty": "RSA", "n": text(modulus)]
        case .ellipticCurve(let curve, let x, let y):
            ["crv": .string(curve.rawValue), "kty": "EC", "x": text(x), "y": text(y)]
        case .octetKeyPair(let curve, let x): ["crv": .string(curve.rawValue), "kty": "OKP", "x": text(x)]
        }
    }

    /// Reads the members of a key's public part.
    ///
    /// - Throws: `JOSEError` with `unsupported_key` for a type or curve we do not have, else `malformed_key` or `weak_key`.
    init(_ json: JSONObject) throws {
        guard let type = json["kty"]?.text else { throw JOSEError(.malformedKey, "kty") }
        switch type {
        case "RSA":
            self = try RSANumbers.material(modulus: json.octets("n"), exponent: json.octets("e"))
        case "EC":
            guard let curve = EllipticCurve(rawValue: try json.curve()) else { throw JOSEError(.unsupportedKey, "crv") }
            let length = curve.coordinateLength
            self = .ellipticCurve(curve, x: try json.octets("x", length), y: try json.octets("y", length))
        case "OKP":
            guard let curve = OctetCurve(rawValue: try json.curve()) else { throw JOSEError(.unsupportedKey, "crv") }
            self = .octetKeyPair(curve, x: try json.octets("x", OctetCurve.keyLength))
        default: throw JOSEError(.unsupportedKey, "kty")
        }
    }
}

extension JSONObject {
    fileprivate func curve() throws -> String {
        guard let curve = self["crv"]?.text else { throw JOSEError(.malformedKey, "crv") }
        return curve
    }

    /// The octets of a base64url member, of exactly this length where one is given.
    ///
    /// - Throws: `JOSEError` with `malformed_key`.
    func octets(_ name: String, _ length: Int? = nil) throws -> [UInt8] {
        guard let text = self[name]?.text, let bytes = Base64URL.decode(text), length == nil || bytes.count == length
        else { throw JOSEError(.malformedKey, name) }
        return bytes
    }
}
