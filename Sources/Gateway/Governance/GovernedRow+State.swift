import Governance
import Storage
import Vocabulary

// What lists and schedules need of each kind.

extension GovernedRow {
    init(_ policy: GovernedPolicy, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(GovernedPolicy.aggregate.kind), id: policy.id.bytes,
            state: policy.state.rawValue, type: policy.type.rawValue, scope: policy.scope.level.rawValue,
            version: policy.version, position: position)
    }

    init(_ set: PolicySet, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(PolicySet.aggregate.kind), id: set.id.bytes, state: "active",
            type: "policy_set", version: set.version, position: position)
    }

    init(_ exemption: Exemption, at position: Int64, in tenant: TenantID) {
        let (type, target) =
            switch exemption.target {
            case .policy(let id): ("policy", id.bytes)
            case .sodRule(let id): ("sod_rule", id.bytes)
            }
        self.init(
            tenant: tenant, kind: .governed(Exemption.aggregate.kind), id: exemption.id.bytes,
            state: exemption.state.rawValue, type: type, target: target, parent: exemption.entity.subject?.bytes,
            version: exemption.version, position: position,
            dueAt: exemption.state == .active ? exemption.until : nil)
    }

    init(_ application: GovernedApplication, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(GovernedApplication.aggregate.kind), id: application.id.bytes,
            state: application.details.status.rawValue, type: application.details.type.rawValue,
            target: application.details.owner?.bytes, parent: tenant.bytes, name: application.details.name,
            version: application.version, position: position)
    }

    init(_ entitlement: Entitlement, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(Entitlement.aggregate.kind), id: entitlement.id.bytes,
            state: entitlement.status.rawValue, type: entitlement.details.riskLevel.rawValue,
            target: entitlement.details.owner?.bytes, parent: entitlement.application.bytes,
            name: entitlement.details.name, version: entitlement.version, position: position)
    }

    init(_ assignment: EntitlementAssignment, at position: Int64, in tenant: TenantID) {
        let isOpen = [.active, .pendingApproval].contains(assignment.status)
        self.init(
            tenant: tenant, kind: .governed(EntitlementAssignment.aggregate.kind), id: assignment.id.bytes,
            state: assignment.status.rawValue, type: assignment.source.rawValue, scope: assignment.subject.kind,
            target: assignment.subject.bytes, parent: assignment.entitlement.bytes, version: assignment.version,
            position: position, dueAt: isOpen ? assignment.expiresAt : nil)
    }

    init(_ rules: AssignmentRules, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(AssignmentRules.aggregate.kind), id: tenant.bytes, state: "active",
            type: "assignment_rules", version: rules.version, position: position)
    }

    init(_ rule: SodRule, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(SodRule.aggregate.kind), id: rule.id.bytes, state: rule.status.rawValue,
            type: rule.details.conflictType.rawValue, scope: rule.details.severity.rawValue, version: rule.version,
            position: position)
    }

    init(_ violation: SodViolation, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(SodViolation.aggregate.kind), id: violation.id.bytes,
            state: violation.status.rawValue, type: violation.subject.kind, target: violation.subject.bytes,
            parent: violation.rule.bytes, version: violation.resolvedAt == nil ? 1 : 2, position: position)
    }

    init(_ template: WorkflowTemplate, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(WorkflowTemplate.aggregate.kind), id: template.id.bytes,
            state: template.isRetired ? "retired" : "in_use", type: "workflow_template", version: template.version,
            position: position)
    }

    init(_ template: StoredTemplate, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(StoredTemplate.aggregate.kind), id: template.id.bytes,
            state: template.isRetired ? "retired" : "in_use", type: "policy_template", version: template.version,
            position: position)
    }

    init(_ cases: PolicyCases, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(PolicyCases.aggregate.kind), id: cases.policy.bytes, state: "in_use",
            type: "policy_cases", version: cases.version, position: position)
    }

    init(_ approval: Approval, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(Approval.aggregate.kind), id: approval.id.bytes,
            state: approval.state.rawValue, type: approval.terms.assignment == nil ? "rules" : "access",
            scope: approval.requester.kind, target: approval.requester.bytes,
            parent: approval.terms.assignment?.bytes, version: approval.version, position: position,
            dueAt: approval.nextDue)
    }

    init(_ rule: BirthrightRule, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(BirthrightRule.aggregate.kind), id: rule.id.bytes,
            state: rule.status.rawValue, type: "birthright_rule", parent: tenant.bytes, name: rule.details.name,
            version: rule.version, position: position)
    }

    init(_ finding: TargetFinding, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(TargetFinding.aggregate.kind), id: finding.id.bytes,
            state: finding.state, type: finding.kind.rawValue, scope: finding.subject?.kind,
            target: finding.subject?.bytes, parent: finding.application.bytes, version: finding.version,
            position: position)
    }

    init(_ campaign: Campaign, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(Campaign.aggregate.kind), id: campaign.id.bytes,
            state: campaign.phase.rawValue, type: "campaign", version: campaign.version, position: position,
            dueAt: campaign.nextDue)
    }

    init(_ line: CampaignLine, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(CampaignLine.aggregate.kind), id: line.id.bytes, state: line.state,
            type: line.item.kind, scope: line.reviewer?.kind, target: line.reviewer?.bytes,
            parent: line.campaign.bytes, version: line.version, position: position)
    }

    init(_ settings: RiskSettings, at position: Int64, in tenant: TenantID) {
        self.init(
            tenant: tenant, kind: .governed(RiskSettings.aggregate.kind), id: tenant.bytes,
            state: settings.model.rawValue, type: "risk", version: settings.version, position: position)
    }

    init(_ history: RiskHistory, at position: Int64, in tenant: TenantID) {
        let last = history.entries.last
        self.init(
            tenant: tenant, kind: .governed(RiskHistory.aggregate.kind), id: history.subject.bytes,
            state: last?.level.rawValue ?? "", type: history.subject.kind, version: history.version, position: position)
    }
}

extension Holding {
    /// What a row says of an assignment; nil for a row of something else.
    init?(_ row: GovernedRow) {
        guard let id = EntitlementAssignmentID(bytes: row.id), let entitlement = row.parent.flatMap(EntitlementID.init),
            let subject = row.target.flatMap({ Subject(kind: row.scope ?? "", bytes: $0) }),
            let source = AssignmentSource(rawValue: row.type), let status = AssignmentStatus(rawValue: row.state)
        else { return nil }
        self.init(
            assignment: id, subject: subject, entitlement: entitlement, source: source, status: status,
            expiresAt: row.dueAt)
    }
}
