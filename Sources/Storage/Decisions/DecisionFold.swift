import Vocabulary

/// Identical allows below mandatory within one flush interval, kept as the first of them with a count.
struct DecisionFold {
    /// What makes two allows identical. Sorted into buckets by the cheap part, compared by all of it.
    struct Key: Hashable {
        let references: SegmentEncoder.References
        let position: Int64
        let enforcement: RecordedDecision.Enforcement
        let reason: String
        let determining: [String]
        let obligations: [String]
        let caller: Subject?
        let way: String
        let exemption: String?
        let approval: String?

        init(_ decision: RecordedDecision, _ references: SegmentEncoder.References) {
            self.references = references
            position = decision.factsPosition
            enforcement = decision.enforcement
            reason = decision.reason
            determining = decision.determining
            obligations = decision.obligations
            caller = decision.origin.caller
            way = decision.origin.protocol
            exemption = decision.exemption
            approval = decision.approval
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(references)
            hasher.combine(position)
        }
    }

    let first: RecordedDecision
    private(set) var count: Int64 = 1
    private(set) var lastAt: Timestamp
    private(set) var lastID: DecisionID

    init(_ decision: RecordedDecision) {
        first = decision
        lastAt = decision.at
        lastID = decision.id
    }

    mutating func add(_ decision: RecordedDecision) {
        count += 1
        if decision.at >= lastAt { (lastAt, lastID) = (decision.at, decision.id) }
    }
}
