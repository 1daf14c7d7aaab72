import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Governed rules at work: reservations under their limits, reviews of automated actions, and clients' reports.
struct GovernedRuleRoutes {
    let gateway: Gateway

    var routes: [Route] { [commit, release, evaluate] + Self.reportPaths.map(report) }

    // MARK: Reservations

    private var commit: Route {
        ending("commit", "Counts what was reserved: it was carried out") { id, caller in
            try await gateway.limits.commit(id, by: caller)
        }
    }

    private var release: Route {
        ending("release", "Lets go of what was reserved: it was not carried out") { id, caller in
            try await gateway.limits.release(id, by: caller)
        }
    }

    private func ending(
        _ word: String, _ summary: String,
        _ end: @escaping @Sendable (ReservationID, Caller) async throws -> LimitReservation
    ) -> Route {
        Route(
            .post, "/api/v1/reservations/{reservation}/\(word)", word + "Reservation", summary,
            details: """
                A reservation has the id of the decision that made it. One that is over, or that nobody used in time, \
                is 404 or 409.
                """,
            tag: "decisions", access: .permission(action: "reserve", type: "decision"),
            response: .reference("Reservation")
        ) { request in
            let done = try await end(try request.id("reservation"), try request.caller(gateway))
            return APIResponse(body: done.json(word == "commit" ? "committed" : "released"))
        }
    }

    // MARK: Reviews

    private var evaluate: Route {
        Route(
            .post, "/api/v1/governance/evaluate", "evaluateAction", "Reviews an automated action before it is taken",
            details: """
                The subject is the caller; `requested_by` is kept as a claim. Every field is an attribute of the \
                context under its own name, the action is `action_type`, the resource is the service. What needs an \
                approval is asked for; once it was given, the same request is allowed.
                """,
            tag: "governance", access: .permission(action: "evaluate", type: "decision"),
            requestBody: .map(.any), response: .reference("ActionReview")
        ) { request in
            guard let principal = request.principal else {
                throw Fault("governance.no_subject", .caller, "Only somebody with a credential can ask for a review.")
            }
            let asked = try Self.read { () throws(GovernanceError) in try ActionRequest(request.body ?? .null) }
            let question = DecisionQuestion(
                .principal(principal), action: asked.action, resourceType: ActionRequest.resourceType,
                resourceID: asked.service,
                context: asked.context)
            let origin = try await request.origin("evaluate", of: question, gateway)
            let answer = try await gateway.decisions.decideOrAsk(
                question, reason: nil, in: try request.requiredTenant, origin: origin,
                by: try request.caller(gateway))
            return APIResponse(body: ActionReview(answer).document)
        }
    }

    private static func read<Value>(_ body: () throws(GovernanceError) -> Value) throws -> Value {
        do { return try body() } catch { throw error.fault }
    }

    // MARK: Reports

    /// Where clients of the severity style send what came of an action.
    private static let reportPaths = ["/mcp/audit/log", "/api/mcp/audit/log"]

    private func report(_ path: String) -> Route {
        Route(
            .post, path, "reportAction" + (path.hasPrefix("/api") ? "Below" : ""),
            "Takes a client's report of what came of an action into the journal",
            details: "What it says is kept as it was claimed; who reported it is the caller.", tag: "governance",
            access: .permission(action: "report", type: "governance"), requestBody: .map(.any),
            response: .object(["ok": .boolean]), bodyLimit: AlertAuditEntry.byteLimit
        ) { request in
            try await gateway.governance.report(request.body ?? .null, by: try request.caller(gateway))
            return APIResponse(body: ["ok": true])
        }
    }
}

extension LimitReservation {
    /// As it is shown, in a state.
    func json(_ state: String) -> AttributeValue {
        ["id": id.json, "rule_id": rule.json, "state": .string(state), "expires_at": expiresAt.json]
    }
}

extension ActionReview {
    init(_ answer: DecisionAnswer) {
        let code = answer.reasons.first ?? ""
        self.init(
            allowed: answer.isPermitted, reason: RuleDecision.Reason(rawValue: code)?.sentence ?? code,
            approvalRequired: !answer.isPermitted && answer.isGoverned && answer.governed?.needsApproval == true,
            approval: answer.approval?.id, violations: answer.governed?.violations ?? [],
            issues: answer.governed?.issues ?? [])
    }
}

enum GovernedRuleSchema {
    static let reservation = JSONSchema.object([
        "id": .uuid, "rule_id": .uuid, "state": .words(["held", "committed", "released"]), "expires_at": .time,
    ])

    static let review = JSONSchema.object([
        "allowed": .boolean, "reason": .string(), "approval_required": .boolean,
        "approval_request_id": .any.described("The approval that was asked for; null without one."),
        "workflow_instance_id": .any.described("The same: an approval is one workflow."),
        "policy_violations": APISchemas.texts.described("Names of the rules that the action breaks."),
        "compliance_issues": .array(.words(ComplianceFramework.allCases.map(\.rawValue))),
    ])
}
