import Gateway
import Governance
import Vocabulary

extension GovernedApplication {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(details.name), "description": details.description.map { .string($0) },
            "type": .string(details.type.rawValue), "status": .string(details.status.rawValue),
            "owner_id": details.owner?.json, "created_at": createdAt.json, "updated_at": updatedAt.json,
            "version": .integer(version),
        ])
    }
}

extension Entitlement {
    func json(in tenant: TenantID) -> AttributeValue { document(in: tenant).adding(["version": .integer(version)]) }
}

extension AssignmentService.Detail {
    func json(in tenant: TenantID) -> AttributeValue {
        assignment.json(in: tenant).adding(["justification": justification.map { .string($0) }])
    }
}

extension EntitlementAssignment {
    func json(in tenant: TenantID) -> AttributeValue {
        document(in: tenant).adding(["subject": subject.json, "version": .integer(version)])
    }
}

extension EffectiveEntitlement {
    var json: AttributeValue {
        [
            "entitlement_id": entitlement.json,
            "derivations": .list(
                derivations.map { derivation in
                    switch derivation {
                    case .assignment(let id, let source, let rule):
                        HTTPAPI.json([
                            "source": .string(source.rawValue), "assignment_id": id.json, "rule_id": rule?.json,
                        ])
                    case .role(let role): ["source": "role", "role_id": role.json]
                    }
                }),
        ]
    }
}

extension EntitlementAuditEntry {
    var json: AttributeValue {
        HTTPAPI.json([
            "event_id": event.json, "tenant_id": tenant.json, "action": .string(action.rawValue),
            "entitlement_id": entitlement.json, "subject": subject?.json, "actor": .string(actor.description),
            "at": at.json, "before": before, "after": after,
        ])
    }
}

extension AssignmentRules {
    var json: AttributeValue {
        HTTPAPI.json([
            "checks": .list(checks.map { .string($0.rawValue) }),
            "prerequisites": .list(
                prerequisites.map { ["entitlement_id": $0.entitlement.json, "required_id": $0.required.json] }),
            "approver_roles": .list(approverRoles.map { .string($0) }), "workflow_id": workflow?.json,
            "workflows": .list(
                routes.map { ["entitlement_id": $0.entitlement.json, "workflow_id": $0.workflow.json] }),
            "version": .integer(version),
        ])
    }
}

extension AttributeValue {
    /// An object with further members, absent ones left out.
    fileprivate func adding(_ further: [String: AttributeValue?]) -> AttributeValue {
        .object((object ?? [:]).merging(further.compactMapValues { $0 }) { _, new in new })
    }
}

enum EntitlementSchema {
    private static let name = JSONSchema.string(minLength: 1, maxLength: EntitlementDetails.Limits.nameBytes)
    private static let text = JSONSchema.string(maxLength: EntitlementDetails.Limits.descriptionBytes)
    private static let level = JSONSchema.words(RiskLevel.allCases.map(\.rawValue))

    static let applicationMembers: [String: JSONSchema] = [
        "name": name, "description": text.nullable, "type": .words(ApplicationType.allCases.map(\.rawValue)),
        "status": .words(ApplicationStatus.allCases.map(\.rawValue)), "owner_id": JSONSchema.uuid.nullable,
    ]
    static let newApplication = JSONSchema.object(
        applicationMembers.merging(["id": .uuid]) { $1 },
        optional: ["id", "description", "type", "status", "owner_id"])
    static let application = JSONSchema.object(
        [
            "id": .uuid, "name": .string(), "description": .string(),
            "type": .words(ApplicationType.allCases.map(\.rawValue)),
            "status": .words(ApplicationStatus.allCases.map(\.rawValue)), "owner_id": .uuid, "created_at": .time,
            "updated_at": .time, "version": APISchemas.version,
        ], optional: ["description", "owner_id"])

