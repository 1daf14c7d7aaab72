import Authorization
import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Decisions with their reasons, their explanation, and the record of those that were made.
struct DecisionRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { asking + record }

    // MARK: Asking

    private var asking: [Route] {
        [
            Route(
                .post, "/api/v1/decide", "decide", "Decides, and names the rules that decided",
                details: "For privileged callers; others ask at `/access/v1/evaluation` and learn no rule's name.",
                tag: "decisions", access: .permission(action: "explain", type: "decision"),
                requestBody: Self.question, response: .reference("Decision"), repetition: .harmless
            ) { request in
                let origin = DecisionOrigin(
                    caller: request.principal?.subject, protocol: "api", request: request.trace)
                let answer = try await gateway.decisions.decide(
                    try Self.question(request), in: try request.requiredTenant, origin: origin)
                return APIResponse(
                    body: ["decision": .bool(answer.isPermitted), "context": answer.context(isPrivileged: true)])
            },
            Route(
                .post, "/api/v1/explain", "explain", "Shows the whole way to a decision, and what a deny is missing",
                details: "The same decision as `/api/v1/decide`; it is not recorded.", tag: "decisions",
                access: .permission(action: "explain", type: "decision"), requestBody: Self.question,
                response: .reference("Explanation"), repetition: .harmless
            ) { request in
                let trace = try await gateway.explanations.explain(
                    try Self.question(request), in: try request.requiredTenant)
                return APIResponse(body: trace.json)
            },
        ]
    }

    private static let question = JSONSchema.object(
        [
            "subject": .string(minLength: 1, maxLength: 254).described(
                "A person's id, login or mail; or an account's."),
            "subject_type": .words(["person", "service_account"]), "action": .string(minLength: 1, maxLength: 128),
            "resource_type": .string(minLength: 1, maxLength: 128), "resource": .string(minLength: 1, maxLength: 4_096),
            "properties": .map(.any).described("Attributes of the resource."),
            "context": .map(.any).described("Attributes of the request's circumstances."),
        ], optional: ["subject_type", "properties", "context"])

    private static func question(_ request: APIRequest) throws -> DecisionQuestion {
        let isAccount = try request.optionalText("subject_type") == "service_account"
        return DecisionQuestion(
            .subject(kind: isAccount ? .serviceAccount : .person, id: try request.text("subject")),
            action: try request.text("action"), resourceType: try request.text("resource_type"),
            resourceID: try request.text("resource"), resourceAttributes: request.body?["properties"]?.object ?? [:],
            context: request.body?["context"]?.object ?? [:])
    }

    // MARK: The record

    private var record: [Route] {
        [
            Route(
                .get, "/api/v1/decisions", "listDecisions", "Lists recorded decisions, newest first",
                details: """
                    A decision is seen once it was flushed, after some milliseconds. A filter on action or resource \
                    opens sealed records one by one: a page may then be short, or empty, and still have a next one.
                    """,
                tag: "decisions", access: .permission(action: "read", type: "decision"),
                query: [
                    .init("person", "Only those about this person, by id, login or mail."),
                    .init("service_account", "Only those about this service account, by id or name."),
                    .init("outcome", "Only those with this outcome.", .words(DecisionFilter.outcomes)),
                    .init("action", "Only those about this action."),
                    .init("resource_type", "Only those about this resource type."),
                    .init("resource", "Only those about this resource id.", .string(minLength: 1, maxLength: 4_096)),
                    .init("from", "Only those from this moment on.", .time),
                    .init("to", "Only those before this moment.", .time),
                ] + Route.Parameter.page,
                response: .page(.reference("DecisionRecord")), handler: list),
            Route(
                .get, "/api/v1/decisions/{decision}", "getDecision", "Shows a recorded decision", tag: "decisions",
                access: .permission(action: "read", type: "decision"), response: .reference("DecisionRecord")
            ) { request in
                let record = try await gateway.decisionLog.decision(
                    try request.id("decision"), in: try request.requiredTenant)
                return APIResponse(body: record.json)
            },
        ]
    }

    @Sendable private func list(_ request: APIRequest) async throws -> APIResponse {
        let page = try request.page(mac: mac)
        let query = request.query
        var filter = DecisionFilter()
        filter.subject = try await subject(request)
        filter.outcome = query["outcome"]
        filter.action = query["action"]
        filter.resourceType = query["resource_type"]
        filter.resourceID = query["resource"]
        filter.from = query["from"].flatMap { Timestamp(rfc3339: $0) }
        filter.to = query["to"].flatMap { Timestamp(rfc3339: $0) }
        filter.before = page.cursor.flatMap { Int64($0.after) }
        let found = try await gateway.decisionLog.list(filter, in: try request.requiredTenant, limit: page.limit)
        let next = try found.next.map { try request.seal(cursor: String($0), mac: mac) }
        return .page(found.decisions.map(\.json), next: next)
    }

    /// An id is taken as it is: what was decided about somebody who is gone stays readable.
    private func subject(_ request: APIRequest) async throws -> Subject? {
        let (person, account) = (request.query["person"], request.query["service_account"])
        if person == nil, account == nil { return nil }
        if account == nil, let id = person.flatMap({ PersonID($0) }) { return .person(id) }
        return try await gateway.subject(person: person, account: account, in: try request.requiredTenant)
    }
}
