import Authorization
import Governance
import Vocabulary

/// A rule as people read it: what it does, and each of its conditions as a line.
struct RuleReading {
    /// One thing that the rule says.
    struct Line: Equatable {
        let label: String
        let texts: [String]
    }

    let name: String
    let effect: String
    let badge: PolicyBadge
    let lines: [Line]

    /// - Throws: what reading the rule throws; a rule that was accepted is read.
    init(_ document: AttributeValue, under enforcement: Enforcement, zone: String?) throws(GovernanceError) {
        let rule = try Rule.read(document)
        name = rule.name
        effect = Self.words(rule.effect)
        badge = rule.badge(under: enforcement)
        let reader = RuleLines(rule: rule, document: document, zone: zone ?? "UTC")
        lines = reader.all.filter { !$0.texts.isEmpty }
    }

    static func words(_ effect: Rule.Effect) -> String {
        switch effect {
        case .allow: "Allows"
        case .deny: "Denies"
        case .requireApproval: "Asks for an approval"
        case .requireReview: "Asks for a review"
        case .quarantine: "Denies, and sets aside what was asked about"
        case .logOnly: "Notes it, and nothing more"
        case .stepUp: "Asks for a stronger sign-in"
        }
    }
}

/// The lines of one rule.
private struct RuleLines {
    let rule: Rule
    let document: AttributeValue
    let zone: String

    var all: [RuleReading.Line] {
        [
            .init(label: "About", texts: [document["description"]?.string].compactMap { $0 }),
            .init(label: "Who", texts: who), .init(label: "What", texts: [does]),
            .init(label: "When", texts: document["when"].map(ConditionReading.lines) ?? []),
            .init(label: "Window", texts: rule.windows.map { RuleReading.words($0, in: zone) }),
            .init(label: "Limits", texts: rule.limits.map { RuleReading.words($0) }),
            .init(label: "Parameters", texts: rule.params.sorted { $0.key < $1.key }.map(parameter)),
            .init(label: "Approval", texts: rule.approval.map(approval) ?? []),
            .init(label: "Demands", texts: rule.demand.map(demand) ?? []),
            .init(label: "Runs", texts: runs),
        ]
    }

    private var who: [String] {
        var texts: [String] = []
        if case .object(let named)? = document["subjects"] {
            for (key, words) in [
                ("users", "user"), ("roles", "whoever holds the role"), ("groups", "group"),
                ("service_accounts", "service account"),
            ] {
                let names = (named[key]?.list ?? []).compactMap(\.string)
                if !names.isEmpty { texts.append("\(words) \(names.joined(separator: " or "))") }
            }
        }
        if texts.isEmpty { texts.append("anybody") }
        if !rule.roles.isEmpty { texts.append("and holds the role \(rule.roles.joined(separator: " or "))") }
        return texts
    }

    private var does: String {
        let actions = (document["actions"]?.list ?? []).compactMap(\.string)
        let types = (document["resources"]?["types"]?.list ?? []).compactMap(\.string)
        let ids = (document["resources"]?["ids"]?.list ?? []).compactMap(\.string)
        var text = actions.isEmpty ? "anything" : actions.joined(separator: " or ")
        if !types.isEmpty { text += " on \(types.joined(separator: " or "))" }
        if !ids.isEmpty { text += " named \(ids.joined(separator: " or "))" }
        return text
    }

    private func parameter(_ pair: (key: String, value: Rule.Parameter)) -> String {
        switch pair.value {
        case .fixed(let value): "\(pair.key) is \(ConditionReading.value(value))"
        case .bySeverity(let values):
            "\(pair.key) is "
                + values.sorted { $0.key < $1.key }.map { "\(ConditionReading.value($0.value)) at \($0.key.rawValue)" }
                .joined(separator: ", ")
        }
    }

    private func approval(_ approval: Rule.Approval) -> [String] {
        var texts: [String] = []
        if !approval.roles.isEmpty { texts.append("by \(approval.roles.joined(separator: " or "))") }
        if let workflow = approval.workflow { texts.append("along the workflow \(workflow)") }
        if let severity = approval.bypassAt { texts.append("nobody is asked at \(severity.rawValue)") }
        return texts
    }

    private func demand(_ demand: AuthenticationDemand) -> [String] {
        var texts: [String] = []
        if let strength = demand.strength { texts.append(strength >= .aal2 ? "two factors" : "a sign-in") }
        if let seconds = demand.maxAgeSeconds { texts.append("not older than \(seconds) seconds") }
        return texts
    }

    private var runs: [String] {
        var texts: [String] = []
        if rule.autoExecute { texts.append("by itself") }
        if rule.autoSuggest { texts.append("offered to people as a button") }
        if rule.priority != 0 { texts.append("priority \(rule.priority)") }
        return texts
    }
}
