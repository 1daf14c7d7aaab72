import Vocabulary

extension SodRule {
    /// How rules are folded and written. One that is deleted folds to nothing.
    public static let aggregate = Aggregate<SodRule, SodEvent>(
        kind: "sod_rule", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try SodEvent($0) })

    private static func apply(_ recorded: Recorded<SodEvent>, to state: inout SodRule?) throws(GovernanceError) {
        if case .ruleCreated(let id, let details) = recorded.event {
            guard state == nil else { throw .invalidSequence(kind: "sod rule", event: "created") }
            state = SodRule(
                id: id, details: details, status: .active, isOrphaned: false, createdBy: recorded.actor,
                createdAt: recorded.at, updatedAt: recorded.at, version: 1)
            return
        }
        guard var rule = state else { throw .invalidSequence(kind: "sod rule", event: "change") }
        rule.version += 1
        rule.updatedAt = recorded.at
        switch recorded.event {
        case .ruleUpdated(_, let details): (rule.details, rule.isOrphaned) = (details, false)
        case .ruleStatusChanged(_, let status): rule.status = status
        case .ruleOrphaned: (rule.isOrphaned, rule.status) = (true, .inactive)
        case .ruleDeleted:
            state = nil
            return
        default: throw .invalidSequence(kind: "sod rule", event: "\(recorded.event)")
        }
        state = rule
    }
}

extension SodViolation {
    /// How violations are folded and written.
    public static let aggregate = Aggregate<SodViolation, SodEvent>(
        kind: "sod_violation", apply: { state, event throws(GovernanceError) in try apply(event, to: &state) },
        encode: { $0.record }, decode: { try SodEvent($0) })

    private static func apply(_ recorded: Recorded<SodEvent>, to state: inout SodViolation?) throws(GovernanceError) {
        switch (recorded.event, state) {
        case (.violationDetected(let id, let rule, let subject, let entitlements), nil):
            state = SodViolation(
                id: id, rule: rule, subject: subject, entitlements: entitlements, detectedAt: recorded.at,
                resolvedAt: nil, status: .active)
        case (.violationResolved, var violation?):
            (violation.status, violation.resolvedAt) = (.resolved, recorded.at)
            state = violation
        default: throw .invalidSequence(kind: "sod violation", event: "\(recorded.event)")
        }
    }
}
