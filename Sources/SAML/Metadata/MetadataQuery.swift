import COpenSSL

/// Requests of the Metadata Query Protocol (SAML Profile for the Metadata Query Protocol, IIP-MD01).
public enum MetadataQuery {
    /// How an entity is named in a request.
    public enum Form: String, Sendable, Hashable {
        /// The entity ID itself.
        case plain
        /// `{sha1}` and the digest in hexadecimal (§3.1.1 of the profile).
        case sha1
    }

    /// What an answer is (§3.2.1).
    public static let mediaType = "application/samlmetadata+xml"

    /// The address at which an entity's metadata is asked for.
    ///
    /// - Parameter base: the responder's base address.
    public static func address(base: String, entityID: String, form: Form = .plain) -> String {
        let name =
            switch form {
            case .plain: entityID
            case .sha1: "{sha1}" + hexadecimalSHA1(entityID)
            }
        return (base.hasSuffix("/") ? base : base + "/") + "entities/" + PercentCoding.encode(name)
    }

    /// Whether an answer is about the entity that was asked for: a responder, or whoever stands before it, may answer with
    /// another one's.
    public static func isAnswer(_ document: MetadataDocument, to entityID: String) -> Bool {
        !document.isGroup && document[entityID] != nil
    }

    private static func hexadecimalSHA1(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        guard EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil) == 1 else { return "" }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Percent-coding of RFC 3986 §2.1.
enum PercentCoding {
    /// Everything but the unreserved characters is escaped, with capital letters.
    static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Decodes a part of a query, `+` for a blank; nil for a broken escape or what is no UTF-8.
    static func decode(_ text: Substring) -> String? {
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
