import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// The AuthZEN Access Request and Approval Profile: a refusal that can be asked about, the task that comes of asking, and
/// the question asked again.
extension AuthZENRoutes {
    static let tasksPath = "/access/v1/requests"

    var tasks: [Route] {
        let access = Route.Access.permission(action: "request", type: "approval")
        return [
            Route(
                .post, Self.tasksPath, "submitAccessRequest", "Asks for what was refused and is requestable (ARAP)",
                details: """
                    The body tells the refused question again and carries `denial` as the refusal gave it. The task is \
                    an approval; once it is approved, ask the question again.
                    """,
                tag: "approvals", access: access, requestBody: .map(.any), response: .map(.any), successStatus: 202,
                handler: submit),
            Route(
                .get, Self.tasksPath + "/{task}", "getAccessRequest", "Shows what became of an access request (ARAP)",
                tag: "approvals", access: access, response: .map(.any)
            ) { request in
                let task = try await gateway.accessTasks.task(try Self.id(request), in: try request.requiredTenant)
                return APIResponse(body: try json(task, request))
            },
            Route(
                .post, Self.tasksPath + "/{task}/cancel", "cancelAccessRequest", "Withdraws an access request (ARAP)",
                details: "By whoever submitted it, or asked for it.", tag: "approvals", access: access,
                response: .map(.any)
            ) { request in
                let task = try await gateway.accessTasks.cancel(
                    try Self.id(request), by: try request.caller(gateway))
                return APIResponse(body: try json(task, request))
            },
        ]
    }

    private static func id(_ request: APIRequest) throws -> ApprovalID {
        guard let id = request.parameters["task"].flatMap({ ApprovalID($0) }) else {
            throw AccessTaskService.Failure.unknownTask
        }
        return id
    }

    @Sendable private func submit(_ request: APIRequest) async throws -> APIResponse {
        let submission = try Self.submission(request.body?.object ?? [:])
        let origin = try await request.origin("authzen", of: submission.question, gateway)
        let task = try await gateway.accessTasks.submit(
            submission, in: try request.requiredTenant, origin: origin, by: try request.caller(gateway))
        return APIResponse(
            .accepted, body: try json(task, request),
            location: try base(request) + Self.tasksPath + "/\(task.id)")
    }

    private static func submission(_ body: [String: AttributeValue]) throws -> AccessSubmission {
        guard let denial = body["denial"]?.object, let token = denial["binding_token"]?.string,
            let expiry = denial["expires_at"]?.string.flatMap({ Timestamp(rfc3339: $0) })
        else { throw AccessTaskService.Failure.invalidBinding }
        var body = body
        // The one member that the submission's context adds to the question's.
        var context = body["context"]?.object ?? [:]
        let why = context.removeValue(forKey: "business_justification")?.string
        if body["context"] != nil { body["context"] = .object(context) }
        guard (why?.utf8.count ?? 0) <= WorkflowTemplate.Limits.textBytes else {
            throw Fault("body.invalid", .caller, "`context.business_justification` is too long.")
        }
        var evaluation: DecisionID?
        if let text = denial["evaluation_id"] {
            guard let id = text.string.flatMap({ DecisionID($0) }) else {
                throw AccessTaskService.Failure.invalidBinding
            }
            evaluation = id
        }
        return AccessSubmission(
            try AuthZENQuestion(body, defaults: [:]).question, bindingToken: token, expiresAt: expiry,
            evaluation: evaluation, justification: why)
    }

    // MARK: What is told

    /// What the answer to a question says of approvals: how to ask for one, or which one it rests on.
    func approvalContext(
        _ answer: DecisionAnswer, _ asked: AuthZENQuestion, _ request: APIRequest
    ) async throws -> [String: AttributeValue] {
        if let used = answer.usedApproval {
            let approval = try await gateway.approvals.approval(used, in: try request.requiredTenant)
            // The thread from the first refusal to this answer.
            return approval.reference.map { reference in
                [
                    "approval": reference,
                    "evaluation_id": .string((approval.terms.evaluation ?? answer.id).description),
                ]
            } ?? [:]
        }
        var members: [String: AttributeValue] = [:]
        if !answer.isPermitted, asked.approval != nil {
            members["next_action"] = answer.requestable == nil ? "none" : "request"
        }
        guard !answer.isPermitted, let denial = answer.requestable else { return members }
        members["evaluation_id"] = .string(denial.evaluation.description)
        members["evaluated_at"] = denial.evaluatedAt.json
        members["reason"] = .string(answer.reasons.first ?? "approval_required")
        members["access_request"] = [
            "endpoint": .string(try base(request) + Self.tasksPath), "expires_at": denial.expiresAt.json,
            "binding_token": .string(denial.bindingToken),
            "display": [
                "title": "Request access", "description": "Somebody has to approve this before it is done.",
            ],
        ]
        return members
    }

    private func base(_ request: APIRequest) throws -> String {
        gateway.tenants.publicURL(of: try request.requiredTenant)
    }

    private func json(_ task: Approval, _ request: APIRequest) throws -> AttributeValue {
        let place = try base(request) + Self.tasksPath + "/\(task.id)"
        var members: [String: AttributeValue?] = [
            "id": task.id.json, "status": .string(task.taskStatus), "status_endpoint": .string(place),
            "evaluation_id": task.terms.evaluation.map { .string($0.description) },
        ]
        var links: [String: AttributeValue] = ["ticket": .string(try base(request) + "/admin/approvals/\(task.id)")]
        if task.state == .pending {
            members["expires_at"] = task.deadline.json
            members["progress"] = [
                "current_step": .integer(Int64(task.stage) + 1), "total_steps": .integer(Int64(task.stages.count)),
                "step_name": .string(task.stages[task.stage].name),
            ]
            links["cancel"] = .string(place + "/cancel")
        }
        members["links"] = .object(links)
        var whole: [String: AttributeValue?] = ["task": HTTPAPI.json(members)]
        if let reference = task.reference { whole["result"] = ["mode": "reevaluate", "approval": reference] }
        return HTTPAPI.json(whole)
    }
}

extension Approval {
    /// Our states in the profile's words.
    fileprivate var taskStatus: String {
        switch state {
        case .pending: "pending"
        case .approved, .overridden: "approved"
        case .rejected: "denied"
        case .expired: "expired"
        case .cancelled: "cancelled"
        }
    }

    /// What the caller sends along when it asks again; nil where it was not approved.
    fileprivate var reference: AttributeValue? {
        guard let until = ApprovalService.goodUntil(self) else { return nil }
        return HTTPAPI.json(["id": id.json, "approved_at": endedAt?.json, "approved_until": until.json])
    }
}

extension ErrorMapping {
    /// The profile's own problem types.
    static func failure(for task: AccessTaskService.Failure) -> Failure {
        let (word, status): (String, Int) =
            switch task {
            case .notRequestable: ("not_requestable", 400)
            case .expiredDenial: ("expired_denial", 410)
            case .invalidBinding: ("invalid_denial_binding", 400)
            case .unknownTask: ("unknown_task", 404)
            case .invalidState: ("invalid_task_state", 409)
            }
        var failure = plain(status, "access_request.\(word)")
        failure.problem.type = "urn:openid:authzen:access-request:error:\(word)"
        return failure
    }
}
