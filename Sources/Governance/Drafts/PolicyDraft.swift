import Authorization
import Vocabulary

/// A governed policy as one portable document: what an author decides about it, its rules in order, and the cases it is
/// tried by. It has no ids, no authors and no history, so that it means the same wherever it is taken.
///
/// `{version: 1, name, description, policy_type, enforcement, scope, frameworks, timezone, overridable, rules, tests}`.
public struct PolicyDraft: Sendable, Hashable {
    public let details: PolicyDetails
    /// Rule documents, the first first.
    public let rules: [AttributeValue]
    public let tests: [DraftTest]

    /// A draft of parts that were read before.
    public init(details: PolicyDetails, rules: [AttributeValue], tests: [DraftTest] = []) {
        (self.details, self.rules, self.tests) = (details, rules, tests)
    }

    /// What a governed policy looks like to whoever takes it elsewhere.
    public init(_ policy: GovernedPolicy, tests: [DraftTest] = []) {
        self.init(details: policy.details, rules: policy.rules.map(\.document), tests: tests)
    }

    /// Reads a document of any style: the one above, the severity style (`meta`), the condition style (rules with
    /// `conditions`), or one rule by itself. Throws `GovernanceError.rejected` with every fault, each with its place.
    public init(_ tree: AttributeValue) throws(GovernanceError) {
        switch DraftStyle(of: tree) {
        case .severity:
            let read = try SeverityPolicy(try Self.withoutTests(tree))
            self.init(
                details: PolicyDetails(
                    name: "Rules for alerts", description: "", type: .operational, enforcement: .mandatory,
                    scope: .organization, zone: read.zone), rules: read.rules, tests: try Self.tests(tree))
        case .condition:
            let read = try ConditionPolicy(try Self.withoutTests(tree))
            self.init(details: read.details, rules: read.rules, tests: try Self.tests(tree))
        case .rule:
            _ = try Rule.read(tree)
            self.init(details: .plain, rules: [tree])
        case .governed, .document:
            var reader = DraftReader(node: DocumentNode(value: tree, path: ""))
            self = try reader.read()
        }
    }

    /// Both other styles may carry cases as well; their own readers know none.
    private static func withoutTests(_ tree: AttributeValue) throws(GovernanceError) -> AttributeValue {
        guard case .object(var members) = tree else { return tree }
        members["tests"] = nil
        return .object(members)
    }

    private static func tests(_ tree: AttributeValue) throws(GovernanceError) -> [DraftTest] {
        var log = FaultLog()
        let tests = DraftTest.read(tree["tests"].map { DocumentNode(value: $0, path: "tests") }, &log)
        guard log.faults.isEmpty else { throw .rejected(log.faults) }
        return tests
    }

    /// As it is written; reading it again gives an equal draft.
    public var document: AttributeValue {
        var members: [String: AttributeValue] = [
            "version": 1, "name": .string(details.name), "policy_type": .string(details.type.rawValue),
            "enforcement": .string(details.enforcement.rawValue), "scope": details.scope.document,
            "rules": .list(rules),
        ]
        if !details.description.isEmpty { members["description"] = .string(details.description) }
        if !details.frameworks.isEmpty {
            members["frameworks"] = .list(details.frameworks.map { .string($0.rawValue) })
        }
        members["timezone"] = details.zone.map { .string($0) }
        if details.isOverridable { members["overridable"] = true }
        if !tests.isEmpty { members["tests"] = .list(tests.map(\.document)) }
        return .object(members)
    }
}

/// How a document about policies is written.
public enum DraftStyle: String, Sendable, CaseIterable {
    /// A governed policy with all its parts.
    case governed
    /// Rules that answer an indicator's alert.
    case severity
    /// Rules of fields, operators and values.
    case condition
    /// One rule by itself.
    case rule
    /// A policy document, which holds beside governed policies and is read by `PolicyDocument`.
    case document

    /// The style a document is meant in, as far as its keys tell; `governed` in doubt.
    public init(of tree: AttributeValue) {
        if tree["meta"] != nil {
            self = .severity
        } else if tree["policies"] != nil || tree["rules"] == nil && tree["version"] != nil && tree["tests"] != nil {
            self = .document
        } else if tree["rules"]?.list?.contains(where: { $0["conditions"] != nil }) ?? false {
            self = .condition
        } else if tree["effect"] != nil, tree["rules"] == nil {
            self = .rule
        } else {
            self = .governed
        }
    }
}

