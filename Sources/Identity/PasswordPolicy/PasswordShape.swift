import Vocabulary

/// What can be told of a password without telling it: for rules that somebody else keeps.
public struct PasswordShape: Sendable, Hashable {
    /// In characters (code points after NFKC).
    public let length: Int
    /// How many characters of each kind.
    public let counts: [PasswordComposition.Kind: Int]

    public init(of candidate: SecretText) {
        let scalars = Array(PasswordText.normalized(candidate.reveal()).unicodeScalars)
        length = scalars.count
        counts = Dictionary(
            uniqueKeysWithValues: PasswordComposition.Kind.allCases.map { kind in
                (kind, scalars.count { PasswordComposition.isKind(kind, $0) })
            })
    }
}
