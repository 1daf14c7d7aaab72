import Gateway
import Governance
import Vocabulary

extension Approval {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "state": .string(state.rawValue), "requester": requester.json,
            "beneficiary": terms.beneficiary?.json, "submitter": terms.submitter?.json,
            "workflow_id": terms.template?.json,
            "assignment_id": terms.assignment?.json, "rule_ids": .list(rules.map(\.json)),
            "risk": .string(terms.risk.rawValue), "stage": .integer(Int64(stage)),
            "stages": .list(stages.enumerated().map { stage($0, $1) }),
            "approver_roles": .list(approverRoles.map { .string($0) }), "deadline": deadline.json,
            "escalated": .list(escalated.map { .string($0.rawValue) }), "reminded": .bool(isReminded),
            "alarming": .bool(isAlarming), "needs_review": .bool(needsReview), "created_at": createdAt.json,
            "ended_at": endedAt?.json, "version": .integer(version),
        ])
    }

    private func stage(_ number: Int, _ stage: WorkflowStage) -> AttributeValue {
        [
            "name": .string(stage.name), "min_approvals": .integer(Int64(stage.minApprovals)),
            "skipped": .bool(terms.skipped.contains(number)),
            "votes": .list(
                votes.filter { $0.stage == number }.map { vote in
                    HTTPAPI.json([
                        "by": vote.by.json, "on_behalf_of": vote.onBehalfOf?.json, "at": vote.at.json,
                    ])
                }),
        ]
    }
}

extension Approver {
    var json: AttributeValue {
        switch self {
        case .subject(let subject): subject.json
        case .outsider(let digest): ["type": "outsider", "id": .string(Base64.encode(digest, .url))]
        }
    }
}

extension WorkflowTemplate {
    var json: AttributeValue {
        [
            "id": id.json, "template": details.document, "retired": .bool(isRetired), "version": .integer(version),
            "created_at": createdAt.json, "updated_at": updatedAt.json,
        ]
    }
}

enum ApprovalSchema {
    private static let approver = JSONSchema.object([
        "type": .words(["person", "service_account", "outsider"]), "id": .string(),
    ])
    static let approval = JSONSchema.object(
        [
            "id": .uuid, "state": .words(Approval.State.allCases.map(\.rawValue)), "requester": .reference("Subject"),
            "beneficiary": JSONSchema.reference("Subject"), "submitter": .reference("Subject"), "workflow_id": .uuid,
            "assignment_id": .uuid,
            "rule_ids": .array(.uuid), "risk": .words(RiskLevel.allCases.map(\.rawValue)),
            "stage": JSONSchema.integer(minimum: 0).described("The one being decided, counted from 0."),
            "stages": .array(
                .object([
                    "name": .string(), "min_approvals": .integer(minimum: 1), "skipped": .boolean,
                    "votes": .array(
                        .object(["by": approver, "on_behalf_of": approver, "at": .time], optional: ["on_behalf_of"])),
                ])),
            "approver_roles": APISchemas.texts, "deadline": .time,
            "escalated": .array(.words(Escalation.Trigger.allCases.map(\.rawValue))), "reminded": .boolean,
            "alarming": JSONSchema.boolean.described("An override is under way or was used."),
            "needs_review": .boolean, "created_at": .time, "ended_at": .time, "version": APISchemas.version,
        ], optional: ["beneficiary", "submitter", "workflow_id", "assignment_id", "ended_at"])
    static let history = JSONSchema.object(
        [
            "approval": .reference("Approval"),
            "matter": JSONSchema.map(.any).described("What is asked for, in names that people know."),
            "reason": .string(), "may_decide": .boolean,
            "events": .array(
                .object(
                    [
                        "at": .time, "actor": .string(), "event": .string(), "by": approver, "on_behalf_of": approver,
                        "text": .string(),
                    ], optional: ["by", "on_behalf_of", "text"])),
        ], optional: ["matter", "reason"])
    static let workflow = JSONSchema.object([
        "id": .uuid, "template": .map(.any), "retired": .boolean, "version": APISchemas.version, "created_at": .time,
        "updated_at": .time,
    ])
    static let request = JSONSchema.object([
        "assignment": .reference("EntitlementAssignment"), "approval": .reference("Approval"),
    ])
}
