import Authorization
import Vocabulary

/// A document of another style, and what the policy it becomes is to be called: `{policy_id, name, description,
/// policy_type, enforcement, document}`. The document is read as it stands, in the severity style when it has a `meta`,
/// in the condition style otherwise.
public struct PolicyImport: Sendable, Hashable {
    public let id: PolicyID
    public let details: PolicyDetails
    /// Its rules as rule documents, in order.
    public let rules: [AttributeValue]

    private static let keys = ["policy_id", "name", "description", "policy_type", "enforcement", "document"]

    /// Reads the payload. Throws `GovernanceError.rejected` with every fault of it, or of the document.
    ///
    /// - Parameter fallback: the policy's id where the payload names none.
    public init(_ payload: AttributeValue, fallback: PolicyID) throws(GovernanceError) {
        var log = FaultLog()
        let members = DocumentNode(value: payload, path: "").members(Self.keys, required: ["document"], &log) ?? [:]
        let name = members["name"]?.text(limit: GovernedPolicy.Limits.nameBytes, &log)
        let description = members["description"]?.text(limit: GovernedPolicy.Limits.textBytes, &log)
        let type = members["policy_type"].flatMap { $0.word(PolicyType.self, &log) }
        let enforcement = members["enforcement"].flatMap { $0.word(Enforcement.self, &log) } ?? .mandatory
        var id = fallback
        if let place = members["policy_id"] {
            if let named = place.value.string.flatMap({ PolicyID($0) }) {
                id = named
            } else {
                log.report(place.path, "bad_id", "found \(place.kind), which is no id", "Write a UUID")
            }
        }
        let isBySeverity = members["document"]?.value["meta"] != nil
        if isBySeverity, members["name"] == nil {
            log.report("name", "missing_key", "missing", "Add `name`: a document of this style has none")
        }
        guard log.faults.isEmpty, let document = members["document"]?.value else { throw .rejected(log.faults) }
        self.id = id
        guard isBySeverity else {
            let read = try ConditionPolicy(document, enforcement: enforcement)
            rules = read.rules
            details = PolicyDetails(
                name: name ?? read.details.name, description: description ?? read.details.description,
                type: type ?? read.details.type, enforcement: enforcement, scope: read.details.scope,
                frameworks: read.details.frameworks)
            return
        }
        let read = try SeverityPolicy(document)
        rules = read.rules
        details = PolicyDetails(
            name: name ?? "", description: description ?? "", type: type ?? .operational, enforcement: enforcement,
            scope: .organization, zone: read.zone)
    }

    /// What the policy's stream begins with: a draft with all of its rules.
    ///
    /// - Parameter ruleID: makes an id for each rule.
    public func events(
        on policy: GovernedPolicy?, actor: Actor, now: Timestamp, ruleID: () -> RuleID
    ) throws(GovernanceError) -> [PolicyEvent] {
        if let policy { throw .alreadyExists(resource: "policy", id: policy.id.description) }
        return try PolicyDraft(details: details, rules: rules).events(id, actor: actor, now: now, ruleID: ruleID)
    }
}
