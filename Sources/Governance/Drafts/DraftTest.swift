import Authorization
import Vocabulary

/// One case of a governed policy: a request, and what must come of it.
///
/// `{name, subject: {id, type, roles, groups, attributes}, action, resource: {type, id, attributes}, context,
/// authentication: {acr, age}, at, executed, expect, reason, rule, params, approvers, badge}`.
public struct DraftTest: Sendable, Hashable {
    /// Bounds; one past each is a fault of the document.
    public enum Limits {
        /// Cases of one policy.
        public static let tests = 1_000
    }

    /// What has to come of it.
    public enum Expectation: String, Sendable, CaseIterable {
        /// Permitted, nothing more to be asked.
        case permit
        case deny
        /// Permitted once others have agreed.
        case approval
        /// Permitted, and carried out without asking anybody.
        case execute
    }

    public let name: String
    /// Who asks; role names are resolved when the case runs.
    public let question: DraftQuestion
    /// What was carried out under the rules already today, by parameter.
    public let executed: [String: Amount]
    public let expected: Expectation
    /// Nil where the case does not say.
    public let reason: RuleDecision.Reason?
    /// The rule that decides, by name.
    public let rule: String?
    public let params: [String: AttributeValue]?
    public let approvers: [String]?
    public let badge: PolicyBadge.Colour?
    /// As it was read.
    public let document: AttributeValue

    /// How a case went.
    public struct Result: Sendable, Hashable {
        public let name: String
        public let expected: String
        /// The outcome, with its reason.
        public let found: String
        /// The rule that decided, by name; nil for none.
        public let rule: String?
        /// What came instead of what was expected, in a sentence; nil when it held.
        public let failure: String?
    }

    static func read(_ node: DocumentNode?, _ log: inout FaultLog) -> [DraftTest] {
        (node?.items(limit: Limits.tests, mayBeEmpty: true, &log) ?? []).compactMap { DraftTest($0, &log) }
    }

    /// Cases by themselves, as they are kept beside a policy. Throws `GovernanceError.rejected` with every fault.
    public static func list(_ documents: AttributeValue) throws(GovernanceError) -> [DraftTest] {
        var log = FaultLog()
        let tests = read(DocumentNode(value: documents, path: "tests"), &log)
        guard log.faults.isEmpty else { throw .rejected(log.faults) }
        return tests
    }

    private static let keys =
        DraftQuestion.keys + ["name", "executed", "expect", "reason", "rule", "params", "approvers", "badge"]

    init?(_ node: DocumentNode, _ log: inout FaultLog) {
        let before = log.faults.count
        guard let members = node.members(Self.keys, required: ["expect"], &log) else { return nil }
        name = members["name"].flatMap { $0.text(limit: PolicyLimits.nameBytes, &log) } ?? node.path
        let question = DraftQuestion(members, &log)
        let expected = members["expect"].flatMap { $0.word(Expectation.self, &log) }
        reason = members["reason"].flatMap { $0.word(RuleDecision.Reason.self, &log) }
        rule = members["rule"].flatMap { $0.text(limit: PolicyLimits.idBytes, &log) }
        params = members["params"].flatMap { DraftQuestion.mapping($0, &log) }
        approvers = members["approvers"].map {
            $0.value == .list([])
                ? [] : $0.texts(itemLimit: PolicyLimits.listItems, byteLimit: PolicyLimits.nameBytes, &log)
        }
        badge = members["badge"].flatMap { $0.word(PolicyBadge.Colour.self, &log) }
        executed = members["executed"].map { Self.amounts($0, &log) } ?? [:]
        document = node.value.normalized
        guard log.faults.count == before, let question, let expected else { return nil }
        (self.question, self.expected) = (question, expected)
    }

    private static func amounts(_ node: DocumentNode, _ log: inout FaultLog) -> [String: Amount] {
        var amounts: [String: Amount] = [:]
        for (name, value) in DraftQuestion.mapping(node, &log) ?? [:] {
            if let amount = Amount(value) {
                amounts[name] = amount
            } else {
                log.report(node.child(name), "wrong_number", "this is no amount", "Write a number")
            }
        }
        return amounts
    }
}
