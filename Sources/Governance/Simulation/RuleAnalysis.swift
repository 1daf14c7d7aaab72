import Authorization
import Vocabulary

/// What is found of a rule by asking everything that tells rules apart: not a sample, but one request for each
/// combination of what the rules look at.
public struct AnalysisFinding: Sendable, Hashable {
    /// What was found, as a stable word for programs.
    public enum Kind: String, Sendable, CaseIterable {
        /// No request makes it match.
        case neverFires = "never_fires"
        /// It matches, and the answer is the same without it.
        case shadowed
        /// Another rule matches the same requests, with the same consequences.
        case equal
        /// It permits somebody of whom nothing is known what nobody has a name for.
        case overBroad = "over_broad"
        /// This cannot be said of it: there are too many combinations, or what it compares has no end of values.
        case undecided
    }

    public let kind: Kind
    public let rule: RuleOrigin
    /// The rule that it equals, or that answers in its place.
    public let other: RuleOrigin?
    /// What was found, in a sentence; of `undecided`, what and why.
    public let message: String
    /// A request that shows it, and that may be asked again as it stands; nil where none could show it.
    public let witness: AttributeValue?
}

/// What an analysis came to.
public struct RuleAnalysis: Sendable, Hashable {
    /// Bounds; what is past them is said to be undecided.
    public enum Limits {
        /// Rules looked at.
        public static let rules = 512
        /// Requests asked for one rule.
        public static let requests = 20_000
        /// Requests asked altogether.
        public static let total = 500_000
    }

    /// In the order of the rules.
    public let findings: [AnalysisFinding]
    /// Rules that were looked at.
    public let rules: Int
    /// Requests that were asked.
    public let requests: Int
}
