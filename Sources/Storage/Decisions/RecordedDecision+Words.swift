import Authorization
import Vocabulary

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
