import Authorization
import Vocabulary

/// An answer of the policy index, as it is handed over for the record: what was asked, what was answered, and all that
/// the answer rests on. It lends these for the length of one call; nothing of it is kept.
public struct EvaluatedDecision: Sendable {
    public let id: DecisionID
    /// The exact `now` the decision was made with.
    public let at: Timestamp
    public let decision: Decision
    public let request: DecisionRequest
    public let standing: Standing
    public let resources: ResourceDirectory?
    /// The index that decided; of another one, no attributes would be recorded.
    public let index: PolicyIndex
    public let asker: RecordedAsker
    public let basis: RecordedBasis
    /// The journal position of the facts the decision rests on.
    public let factsPosition: Int64
    public let origin: RecordedOrigin

    public init(
        id: DecisionID, at: Timestamp, decision: Decision, request: DecisionRequest, standing: Standing,
        resources: ResourceDirectory? = nil, index: PolicyIndex, asker: RecordedAsker, basis: RecordedBasis,
        factsPosition: Int64, origin: RecordedOrigin
    ) {
        self.id = id
        self.at = at
        self.decision = decision
        self.request = request
        self.standing = standing
        self.resources = resources
        self.index = index
        self.asker = asker
        self.basis = basis
        self.factsPosition = factsPosition
        self.origin = origin
    }

    var enforcement: RecordedDecision.Enforcement { RecordedDecision.Enforcement(decision.enforcement) }
}

extension RecordedDecision.Enforcement {
    /// The same word of the policy engine.
    public init(_ enforcement: Enforcement) {
        switch enforcement {
        case .advisory: self = .advisory
        case .recommended: self = .recommended
        case .mandatory: self = .mandatory
        case .critical: self = .critical
        }
    }
}

extension Obligation {
    /// The word the record and the answer use.
    public var word: String {
        switch self {
        case .stepUp(let strength, let maxAge):
            "step-up" + (strength.map { ":\($0.acr)" } ?? "") + (maxAge.map { ":\($0)" } ?? "")
        }
    }
}
