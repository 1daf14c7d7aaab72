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
                details: """
                    For privileged callers; others ask at `/access/v1/evaluation` and learn no rule's name. With \
                    `reserve`, what a governed rule permits under its limits is held back until it is committed or \
                    released, at most for `time_to_live` seconds; that takes the permission `reserve` on decisions. \
                    With `request_approval`, the approval that rules ask for is asked for on the subject's behalf, which \
                    takes the permission `request` on approvals; once it was given, the same question is answered yes.
                    """,
                tag: "decisions", access: .permission(action: "explain", type: "decision"),
                requestBody: Self.reservable, response: .reference("Decision"), handler: decide),
            Route(
                .post, "/api/v1/explain", "explain", "Shows the whole way to a decision, and what a deny is missing",
                details: "The same decision as `/api/v1/decide`; it is not recorded.", tag: "decisions",
                access: .permission(action: "explain", type: "decision"), requestBody: Self.question,
                response: .reference("Explanation"), repetition: .harmless
            ) { request in
                let question = try await inquiry(request)
                let trace = try await gateway.explanations.explain(
                    question, in: try request.requiredTenant,
                    vouchesForSeverity: try await request.vouches(forSeverityOf: question, gateway))
                return APIResponse(body: trace.json)
            },
        ]
    }

    @Sendable private func decide(_ request: APIRequest) async throws -> APIResponse {
        let (question, tenant) = (try await inquiry(request), try request.requiredTenant)
        let origin = try await request.origin("api", of: question, gateway)
        let answer: DecisionAnswer
        if try request.optionalBool("request_approval") == true {
            try await request.require("request", "approval", gateway)
            answer = try await gateway.decisions.decideOrAsk(
                question, reason: try request.optionalText("reason"), in: tenant, origin: origin,
                by: try request.caller(gateway))
        } else if try request.optionalBool("reserve") == true {
            try await request.require("reserve", "decision", gateway)
            let seconds = try request.optionalInteger("time_to_live").map { Duration.seconds($0) }
            answer = try await gateway.decisions.reserve(
                question, for: seconds ?? LimitDesk.standardHold, in: tenant, origin: origin,
                by: try request.caller(gateway))
        } else {
            answer = try await gateway.decisions.decide(question, in: tenant, origin: origin)
        }
        return APIResponse(
            body: ["decision": .bool(answer.isPermitted), "context": answer.context(isPrivileged: true)])
    }

    private static let question = JSONSchema.object(asked, optional: optional)

    private static let reservable = JSONSchema.object(
        asked.merging(
            [
                "reserve": .boolean.described("Hold back what is permitted under limits."),
                "time_to_live": .integer(minimum: 1, maximum: Int(LimitDesk.longestHold.components.seconds))
                    .described("Seconds; 300 without it."),
                "request_approval": .boolean.described("Ask for the approval that rules ask for."),
                "reason": .string(minLength: 1, maxLength: 4_096).described("Why, for those who approve."),
            ]) { first, _ in first },
        optional: optional.union(["reserve", "time_to_live", "request_approval", "reason"]))

    private static let optional: Set<String> = [
        "subject", "subject_type", "session", "api_key", "token", "properties", "context",
    ]

    private static let asked: [String: JSONSchema] =
        [
            "subject": .string(minLength: 1, maxLength: 254).described(
                "A person's id, login or mail; or an account's. May be left out beside a session or key."),
            "session": .uuid.described("The session, at the gateway or an application, whose proofs count."),
            "api_key": .uuid.described("The id of the API key that is asked for."),
            "token": .string(minLength: 1, maxLength: 512).described(
                "Instead of an id: the token of an application's session, or an API key, as its bearer shows it."),
            "subject_type": .words(["person", "service_account"]), "action": .string(minLength: 1, maxLength: 128),
            "resource_type": .string(minLength: 1, maxLength: 128), "resource": .string(minLength: 1, maxLength: 4_096),
            "properties": .map(.any).described("Attributes of the resource."),
            "context": .map(.any).described("Attributes of the request's circumstances."),
        ]

    private func inquiry(_ request: APIRequest) async throws -> DecisionQuestion {
        DecisionQuestion(
            try await asked(request),
            action: try request.text("action"), resourceType: try request.text("resource_type"),
            resourceID: try request.text("resource"), resourceAttributes: request.body?["properties"]?.object ?? [:],
            context: request.body?["context"]?.object ?? [:])
    }

    /// Whom the question is about: the bearer of a session or key, with what they have proven, or somebody by name, who
    /// is taken to have proven nothing.
    private func asked(_ request: APIRequest) async throws -> DecisionQuestion.Asked {
        let tenant = try request.requiredTenant
        let isAccount = try request.optionalText("subject_type") == "service_account" || request.body?["api_key"] != nil
        let kind: SubjectFacts.Kind = isAccount ? .serviceAccount : .person
        guard let credential = try Self.credential(request) else {
            return .subject(kind: kind, id: try request.text("subject"))
        }
        let asked = try gateway.asked(credential, in: tenant)
        if let subject = try request.optionalText("subject"),
            try await !gateway.isSubject(kind, subject, of: asked, in: tenant)
        {
            throw Fault(
                "body.invalid", .caller, "The session or key is another subject's.",
                remedy: "Leave out `subject`, or name the session's own.")
        }
        return asked
    }

    private static func credential(_ request: APIRequest) throws -> NamedCredential? {
        let session = try request.optionalText("session").map(NamedCredential.session)
        let key = try request.optionalText("api_key").map { text in
            guard let id = APIKeyID(text) else { throw Fault("body.invalid", .caller, "`api_key` is not an id.") }
            return NamedCredential.apiKey(id)
        }
        let token = try request.optionalText("token").map { NamedCredential.token(SecretText($0)) }
        let named = [session, key, token].compactMap(\.self)
        guard named.count < 2 else {
            throw Fault("body.invalid", .caller, "Name one of `session`, `api_key` and `token`.")
        }
        return named.first
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
