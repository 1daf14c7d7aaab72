import COpenSSL

/// A distinguished name, as administrators write one and certificates are read (RFC 4514): the same for blanks around its
/// separators, for other spellings of what an attribute is called, and for escapes that need not be. Values are compared
/// byte for byte: two that a reader takes for one are two here.
struct DistinguishedName: Hashable, Sendable {
    private struct Attribute: Hashable {
        let type: String
        let value: String
    }

    /// Last in the certificate first; those of one level in no order.
    private let levels: [Set<Attribute>]

    static let byteLimit = 2_048
    static let levelLimit = 32

    /// Nil for what is no name, or none that a certificate could have.
    init?(_ text: String) {
        guard text.utf8.count <= Self.byteLimit else { return nil }
        var levels: [Set<Attribute>] = []
        for level in Self.split(text, at: ",") {
            var attributes: Set<Attribute> = []
            for part in Self.split(level, at: "+") {
                guard let attribute = Self.attribute(part), attributes.insert(attribute).inserted else { return nil }
            }
            levels.append(attributes)
        }
        guard (1...Self.levelLimit).contains(levels.count) else { return nil }
        self.levels = levels
    }

    /// The parts between separators that nothing escapes.
    private static func split(_ text: String, at separator: Unicode.Scalar) -> [String] {
        var parts = [""]
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if !isEscaped, scalar == separator {
                parts.append("")
                continue
            }
            isEscaped = !isEscaped && scalar == "\\"
            parts[parts.count - 1].unicodeScalars.append(scalar)
        }
        return parts
    }

    private static func attribute(_ text: String) -> Attribute? {
        guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")),
            let type = type(text[..<sign].drop { $0 == " " }), let value = value(text[text.utf8.index(after: sign)...])
        else { return nil }
        return Attribute(type: type, value: value)
    }

    /// What people and other programs call attributes that OpenSSL calls otherwise.
    private static let others = [
        "e": "emailAddress", "email": "emailAddress", "emailaddress": "emailAddress", "serialnumber": "serialNumber",
        "s": "ST", "street": "street", "organizationidentifier": "organizationIdentifier",
        "businesscategory": "businessCategory",
    ]

    /// The short name where there is one, else the number in dots.
    private static func type(_ text: Substring) -> String? {
        var name = text
        while name.last == " " { name.removeLast() }
        let isName = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                || $0 == 0x2E
        }
        guard isName, (1...64).contains(name.utf8.count) else { return nil }
        for spelling in [String(name), others[name.lowercased()] ?? name.uppercased()] {
            let number = OBJ_txt2nid(spelling)
            if number != NID_undef, let short = OBJ_nid2sn(number) { return String(cString: short) }
        }
        return name.first?.isNumber == true ? String(name) : nil
    }

    /// RFC 4514 §3: escapes undone, blanks around it left out unless they are escaped.
    private static func value(_ text: Substring) -> String? {
        let text = text.drop { $0 == " " }
        if text.first == "#" { return text.lowercased().trimmingBlanks }
        var bytes: [UInt8] = []
        var kept = 0
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                guard let unescaped = unescaped(&rest) else { return nil }
                bytes.append(unescaped)
                kept = bytes.count
                continue
            }
            // §2.4: these stand in no value unless they are escaped.
            guard byte != 0, !"\"<>;".utf8.contains(byte) else { return nil }
            bytes.append(byte)
            if byte != UInt8(ascii: " ") { kept = bytes.count }
        }
        return kept == 0 ? nil : String(validating: bytes.prefix(kept), as: UTF8.self)
    }

    private static func unescaped(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard let first = rest.popFirst() else { return nil }
        if " \"#+,;<=>\\".utf8.contains(first) { return first }
        guard let second = rest.popFirst() else { return nil }
        return UInt8(String(decoding: [first, second], as: UTF8.self), radix: 16)
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
