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
    /// The name of its policy.
    public let policyName: String
    /// Whether it is one of those that made the decision.
    public let isDetermining: Bool
    /// When it applies, by the clock of `zone`; empty means always.
    public let windows: [TimeWindow]
    /// The IANA name.
    public let zone: String
    /// How its limits stand, where it matches what was asked.
    public let limits: [LimitTrace]
    /// Whom it asks, where it asks for an approval.
    public let approval: Rule.Approval?
    /// The sets in which its policy votes.
    public let sets: [PolicySetID]
    /// What became of it beside: exempted, approved, outvoted, logged and the like.
    public let notes: [RuleDecision.Note.Kind]
}

extension RuleBook {
    /// What became of every rule for this action and resource type, in order of precedence. Costs milliseconds over
    /// thousands of rules; not for the request path.
    ///
    /// - Parameters:
    ///   - counters: the ledger of a rule's limits; nil when nothing was ever counted.
    ///   - decision: what these rules came to; nil when none of them looked at the request.
    public func traces(
        _ inquiry: RuleInquiry, standing: Standing, counters: (RuleID) -> LimitLedger? = { _ in nil },
        for decision: RuleDecision?, now: Timestamp
    ) -> [GovernedTrace] {
        let rules = index.explain(inquiry.request, standing: standing, now: now).rules
        let numbered = rules.compactMap { trace -> (Int, RuleTrace)? in
            guard case .policy(_, let version) = trace.rule, Int(version) < entries.count else { return nil }
            return (Int(version), trace)
        }
        return numbered.sorted { $0.0 < $1.0 }.map { number, trace in
            let entry = entries[number]
            let verdict = verdict(entry, trace, inquiry, now)
            return GovernedTrace(
                rule: entry.origin, effect: entry.rule.effect, enforcement: entry.enforcement, verdict: verdict,
                comparisons: trace.comparisons, policyName: entry.policyName,
                isDetermining: decision?.determining.contains(entry.origin) ?? false, windows: entry.rule.windows,
                zone: entry.zone.name,
                limits: verdict == .satisfied ? limits(of: entry, inquiry, counters(entry.rule.id), now) : [],
                approval: entry.rule.approval, sets: sets.filter { $0.members.contains(entry.place) }.map(\.id),
                notes: (decision?.notes ?? []).filter { $0.rule == entry.origin }.map(\.kind))
        }
    }

    private func limits(
        of entry: Entry, _ inquiry: RuleInquiry, _ ledger: LimitLedger?, _ now: Timestamp
    ) -> [LimitTrace] {
        let rule = entry.rule
        guard !rule.limits.isEmpty else { return [] }
        let usage = rule.usage(inquiry, params: rule.resolvedParams(inquiry), at: now, zone: entry.zone)
        let bySeverity = rule.params.filter { if case .bySeverity = $0.value { true } else { false } }
        let context = LimitContext(severity: inquiry.severity, attributes: inquiry.context)
        return rule.limits.map { limit in
            (ledger ?? LimitLedger(rule: rule.id)).trace(
                limit, for: usage, context, goingBySeverity: Set(bySeverity.keys), at: now)
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
