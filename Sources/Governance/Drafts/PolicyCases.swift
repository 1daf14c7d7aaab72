import Authorization
import Vocabulary

/// The cases that a governed policy is tried by before it is activated: kept beside it, under its id, because what a
/// policy is and what is expected of it change at different times.
public struct PolicyCases: Sendable, Hashable, Codable {
    public let policy: PolicyID
    /// As they were written, the first first; empty once they were taken away.
    public internal(set) var documents: AttributeValue
    public internal(set) var version: Int64
    public internal(set) var updatedAt: Timestamp

    /// The cases, read. Throws `GovernanceError.rejected` for what this version cannot read any more.
    public func tests() throws(GovernanceError) -> [DraftTest] { try DraftTest.list(documents) }
}

/// What can happen to cases: they are written anew as a whole.
public struct PolicyCasesEvent: Sendable, Hashable {
    let policy: PolicyID
    let documents: AttributeValue
}

extension PolicyCases {
    /// How cases are folded and written.
    public static let aggregate = Aggregate<PolicyCases, PolicyCasesEvent>(
        kind: "policy_cases",
        apply: { state, recorded throws(GovernanceError) in
            state = PolicyCases(
                policy: recorded.event.policy, documents: recorded.event.documents,
                version: (state?.version ?? 0) + 1, updatedAt: recorded.at)
        },
        encode: { event in
            RecordBuilder("policy.cases_set").fact("policy", .id(event.policy, "policy"))
                .text("cases", event.documents).record
        },
        decode: { record in
            let reader = RecordReader(record)
            guard record.type == "policy.cases_set", let documents = reader.content("cases") else {
                throw reader.broken("cases")
            }
            return PolicyCasesEvent(policy: try reader.id("policy"), documents: documents)
        })

    /// What writing cases comes to. Pure; nothing where they are as they were. Throws `GovernanceError.rejected` with
    /// every fault.
    public static func setting(
        _ documents: AttributeValue, of policy: PolicyID, over present: PolicyCases?
    ) throws(GovernanceError) -> [PolicyCasesEvent] {
        let list = AttributeValue.list(try DraftTest.list(documents).map(\.document))
        if (present?.documents ?? .list([])) == list { return [] }
        return [PolicyCasesEvent(policy: policy, documents: list)]
    }
}
