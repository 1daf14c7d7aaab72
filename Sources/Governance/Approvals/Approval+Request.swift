import Vocabulary

extension Approval {
    /// How approvals are folded and written.
    public static let aggregate = Aggregate<Approval, ApprovalEvent>(
        kind: "approval", apply: { state, event throws(GovernanceError) in state = try applying(event, to: state) },
        encode: { $0.record }, decode: { try ApprovalEvent.read($0) })

    /// One stage by roles alone: what a rule without a workflow asks for.
    public static func plainStage(_ roles: [String]) -> WorkflowTemplate.Details {
        WorkflowTemplate.Details(name: "approval", stages: [WorkflowStage(name: "approval", approverRoles: roles)])
    }

    /// What rules ask for together: a stage for every set of roles that one of them names, and every workflow's stages
    /// with that workflow's own escalations. Whoever satisfies one rule has not satisfied another by it.
    public static func joinedStages(
        _ roleSets: [[String]], _ workflows: [WorkflowTemplate.Details]
    ) -> WorkflowTemplate.Details {
        var seen: Set<Set<String>> = []
        let byRoles = roleSets.filter { !$0.isEmpty && seen.insert(Set($0)).inserted }
            .flatMap { plainStage($0).stages }
        let along = workflows.flatMap { details in
            details.stages.enumerated().map { number, stage in
                var stage = stage
                stage.escalations = details.escalations(at: number)
                return stage
            }
        }
        return WorkflowTemplate.Details(name: "approval", stages: byRoles + along)
    }

    /// A new request for approval along these stages. A request whose conditions leave every stage out is refused:
    /// nobody would have approved it.
    public static func request(
        _ request: ApprovalRequest, along details: WorkflowTemplate.Details, template: WorkflowTemplateID? = nil,
        zones: ZoneTable, now: Timestamp
    ) throws(GovernanceError) -> [ApprovalEvent] {
        try details.check()
        guard request.rules.count <= ApprovalRequest.ruleLimit, (16...64).contains(request.requestDigest.count),
            (request.reason?.utf8.count ?? 0) <= WorkflowTemplate.Limits.textBytes
        else { throw .invalid(field: "request", reason: "has too many rules, no digest or too long a reason") }
        let skipped = details.stages.indices.filter { number in
            !(details.stages[number].condition?.holds(request.circumstances, zones: zones, now: now) ?? true)
        }
        guard let first = details.stages.indices.first(where: { !skipped.contains($0) }) else {
            throw .invalid(field: "stages", reason: "are all left out by their conditions")
        }
        let deadline = now + details.stages[first].timeout
        var events: [ApprovalEvent] = [
            .requested(
                .init(
                    terms: Approval.Terms(
                        id: request.id, template: template, requester: request.requester,
                        beneficiary: request.beneficiary, submitter: request.submitter,
                        rules: request.rules.map(\.rule), versions: request.rules.map(\.version),
                        evaluation: request.evaluation,
                        assignment: request.assignment, requestDigest: request.requestDigest,
                        risk: request.circumstances.risk, details: details, skipped: skipped),
                    deadline: deadline, reason: request.reason, matter: request.matter))
        ]
        if request.circumstances.risk >= .high,
            let escalation = details.escalations(at: first).first(where: { $0.trigger == .highRisk })
        {
            events.append(.escalated(.highRisk, roles: escalation.roles, deadline: deadline))
        }
        return events
    }
}
