import Authorization
import Vocabulary

extension RuleReader {
    /// Reads `limits`: `{measure, param, period, hours, per, max}`.
    func limits(_ node: DocumentNode, _ params: [String: Rule.Parameter], _ log: inout FaultLog) -> [Limit] {
        (node.items(limit: Rule.Limits.limits, &log) ?? []).compactMap { limit($0, params, &log) }
    }

    private func limit(
        _ node: DocumentNode, _ params: [String: Rule.Parameter], _ log: inout FaultLog
    ) -> Limit? {
        let keys = ["measure", "param", "period", "hours", "per", "max"]
        guard let members = node.members(keys, required: ["measure", "period", "max"], &log) else { return nil }
        let word = members["measure"].flatMap { $0.word(MeasureWord.self, &log) }
        let name = members["param"].flatMap { $0.text(limit: PolicyLimits.nameBytes, &log) }
        let measure: Limit.Measure?
        switch (word, name) {
        case (.count, _): measure = .count
        case (.quantity, let name?): measure = .quantity(name)
        case (.absolute, let name?): measure = .absolute(name)
        default:
            measure = nil
            if word != nil { log.report(node.child("param"), "missing_key", "missing", "Name the parameter to add up") }
        }
        let sharing = members["per"].flatMap { $0.word(Limit.Sharing.self, &log) } ?? .rule
        let period = self.period(members, &log)
        guard let measure, let period, let maximum = members["max"].flatMap({ self.maximum($0, &log) }) else {
            return nil
        }
        return Limit(measure: measure, period: period, sharing: sharing, maximum: maximum)
    }

    private func period(_ members: [String: DocumentNode], _ log: inout FaultLog) -> Limit.Period? {
        let hours = members["hours"].flatMap { $0.integer(1...Limit.Period.longestRolling / 3_600, &log) }
        switch members["period"].flatMap({ $0.word(PeriodWord.self, &log) }) {
        case .day: return .day
        case .isoWeek: return .isoWeek
        case .rolling: return .rolling(seconds: (hours ?? 24) * 3_600)
        case nil: return nil
        }
    }

    private func maximum(_ node: DocumentNode, _ log: inout FaultLog) -> Limit.Maximum? {
        if let amount = Amount(node.value), amount >= .zero { return .fixed(amount) }
        guard case .object(let members) = node.value, !members.isEmpty else {
            return wrong(node, &log)
        }
        if let name = members["attribute"]?.string, let otherwise = members["otherwise"].flatMap(Amount.init),
            members.count == 2, otherwise >= .zero, name.hasPrefix("context.")
        {
            return .attribute(String(name.dropFirst("context.".count)), otherwise: otherwise)
        }
        var amounts: [Severity: Amount] = [:]
        for (key, value) in members {
            guard let severity = Severity(rawValue: key), let amount = Amount(value), amount >= .zero else {
                return wrong(node, &log)
            }
            amounts[severity] = amount
        }
        return .bySeverity(amounts)
    }

    private func wrong(_ node: DocumentNode, _ log: inout FaultLog) -> Limit.Maximum? {
        log.report(
            node.path, "wrong_number", "this is no maximum",
            "Write a number from 0, numbers by severity, or `{attribute: context.x, otherwise: 0}`")
        return nil
    }
}

/// The words for what is added up.
private enum MeasureWord: String, CaseIterable {
    case count, quantity, absolute
}

/// The words for periods.
private enum PeriodWord: String, CaseIterable {
    case day, isoWeek = "iso_week", rolling
}
