import Vocabulary

/// A rough advisory grade for the meter beside the field; it decides nothing.
public enum PasswordStrength: Int, Sendable, Codable, Comparable, CaseIterable {
    case veryWeak, weak, fair, good, strong

    /// Grades by characters that surprise: one that repeats or counts on from the one before adds nothing, and letters
    /// in words add far less than mixed kinds do. A block-listed password is always the weakest.
    public init(of candidate: SecretText, blockList: BlockList = .none) {
        let text = String(candidate.reveal().prefix(1_024))
        let scalars = Array(PasswordText.normalized(text).unicodeScalars)
        if blockList.contains(text) || PasswordPattern.isRepetition(scalars) {
            self = .veryWeak
            return
        }
        let tenthsOfBits = Self.surprising(scalars) * Self.tenthsPerCharacter(scalars)
        switch tenthsOfBits / 10 {
        case ..<20: self = .veryWeak
        case ..<32: self = .weak
        case ..<45: self = .fair
        case ..<65: self = .good
        default: self = .strong
        }
    }

    private static func surprising(_ scalars: [Unicode.Scalar]) -> Int {
        zip(scalars, scalars.dropFirst()).reduce(scalars.isEmpty ? 0 : 1) { count, pair in
            let isExpected = [0, 1, -1].contains { PasswordPattern.follows(pair.0, pair.1, step: $0) }
            return count + (isExpected ? 0 : 1)
        }
    }

    /// Ordinary text carries some 2.5 bits a letter; each further kind of character adds to that.
    private static func tenthsPerCharacter(_ scalars: [Unicode.Scalar]) -> Int {
        let kinds = PasswordComposition.Kind.allCases.count { kind in
            scalars.contains { $0 != " " && PasswordComposition.isKind(kind, $0) }
        }
        return 15 + 10 * kinds
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
