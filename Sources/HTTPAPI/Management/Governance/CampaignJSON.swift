import Gateway
import Governance
import Vocabulary

extension CampaignService.Overview {
    func json(in tenant: TenantID) -> AttributeValue {
        let terms = campaign.terms
        return HTTPAPI.json([
            "id": campaign.id.json, "tenant_id": tenant.json, "name": .string(terms.name), "scope": terms.scope.json,
            "reviewers": .string(terms.reviewers.rawValue), "reviewer": terms.reviewer.json,
            "escalates_to": terms.escalatesTo?.json, "deadline": terms.deadline.json,
            "undecided": .string(terms.undecided.rawValue), "unused_after_days": .integer(Int64(terms.unusedAfterDays)),
            "phase": .string(campaign.phase.rawValue), "reminded": .bool(campaign.isReminded),
            "escalated": .bool(campaign.isEscalated), "recorded_since": campaign.recordedSince?.json,
            "started_at": campaign.startedAt.json, "closed_at": campaign.closedAt?.json,
            "lines": .integer(Int64(campaign.lineCount)),
            "counts": .object(counts.mapValues(AttributeValue.integer)), "version": .integer(campaign.version),
        ])
    }
}

extension Campaign.Scope {
    var json: AttributeValue {
        switch self {
        case .application(let id): ["application_id": id.json]
        case .role(let id): ["role_id": id.json]
        case .manager(let id): ["manager_id": id.json]
        case .risk(let level): ["risk_level": .string(level.rawValue)]
        }
    }
}

extension CampaignService.Line {
    var json: AttributeValue {
        var members: [String: AttributeValue?] = [
            "id": line.id.json, "campaign_id": line.campaign.json, "kind": .string(line.item.kind),
            "name": itemName.map { .string($0) }, "application": applicationName.map { .string($0) },
            "risk_level": risk.map { .string($0.rawValue) }, "holder": line.holder.json,
            "holder_name": holderName.map { .string($0) }, "reviewer": line.reviewer?.json,
            "reviewer_name": reviewerName.map { .string($0) }, "revocable": .bool(line.item.isRevocable),
            "unused": isUnused.map { .bool($0) }, "state": .string(line.state),
            "verdict": line.verdict.map { .string($0.rawValue) }, "decided_by": line.decidedBy?.json,
            "decided_at": line.decidedAt?.json, "reason": reason.map { .string($0) },
            "version": .integer(line.version),
        ]
        switch line.use {
        case .last(let at): (members["use"], members["last_used"]) = ("recorded", at.json)
        case .none: members["use"] = "none_recorded"
        case .unknown: members["use"] = "unknown"
        }
        switch line.item {
        case .entitlement(let assignment, let entitlement, let source):
            members["assignment_id"] = assignment.json
            members["entitlement_id"] = entitlement.json
            members["source"] = .string(source.rawValue)
        case .role(let assignment, let role):
            (members["assignment_id"], members["role_id"]) = (assignment.json, role.json)
        case .mappedRole(let role): members["role_id"] = role.json
        }
        return HTTPAPI.json(members)
    }
}

enum CampaignSchema {
    private static let verdict = JSONSchema.words(Campaign.Verdict.allCases.map(\.rawValue))
    private static let level = JSONSchema.words(RiskLevel.allCases.map(\.rawValue))
    private static let reviewers = JSONSchema.words(Campaign.Reviewers.allCases.map(\.rawValue))
    static let phase = JSONSchema.words(Campaign.Phase.allCases.map(\.rawValue))
    static let state = JSONSchema.words(CampaignLine.states)
    private static let somebody = JSONSchema.string(minLength: 1, maxLength: 254).described("Id, login or mail.")
    static let lines = JSONSchema.array(.uuid, minimum: 1, maximum: Campaign.Limits.linesAtOnce)

    private static let scopes = ["application", "role", "manager", "risk_level"]

    static let new = JSONSchema.object(
        [
            "id": .uuid, "name": .string(minLength: 1, maxLength: Campaign.Limits.nameBytes),
            "application": JSONSchema.uuid.described("Review what this application's entitlements give."),
            "role": JSONSchema.string(minLength: 1, maxLength: 128).described("Review who holds this role."),
            "manager": JSONSchema.string(minLength: 1, maxLength: 254)
                .described("Review everything that the people led by this person hold."),
            "risk_level": level.described("Review entitlements of this level or a higher one."),
            "reviewers": reviewers.described("Who is asked first; `manager` without it."), "reviewer": somebody,
            "escalates_to": somebody, "deadline": .time,
            "undecided": verdict.described("What becomes of lines that nobody decided; `revoke` without it."),
            "unused_after_days": .integer(
                minimum: Campaign.Limits.unusedDays.lowerBound, maximum: Campaign.Limits.unusedDays.upperBound),
        ],
        optional: Set(scopes).union(["id", "reviewers", "escalates_to", "undecided", "unused_after_days"])
    ).withOne(of: scopes)

    static let campaign = JSONSchema.object(
        [
            "id": .uuid, "tenant_id": .uuid, "name": .string(),
            "scope": .object(
                ["application_id": .uuid, "role_id": .uuid, "manager_id": .uuid, "risk_level": level],
                optional: ["application_id", "role_id", "manager_id", "risk_level"]),
            "reviewers": reviewers, "reviewer": .reference("Subject"), "escalates_to": .reference("Subject"),
            "deadline": .time, "undecided": verdict, "unused_after_days": .integer(), "phase": phase,
            "reminded": .boolean, "escalated": .boolean,
            "recorded_since": JSONSchema.time.described(
                "Since when every decision was recorded; absent where none were: the record tells of no use then."),
            "started_at": .time, "closed_at": .time, "lines": .integer(minimum: 0),
            "counts": JSONSchema.map(.integer(minimum: 1)).described("Lines by state."),
            "version": APISchemas.version,
        ], optional: ["escalates_to", "recorded_since", "closed_at"])

    static let line = JSONSchema.object(
        [
            "id": .uuid, "campaign_id": .uuid, "kind": .words(["entitlement", "role", "mapped_role"]),
            "name": .string(), "application": .string(), "risk_level": level, "holder": .reference("Subject"),
            "holder_name": .string(), "reviewer": JSONSchema.reference("Subject"), "reviewer_name": .string(),
            "assignment_id": .uuid, "entitlement_id": .uuid, "role_id": .uuid,
            "source": .words(AssignmentSource.allCases.map(\.rawValue)),
            "revocable": JSONSchema.boolean.described(
                "Whether closing the campaign takes it away. What a directory's group or a rule gives is taken away there."
            ),
            "use": .words(["recorded", "none_recorded", "unknown"]), "last_used": .time,
            "unused": JSONSchema.boolean.described(
                "Whether no use was recorded for as long as the campaign asks; absent where the record cannot tell."),
            "state": state, "verdict": verdict, "decided_by": .reference("Subject"), "decided_at": .time,
            "reason": .string(), "version": APISchemas.version,
        ],
        optional: [
            "name", "application", "risk_level", "holder_name", "reviewer", "reviewer_name", "assignment_id",
            "entitlement_id", "role_id", "source", "last_used", "unused", "verdict", "decided_by", "decided_at",
            "reason",
        ])
}
