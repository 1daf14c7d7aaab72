/// A signature of the redirect binding, over the octets as they came (SAML Bindings §3.4.4.1): nothing is decoded and encoded
/// again in between, because products escape differently (CVE-2025-27773).
public struct SignedQuery: Sendable {
    /// `SAMLRequest` or `SAMLResponse`.
    public let parameter: String
    /// The message's parameter, decoded: base64 of DEFLATE.
    public let message: String
    /// Decoded; nil where there is none.
    public let relayState: String?
    /// The signature's algorithm, as it was said; nil where the query is not signed.
    public let algorithm: String?

    private let octets: [UInt8]
    private let signature: [UInt8]?

    /// Octets of a query; more are refused.
    public static let byteLimit = 400_000

    private static let names = ["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature", "SAMLEncoding"]

    /// Takes a query apart: what is behind the question mark, as it came.
    ///
    /// - Throws: `SAMLError`: `LIMIT`; `PARAM_POLLUTION` for a parameter that is there twice, also under an escaped name,
    ///   for both messages at once; `SIG_STRUCT` for half a signature; `XML_MALFORMED`.
    public init(_ query: String) throws {
        guard query.utf8.count <= Self.byteLimit else { throw SAMLError(.limit, "the query has too many bytes") }
        // RFC 3986 §2. To Swift an ampersand with a mark behind it is none, and to every other reader it is.
        guard query.utf8.allSatisfy({ $0 < 0x80 }) else { throw SAMLError(.malformed, "the query is not in ASCII") }
        var raw: [String: Substring] = [:]
        for part in query.split(separator: "&", omittingEmptySubsequences: true) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEscapes.decode(pair[0]) else {
                throw SAMLError(.malformed, "a name is escaped wrongly")
            }
            guard Exact.holds(Self.names, name) else { continue }
            // A name that is written otherwise would be seen by one reader and not by another.
            guard Exact.same(name, String(pair[0])),
                raw.updateValue(pair.count == 2 ? pair[1] : "", forKey: name) == nil
            else {
                throw SAMLError(.parameterPollution, "\(name) is in the query twice, or escaped")
            }
        }
        guard (raw["SAMLRequest"] == nil) != (raw["SAMLResponse"] == nil) else {
            throw SAMLError(.parameterPollution, "the query has SAMLRequest or SAMLResponse, and one of them")
        }
        parameter = raw["SAMLRequest"] == nil ? "SAMLResponse" : "SAMLRequest"
        func decoded(_ name: String, _ plain: (Substring) -> Substring = { $0 }) throws -> String? {
            guard let value = raw[name] else { return nil }
            guard let text = PercentEscapes.decode(plain(value)) else {
                throw SAMLError(.malformed, "\(name) is escaped wrongly")
            }
            return text
        }
        message = try decoded(parameter) ?? ""
        // Forms write a blank as a plus, and so do products that make queries as forms are made.
        relayState = try decoded("RelayState") { $0.replacing("+", with: "%20") }
        algorithm = try decoded("SigAlg")
        guard (raw["SigAlg"] == nil) == (raw["Signature"] == nil) else {
            throw SAMLError(.signatureStructure, "SigAlg and Signature are there both or not at all")
        }
        signature = try decoded("Signature").map {
            guard let bytes = SAMLBase64.decode($0), !bytes.isEmpty, bytes.count <= 1_024 else {
                throw SAMLError(.signatureStructure, "Signature is not base64")
            }
            return bytes
        }
        octets = [parameter, "RelayState", "SigAlg"].compactMap { name in raw[name].map { "\(name)=\($0)" } }
            .joined(separator: "&").utf8.map { $0 }
    }

    /// Holds the signature to the keys.
    ///
    /// - Throws: `SAMLError`: `SIG_MISSING`, `SIG_ALG`, `SIG_INVALID`, `KEY` without keys.
    public func verify(keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy = .strict) throws {
        guard let algorithm, let signature else { throw SAMLError(.signatureMissing, "the query is not signed") }
        guard !keys.isEmpty else { throw SAMLError(.key, "there is no key to check signatures with") }
        guard let method = SAMLSignatureAlgorithm(rawValue: algorithm), policy.allows(method) else {
            throw SAMLError(.signatureAlgorithm, "the signature algorithm \(algorithm.shortened) is refused")
        }
        let fitting = SAMLVerificationKey.affordable(
            keys.prefix(SAMLVerificationKey.countLimit).filter {
                $0.kind.fits(method) && $0.isStrongEnough(for: policy)
            })
        guard !fitting.isEmpty else {
            throw SAMLError(.signatureAlgorithm, "no pinned key is of the kind and size that the signature asks for")
        }
        guard fitting.contains(where: { $0.verifies(signature, over: octets, method, policy: policy) }) else {
            throw SAMLError(.signatureInvalid, "the query's signature does not hold under any pinned key")
        }
    }
}

/// Percent-escapes of a query. A plus stays one: base64 has them, and some products do not escape it.
enum PercentEscapes {
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
