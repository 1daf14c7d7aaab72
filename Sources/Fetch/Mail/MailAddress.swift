import Vocabulary

/// One mailbox (RFC 5322 §3.4.1), in the shape that every server takes: ASCII, without quoted or commented parts. What
/// does not fit is nil, so that nothing typed by anybody can end a header's line or an SMTP command.
public struct MailAddress: Sendable, Hashable {
    /// Bytes of an address at most (RFC 5321 §4.5.3.1.3, without the brackets).
    public static let limit = 254

    /// `local@domain`.
    public let address: String
    /// What the person or system is called; nil for nothing. It may hold anything: the message encodes it.
    public let name: String?

    /// An address alone, or with a name beside it. Nil for what is no plain address.
    public init?(_ address: String, name: String? = nil) {
        guard Self.isPlain(address) else { return nil }
        self.address = address
        self.name = name
    }

    /// `Name <local@domain>` or `local@domain`, as people write it in a file.
    public init?(reading text: String) {
        guard let open = text.lastIndex(of: "<"), text.hasSuffix(">") else {
            self.init(text)
            return
        }
        let name = text[..<open].trimming { $0 == " " || $0 == "\"" }
        self.init(String(text[text.index(after: open)...].dropLast()), name: name.isEmpty ? nil : String(name))
    }

    /// The part behind the at sign.
    public var domain: String { String(address.drop { $0 != "@" }.dropFirst()) }

    private static func isPlain(_ text: String) -> Bool {
        guard text.utf8.count <= limit, let at = text.lastIndex(of: "@") else { return false }
        let (local, domain) = (text[..<at], text[text.index(after: at)...])
        return (1...64).contains(local.utf8.count) && isDotted(local, isAtomByte)
            && domain.utf8.count >= 1 && isDotted(domain) { isLetterOrDigit($0) || $0 == 0x2D }
            && domain.split(separator: ".").allSatisfy { !$0.hasPrefix("-") && !$0.hasSuffix("-") }
    }

    private static func isDotted(_ text: Substring, _ isAllowed: (UInt8) -> Bool) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy(isAllowed)
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// RFC 5322 §3.2.3: atext.
    private static func isAtomByte(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }
}

extension Substring {
    fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> Substring {
        var rest = drop(while: isLeftOut)
        while let last = rest.last, isLeftOut(last) { rest.removeLast() }
        return rest
    }
}
