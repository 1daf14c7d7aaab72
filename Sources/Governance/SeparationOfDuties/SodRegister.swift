import Vocabulary

/// What is known of a tenant's rules of separation of duties, of the exemptions from them and of what was found, with the
/// compiled index beside it: everything, or the part that a decision rests on.
public struct SodRegister: Sendable {
    public let tenant: TenantID
    public private(set) var rules: [SodRuleID: SodRule] = [:]
    public private(set) var violations: [SodViolationID: SodViolation] = [:]
    /// Exemptions whose target is a rule of this register, ended ones included.
    public private(set) var exemptions: [ExemptionID: Exemption] = [:]
    /// The active rules as they are judged by.
    public private(set) var index = SodIndex([])
    /// Violations that are not resolved.
    private(set) var activeViolations: [Breach: SodViolationID] = [:]
    private var exemptionsByBreach: [Breach: [ExemptionID]] = [:]

    /// A rule and who breaks it.
    struct Breach: Hashable {
        let rule: SodRuleID
        let subject: Subject
    }

    /// An empty register. Throws `tenantRequired` for the nil id.
    public init(tenant: TenantID) throws(GovernanceError) {
        guard !tenant.isNil else { throw .tenantRequired }
        self.tenant = tenant
    }

    /// Folds one event. Throws `invalidSequence` for one that cannot stand there.
    public mutating func apply(_ recorded: Recorded<SodEvent>) throws(GovernanceError) {
        try fold(recorded)
        switch recorded.event {
        case .violationDetected, .violationResolved: break
        default: index = SodIndex(rules.values)
        }
    }

    /// Folds many events, compiling once at their end.
    public mutating func apply(_ events: some Sequence<Recorded<SodEvent>>) throws(GovernanceError) {
        for event in events { try fold(event) }
        index = SodIndex(rules.values)
    }

    /// Takes over an exemption as it is now. One that is about something else is none of its business.
    public mutating func apply(_ exemption: Exemption) {
        guard case .sodRule(let rule) = exemption.target, case .subject(let subject) = exemption.entity else { return }
        if exemptions.updateValue(exemption, forKey: exemption.id) == nil {
            exemptionsByBreach[Breach(rule: rule, subject: subject), default: []].append(exemption.id)
        }
    }

    private mutating func fold(_ recorded: Recorded<SodEvent>) throws(GovernanceError) {
        switch recorded.event {
        case .ruleCreated(let id, _), .ruleUpdated(let id, _), .ruleStatusChanged(let id, _),
            .ruleOrphaned(let id, _), .ruleDeleted(let id):
            var rule = rules[id]
            try SodRule.aggregate.apply(&rule, recorded)
            rules[id] = rule
        case .violationDetected(let id, _, _, _), .violationResolved(let id):
            var violation = violations[id]
            try SodViolation.aggregate.apply(&violation, recorded)
            if let violation { take(violation) }
        }
    }

    // MARK: What is known

    /// Takes over rules as they are now, and compiles them once.
    public mutating func take(_ known: some Sequence<SodRule>) {
        for rule in known { rules[rule.id] = rule }
        index = SodIndex(rules.values)
    }

    /// Takes over a violation as it is now.
    public mutating func take(_ violation: SodViolation) {
        violations[violation.id] = violation
        take(violation.id, of: violation.rule, by: violation.subject, isActive: violation.status == .active)
    }

    /// Takes over what an index says of a violation.
    public mutating func take(_ violation: SodViolationID, of rule: SodRuleID, by subject: Subject, isActive: Bool) {
        activeViolations[Breach(rule: rule, subject: subject)] = isActive ? violation : nil
    }

    // MARK: Questions

    /// The violation that is known of a subject and a rule and not resolved.
    func activeViolation(_ rule: SodRuleID, _ subject: Subject) -> SodViolationID? {
        activeViolations[Breach(rule: rule, subject: subject)]
    }

    /// The exemption that lets a subject break a rule at a moment.
    public func exemption(from rule: SodRuleID, for subject: Subject, at now: Timestamp) -> ExemptionID? {
        exemptionsByBreach[Breach(rule: rule, subject: subject)]?.first {
            exemptions[$0]?.isInForce(at: now) ?? false
        }
    }

    /// Whether a subject may break a rule at a moment.
    public func isExempted(_ subject: Subject, from rule: SodRuleID, at now: Timestamp) -> Bool {
        exemption(from: rule, for: subject, at: now) != nil
    }

    /// Every exemption of a subject, ended ones included, oldest first.
    public func exemptions(of subject: Subject) -> [Exemption] {
        exemptions.values.filter { $0.entity == .subject(subject) }
            .sorted { ($0.grantedAt, $0.id) < ($1.grantedAt, $1.id) }
    }

    /// The violations of a subject that are not resolved, oldest first.
    public func violations(of subject: Subject) -> [SodViolation] {
        violations.values.filter { $0.subject == subject && $0.status == .active }
            .sorted { ($0.detectedAt, $0.id) < ($1.detectedAt, $1.id) }
    }

    /// The active rules by name.
    public func activeRules() -> [SodRule] {
        rules.values.filter { $0.status == .active }.sorted { ($0.details.name, $0.id) < ($1.details.name, $1.id) }
    }
}
