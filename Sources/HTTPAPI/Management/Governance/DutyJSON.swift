import Gateway
import Governance
import Vocabulary

extension SodRule {
    func json(in tenant: TenantID) -> AttributeValue {
        HTTPAPI.json([
            "id": id.json, "tenant_id": tenant.json, "name": .string(details.name),
            "description": details.description.map { .string($0) },
            "conflict_type": .string(details.conflictType.rawValue),
            "entitlement_ids": .list(details.entitlements.map(\.json)),
            "max_count": details.maxCount.map { .integer(Int64($0)) }, "severity": .string(details.severity.rawValue),
            "status": .string(status.rawValue), "orphaned": .bool(isOrphaned),
            "created_by": .string(createdBy.description), "created_at": createdAt.json, "updated_at": updatedAt.json,
            "version": .integer(version),
        ])
    }
}

extension SodViolation {
    func json(in tenant: TenantID) -> AttributeValue {
        HTTPAPI.json([
            "id": id.json, "tenant_id": tenant.json, "rule_id": rule.json, "user_id": .string(subject.id),
            "subject": subject.json, "entitlement_ids": .list(entitlements.map(\.json)),
            "detected_at": detectedAt.json, "resolved_at": resolvedAt?.json, "status": .string(status.rawValue),
        ])
    }
}

extension SodViolationInfo {
    var json: AttributeValue {
        [
            "rule_id": rule.json, "rule_name": .string(ruleName),
            "conflicting_entitlements": .list(conflictingEntitlements.map(\.json)),
            "severity": .string(severity.rawValue), "message": .string(message),
        ]
    }
}

extension PreventiveResult {
    var json: AttributeValue {
        [
            "is_valid": .bool(isValid), "violations": .list(violations.map(\.json)),
            "exempted": .list(exempted.map(\.json)),
        ]
    }
}

extension SodScan {
    var json: AttributeValue {
        [
            "rules": .integer(Int64(rulesScanned)), "subjects": .integer(Int64(subjectsScanned)),
            "violating": .integer(Int64(violating)), "found": .integer(Int64(found)),
            "resolved": .integer(Int64(resolved)), "exempted": .integer(Int64(exempted.count)),
            "exemptions": .list(
                exempted.prefix(Self.shownExemptions).map {
                    ["rule_id": $0.rule.json, "subject": $0.subject.json, "exemption_id": $0.exemption.json]
                }),
        ]
    }

    /// Exempted breaches that an answer names; `exempted` counts them all.
    static let shownExemptions = 100
}

enum DutySchema {
    static let status = JSONSchema.words(SodRule.Status.allCases.map(\.rawValue))
    private static let level = JSONSchema.words(RiskLevel.allCases.map(\.rawValue))
    private static let type = JSONSchema.words(SodRule.ConflictType.allCases.map(\.rawValue))

    static let ruleMembers: [String: JSONSchema] = [
        "name": .string(minLength: 1, maxLength: EntitlementDetails.Limits.nameBytes),
        "description": JSONSchema.string(maxLength: EntitlementDetails.Limits.descriptionBytes).nullable,
        "conflict_type": type, "entitlement_ids": .array(.uuid, maximum: SodRuleDetails.entitlementLimit),
        "max_count": JSONSchema.integer().nullable.described("How many may be held together; for `cardinality`."),
        "severity": level,
    ]
    static let newRule = JSONSchema.object(
        ruleMembers.merging(["id": .uuid]) { $1 }, optional: ["id", "description", "max_count"])
    static let rule = JSONSchema.object(
        [
            "id": .uuid, "tenant_id": .uuid, "name": .string(), "description": .string(), "conflict_type": type,
            "entitlement_ids": .array(.uuid), "max_count": .integer(), "severity": level, "status": status,
            "orphaned": JSONSchema.boolean.described("An entitlement of it is gone."), "created_by": .string(),
            "created_at": .time, "updated_at": .time, "version": APISchemas.version,
        ], optional: ["description", "max_count"])
    static let violation = JSONSchema.object(
        [
            "id": .uuid, "tenant_id": .uuid, "rule_id": .uuid, "user_id": .uuid, "subject": .reference("Subject"),
            "entitlement_ids": .array(.uuid), "detected_at": .time, "resolved_at": .time,
            "status": .words(SodViolation.Status.allCases.map(\.rawValue)),
        ], optional: ["resolved_at"])
    private static let info = JSONSchema.object([
        "rule_id": .uuid, "rule_name": .string(), "conflicting_entitlements": .array(.uuid), "severity": level,
        "message": .string(),
    ])
    static let verdict = JSONSchema.object([
        "is_valid": .boolean, "violations": .array(info),
        "exempted": JSONSchema.array(info).described("What would be a violation without an exemption."),
    ])
    static let scan = JSONSchema.object([
        "rules": .integer(minimum: 0), "subjects": .integer(minimum: 0),
        "violating": JSONSchema.integer(minimum: 0).described("Breaches there are, known ones included."),
        "found": .integer(minimum: 0), "resolved": .integer(minimum: 0), "exempted": .integer(minimum: 0),
        "exemptions": .array(
            .object(["rule_id": .uuid, "subject": .reference("Subject"), "exemption_id": .uuid]),
            maximum: SodScan.shownExemptions),
    ])
}
