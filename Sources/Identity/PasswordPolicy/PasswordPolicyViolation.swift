/// Why a candidate is refused. Several may hold at once; a person is told all of them together.
public enum PasswordPolicyViolation: Hashable, Sendable {
    /// In characters (code points after NFKC).
    case tooShort(minimum: Int, found: Int)
    /// In bytes of UTF-8.
    case tooLong(maximumBytes: Int)
    case controlCharacter
    case blockListed
    case repetition
    case sequence
    case compromised
    case contextWord(PasswordContext.Origin)
    case composition(PasswordComposition.Kind, required: Int, found: Int)
    case reused(history: Int)
    /// A rule of the organization refuses it.
    case forbidden(rule: String)

    /// A stable word for the API and the journal.
    public var code: String {
        switch self {
        case .tooShort: "too_short"
        case .tooLong: "too_long"
        case .controlCharacter: "control_character"
        case .blockListed: "block_listed"
        case .repetition: "repetition"
        case .sequence: "sequence"
        case .compromised: "compromised"
        case .contextWord(let origin): "context_word.\(origin.rawValue)"
        case .composition(let kind, _, _): "composition.\(kind.rawValue)"
        case .reused: "reused"
        case .forbidden: "forbidden_by_rule"
        }
    }

    /// One sentence for the person who chose the password. It never repeats any of it.
    public var explanation: String {
        switch self {
        case .tooShort(let minimum, let found): "It has \(found) characters; at least \(minimum) are needed."
        case .tooLong(let maximum): "It is longer than \(maximum) bytes."
        case .controlCharacter: "It has a control character, which not every keyboard can send again."
        case .blockListed: "It is on the list of common passwords, or repeats one."
        case .repetition: "It repeats the same few characters."
        case .sequence: "It only counts up or down."
        case .compromised: "It is known from a breach of another site; attackers try such passwords first."
        case .contextWord(let origin): "It contains \(Self.phrase(origin))."
        case .composition(let kind, let required, let found):
            "It has \(found) \(Self.phrase(kind)); at least \(required) are needed."
        case .reused(let history): "It is the present password or one of the last \(history)."
        case .forbidden(let rule): "A rule of your organization refuses it: \(rule)."
        }
    }

    private static func phrase(_ origin: PasswordContext.Origin) -> String {
        switch origin {
        case .login: "the login name or a part of it"
        case .name: "a part of the person's name"
        case .mail: "a part of the mail address"
        case .tenant: "the name of the organization"
        case .configured: "a word that is not permitted in passwords here"
        }
    }

    private static func phrase(_ kind: PasswordComposition.Kind) -> String {
        switch kind {
        case .upper: "upper-case letters"
        case .lower: "lower-case letters"
        case .digit: "digits"
        case .special: "special characters"
        }
    }
}
