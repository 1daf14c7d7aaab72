import Authorization
import Vocabulary

/// What became of one governed rule. For privileged eyes: it holds attribute values.
public struct GovernedTrace: Sendable, Hashable {
    /// What became of it, as a stable word for programs.
    public enum Verdict: String, Sendable, CaseIterable {
        /// It matches, and counts.
        case satisfied
        case conditionFalse = "condition_false"
        case erred
        /// It names other subjects.
        case otherSubject = "other_subject"
        /// Its policy is before or after its effective dates, or another stands in for it.
        case notInForce = "not_in_force"
        /// The scope of its policy does not reach the request.
        case outOfScope = "out_of_scope"
        case outsideWindow = "outside_window"
    }

    public let rule: RuleOrigin
    public let effect: Rule.Effect
    public let enforcement: Enforcement
    public let verdict: Verdict
    /// Each comparison, with what it found.
    public let comparisons: [ComparisonTrace]
}

extension RuleBook {
    /// What became of every rule for this action and resource type, in order of precedence. Costs milliseconds over
    /// thousands of rules; not for the request path.
    public func traces(_ inquiry: RuleInquiry, standing: Standing, now: Timestamp) -> [GovernedTrace] {
        let rules = index.explain(inquiry.request, standing: standing, now: now).rules
        let numbered = rules.compactMap { trace -> (Int, RuleTrace)? in
            guard case .policy(_, let version) = trace.rule, Int(version) < entries.count else { return nil }
            return (Int(version), trace)
        }
        return numbered.sorted { $0.0 < $1.0 }.map { number, trace in
            let entry = entries[number]
            return GovernedTrace(
                rule: entry.origin, effect: entry.rule.effect, enforcement: entry.enforcement,
                verdict: verdict(entry, trace, inquiry, now), comparisons: trace.comparisons)
        }
    }

    private func verdict(
        _ entry: Entry, _ trace: RuleTrace, _ inquiry: RuleInquiry, _ now: Timestamp
    ) -> GovernedTrace.Verdict {
        guard entry.isInForce(at: now, for: inquiry) else { return .notInForce }
        guard entry.reaches(inquiry) else { return .outOfScope }
        switch trace.verdict {
        case .conditionFalse: return .conditionFalse
        case .erred: return .erred
        case .otherSubject: return .otherSubject
        case .satisfied, .stepUpRequired:
            return entry.rule.isOpen(at: now, in: entry.zone) ? .satisfied : .outsideWindow
        }
    }
}
