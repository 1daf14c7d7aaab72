import Vocabulary

/// A tenant's rules of separation of duties, the exemptions from them and what was found: the fold of those streams,
/// with the compiled index beside it.
public struct SodRegister: Sendable {
    public let tenant: TenantID
    public private(set) var rules: [SodRuleID: SodRule] = [:]
    public private(set) var violations: [SodViolationID: SodViolation] = [:]
    /// Exemptions whose target is a rule of this register, ended ones included.
    public private(set) var exemptions: [ExemptionID: Exemption] = [:]
    /// The active rules as they are judged by.
    public private(set) var index = SodIndex([])
    private var activeViolations: [Breach: SodViolationID] = [:]
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
        case .ruleCreated(let id, let details):
            guard rules[id] == nil else { throw .invalidSequence(kind: "sod rule", event: "created") }
            rules[id] = SodRule(
                id: id, tenant: tenant, details: details, status: .active, isOrphaned: false,
                createdBy: recorded.actor, createdAt: recorded.at, updatedAt: recorded.at, version: 1)
        case .ruleUpdated(let id, let details):
            try change(id, recorded.at) { rule in
                rule.details = details
                rule.isOrphaned = false
            }
        case .ruleStatusChanged(let id, let status): try change(id, recorded.at) { $0.status = status }
        case .ruleOrphaned(let id, _):
            try change(id, recorded.at) { rule in (rule.isOrphaned, rule.status) = (true, .inactive) }
        case .ruleDeleted(let id):
            try change(id, recorded.at) { _ in }
            rules[id] = nil
        case .violationDetected(let id, let rule, let subject, let entitlements):
            violations[id] = SodViolation(
                id: id, tenant: tenant, rule: rule, subject: subject, entitlements: entitlements,
                detectedAt: recorded.at, resolvedAt: nil, status: .active)
            activeViolations[Breach(rule: rule, subject: subject)] = id
        case .violationResolved(let id):
            guard var violation = violations[id] else {
                throw .invalidSequence(kind: "sod violation", event: "resolved")
            }
            (violation.status, violation.resolvedAt) = (.resolved, recorded.at)
            violations[id] = violation
            activeViolations[Breach(rule: violation.rule, subject: violation.subject)] = nil
        }
    }

    private mutating func change(
        _ id: SodRuleID, _ moment: Timestamp, _ body: (inout SodRule) -> Void
    ) throws(GovernanceError) {
        guard var rule = rules[id] else { throw .invalidSequence(kind: "sod rule", event: "change") }
        rule.version += 1
        rule.updatedAt = moment
        body(&rule)
        rules[id] = rule
    }

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
