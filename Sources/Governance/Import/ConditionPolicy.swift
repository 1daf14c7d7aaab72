import Authorization
import Vocabulary

/// A policy in the condition style: rules of fields, operators and values, and an action.
///
/// `{name, description, type, scope, rules: [{name, conditions: [{field, operator, value, negate, case_sensitive}],
/// logic, action, priority}], compliance_frameworks, priority}`.
public struct ConditionPolicy: Sendable, Hashable {
    public let details: PolicyDetails
    /// Its rules as rule documents, in order.
    public let rules: [AttributeValue]

    /// Reads a document. Throws `GovernanceError.rejected` with every fault.
    public init(_ tree: AttributeValue, enforcement: Enforcement = .mandatory) throws(GovernanceError) {
        var log = FaultLog()
        let keys = ["name", "description", "type", "scope", "rules", "compliance_frameworks", "priority"]
        let root = DocumentNode(value: tree, path: "")
        let members = root.members(keys, required: ["name", "type", "rules"], &log) ?? [:]
        let name = members["name"]?.text(limit: GovernedPolicy.Limits.nameBytes, &log)
        let description = members["description"]?.text(limit: GovernedPolicy.Limits.textBytes, &log)
        let type = members["type"].flatMap { $0.word(PolicyType.self, &log) }
        // `global` and the narrower words say what the conditions look at; the conditions themselves narrow.
        _ = members["scope"].flatMap { $0.word(ScopeWord.self, &log) }
        var frameworks: [ComplianceFramework] = []
        for node in members["compliance_frameworks"]?.items(limit: GovernedPolicy.Limits.frameworks, &log) ?? [] {
            if let framework = node.word(ComplianceFramework.self, &log) { frameworks.append(framework) }
        }
        let priority = members["priority"].flatMap { $0.integer(-PolicyLimits.priority...PolicyLimits.priority, &log) }
        var rules: [AttributeValue] = []
        for node in members["rules"]?.items(limit: GovernedPolicy.Limits.rules, &log) ?? [] {
            var reader = ConditionRule(node: node, priority: priority)
            if let rule = reader.read(&log) { rules.append(rule) }
        }
        guard log.faults.isEmpty, let name, let type else { throw .rejected(log.faults) }
        for rule in rules { _ = try Rule.read(rule) }
        self.rules = rules
        details = PolicyDetails(
            name: name, description: description ?? "", type: type, enforcement: enforcement, scope: .organization,
            frameworks: frameworks)
    }
}

/// The words for scopes in this style.
private enum ScopeWord: String, CaseIterable {
    case global, environment, service, language, errorType = "error_type"
}

/// Reads one rule of the condition style.
private struct ConditionRule {
    let node: DocumentNode
    let priority: Int64?

    private static let keys = ["name", "conditions", "logic", "action", "priority", "approver_roles"]

    mutating func read(_ log: inout FaultLog) -> AttributeValue? {
        guard let members = node.members(Self.keys, required: ["name", "conditions", "action"], &log),
            let name = members["name"]?.text(limit: PolicyLimits.nameBytes, &log),
            let effect = members["action"].flatMap({ $0.word(Rule.Effect.self, &log) }),
            let nodes = members["conditions"]?.items(limit: PolicyLimits.comparisons, &log)
        else { return nil }
        let logic = members["logic"].flatMap { $0.word(Logic.self, &log) } ?? .and
        let conditions = nodes.compactMap { condition($0, of: effect, &log) }
        guard conditions.count == nodes.count else { return nil }
        var rule: [String: AttributeValue] = [
            "id": .string(Self.slug(name)), "name": .string(name), "effect": .string(effect.rawValue),
            // This style judges reviews of actions and nothing else that the gateway is asked.
            "resources": ["types": [.string(ActionRequest.resourceType)]],
            "when": [logic == .and ? "all" : "any": .list(conditions)],
        ]
        rule["priority"] = members["priority"]?.value ?? priority.map(AttributeValue.integer)
        if let fallback = Rule.Approval.fallback(effect) {
            rule["approval"] = [
                "roles": members["approver_roles"]?.value ?? .list(fallback.roles.map(AttributeValue.string))
            ]
        }
        return .object(rule)
    }

    private func condition(
        _ node: DocumentNode, of effect: Rule.Effect, _ log: inout FaultLog
    ) -> AttributeValue? {
        let keys = ["field", "operator", "value", "negate", "case_sensitive"]
        guard let members = node.members(keys, required: ["field", "operator", "value"], &log),
            let field = members["field"]?.text(limit: PolicyLimits.pathBytes, &log),
            let comparison = members["operator"].flatMap({ $0.word(Comparison.self, &log) }),
            let value = members["value"]?.value
        else { return nil }
        let path = "context.\(field)"
        let ignoresCase = members["case_sensitive"]?.value == .bool(false)
        let plain: AttributeValue? =
            ignoresCase
            ? Self.folded(path, comparison, value) : .object([comparison.rawValue: .object([path: value])])
        guard let plain else {
            log.report(node.path, "bad_value", "this comparison knows no case", "Remove `case_sensitive`")
            return nil
        }
        let isNegated = members["negate"]?.value == .bool(true)
        let isExclusion = isNegated != [.notEquals, .notIn].contains(comparison)
        let said: AttributeValue = isNegated ? ["not": plain] : plain
        // What a request leaves out is not what a condition looks for. Where one looks for everything else, leaving it
        // out is no way around a rule that stands in the way, and none into one that opens.
        return isExclusion && effect != .allow
            ? ["any": [["not": ["exists": .string(path)]], said]] : ["all": [["exists": .string(path)], said]]
    }

    /// A comparison of texts without regard to ASCII case, as a pattern.
    private static func folded(
        _ path: String, _ comparison: Comparison, _ value: AttributeValue
    ) -> AttributeValue? {
        func regex(_ pattern: String) -> AttributeValue { ["regex": .object([path: .string("(?i)" + pattern)])] }
        if case .list(let items) = value {
            let texts = items.compactMap(\.string).map(escaped)
            guard texts.count == items.count, !texts.isEmpty else { return nil }
            let pattern = regex("^(?:" + texts.joined(separator: "|") + ")$")
            switch comparison {
            case .in: return pattern
            case .notIn: return ["not": pattern]
            default: return nil
            }
        }
        guard let text = value.string else { return nil }
        switch comparison {
        case .regex: return regex(text.replacingPrefix("(?i)", by: ""))
        case .equals: return regex("^" + escaped(text) + "$")
        case .notEquals: return ["not": regex("^" + escaped(text) + "$")]
        case .contains: return regex(escaped(text))
        case .startsWith: return regex("^" + escaped(text))
        case .endsWith: return regex(escaped(text) + "$")
        default: return nil
        }
    }

    private static func escaped(_ text: String) -> String {
        String(
            text.flatMap { character -> [Character] in
                "\\.^$|()[]{}*+?".contains(character) ? ["\\", character] : [character]
            })
    }

    /// A rule's id from its name: lower-case ASCII letters and digits, everything else a hyphen.
    private static func slug(_ name: String) -> String {
        let bytes = name.lowercased().utf8.map { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) ? byte : 0x2D
        }
        let words = bytes.split(separator: 0x2D).map { String(decoding: $0, as: UTF8.self) }
        let slug = words.joined(separator: "-")
        return slug.isEmpty ? "rule" : String(slug.prefix(PolicyLimits.idBytes))
    }

    private enum Logic: String, CaseIterable {
        case and, or
    }
}
