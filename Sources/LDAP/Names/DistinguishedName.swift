/// A distinguished name (RFC 4514), kept with the text it was written in and compared by rule.
///
/// Two names are equal when their components are: attribute types and values without regard to letter case, values with
/// their white space folded (RFC 4518 §2.6.1), the parts of a multi-valued component in any order. That is the rule of
/// `caseIgnoreMatch`, which the naming attributes of directories use; a value written as `#hex` is compared as its hex.
public struct DistinguishedName: Sendable, Hashable, CustomStringConvertible {
    /// One `type=value` of a component, the value unescaped.
    public struct Part: Sendable, Hashable {
        /// As written, such as `cn` or `2.5.4.3`.
        public let type: String
        /// Without escapes.
        public let value: String

        public init(type: String, value: String) {
            self.type = type
            self.value = value
        }
    }

    /// One component (RDN); nearly always of one part.
    public typealias Component = [Part]

    /// No name longer than this is read, in UTF-8 bytes.
    public static let byteLimit = 8_192
    /// No name of more parts than this is read.
    public static let partLimit = 128

    /// The entry's own component first, the root's last. The empty name is the root of the tree.
    public let components: [Component]
    /// The canonical spelling two equal names share; the key to compare and to index by.
    public let normalized: String

    public init(_ components: [Component]) {
        self.components = components
        normalized = components.map(Self.fold).joined(separator: ",")
    }

    /// Reads RFC 4514 text, and the spaces RFC 2253 §4 lets stand around separators; nil when it is malformed, holds
    /// bytes that are not UTF-8, or is past a limit.
    public init?(_ text: String) {
        var parser = DistinguishedNameParser(text)
        guard let components = parser.parse() else { return nil }
        self.init(components)
    }

    /// Only the canonical spelling counts.
    public static func == (left: Self, right: Self) -> Bool { left.normalized == right.normalized }
    public func hash(into hasher: inout Hasher) { hasher.combine(normalized) }

    /// RFC 4514 text with everything escaped that has to be.
    public var description: String {
        components.map { component in
            component.map { "\($0.type)=\(Self.escape($0.value))" }.joined(separator: "+")
        }.joined(separator: ",")
    }

    /// The name without its first component; nil for the root.
    public var parent: Self? { components.isEmpty ? nil : Self(Array(components.dropFirst())) }

    /// True when this name lies under `ancestor`, or is it.
    public func isWithin(_ ancestor: Self) -> Bool {
        guard components.count >= ancestor.components.count else { return false }
        return Self(Array(components.suffix(ancestor.components.count))) == ancestor
    }

    /// Escapes a value so that it is one value wherever it stands in a name (RFC 4514 §2.4).
    public static func escape(_ value: String) -> String {
        let scalars = Array(value.unicodeScalars)
        var escaped = ""
        for (index, scalar) in scalars.enumerated() {
            let atEdge = scalar == " " && (index == 0 || index == scalars.count - 1)
            switch scalar {
            case "\"", "+", ",", ";", "<", ">", "\\", "=": escaped += "\\\(scalar)"
            case "#" where index == 0: escaped += "\\#"
            case _ where atEdge: escaped += "\\ "
            case "\0"..."\u{1F}", "\u{7F}": escaped += "\\" + hexPair(UInt8(scalar.value))
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func fold(_ component: Component) -> String {
        component.map { "\(canonicalType($0.type))=\(escape(foldedValue($0.value)))" }.sorted().joined(separator: "+")
    }

    /// Letter case and white space folded, as `caseIgnoreMatch` compares.
    static func foldedValue(_ value: String) -> String {
        value.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Names some servers write by their object identifier or in full (RFC 4519) are brought to one spelling.
    private static func canonicalType(_ type: String) -> String {
        let lowered = type.lowercased()
        let bare = lowered.hasPrefix("oid.") ? String(lowered.dropFirst(4)) : lowered
        return typeAliases[bare] ?? bare
    }

    private static let typeAliases: [String: String] = [
        "2.5.4.3": "cn", "commonname": "cn", "2.5.4.6": "c", "countryname": "c", "2.5.4.7": "l", "localityname": "l",
        "2.5.4.8": "st", "stateorprovincename": "st", "2.5.4.9": "street", "streetaddress": "street",
        "2.5.4.10": "o", "organizationname": "o", "2.5.4.11": "ou", "organizationalunitname": "ou",
        "0.9.2342.19200300.100.1.25": "dc", "domaincomponent": "dc", "0.9.2342.19200300.100.1.1": "uid",
        "userid": "uid",
    ]
}

/// Two lower-case hexadecimal digits.
func hexPair(_ byte: UInt8) -> String {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var text = ""
    text.unicodeScalars.append(digits[Int(byte >> 4)])
    text.unicodeScalars.append(digits[Int(byte & 15)])
    return text
}
