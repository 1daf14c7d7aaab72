import Authorization
import Vocabulary

/// A document in the severity style: rules that answer an indicator's alert with an action.
///
/// `{meta: {version, timezone}, rules: [{id, when: {kpiId, severity}, action, params, limits, window, approval,
/// autoExecute, autoSuggest}]}`.
public struct SeverityPolicy: Sendable, Hashable {
    /// Who may act in this style: the roles it knows.
    public static let roles: [AttributeValue] = ["admin", "manager", "operator"]

    /// The document's own version, such as `1.0.0`.
    public let version: String
    /// The IANA zone of its windows and days.
    public let zone: String
    /// Its rules as rule documents, in order.
    public let rules: [AttributeValue]

    /// Reads a document. Throws `GovernanceError.rejected` with every fault.
    public init(_ tree: AttributeValue) throws(GovernanceError) {
        var log = FaultLog()
        let root = DocumentNode(value: tree, path: "")
        let members = root.members(["meta", "rules"], required: ["meta", "rules"], &log) ?? [:]
        let meta = members["meta"]?.members(["version", "timezone"], required: ["version", "timezone"], &log) ?? [:]
        let version = meta["version"]?.text(limit: 64, &log)
        let zone = meta["timezone"]?.text(limit: 64, &log)
        var rules: [AttributeValue] = []
        for node in members["rules"]?.items(limit: GovernedPolicy.Limits.rules, &log) ?? [] {
            if let rule = Self.rule(node, &log) { rules.append(rule) }
        }
        guard log.faults.isEmpty, let version, let zone else { throw .rejected(log.faults) }
        for rule in rules { _ = try Rule.read(rule) }
        (self.version, self.zone, self.rules) = (version, zone, rules)
    }

    private static let keys = [
        "id", "when", "action", "params", "limits", "window", "approval", "autoExecute", "autoSuggest",
    ]

    private static func rule(_ node: DocumentNode, _ log: inout FaultLog) -> AttributeValue? {
        guard let members = node.members(keys, required: ["id", "when", "action"], &log),
            let action = members["action"]?.text(limit: PolicyLimits.nameBytes, &log),
            let id = members["id"], let condition = members["when"].flatMap({ condition($0, &log) })
        else { return nil }
        var rule: [String: AttributeValue] = [
            "id": id.value, "effect": "allow", "when": condition, "roles": .list(roles),
            // A caller may ask by the action itself, or show the alert and ask what may be done.
            "actions": .list([.string(action), .string(RuleInquiry.alertAction)]),
        ]
        rule["params"] = members["params"]?.value
        rule["window"] = members["window"]?.value
        rule["auto_execute"] = members["autoExecute"]?.value
        rule["auto_suggest"] = members["autoSuggest"]?.value
        if let limits = members["limits"] { rule["limits"] = Self.limits(limits, &log) }
        if let approval = members["approval"] { rule["approval"] = Self.approval(approval, &log) }
        return .object(rule)
    }

    private static func condition(_ node: DocumentNode, _ log: inout FaultLog) -> AttributeValue? {
        let keys = ["kpiId", "severity"]
        guard let members = node.members(keys, required: keys, &log),
            let indicator = members["kpiId"]?.text(limit: PolicyLimits.nameBytes, &log),
            let severities = members["severity"]?.items(limit: Severity.allCases.count, &log)
        else { return nil }
        let words = severities.compactMap { $0.word(Severity.self, &log) }
        guard words.count == severities.count else { return nil }
        return [
            "all": [
                ["equals": ["context.kpi_id": .string(indicator)]],
                ["in": ["context.severity": .list(words.map { .string($0.rawValue) })]],
            ]
        ]
    }

    /// The limits this style knows, by name: `maxDailyPct`, `maxWeeklyPct`, `maxDailyQty`.
    private static func limits(_ node: DocumentNode, _ log: inout FaultLog) -> AttributeValue? {
        let known: [(String, AttributeValue)] = [
            ("maxDailyPct", ["measure": "absolute", "param": "deltaPct", "period": "day"]),
            ("maxWeeklyPct", ["measure": "absolute", "param": "deltaPct", "period": "iso_week"]),
            ("maxDailyQty", ["measure": "quantity", "param": "qty", "period": "day"]),
        ]
        guard let members = node.members(known.map(\.0), required: [], &log) else { return nil }
        let limits = known.compactMap { name, limit -> AttributeValue? in
            guard let maximum = members[name], case .object(var document) = limit else { return nil }
            document["max"] = maximum.value
            return .object(document)
        }
        return limits.isEmpty ? nil : .list(limits)
    }

    private static func approval(_ node: DocumentNode, _ log: inout FaultLog) -> AttributeValue? {
        let keys = ["required", "roles", "bypassIfSeverity"]
        guard let members = node.members(keys, required: ["required"], &log) else { return nil }
        var approval: [String: AttributeValue] = [:]
        approval["required"] = members["required"]?.value
        approval["roles"] = members["roles"]?.value
        approval["bypass_if_severity"] = members["bypassIfSeverity"]?.value
        return .object(approval)
    }
}

extension RuleInquiry {
    /// An alert, and who wants to act on it: what may be done?
    public static func alert(
        kpi: String, severity: Severity, details: [String: AttributeValue] = [:], subject: Subject, roles: Set<String>,
        resourceKey: [UInt8]? = nil, approvals: [ApprovalGrant] = []
    ) throws -> RuleInquiry {
        var context = details
        context["kpi_id"] = .string(kpi)
        context["severity"] = .string(severity.rawValue)
        return try RuleInquiry(
            resourceType: "alert", resourceID: kpi, context: context, subject: subject, roles: roles,
            resourceKey: resourceKey, approvals: approvals)
    }
}
