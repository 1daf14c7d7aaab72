import Vocabulary

/// A decision as it is read back from the record.
public struct StoredDecision: Sendable {
    /// Identical allows of one flush interval: this record is the first of them.
    public struct Fold: Sendable, Hashable {
        /// How many, the first included.
        public let count: Int64
        public let lastAt: Timestamp
        public let lastID: DecisionID
        /// All that were handed out after the first. Empty in a list, where they are not needed.
        var others = FoldedIDs()
    }

    /// What a request said, or why that cannot be read.
    public enum Inputs: Sendable, Hashable {
        case read(DecisionInputs)
        /// The key is gone (the person was erased) or does not open them.
        case unreadable
        /// They could not be sealed when the decision was recorded, and so were not kept.
        case notSealed
        /// They were larger than what is kept.
        case tooLarge
    }

    /// The record's place in its tenant's sequence, from 1.
    public let sequence: Int64
    public let id: DecisionID
    public let at: Timestamp
    public let asker: RecordedAsker.Facts
    public let basis: RecordedBasis.Facts
    public let factsPosition: Int64
    public let outcome: RecordedDecision.Outcome
    public let enforcement: RecordedDecision.Enforcement
    public let reason: String
    public let determining: [String]
    public let erred: [RecordedDecision.ErredRule]
    public let obligations: [String]
    public let origin: RecordedOrigin
    public let exemption: String?
    public let approval: String?
    /// Nil for a single decision.
    public internal(set) var fold: Fold?
    public internal(set) var inputs: Inputs = .unreadable
    let place: InputsPlace

    /// Whether this is the record of the decision that was answered under this id. Throws `decisions.malformed`.
    func stands(for wanted: DecisionID) throws -> Bool {
        guard id != wanted, let fold else { return id == wanted }
        return try fold.lastID == wanted || fold.others.contains(wanted, after: id)
    }

    init(
        sequence: Int64, id: DecisionID, at: Timestamp, asker: RecordedAsker.Facts, basis: RecordedBasis.Facts,
        factsPosition: Int64, outcome: RecordedDecision.Outcome, enforcement: RecordedDecision.Enforcement,
        reason: String, determining: [String], erred: [RecordedDecision.ErredRule], obligations: [String],
        origin: RecordedOrigin, exemption: String?, approval: String?, place: InputsPlace
    ) {
        self.sequence = sequence
        self.id = id
        self.at = at
        self.asker = asker
        self.basis = basis
        self.factsPosition = factsPosition
        self.outcome = outcome
        self.enforcement = enforcement
        self.reason = reason
        self.determining = determining
        self.erred = erred
        self.obligations = obligations
        self.origin = origin
        self.exemption = exemption
        self.approval = approval
        self.place = place
    }
}