extension PolicyDetails {
    /// What a rule by itself is judged under.
    static let plain = PolicyDetails(
        name: "Draft", description: "", type: .operational, enforcement: .mandatory, scope: .organization)
}

extension PolicyScope {
    /// The scope as documents write it: the level alone where nothing narrows it.
    var document: AttributeValue {
        var members: [String: AttributeValue] = ["level": .string(level.rawValue)]
        members["unit"] = unit.map { .string($0.description) }
        members["subject"] = subject.map { .string($0.id) }
        for (name, names) in [
            ("environments", environments), ("services", services), ("resources", resources), ("actions", actions),
        ] where !names.isEmpty {
            members[name] = .list(names.map(AttributeValue.string))
        }
        return members.count == 1 ? .string(level.rawValue) : .object(members)
    }
}

/// Reads a governed policy's own style.
private struct DraftReader {
    let node: DocumentNode

    static let keys = [
        "version", "name", "description", "policy_type", "enforcement", "scope", "frameworks", "timezone",
        "overridable", "rules", "tests",
    ]

    mutating func read() throws(GovernanceError) -> PolicyDraft {
        var log = FaultLog()
        let members = node.members(Self.keys, required: ["name", "rules"], &log) ?? [:]
        if let version = members["version"], version.value != .integer(1) {
            log.report(version.path, "unknown_version", "found another version", "Write `version: 1`")
        }
        let details = details(members, &log)
        let nodes = members["rules"]?.items(limit: GovernedPolicy.Limits.rules, mayBeEmpty: true, &log) ?? []
        for (number, node) in nodes.enumerated() {
            var reader = RuleReader(node: node, id: RuleID(high: 0, low: UInt64(number)))
            _ = reader.read(&log)
        }
        Self.reportRepeated(nodes, &log)
        let tests = DraftTest.read(members["tests"], &log)
        guard log.faults.isEmpty, let details else { throw .rejected(log.faults) }
        try details.check()
        return PolicyDraft(details: details, rules: nodes.map(\.value.normalized), tests: tests)
    }

    private func details(_ members: [String: DocumentNode], _ log: inout FaultLog) -> PolicyDetails? {
        let reader = CommandReader(node: node, actor: .system("draft"), now: .epoch)
        let name = members["name"]?.text(limit: GovernedPolicy.Limits.nameBytes, &log)
        let description = members["description"].flatMap { text($0, &log) } ?? ""
        let type = members["policy_type"].map { reader.word($0, PolicyType.self, &log) } ?? .operational
        let enforcement = members["enforcement"].map { reader.word($0, Enforcement.self, &log) } ?? .mandatory
        let scope = members["scope"].map { reader.scope($0, &log) } ?? .organization
        let zone = members["timezone"]?.text(limit: 64, &log)
        let frameworks = (members["frameworks"]?.items(limit: GovernedPolicy.Limits.frameworks, mayBeEmpty: true, &log))
            .map { nodes in nodes.compactMap { $0.word(ComplianceFramework.self, &log) } }
        var isOverridable = false
        if let place = members["overridable"] {
            if case .bool(let flag) = place.value {
                isOverridable = flag
            } else {
                log.report(place.path, "wrong_type", "found \(place.kind)", "Write true or false")
            }
        }
        guard let name, let type, let enforcement, let scope else { return nil }
        return PolicyDetails(
            name: name, description: description, type: type, enforcement: enforcement, scope: scope,
            frameworks: frameworks ?? [], zone: zone, isOverridable: isOverridable)
    }

    private func text(_ node: DocumentNode, _ log: inout FaultLog) -> String? {
        node.value == "" ? "" : node.text(limit: GovernedPolicy.Limits.textBytes, &log)
    }

    private static func reportRepeated(_ nodes: [DocumentNode], _ log: inout FaultLog) {
        var seen: Set<String> = []
        for node in nodes {
            guard let id = node.value["id"]?.string, !seen.insert(id).inserted else { continue }
            log.report(node.child("id"), "duplicate", "`\(id)` stands twice", "Give each rule an id of its own")
        }
    }
}
