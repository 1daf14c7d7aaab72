/// The path and query a reverse proxy asks about, in the one form that decisions are made upon.
///
/// There is exactly one canonicalization: unreserved characters are decoded, all other escapes stay with upper-case
/// digits, dot segments are resolved. Whatever two servers could read differently is refused instead of repaired
/// (encoded slashes, backslashes, doubled slashes, climbing above the root …), because a decision about one path and
/// a page served from another is a bypass (CVE-2026-33494, CVE-2021-32637).
public struct OriginalURI: Sendable, Hashable {
    /// Absolute, canonical, without query: `/reports/2026`.
    public let path: String
    /// The path as received: what a client writes into a proof of possession. Nothing is decided by it.
    public let writtenPath: String
    /// As received and unparsed; never part of a decision by path, never logged.
    public let query: String?

    /// Bytes of the whole URI.
    public static let limit = 8_192

    /// Why a URI is refused. Every one of them is answered 403.
    public enum Refusal: String, Error, Sendable, CaseIterable {
        case missing, tooLong, notOriginForm, whitespaceOrControl, notASCII, fragment, backslash, brokenEscape
        case encodedSeparator, encodedControl, encodedPercent, invalidUTF8, emptySegment, climbsAboveRoot
        case encodedDotSegment, pathParameter, reservedCharacter
    }

    /// - Parameter text: the request-target in origin form (RFC 9112 §3.2.1), as the proxy received it.
    /// - Throws: `OriginalURI.Refusal`.
    public init(_ text: String?) throws(Refusal) {
        guard let text, !text.isEmpty else { throw .missing }
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.limit else { throw .tooLong }
        // Absolute-form (`http://…`), authority-form and `*` name more than a path on this host.
        guard bytes[0] == UInt8(ascii: "/") else { throw .notOriginForm }
        try Self.check(bytes)
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
        path = try Self.canonical(bytes[..<(mark ?? bytes.endIndex)])
        writtenPath = String(decoding: bytes[..<(mark ?? bytes.endIndex)], as: UTF8.self)
        query = mark.map { String(decoding: bytes[($0 + 1)...], as: UTF8.self) }
    }

    private static func check(_ bytes: [UInt8]) throws(Refusal) {
        for byte in bytes {
            switch byte {
            case 0...0x20, 0x7F: throw .whitespaceOrControl
            case 0x80...: throw .notASCII
            case UInt8(ascii: "#"): throw .fragment
            case UInt8(ascii: "\\"): throw .backslash
            default: continue
            }
        }
    }

    private static func canonical(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> String {
        var segments: [[UInt8]] = []
        let parts = bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let segment = try decode(part)
            let isDots = segment == [0x2E] || segment == [0x2E, 0x2E]
            // Half of the servers resolve `%2e%2e` and half do not.
            if isDots, part.contains(UInt8(ascii: "%")) { throw .encodedDotSegment }
            if segment.isEmpty, !isLast { throw .emptySegment }
            if isDots {
                if segment.count == 2, segments.popLast() == nil { throw .climbsAboveRoot }
                if isLast { segments.append([]) }
            } else {
                segments.append(segment)
            }
        }
        return "/" + segments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    /// Decodes unreserved escapes, keeps the others, and holds the whole to valid UTF-8.
    private static func decode(_ part: ArraySlice<UInt8>) throws(Refusal) -> [UInt8] {
        var out: [UInt8] = []
        var plain: [UInt8] = []
        var index = part.startIndex
        while index < part.endIndex {
            let byte = part[index]
            guard byte == UInt8(ascii: "%") else {
                try checkLiteral(byte)
                out.append(byte)
                plain.append(byte)
                index += 1
                continue
            }
            guard index + 2 < part.endIndex, let high = ASCII.hexValue(part[index + 1]),
                let low = ASCII.hexValue(part[index + 2])
            else { throw .brokenEscape }
            let value = high << 4 | low
            try checkEscaped(value)
            out.append(contentsOf: ASCII.isUnreserved(value) ? [value] : ASCII.percentEncoded(value))
            plain.append(value)
            index += 3
        }
        // Overlong forms, surrogates and stray bytes are not UTF-8 (RFC 3629 §3).
        guard String(validating: plain, as: UTF8.self) != nil else { throw .invalidUTF8 }
        return out
    }

    private static func checkLiteral(_ byte: UInt8) throws(Refusal) {
        // `;` starts a path parameter for some servers (`/admin;x/`) and is a plain character for others.
        if byte == UInt8(ascii: ";") { throw .pathParameter }
        guard ASCII.isUnreserved(byte) || "!$&'()*+,=:@".utf8.contains(byte) else { throw .reservedCharacter }
    }

    private static func checkEscaped(_ value: UInt8) throws(Refusal) {
        switch value {
        case 0..<0x20, 0x7F: throw .encodedControl
        case UInt8(ascii: "/"), UInt8(ascii: "\\"): throw .encodedSeparator
        // `%25` decodes once here and perhaps twice there.
        case UInt8(ascii: "%"): throw .encodedPercent
        case UInt8(ascii: ";"): throw .pathParameter
        default: return
        }
    }
}
