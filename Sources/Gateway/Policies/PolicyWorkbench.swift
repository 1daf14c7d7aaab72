import Authorization
import Governance
import Identity
import Storage
import Vocabulary

/// Where policies are written, tried and judged before they are in force: nothing here decides anything, writes a
/// decision or runs anybody's code. Whoever calls it has proven the right to edit policies.
public struct PolicyWorkbench: Sendable {
    let store: Store
    let table: AuthorizationTable
    let resolver: SubjectResolver
    let log: DecisionLog
    let governance: GovernanceService
    let trials: TrialDesk
    let providers: ProviderTable
    let clock: @Sendable () -> Timestamp

    /// Bytes of a document; one more is refused.
    public static let documentLimit = PolicyService.documentLimit
    /// Questions of one simulation.
    public static let questionLimit = 1_000
}

/// What is tried, and what it is held against.
public enum PolicyCandidate: Sendable {
    /// The rules as they are in force.
    case current
    /// A stored policy in one of its versions, the newest for nil, whatever state it is in.
    case stored(PolicyID, version: Int64?)
    /// A document as it was typed, of any style, perhaps in place of a stored policy. A policy document takes the place
    /// of the stored one of this name.
    case document(AttributeValue, inPlaceOf: PolicyID? = nil, name: String? = nil)
    /// The rules in force without one of the policies.
    case without(PolicyID)
}

/// Somebody who asks, in a simulation.
public enum SimulatedSubject: Sendable {
    /// Somebody who is there, with all they hold now.
    case known(Subject)
    /// Somebody made up: the question's own `subject`.
    case described
}

/// A request that is made up to see what comes of it.
public struct SimulatedQuestion: Sendable {
    public let subject: SimulatedSubject
    public let question: DraftQuestion

    /// Who asks, and what; of somebody who is there, the question's own subject is not looked at.
    public init(_ subject: SimulatedSubject = .described, _ question: DraftQuestion) {
        (self.subject, self.question) = (subject, question)
    }
}

/// What became of one made-up request, by both sets of rules.
public struct SimulatedAnswer: Sendable {
    public let before: Backtest.Verdict
    public let after: Backtest.Verdict
    /// What the governed rules on trial had to say; nil when none of them looked at it.
    public let governed: RuleDecision?
    /// What became of every governed rule for this action and type.
    public let traces: [GovernedTrace]
    /// Reasons of the rules on trial, the first first.
    public let reasons: [String]

    /// Whether the two answer otherwise.
    public var isFlip: Bool { before.outcome != after.outcome }
}

/// A finding with its place in the text as it was typed.
public struct PlacedFinding: Sendable, Hashable {
    public let finding: ReviewFinding
    /// From 1; nil where the text has no such place, as of what is missing in a document without lines.
    public let line: Int?
    public let column: Int?
}

/// What a document is, and everything that is wrong with it or probably not meant.
public struct PolicyReviewResult: Sendable {
    /// Nil for a text that is neither YAML nor JSON.
    public let style: DraftStyle?
    public let findings: [PlacedFinding]

    /// Whether it can be used as it stands.
    public var isUsable: Bool { !findings.contains { $0.finding.gravity == .error } }
}

extension Gateway {
    /// Where policies are written, tried and judged.
    public var workbench: PolicyWorkbench {
        PolicyWorkbench(
            store: store, table: authorization, resolver: resolver,
            log: DecisionRecorder.log(configuration, store), governance: governance, trials: trials,
            providers: providers, clock: clock)
    }
}