    static let entitlementMembers: [String: JSONSchema] = [
        "name": name, "description": text.nullable, "risk_level": level,
        "status": .words(EntitlementStatus.allCases.map(\.rawValue)), "owner_id": JSONSchema.uuid.nullable,
        "external_id": JSONSchema.string(maxLength: EntitlementDetails.Limits.externalIDBytes).nullable
            .described("What the target system calls it."),
        "metadata": .any,
        "is_delegable": JSONSchema.boolean.described("Whether a holder may pass it on."),
    ]
    static let newEntitlement = JSONSchema.object(
        entitlementMembers.merging(["id": .uuid, "application_id": .uuid]) { $1 },
        optional: ["id", "description", "status", "owner_id", "external_id", "metadata", "is_delegable"])
    static let entitlement = JSONSchema.object(
        [
            "id": .uuid, "tenant_id": .uuid, "application_id": .uuid, "name": .string(), "description": .string(),
            "risk_level": level, "status": .words(EntitlementStatus.allCases.map(\.rawValue)), "owner_id": .uuid,
            "external_id": .string(), "metadata": .any, "is_delegable": .boolean, "roles": .array(.uuid),
            "created_at": .time, "updated_at": .time, "version": APISchemas.version,
        ], optional: ["description", "owner_id", "external_id", "metadata", "roles"])
    static let counted = JSONSchema.object(
        [
            "items": .array(.reference("Entitlement")),
            "next": .string().described("Present when there is a next page: its `cursor`."),
            "total": JSONSchema.integer(minimum: 0).described("How many there are on all pages."),
        ], optional: ["next"])

    static let assignment = JSONSchema.object(
        [
            "id": .uuid, "tenant_id": .uuid, "entitlement_id": .uuid, "user_id": .uuid,
            "subject": .reference("Subject"), "source": .words(AssignmentSource.allCases.map(\.rawValue)),
            "status": .words(AssignmentStatus.allCases.map(\.rawValue)), "assigned_by": .string(),
            "assigned_at": .time, "expires_at": .time, "is_justified": .boolean,
            "justification": JSONSchema.string().described("As it was said; absent once its subject is erased."),
            "delegated_from": .uuid, "rule_id": .uuid, "ended_at": .time, "version": APISchemas.version,
        ], optional: ["expires_at", "justification", "delegated_from", "rule_id", "ended_at"])

    static let effective = JSONSchema.object([
        "entitlement_id": .uuid,
        "derivations": .array(
            .object(
                [
                    "source": .words(AssignmentSource.allCases.map(\.rawValue)), "assignment_id": .uuid,
                    "role_id": .uuid, "rule_id": JSONSchema.uuid.described("The birthright rule that gave it."),
                ], optional: ["assignment_id", "role_id", "rule_id"])),
    ])

    static let audit = JSONSchema.object(
        [
            "event_id": .uuid, "tenant_id": .uuid,
            "action": .words(EntitlementAuditEntry.Action.allCases.map(\.rawValue)), "entitlement_id": .uuid,
            "subject": .reference("Subject"), "actor": .string(), "at": .time, "before": .any, "after": .any,
        ], optional: ["subject", "before", "after"])

    private static let ruleMembers: [String: JSONSchema] = [
        "checks": .array(
            .words(AssignmentRules.Check.allCases.map(\.rawValue)), maximum: AssignmentRules.Check.allCases.count),
        "prerequisites": .array(
            .object(["entitlement_id": .uuid, "required_id": .uuid]), maximum: AssignmentRules.listLimit),
        "approver_roles": .array(name, minimum: 1, maximum: WorkflowTemplate.Limits.roles),
        "workflow_id": JSONSchema.uuid.described("The workflow of every request that has none of its own."),
        "workflows": .array(
            .object(["entitlement_id": .uuid, "workflow_id": .uuid]), maximum: AssignmentRules.listLimit),
    ]
    static let newRules = JSONSchema.object(
        ruleMembers, optional: ["prerequisites", "approver_roles", "workflow_id", "workflows"])
    static let rules = JSONSchema.object(
        ruleMembers.merging(["version": .integer(minimum: 0)]) { $1 }, optional: ["workflow_id"])
}
