/// A search filter or a name with places for values, filled in by the escaping its grammar asks for; a principal's name
/// knows no escape, so a value that does not fit is refused.
///
/// The text of the template comes from configuration and is checked once, when it is made; a value a person typed can
/// only ever become the content of one assertion value or one name component, whatever it holds.
public struct LDAPTemplate: Sendable, Hashable {
    /// What the template's text is, and with it how values are escaped.
    public enum Grammar: Sendable, Hashable {
        /// A search filter, RFC 4515.
        case filter
        /// A distinguished name, RFC 4514.
        case distinguishedName
        /// What Active Directory takes in place of a distinguished name (MS-ADTS §5.1.1.1.1): `ada@example.org` or
        /// `EXAMPLE\ada`.
        case principal
    }

    /// Why a template is refused.
    public enum Flaw: Error, Sendable, Hashable {
        case tooLong
        /// A brace without its partner, or an empty or strange name between them.
        case malformedPlaceholder
        /// A placeholder stands outside a value, where filling it in would change the meaning of the template.
        case misplacedPlaceholder(String)
        case unknownPlaceholder(String)
        /// The template is not a filter, or not a name.
        case malformed
    }

    /// No template longer than this is read, in UTF-8 bytes.
    public static let byteLimit = 4_096
    /// No value longer than this is filled in, in UTF-8 bytes.
    public static let valueByteLimit = 1_024

    private enum Piece: Sendable, Hashable {
        case text(String)
        case placeholder(String)
    }

    public let grammar: Grammar
    private let pieces: [Piece]

    /// Reads `(&(objectClass=person)(uid={login}))` or `uid={login},ou=people,dc=example,dc=org`.
    ///
    /// - Parameter placeholders: the names that may stand between braces.
    public init(_ text: String, grammar: Grammar, placeholders: Set<String> = ["login"]) throws(Flaw) {
        guard text.utf8.count <= Self.byteLimit else { throw .tooLong }
        self.grammar = grammar
        pieces = try Self.split(text)
        for case .placeholder(let name) in pieces where !placeholders.contains(name) {
            throw .unknownPlaceholder(name)
        }
        try Self.checkPlaces(pieces, grammar)
        // The whole of a principal may be one placeholder, and hold its own separator.
        let samples = [filled { _ in "x" }, filled { _ in "x@y" }]
        guard
            samples.prefix(grammar == .principal ? 2 : 1).contains(where: {
                $0.map { Self.isWellFormed($0, grammar) } ?? false
            })
        else { throw .malformed }
    }

    /// The filter or name with every placeholder replaced; nil when a value is missing, too long or holds a NUL, or
    /// makes no principal.
    public func filled(_ values: [String: String]) -> String? {
        let text = filled { name in values[name] }
        guard grammar == .principal, let text else { return text }
        return LDAPPrincipal.isWellFormed(text) ? text : nil
    }

    /// The names that stand between braces.
    public var placeholders: Set<String> {
        Set(pieces.compactMap { if case .placeholder(let name) = $0 { name } else { nil } })
    }

    private func filled(_ value: (String) -> String?) -> String? {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .placeholder(let name):
                guard let raw = value(name), raw.utf8.count <= Self.valueByteLimit, !raw.utf8.contains(0) else {
                    return nil
                }
                result += escaped(raw)
            }
        }
        return result
    }

    private func escaped(_ value: String) -> String {
        switch grammar {
        case .filter: LDAPFilter.escape(value)
        case .distinguishedName: DistinguishedName.escape(value)
        case .principal: value
        }
    }

    private static func split(_ text: String) throws(Flaw) -> [Piece] {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw .malformedPlaceholder
            }
            let name = rest[rest.index(after: open)..<close]
            guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "_") }) else {
                throw .malformedPlaceholder
            }
            pieces.append(.text(String(rest[..<open])))
            pieces.append(.placeholder(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        pieces.append(.text(String(rest)))
        return pieces
    }

    /// A placeholder has to follow an `=` of the same value, and what follows it has to end or continue that value.
    private static func checkPlaces(_ pieces: [Piece], _ grammar: Grammar) throws(Flaw) {
        guard grammar != .principal else { return }
        let separators: Set<Character> = grammar == .filter ? ["(", ")"] : [",", "+", ";"]
        var before = ""
        for piece in pieces {
            switch piece {
            case .text(let text): before += text
            case .placeholder(let name):
                // An escape before the value would swallow its first character.
                guard before.last != "\\", let edge = before.lastIndex(where: { separators.contains($0) || $0 == "=" }),
                    before[edge] == "="
                else { throw .misplacedPlaceholder(name) }
                before += "x"
            }
        }
    }

    private static func isWellFormed(_ text: String, _ grammar: Grammar) -> Bool {
        switch grammar {
        case .filter: LDAPFilter.isWellFormed(text)
        case .distinguishedName: DistinguishedName(text).map { !$0.components.isEmpty } ?? false
        case .principal: LDAPPrincipal.isWellFormed(text)
        }
    }
}
