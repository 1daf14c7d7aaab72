import Authorization
import Gateway
import Governance
import Vocabulary

extension GovernedPolicy {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": .string(description),
            "policy_type": .string(type.rawValue), "enforcement": .string(enforcement.rawValue), "scope": scope.json,
            "state": .string(state.rawValue),
            "rules": .list(rules.map { ["id": $0.id.json, "rule": $0.document] }),
            "frameworks": .list(frameworks.map { .string($0.rawValue) }), "timezone": zone.map { .string($0) },
            "overridable": .bool(isOverridable), "overrides": overrides?.json, "supersedes": supersedes?.json,
            "effective_from": effective?.from.json, "effective_until": effective?.until?.json,
            "submitted": .bool(isSubmitted), "version": .integer(version), "created_at": createdAt.json,
            "updated_at": updatedAt.json, "created_by": .string(createdBy.description),
            "approved_by": approvedBy.map { .string($0.description) },
        ])
    }
}

extension PolicyScope {
    fileprivate var json: AttributeValue {
        func names(_ names: [String]) -> AttributeValue? { names.isEmpty ? nil : .list(names.map { .string($0) }) }
        return HTTPAPI.json([
            "level": .string(level.rawValue), "unit": unit?.json, "subject": subject?.json,
            "environments": names(environments), "services": names(services), "resources": names(resources),
            "actions": names(actions),
        ])
    }
}

extension PolicyChange {
    var json: AttributeValue {
        HTTPAPI.json([
            "version": .integer(version), "event": .string(event), "at": at.json,
            "actor": .string(actor.description), "reason": reason?.text.map { .string($0) },
            "claim": reason?.claim.map { .string($0) }, "claimed_at": reason?.claimedAt?.json,
            "differences": .list(
                differences.map { difference in
                    HTTPAPI.json([
                        "path": .string(difference.path), "before": difference.before.map { .string($0) },
                        "after": difference.after.map { .string($0) },
                    ])
                }),
        ])
    }
}

extension PolicySet {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": .string(description),
            "combination": .string(combination.word), "at_least": combination.count.map { .integer(Int64($0)) },
            "policies": .list(policies.map(\.json)), "version": .integer(version), "created_at": createdAt.json,
            "updated_at": updatedAt.json,
        ])
    }
}

extension Exemption {
    var json: AttributeValue { .object(members) }

    /// With why it was granted and revoked, for whoever may read what is governed.
    func json(_ account: ExemptionAccount?) -> AttributeValue {
        var members = members
        members["reason"] = account?.reason.map { .string($0) }
        members["claim"] = account?.claim.map { .string($0) }
        members["revoked_by"] = account?.revokedBy.map { .string($0.description) }
        members["revocation_reason"] = account?.revocation?.text.map { .string($0) }
        members["revocation_claim"] = account?.revocation?.claim.map { .string($0) }
        return .object(members)
    }

    private var members: [String: AttributeValue] {
        var members: [String: AttributeValue?] = [
            "id": id.json, "state": .string(state.rawValue), "valid_from": from.json, "expires_at": until?.json,
            "conditions": conditions, "risk_level": riskAcceptance.map { .string($0.level.rawValue) },
            "risk_accepted_by": riskAcceptance?.acceptedBy.json, "granted_by": .string(grantedBy.description),
            "granted_at": grantedAt.json, "ended_at": endedAt?.json, "version": .integer(version),
        ]
        switch target {
        case .policy(let id): members["policy_id"] = id.json
        case .sodRule(let id): members["sod_rule_id"] = id.json
        }
        switch entity {
        case .subject(let subject):
            members["entity_type"] = .string(subject.kind)
            members["entity_id"] = .string(subject.id)
        case .other(let high, let low):
            members["entity_type"] = "other"
            members["entity_id"] = Identifier<Void>(high: high, low: low).json
        }
        return members.compactMapValues(\.self)
    }
}

enum GovernanceSchema {
    static let policy = JSONSchema.object(
        [
            "id": .uuid, "name": .string(), "description": .string(),
            "policy_type": .words(PolicyType.allCases.map(\.rawValue)),
            "enforcement": .words(Enforcement.allCases.map(\.rawValue)), "scope": scope,
            "state": .words(PolicyState.allCases.map(\.rawValue)),
            "rules": .array(.object(["id": .uuid, "rule": .map(.any)])),
            "frameworks": .array(.words(ComplianceFramework.allCases.map(\.rawValue))), "timezone": .string(),
            "overridable": .boolean, "overrides": .uuid, "supersedes": .uuid, "effective_from": .time,
            "effective_until": .time, "submitted": .boolean, "version": APISchemas.version, "created_at": .time,
            "updated_at": .time, "created_by": .string(), "approved_by": .string(),
        ],
        optional: ["timezone", "overrides", "supersedes", "effective_from", "effective_until", "approved_by"])

    private static let scope = JSONSchema.object(
        [
            "level": .words(ScopeLevel.allCases.map(\.rawValue)), "unit": .uuid, "subject": .reference("Subject"),
            "environments": APISchemas.texts, "services": APISchemas.texts, "resources": APISchemas.texts,
            "actions": APISchemas.texts,
        ], optional: ["unit", "subject", "environments", "services", "resources", "actions"])

    static let change = JSONSchema.object(
        [
            "version": APISchemas.version, "event": .string(), "at": .time, "actor": .string(),
            "reason": .string().described("As it was said; absent once its author is erased."),
            "claim": .string().described("The name that the payload gave, such as `approved_by`."),
            "claimed_at": .time,
            "differences": .array(
                .object(
                    ["path": .string(), "before": .string(), "after": .string()], optional: ["before", "after"])),
        ], optional: ["reason", "claim", "claimed_at"])

    static let exemption = JSONSchema.object(
        [
            "id": .uuid, "policy_id": .uuid, "sod_rule_id": .uuid,
            "entity_type": .words(["person", "service_account", "other"]), "entity_id": .uuid,
            "state": .words(Exemption.State.allCases.map(\.rawValue)), "valid_from": .time, "expires_at": .time,
            "conditions": .any, "risk_level": .string(), "risk_accepted_by": .uuid, "granted_by": .string(),
            "granted_at": .time, "ended_at": .time, "version": APISchemas.version,
            "reason": .string().described("As it was said; absent once whom it is about is erased."),
            "claim": .string().described("Who the payload says granted it: `granted_by` is who did."),
            "revoked_by": .string(), "revocation_reason": .string(), "revocation_claim": .string(),
        ],
        optional: [
            "reason", "claim", "revoked_by", "revocation_reason", "revocation_claim", "policy_id", "sod_rule_id",
            "expires_at", "conditions", "risk_level", "risk_accepted_by", "ended_at",
        ])

    static let set = JSONSchema.object(
        [
            "id": .uuid, "name": .string(), "description": .string(),
            "combination": .words(["all", "any", "majority", "at_least"]), "at_least": .integer(minimum: 1),
            "policies": .array(.uuid), "version": APISchemas.version, "created_at": .time, "updated_at": .time,
        ], optional: ["at_least"])

    static let outcome = JSONSchema.object([
        "kind": .words(["policy", "policy_set", "exemption"]), "id": .uuid, "version": .integer(minimum: 0),
        "events": APISchemas.texts.described("The types of the events written; empty when nothing had to change."),
        "repetition": .boolean.described("Whether it had been carried out before."),
    ])
}
