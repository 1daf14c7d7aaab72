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
            .init(label: "Window", texts: rule.windows.map(window)),
            .init(label: "Limits", texts: rule.limits.map(limit)),
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

    private func window(_ window: TimeWindow) -> String {
        "\(Self.days(window.days)), \(Self.clock(window.start)) to \(Self.clock(window.end)), \(zone)"
    }

    private static let dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    /// Monday first, runs of three and more as from–to.
    private static func days(_ days: Set<Int>) -> String {
        if days.count == 7 { return "every day" }
        let order = [1, 2, 3, 4, 5, 6, 0]
        var runs: [[Int]] = []
        for (place, day) in order.enumerated() where days.contains(day) {
            if place > 0, days.contains(order[place - 1]), !runs.isEmpty {
                runs[runs.count - 1].append(day)
            } else {
                runs.append([day])
            }
        }
        return runs.map { run in
            run.count > 2
                ? "\(dayNames[run[0]])–\(dayNames[run[run.count - 1]])"
                : run.map { dayNames[$0] }.joined(separator: ", ")
        }.joined(separator: ", ")
    }

    private static func clock(_ minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private func limit(_ limit: Limit) -> String {
        let what =
            switch limit.measure {
            case .count: "times"
            case .quantity(let name), .absolute(let name): "of \(name) altogether"
            }
        let sharing =
            switch limit.sharing {
            case .rule: ""
            case .user: " for each user"
            case .resource: " for each resource"
            }
        let sign = if case .absolute = limit.measure { ", ups and downs alike" } else { "" }
        return "at most \(maximum(limit.maximum)) \(what) \(period(limit.period))\(sharing)\(sign)"
    }

    private func maximum(_ maximum: Limit.Maximum) -> String {
        switch maximum {
        case .fixed(let amount): "\(amount)"
        case .bySeverity(let amounts):
            amounts.sorted { $0.key < $1.key }.map { "\($0.value) at \($0.key.rawValue)" }.joined(separator: ", ")
        case .attribute(let name, let otherwise): "what context.\(name) says (else \(otherwise))"
        }
    }

    private func period(_ period: Limit.Period) -> String {
        switch period {
        case .day: "a day"
        case .isoWeek: "a week (Monday to Sunday)"
        case .rolling(let seconds): "in \(seconds / 3_600) hours"
        }
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
