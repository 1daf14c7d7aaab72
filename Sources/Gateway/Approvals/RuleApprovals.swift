import Authorization
import Crypto
import Foundation
import Governance
import Storage
import Vocabulary

/// Approvals that governed rules ask for. Each is bound to one subject's one request, word for word, and is found again
/// by it: whoever asks the same once more passes on the strength of it.
struct RuleApprovals: Sendable {
    let store: Store
    let zones: ZoneFiles
    let tally: ApprovalTally

    /// How long an approval is good for once it was given.
    static let validity = Duration.hours(24)

    /// What is asked to be approved.
    struct Wish: Sendable {
        let digest: [UInt8]
        let subject: Subject
        let decision: RuleDecision
        let question: DecisionQuestion
        let reason: String?
        /// The decision that was refused for want of it.
        let evaluation: DecisionID
    }

    /// What an approval is bound to: who wants to do what to which thing, under which circumstances.
    static func digest(of question: DecisionQuestion, _ subject: Subject) -> [UInt8] {
        let text = CanonicalText.of([
            "kind": .string(subject.kind), "subject": .string(subject.id), "action": .string(question.action),
            "type": .string(question.resourceType), "resource": .string(question.resourceID),
            "attributes": .object(question.resourceAttributes),
            "context": .object(question.context.filter { !question.passing.contains($0.key) }),
        ])
        return Array(SHA256.hash(data: Data(text.utf8)))
    }

    /// What was approved of this very request, under the very rules that ask for it now, and is still good.
    func grants(
        for digest: [UInt8], asking rules: [RuleOrigin], in tenant: TenantID, at now: Timestamp
    ) async throws -> [RuleInquiry.ApprovalGrant] {
        try await store.ask(tenant, now: now) { view in
            try Self.approvals(of: digest, view).filter { approval in
                approval.permits(digest) && approval.endedAt.map { now - $0 < Self.validity } ?? false
            }.compactMap { $0.grant(for: rules) }
        }
    }

    /// Asks for an approval along the workflows that the rules name, or in one stage by their roles. The one that waits
    /// already where the same was asked before.
    func ask(_ wish: Wish, by caller: Caller) async throws -> Approval {
        try await store.govern(by: caller) { writer in
            let waiting = try Self.approvals(of: wish.digest, writer.view).first { approval in
                approval.state == .pending && wish.decision.approvalRules.allSatisfy(approval.covers)
            }
            if let waiting { return waiting }
            try RequestThrottle.admit(wish.subject, writer)
            let (details, template) = try Self.stages(of: wish.decision, writer.view)
            let request = ApprovalRequest(
                id: .random(at: writer.now), requester: wish.subject, submitter: caller.principal?.subject,
                rules: wish.decision.approvalRules, evaluation: wish.evaluation, requestDigest: wish.digest,
                circumstances: StageCircumstances(risk: wish.risk, context: wish.question.context),
                reason: wish.reason, matter: wish.matter)
            return try writer.beginApproval(request.id, counting: tally) {
                try Approval.request(
                    request, along: details, template: template, zones: zones.table(details.zoneNames),
                    now: writer.now)
            }
        }
    }

    private static func approvals(of digest: [UInt8], _ view: GovernedView) throws -> [Approval] {
        try view.sql.linked(.governed(Approval.aggregate.kind), to: digest, in: view.tenant)
            .compactMap { ApprovalID(bytes: $0) }.compactMap { try view.load(Governed.approval($0)).state }
    }

    /// The stages of every workflow that is named, one workflow after the other, after one for every set of roles that
    /// a rule names without a workflow.
    private static func stages(
        of decision: RuleDecision, _ view: GovernedView
    ) throws -> (WorkflowTemplate.Details, WorkflowTemplateID?) {
        let templates = try decision.workflows.map { try view.usable(workflow: $0) }
        if templates.count == 1, decision.approverRoles.isEmpty { return (templates[0].details, templates[0].id) }
        return (Approval.joinedStages(try roleSets(of: decision, view), templates.map(\.details)), nil)
    }

    /// The roles that each of the rules asks for, read from the policies that decided. Where they are not all the
    /// tenant's own, or no longer what they were, every role has to agree: that is never less than the rules ask.
    private static func roleSets(of decision: RuleDecision, _ view: GovernedView) throws -> [[String]] {
        let all = Set(decision.approverRoles)
        guard decision.approvalRules.count > 1, !all.isEmpty else { return [decision.approverRoles] }
        var sets: [[String]] = []
        for origin in decision.approvalRules {
            guard let policy = try view.load(GovernedStream(GovernedPolicy.aggregate, origin.policy)).state,
                policy.version == origin.version, let placed = policy.rules.first(where: { $0.id == origin.rule }),
                let roles = try Rule.read(placed.document, id: origin.rule).approval?.roles
            else { return decision.approverRoles.map { [$0] } }
            sets.append(roles)
        }
        return Set(sets.joined()) == all ? sets : decision.approverRoles.map { [$0] }
    }
}

extension RuleApprovals.Wish {
    /// As the request says; one that says nothing passes through every stage that looks at risk.
    fileprivate var risk: RiskLevel {
        let context = question.context
        if let level = context["risk_level"]?.string.flatMap(RiskLevel.init(rawValue:)) { return level }
        switch context["severity"]?.string.flatMap(Severity.init) {
        case .ok: return .low
        case .warn: return .medium
        case .crit: return .critical
        case nil: return .high
        }
    }
    /// What whoever decides is shown. The context stays out: it may hold anything, and as much as it likes.
    fileprivate var matter: AttributeValue {
        [
            "action": .string(question.action), "resource_type": .string(question.resourceType),
            "resource": .string(question.resourceID), "rules": .list(decision.approvalRules.map { .string($0.name) }),
        ]
    }
}
