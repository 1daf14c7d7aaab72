import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Live sessions: listed and ended by administrators.
struct SessionRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/sessions", "listSessions", "Lists the tenant's live sessions, by id", tag: "sessions",
                access: .permission(action: "list", type: "session"), query: Route.Parameter.page,
                response: .page(.reference("Session"))
            ) { request in
                let page = try request.page(mac: mac)
                let sessions = gateway.sessions.sessions(
                    in: try request.requiredTenant, after: page.cursor.flatMap { SessionID($0.after) },
                    limit: page.limit + 1)
                let people = try await gateway.people.people(
                    Set(sessions.map(\.person)), in: try request.requiredTenant)
                return try request.answer(sessions, page, mac) { ($0.id.description, $0.json(of: people[$0.person])) }
            },
            Route(
                .delete, "/api/v1/sessions/{session}", "endSession",
                "Ends a session, and those of applications under it",
                tag: "sessions", access: .permission(action: "end", type: "session"), successStatus: 204
            ) { request in
                let id = try request.id("session", as: SessionID.self)
                guard try await gateway.sessions.end(id, .administrator, by: try request.caller(gateway)) else {
                    throw Refusal.notFound
                }
                return .noContent
            },
            Route(
                .get, "/api/v1/people/{person}/sessions", "listSessionsOfPerson",
                "Lists a person's live sessions, by id",
                tag: "sessions", access: .permission(action: "list", type: "session"), query: Route.Parameter.page,
                response: .page(.reference("Session"))
            ) { request in
                let person = try await person(request)
                let sessions = gateway.sessions.sessions(of: person.id, in: person.tenant)
                return try request.answer(whole: sessions, by: \.id.description, mac: mac) { $0.json(of: person) }
            },
            Route(
                .get, "/api/v1/people/{person}/sign-ins", "listSignInsOfPerson",
                "Lists a person's last sign-ins and what stood out about them, newest first",
                details:
                    "At most \(SignInHistory.recentLimit); `login.anomaly_found` in the journal has the older ones.",
                tag: "sessions", access: .permission(action: "list", type: "session"), query: Route.Parameter.page,
                response: .page(.reference("SignIn"))
            ) { request in
                let (person, page) = (try await person(request), try request.page(mac: mac))
                let entries = try await gateway.login.recentSignIns(of: person.id, in: person.tenant)
                let rest = entries.drop { entry in page.cursor.map { $0.after <= entry.at.rfc3339 } ?? false }
                return try request.answer(Array(rest), page, mac) { ($0.at.rfc3339, $0.json) }
            },
            Route(
                .delete, "/api/v1/people/{person}/sessions", "endSessionsOfPerson", "Ends all sessions of a person",
                tag: "sessions", access: .permission(action: "end", type: "session"),
                response: .object(["ended": .integer(minimum: 0)])
            ) { request in
                let ended = try await gateway.sessions.endAll(
                    of: try await person(request).id, .administrator, by: try request.caller(gateway))
                return APIResponse(body: ["ended": .integer(Int64(ended))])
            },
        ]
    }

    private func person(_ request: APIRequest) async throws -> Person {
        try await gateway.people.person(named: request.parameters["person"] ?? "", in: try request.requiredTenant)
    }
}

extension SignInHistory.Entry {
    fileprivate var json: AttributeValue {
        HTTPAPI.json([
            "at": at.json, "network": network.map(AttributeValue.string),
            "anomalies": .list(anomalies.map { .string($0.rawValue) }),
        ])
    }
}

enum SignInSchema {
    static let shown = JSONSchema.object(
        [
            "at": .time, "network": .string().described("The named network it came from; absent for any other."),
            "anomalies": APISchemas.anomalies,
        ], optional: ["network"])
}
