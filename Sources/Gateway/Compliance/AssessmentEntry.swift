import Governance
import Storage
import Vocabulary

/// An assessment as lists show it.
public struct AssessmentEntry: Sendable, Hashable {
    public let id: AssessmentID
    public let framework: String
    /// The last event of the journal that it takes into account.
    public let position: Int64
    /// As of when it judges.
    public let moment: Timestamp
    public let madeAt: Timestamp
    /// How many controls stand so.
    public let counts: [ControlStatus: Int]
    /// SHA-256 of the document, in hexadecimal.
    public let digest: String
    /// The key that signed it.
    public let key: KeyID
}

extension AssessmentEntry {
    init(_ stored: StoredAssessment) {
        self.init(
            id: stored.id, framework: stored.framework, position: stored.position, moment: stored.moment,
            madeAt: stored.madeAt,
            counts: [
                .satisfied: stored.satisfied, .notSatisfied: stored.notSatisfied, .noEvidence: stored.noEvidence,
            ], digest: Hex.text(stored.digest), key: stored.keyID)
    }
}

/// An assessment with its document, as it was signed.
public struct KeptAssessment: Sendable {
    public let entry: AssessmentEntry
    /// What was judged.
    public let assessment: Assessment
    /// The bytes that were signed.
    public let document: [UInt8]
}
