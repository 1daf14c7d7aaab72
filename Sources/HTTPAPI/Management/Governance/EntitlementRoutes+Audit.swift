import Gateway
import Governance
import HTTPTypes
import Identity
import Vocabulary

extension EntitlementRoutes {
    private static let path = "/api/v1/governance/entitlement-audit"

    /// The audit of entitlements and of their assignments.
    var audit: [Route] {
        [
            Route(
                .get, Self.path, "listEntitlementAudit",
                "Lists what was done to entitlements and assignments, newest first, with before and after",
                details: "A page may hold fewer entries than asked for and still have a next one.",
                tag: "entitlements", access: .permission(action: "read", type: "audit"),
                query: Route.Parameter.page + Route.Parameter.subject + [
                    .init(
                        "action", "Only this.", .words(EntitlementAuditEntry.Action.allCases.map(\.rawValue))),
                    .init("entitlement", "Only what is about this entitlement.", .uuid),
                    .init("actor", "Only what this person did, by id, login or mail."),
                    .init("from", "Only from this moment on.", .time),
                    .init("until", "Only before this moment.", .time),
                ], response: .page(.reference("EntitlementAuditEntry")), handler: listAudit),
            Route(
                .get, Self.path + "/{event}", "getEntitlementAudit", "Shows one entry by its event",
                tag: "entitlements", access: .permission(action: "read", type: "audit"),
                response: .reference("EntitlementAuditEntry")
            ) { request in
                APIResponse(
                    body: try await gateway.entitlements.auditEntry(
                        try request.id("event"), in: try request.requiredTenant
                    ).json)
            },
        ]
    }

    @Sendable private func listAudit(_ request: APIRequest) async throws -> APIResponse {
        let (page, tenant) = (try request.page(mac: mac), try request.requiredTenant)
        let action: EntitlementAuditEntry.Action? = try request.word("action")
        var actor: Actor?
        if let name = request.query["actor"] {
            actor = .person(try await gateway.people.person(named: name, in: tenant).id)
        }
        let filter = EntitlementAuditFilter(
            actions: action.map { [$0] }, entitlement: try request.filterID("entitlement"),
            subject: try await request.querySubject(gateway), actor: actor, from: try request.filterTime("from"),
            until: try request.filterTime("until"))
        let found = try await gateway.entitlements.audit(
            in: tenant, filter, before: page.cursor.flatMap { Int64($0.after) } ?? .max, limit: page.limit)
        let next = try found.next.map { try request.seal(cursor: String($0), mac: mac) }
        return .page(found.entries.map { $0.entry.json }, next: next)
    }
}
