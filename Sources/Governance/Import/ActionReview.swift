import Authorization
import Vocabulary

/// A request to review an automated action, as the condition style sends it: `{request_id, action_type,
/// error_context, patch_content, environment, service_name, language, requested_by}`.
public struct ActionRequest: Sendable, Hashable {
    /// The resource type of its question; the resource is the service.
    public static let resourceType = "service"

    public let requestID: String
    public let action: String
    public let service: String
    /// Whom the payload names; the caller is the actor.
    public let requestedBy: String?
    /// Every field under its own name, as conditions read them.
    public let context: [String: AttributeValue]

    private static let keys = [
        "request_id", "action_type", "error_context", "patch_content", "environment", "service_name", "language",
        "requested_by",
    ]

    /// Reads a request. Throws `GovernanceError.rejected` with every fault.
    public init(_ tree: AttributeValue) throws(GovernanceError) {
        var log = FaultLog()
        let members =
            DocumentNode(value: tree, path: "").members(
                Self.keys, required: ["request_id", "action_type", "service_name"], &log) ?? [:]
        func text(_ key: String, _ limit: Int = PolicyLimits.nameBytes) -> String? {
            members[key]?.text(limit: limit, &log)
        }
        let (id, action, service) = (text("request_id"), text("action_type"), text("service_name"))
        let requester = text("requested_by")
        for key in ["environment", "language"] { _ = text(key) }
        if let patch = members["patch_content"], patch.value != "" { _ = text("patch_content", 16_384) }
        if let error = members["error_context"], error.value.object == nil {
            log.report(error.path, "wrong_type", "found \(error.kind), expected a mapping", "Write fields by name")
        }
        guard log.faults.isEmpty, let id, let action, let service else { throw .rejected(log.faults) }
        (requestID, self.action, self.service, requestedBy) = (id, action, service, requester)
        context = members.mapValues(\.value)
    }

    /// The question it puts to the rules.
    public func inquiry(
        subject: Subject, place: ScopePlace? = nil, roles: Set<String> = [],
        approvals: [RuleInquiry.ApprovalGrant] = []
    ) throws -> RuleInquiry {
        try RuleInquiry(
            action: action, resourceType: Self.resourceType, resourceID: service, context: context, subject: subject,
            place: place, roles: roles, approvals: approvals)
    }
}

/// The answer in that style: `{allowed, reason, approval_required, approval_request_id, workflow_instance_id,
/// policy_violations, compliance_issues}`.
public struct ActionReview: Sendable, Hashable {
    public let allowed: Bool
    public let reason: String
    public let approvalRequired: Bool
    public let approval: ApprovalID?
    public let violations: [RuleOrigin]
    public let issues: [ComplianceFramework]

    /// The answer to a review. An action that needs approval is not allowed yet.
    public init(
        allowed: Bool, reason: String, approvalRequired: Bool, approval: ApprovalID? = nil, violations: [RuleOrigin],
        issues: [ComplianceFramework]
    ) {
        (self.allowed, self.reason, self.approvalRequired) = (allowed, reason, approvalRequired)
        (self.approval, self.violations, self.issues) = (approval, violations, issues)
    }

    /// What a decision means to whoever asked; an action that needs approval is not allowed yet.
    public init(_ decision: RuleDecision, approval: ApprovalID? = nil) {
        allowed = decision.isAllowed && !decision.needsApproval
        reason = decision.reason.sentence
        approvalRequired = decision.isAllowed && decision.needsApproval
        self.approval = approvalRequired ? approval : nil
        (violations, issues) = (decision.violations, decision.issues)
    }

    /// As it is sent. An approval is one workflow, under one id.
    public var document: AttributeValue {
        let id = approval.map { AttributeValue.string($0.description) } ?? .null
        return [
            "allowed": .bool(allowed), "reason": .string(reason), "approval_required": .bool(approvalRequired),
            "approval_request_id": id, "workflow_instance_id": id,
            "policy_violations": .list(violations.map { .string($0.name) }),
            "compliance_issues": .list(issues.map { .string($0.rawValue) }),
        ]
    }
}

extension Rule {
    /// The rule behind the switch that asks for an approval of everything in production.
    public static func productionApproval(roles: [String] = ["Reviewer", "Admin"]) -> AttributeValue {
        [
            "id": "production-approval", "effect": "require_approval",
            "when": [
                "all": [
                    ["exists": "context.environment"], ["equals": ["context.environment": "production"]],
                ]
            ],
            "approval": ["roles": .list(roles.map(AttributeValue.string))],
        ]
    }
}
