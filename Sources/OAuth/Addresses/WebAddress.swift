/// A URI taken apart as RFC 3986 §3 has it, without changing a byte of it: nothing is decoded, lowered or resolved.
///
/// What browsers, servers and libraries read differently is refused: anything outside ASCII's printable URI characters,
/// backslashes, broken escapes, a port that is none, user information.
public struct WebAddress: Sendable, Hashable {
    /// No text longer than this is read, in bytes.
    public static let byteLimit = 2_048

    public let text: String
    /// As written; compare by `isScheme(_:)`.
    public let scheme: String
    /// Nil when there is no authority; a literal IPv6 address keeps its brackets.
    public let host: String?
    public let port: Int?
    public let path: String
    public let query: String?
    public let fragment: String?

    /// Reads an absolute URI; nil when it is none, or holds what is refused.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.byteLimit, Self.isWellEscaped(text) else { return nil }
        var rest = Substring(text)
        fragment = Self.cut(&rest, from: "#")
        query = Self.cut(&rest, from: "?")
        guard let colon = rest.firstIndex(of: ":"), Self.isScheme(rest[..<colon]) else { return nil }
        scheme = String(rest[..<colon])
        rest = rest[rest.index(after: colon)...]
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            guard let authority = Self.authority(rest[..<end]) else { return nil }
            (host, port) = authority
            rest = rest[end...]
        } else {
            (host, port) = (nil, nil)
        }
        path = String(rest)
        self.text = text
    }

    /// Whether the scheme is this one; schemes know no case (RFC 3986 §3.1).
    public func isScheme(_ name: String) -> Bool { Texts.same(scheme.lowercased(), name) }

    /// `https` with a host, without fragment.
    public var isSecure: Bool { isScheme("https") && host != nil && fragment == nil }

    /// The port that is meant: the one written, else the scheme's own.
    public var effectivePort: Int? { port ?? (isScheme("https") ? 443 : isScheme("http") ? 80 : nil) }

    /// Whether the host is one of the loopback interface's literals (RFC 8252 §7.3). A name is not: what it resolves to
    /// is for others to say (§8.3).
    public var isLoopbackLiteral: Bool { host.map { $0 == "127.0.0.1" || $0 == "[::1]" } ?? false }

    /// Whether a segment of the path is `.` or `..`, written out or escaped.
    public var hasDotSegments: Bool {
        path.split(separator: "/").contains { segment in
            let plain = segment.lowercased().replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
    }

    /// The address without query and fragment, scheme and host lowered, the scheme's own port left out, an empty path as
    /// `/`: the form by which RFC 9449 §4.3 compares `htu` (RFC 3986 §6.2.2 and §6.2.3).
    public var normalizedTarget: String? {
        guard let host else { return nil }
        let shown = port.flatMap { $0 == defaultPort ? nil : ":\($0)" } ?? ""
        return scheme.lowercased() + "://" + host.lowercased() + shown + (path.isEmpty ? "/" : path)
    }

    private var defaultPort: Int? { isScheme("https") ? 443 : isScheme("http") ? 80 : nil }

    private static func cut(_ rest: inout Substring, from mark: Character) -> String? {
        guard let index = rest.firstIndex(of: mark) else { return nil }
        defer { rest = rest[..<index] }
        return String(rest[rest.index(after: index)...])
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (first | 0x20) >= 0x61, (first | 0x20) <= 0x7A else { return false }
        return text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D
                    || byte == 0x2E
            }
    }

    /// Printable ASCII without what RFC 3986 leaves out, and every `%` followed by two hexadecimal digits.
    private static func isWellEscaped(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard rest.popFirst().flatMap(Hexadecimal.value) != nil,
                    rest.popFirst().flatMap(Hexadecimal.value) != nil
                else { return false }
            case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
                UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
                return false
            case 0x21...0x7E: continue
            default: return false
            }
        }
        return true
    }

    /// Host and port; nil for user information, an empty host and a port that is none.
    private static func authority(_ text: Substring) -> (String, Int?)? {
        guard !text.isEmpty, !text.contains("@") else { return nil }
        var host = text
        var port: Int?
        let afterBracket = text.lastIndex(of: "]").map { text[$0...] } ?? text
        if let colon = afterBracket.lastIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard (1...5).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            port = number
            host = text[..<colon]
        }
        guard isHost(host) else { return nil }
        return (String(host), port)
    }

    private static func isHost(_ text: Substring) -> Bool {
        if text.hasPrefix("[") {
            return text.hasSuffix("]") && text.count > 3
                && text.dropFirst().dropLast().utf8.allSatisfy {
                    Hexadecimal.value($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        return !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { FormCoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
    }
}
