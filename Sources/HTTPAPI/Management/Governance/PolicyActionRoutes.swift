import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// What a client of the severity style asks before it acts: every check of the page is repeated here, on the caller's
/// own account, and what fits under the limits is held back for them.
struct PolicyActionRoutes {
    let gateway: Gateway

    var routes: [Route] { ["/mcp/actions", "/api/mcp/actions"].map(route) }

    private func route(_ path: String) -> Route {
        Route(
            .post, path, "takeAction" + (path.hasPrefix("/api") ? "Below" : ""),
            "Asks whether the caller may take an action on an alert now",
            details: """
                Match, window, limit, approval and role are judged for the caller, whatever the client has checked \
                before. A no is 403 `{ok: false, error}` with the reason in words. A yes has the parameters and, under \
                limits, a `reservation` to be committed once it was carried out.
                """,
            tag: "governance", access: .permission(action: "evaluate", type: "decision"),
            requestBody: .object(
                [
                    "action": .string(minLength: 1, maxLength: 128), "kpiId": .string(minLength: 1, maxLength: 256),
                    "severity": .words(Severity.allCases.map(\.rawValue)),
                    "resource": .string(minLength: 1, maxLength: 1_024), "context": .map(.any),
                ], optional: ["resource", "context"]),
            response: .object(
                [
                    "ok": .boolean, "execute": .boolean, "params": .map(.any), "rule": .string(),
                    "reservation": .reference("Reservation"),
                ], optional: ["rule", "reservation"]), handler: take)
    }

    @Sendable private func take(_ request: APIRequest) async throws -> APIResponse {
        guard let principal = request.principal else {
            throw Fault("governance.no_subject", .caller, "Only somebody with a credential can take an action.")
        }
        var context = request.body?["context"]?.object ?? [:]
        (context["kpi_id"], context["severity"]) = (.string(try request.text("kpiId")), request.body?["severity"])
        let question = DecisionQuestion(
            .principal(principal), action: try request.text("action"), resourceType: "alert",
            resourceID: try request.optionalText("resource") ?? (try request.text("kpiId")), context: context)
        let origin = try await request.origin("action", of: question, gateway)
        let answer = try await gateway.decisions.reserve(
            question, for: LimitDesk.standardHold, in: try request.requiredTenant, origin: origin,
            by: try request.caller(gateway))
        guard answer.isPermitted else { return Self.refusal(answer) }
        let governed = answer.governed
        return APIResponse(
            body: json([
                "ok": true, "execute": .bool(governed?.execute ?? false),
                "params": .object(governed?.resolvedParams ?? [:]), "rule": governed?.rule.map { .string($0.name) },
                "reservation": answer.reservation.map { $0.json("held") },
            ]))
    }

    private static func refusal(_ answer: DecisionAnswer) -> APIResponse {
        let code = answer.reasons.first ?? ""
        let words = RuleDecision.Reason(rawValue: code)?.sentence ?? code
        return APIResponse(.forbidden, body: ["ok": false, "error": .string(words)])
    }
}
