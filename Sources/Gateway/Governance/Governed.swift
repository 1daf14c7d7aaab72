import Governance
import Vocabulary

/// The streams of what is governed, by what they are of.
enum Governed {
    static func application(_ id: ApplicationID) -> GovernedStream<GovernedApplication, ApplicationEvent> {
        GovernedStream(GovernedApplication.aggregate, id)
    }

    static func entitlement(_ id: EntitlementID) -> GovernedStream<Entitlement, EntitlementEvent> {
        GovernedStream(Entitlement.aggregate, id)
    }

    static func assignment(_ id: EntitlementAssignmentID) -> GovernedStream<EntitlementAssignment, AssignmentEvent> {
        GovernedStream(EntitlementAssignment.aggregate, id)
    }

    static func assignmentRules(_ tenant: TenantID) -> GovernedStream<AssignmentRules, AssignmentRules> {
        GovernedStream(AssignmentRules.aggregate, tenant)
    }

    static func rule(_ id: SodRuleID) -> GovernedStream<SodRule, SodEvent> { GovernedStream(SodRule.aggregate, id) }

    static func violation(_ id: SodViolationID) -> GovernedStream<SodViolation, SodEvent> {
        GovernedStream(SodViolation.aggregate, id)
    }

    static func exemption(_ id: ExemptionID) -> GovernedStream<Exemption, ExemptionEvent> {
        GovernedStream(Exemption.aggregate, id)
    }

    static func workflow(_ id: WorkflowTemplateID) -> GovernedStream<WorkflowTemplate, WorkflowEvent> {
        GovernedStream(WorkflowTemplate.aggregate, id)
    }

    static func approval(_ id: ApprovalID) -> GovernedStream<Approval, ApprovalEvent> {
        GovernedStream(Approval.aggregate, id)
    }

    static func birthright(_ id: BirthrightRuleID) -> GovernedStream<BirthrightRule, BirthrightEvent> {
        GovernedStream(BirthrightRule.aggregate, id)
    }

    static func finding(_ id: TargetFindingID) -> GovernedStream<TargetFinding, TargetFindingEvent> {
        GovernedStream(TargetFinding.aggregate, id)
    }

    static func campaign(_ id: CampaignID) -> GovernedStream<Campaign, CampaignEvent> {
        GovernedStream(Campaign.aggregate, id)
    }

    static func campaignLine(_ id: CampaignLineID) -> GovernedStream<CampaignLine, CampaignLineEvent> {
        GovernedStream(CampaignLine.aggregate, id)
    }

    static func riskSettings(_ tenant: TenantID) -> GovernedStream<RiskSettings, RiskEvent> {
        GovernedStream(RiskSettings.aggregate, tenant)
    }

    static func riskHistory(_ subject: Subject) -> GovernedStream<RiskHistory, RiskEvent> {
        switch subject {
        case .person(let id): GovernedStream(RiskHistory.aggregate, id)
        case .serviceAccount(let id): GovernedStream(RiskHistory.aggregate, id)
        }
    }

    static func policyTemplate(_ id: PolicyTemplateID) -> GovernedStream<StoredTemplate, TemplateEvent> {
        GovernedStream(StoredTemplate.aggregate, id)
    }

    static func policyCases(_ id: PolicyID) -> GovernedStream<PolicyCases, PolicyCasesEvent> {
        GovernedStream(PolicyCases.aggregate, id)
    }
}
