import Vocabulary

// How the API shows things: for each kind, its JSON and beside it the schema of the OpenAPI document. Names are in snake
// case; absent values are left out.

func json(_ members: [String: AttributeValue?]) -> AttributeValue { .object(members.compactMapValues { $0 }) }

extension Identifier {
    var json: AttributeValue { .string(description) }
}

extension Timestamp {
    var json: AttributeValue { .string(rfc3339) }
}

/// The schemas that stand once in the document and that routes refer to by name.
enum APISchemas {
    static let all: [String: JSONSchema] = [
        "Framework": ComplianceSchema.framework, "Assessment": ComplianceSchema.assessment,
        "AssessmentEntry": ComplianceSchema.entry, "SignedAssessment": ComplianceSchema.signed,
        "Person": PersonSchema.shown, "Group": GroupSchema.shown, "Session": SessionSchema.shown,
        "OrganizationUnit": OrganizationUnitSchema.shown, "Role": RoleSchema.shown, "Permission": RoleSchema.permission,
        "Mapping": MappingSchema.shown, "Assignment": AssignmentSchema.shown,
        "Client": ClientSchema.client, "TokenKey": ClientSchema.key,
        "NATSOperator": NATSSchema.operator, "NATSAccount": NATSSchema.account, "NATSUser": NATSSchema.user,
        "SAMLApplication": SAMLApplicationSchema.shown, "SignalStream": SignalStreamSchema.stream,
        "ServiceAccount": ServiceAccountSchema.shown, "APIKey": ServiceAccountSchema.key,
        "PolicyDocument": PolicySchema.shown, "Tenant": TenantSchema.shown, "Provider": ProviderSchema.shown,
        "ProviderGroup": ProviderSchema.group,
        "Application": ApplicationSchema.shown, "AuditEvent": AuditSchema.event, "SyncRun": SyncSchema.run,
        "SyncChange": SyncSchema.change,
        "SyncReport": SyncSchema.report, "Decision": DecisionSchema.answer, "DecisionRecord": DecisionSchema.record,
        "Explanation": DecisionSchema.explanation, "Subject": subject,
        "Key": KeySchema.shown, "SignIn": SignInSchema.shown, "PopulationRow": PopulationSchema.row,
        "GovernedPolicy": GovernanceSchema.policy, "PolicyChange": GovernanceSchema.change,
        "Exemption": GovernanceSchema.exemption, "GovernanceOutcome": GovernanceSchema.outcome,
        "GovernedApplication": EntitlementSchema.application, "Entitlement": EntitlementSchema.entitlement,
        "EntitlementAssignment": EntitlementSchema.assignment, "EffectiveEntitlement": EntitlementSchema.effective,
        "EntitlementAuditEntry": EntitlementSchema.audit, "AssignmentRules": EntitlementSchema.rules,
        "SodRule": DutySchema.rule, "SodViolation": DutySchema.violation, "RiskSettings": RiskSchema.settings,
        "RiskScore": RiskSchema.score, "Approval": ApprovalSchema.approval, "Workflow": ApprovalSchema.workflow,
        "PolicySet": GovernanceSchema.set, "Reservation": GovernedRuleSchema.reservation,
        "PolicyReview": WorkbenchSchema.review, "PolicyTrial": WorkbenchSchema.trial,
        "RuleAnalysis": WorkbenchSchema.analysis, "PolicyTemplate": WorkbenchSchema.template,
        "ActionReview": GovernedRuleSchema.review, "Campaign": CampaignSchema.campaign,
        "CampaignLine": CampaignSchema.line, "BirthrightRule": BirthrightSchema.rule,
        "TargetFinding": ReconciliationSchema.finding,
    ]

    static let managedBy = JSONSchema.words(["configuration", "api", "sync"])
        .described("Who owns it. A change by another owner is 409.")
    static let machineAccount = JSONSchema.string().described(
        "What this machine calls the account `os:…` that acted; absent for any other actor.")
    static let version = JSONSchema.integer(minimum: 1).described("Grows with every change; the ETag is made of it.")
    static let subject = JSONSchema.object(["type": .words(["person", "service_account"]), "id": .uuid])
    static let texts = JSONSchema.array(.string())
    static let anomalies = JSONSchema.array(.words(LoginAnomaly.allCases.map(\.rawValue)))
        .described("What stood out about the sign-in: `session.anomalies` of policies.")
}

extension Subject {
    var json: AttributeValue { ["type": .string(kind), "id": .string(id)] }
}
