/// How many characters of which kind a password must have. All zero by default: NIST SP 800-63B-4 §3.1.1.2 forbids
/// such rules; they are here for those whom a contract obliges.
public struct PasswordComposition: Hashable, Sendable, Codable {
    /// A kind of character.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case upper, lower, digit, special
    }

    public var upper: Int
    public var lower: Int
    public var digit: Int
    public var special: Int

    public init(upper: Int = 0, lower: Int = 0, digit: Int = 0, special: Int = 0) {
        self.upper = upper
        self.lower = lower
        self.digit = digit
        self.special = special
    }

    func required(_ kind: Kind) -> Int {
        switch kind {
        case .upper: upper
        case .lower: lower
        case .digit: digit
        case .special: special
        }
    }

    /// Which kinds are too few, with what was found.
    func shortfalls(in text: [Unicode.Scalar]) -> [PasswordPolicyViolation] {
        Kind.allCases.compactMap { kind in
            let needed = required(kind)
            let found = needed > 0 ? text.count { Self.isKind(kind, $0) } : 0
            return found < needed ? .composition(kind, required: needed, found: found) : nil
        }
    }

    static func isKind(_ kind: Kind, _ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch kind {
        case .upper: return properties.isUppercase
        case .lower: return properties.isLowercase
        case .digit: return properties.generalCategory == .decimalNumber
        case .special: return !properties.isAlphabetic && properties.generalCategory != .decimalNumber
        }
    }
}
