import Governance
import Logging
import Synchronization
import Vocabulary

/// Counts what governed rules decide, and tells the operator when a critical policy stands in the way of something.
final class PolicyMeter: Sendable {
    /// What a governed decision came to.
    enum Kind: String, Sendable, CaseIterable {
        case deny, approval, execute, allow

        init(_ decision: RuleDecision) {
            self =
                !decision.isAllowed
                ? .deny : decision.needsApproval ? .approval : decision.execute ? .execute : .allow
        }
    }

    private struct Key: Hashable {
        let kind: Kind
        let reason: RuleDecision.Reason
    }

    private let counted = Tally<Key>()
    private let told = Mutex<[RuleID: Timestamp]>([:])
    private let times = Mutex(Distribution.evaluations)
    private let logger: Logger
    /// A flood of blocked requests must not become a flood of lines: one a second for each rule.
    private static let pause = Duration.seconds(1)

    init(logger: Logger) { self.logger = logger }

    func note(_ decision: RuleDecision, _ id: DecisionID, in tenant: TenantID, at now: Timestamp) {
        counted.count(Key(kind: Kind(decision), reason: decision.reason))
        guard decision.alert, let rule = decision.rule, isDue(rule.rule, now) else { return }
        logger.critical(
            "a critical policy stands in the way",
            metadata: ["tenant_id": "\(tenant)", "decision": "\(id)", "rule": "\(rule)"])
    }

    /// Counts how long a question took, from whom it is about to what is answered.
    func took(_ time: Duration) { times.withLock { $0.add(time) } }

    /// How long questions took.
    var evaluations: MetricFamily {
        .histogram("gatehouse_decision_seconds", "Time to resolve and decide a question.")
            .adding(times.withLock { $0 })
    }

    private func isDue(_ rule: RuleID, _ now: Timestamp) -> Bool {
        told.withLock { told in
            if let last = told[rule], now >= last, now - last < Self.pause { return false }
            told[rule] = now
            return true
        }
    }

    /// One series for each way and reason that can stand together.
    var family: MetricFamily {
        let counts = counted.counts
        var family = MetricFamily.counter(
            "gatehouse_policy_decisions_total", "Decisions of governed rules, by what they came to and why.")
        for reason in RuleDecision.Reason.allCases {
            for kind in Kind.of(reason) {
                family = family.adding(
                    counts[Key(kind: kind, reason: reason)] ?? 0, ["type": kind.rawValue, "reason": reason.rawValue])
            }
        }
        return family
    }
}

extension PolicyMeter.Kind {
    fileprivate static func of(_ reason: RuleDecision.Reason) -> [PolicyMeter.Kind] {
        switch reason {
        case .allowed: [.execute, .allow]
        case .approvalRequired: [.approval]
        default: [.deny]
        }
    }
}
