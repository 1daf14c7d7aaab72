import Gateway
import Governance
import HTTPTypes
import Identity
import Vocabulary

/// Applications, their entitlements, and the audit of both.
struct EntitlementRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { applications + entitlements + bindings + audit }

    private static let base = "/api/v1/governance/applications"
    private static let read = Route.Access.permission(action: "read", type: "entitlement")

    // MARK: Applications

    private var applications: [Route] {
        [
            Route(
                .get, Self.base, "listGovernedApplications", "Lists applications that have entitlements, by id",
                tag: "entitlements", access: Self.read,
                query: GovernedPage.parameters + [
                    .init("status", "Only those of this status.", .words(ApplicationStatus.allCases.map(\.rawValue)))
                ], response: .page(.reference("GovernedApplication"))
            ) { request in
                let page = try GovernedPage(request, mac)
                let applications = try await gateway.entitlements.applications(
                    in: try request.requiredTenant, status: try request.word("status"),
                    page.part(ApplicationID.self))
                return try request.answer(applications, page.request, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .post, Self.base, "createGovernedApplication", "Puts an application under governance",
                details: "With the `id` of an application that the gateway protects, it is that one.",
                tag: "entitlements", access: .permission(action: "create", type: "entitlement"),
                requestBody: EntitlementSchema.newApplication, response: .reference("GovernedApplication"),
                successStatus: 201, handler: createApplication),
            Route(
                .get, Self.base + "/{application}", "getGovernedApplication", "Shows an application",
                tag: "entitlements", access: Self.read, response: .reference("GovernedApplication")
            ) { request in
                let application = try await gateway.entitlements.application(
                    try request.id("application"), in: try request.requiredTenant)
                return APIResponse(body: application.json, etag: EntityTag(version: application.version))
            },
            Route(
                .patch, Self.base + "/{application}", "changeGovernedApplication", "Changes an application",
                details: "Entitlements of one that is inactive or deprecated are given out no more.",
                tag: "entitlements", access: .permission(action: "update", type: "entitlement"),
                requestBody: .change(EntitlementSchema.applicationMembers),
                response: .reference("GovernedApplication"), preconditions: .heeded, handler: changeApplication),
        ]
    }

    @Sendable private func createApplication(_ request: APIRequest) async throws -> APIResponse {
        var details = ApplicationDetails(name: try request.text("name"))
        try Self.apply(request, to: &details)
        let made = try await gateway.entitlements.create(
            try request.bodyID("id") ?? .random(at: gateway.clock()), details, by: try request.caller(gateway))
        return APIResponse(
            .created, body: made.json, etag: EntityTag(version: made.version),
            location: request.location("governance/applications", made.id))
    }

    @Sendable private func changeApplication(_ request: APIRequest) async throws -> APIResponse {
        let id: ApplicationID = try request.id("application")
        let present = try await gateway.entitlements.application(id, in: try request.requiredTenant)
        let changed = try await gateway.entitlements.change(
            id, expecting: try request.expectedVersion(present.version), by: try request.caller(gateway)
        ) { try Self.apply(request, to: &$0) }
        return APIResponse(body: changed.json, etag: EntityTag(version: changed.version))
    }

    /// Writes what the body says; what it leaves out stays, and null removes.
    private static func apply(_ request: APIRequest, to details: inout ApplicationDetails) throws {
        details.name = try request.optionalText("name") ?? details.name
        details.type = try request.bodyWord("type") ?? details.type
        details.status = try request.bodyWord("status") ?? details.status
        if request.body?["description"] != nil { details.description = try request.optionalText("description") }
        if request.body?["owner_id"] != nil { details.owner = try request.bodyID("owner_id") }
    }

    // MARK: Entitlements

    private static let things = "/api/v1/governance/entitlements"

    private var entitlements: [Route] {
        [
            Route(
                .get, Self.things, "listEntitlements", "Lists entitlements, by id, and counts them",
                tag: "entitlements", access: Self.read,
                query: GovernedPage.parameters + [
                    .init("application", "Only those of this application.", .uuid),
                    .init("status", "Only those of this status.", .words(EntitlementStatus.allCases.map(\.rawValue))),
                    .init("risk_level", "Only those of this level.", .words(RiskLevel.allCases.map(\.rawValue))),
                    .init("owner", "Only those of this owner.", .uuid),
                    .init("name_contains", "Only those whose name has this part, without regard to case."),
                ], response: EntitlementSchema.counted, handler: list),
            Route(
                .post, Self.things, "createEntitlement", "Makes an entitlement of an application",
                tag: "entitlements", access: .permission(action: "create", type: "entitlement"),
                requestBody: EntitlementSchema.newEntitlement, response: .reference("Entitlement"),
                successStatus: 201, handler: create),
            Route(
                .get, Self.things + "/{entitlement}", "getEntitlement", "Shows an entitlement", tag: "entitlements",
                access: Self.read, response: .reference("Entitlement")
            ) { request in
                let tenant = try request.requiredTenant
                return Self.answer(
                    try await gateway.entitlements.entitlement(try request.id("entitlement"), in: tenant), tenant)
            },
            Route(
                .patch, Self.things + "/{entitlement}", "changeEntitlement", "Changes an entitlement",
                tag: "entitlements", access: .permission(action: "update", type: "entitlement"),
                requestBody: .change(EntitlementSchema.entitlementMembers), response: .reference("Entitlement"),
                preconditions: .heeded, handler: change),
            Route(
                .delete, Self.things + "/{entitlement}", "deleteEntitlement",
                "Deletes an entitlement that nobody has",
                details: "Rules of separation of duties that name it are orphaned and judged by no more.",
                tag: "entitlements", access: .permission(action: "delete", type: "entitlement"), successStatus: 204,
                preconditions: .heeded
            ) { request in
                let id: EntitlementID = try request.id("entitlement")
                let present = try await gateway.entitlements.entitlement(id, in: try request.requiredTenant)
                try await gateway.entitlements.delete(
                    id, expecting: try request.expectedVersion(present.version), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    @Sendable private func list(_ request: APIRequest) async throws -> APIResponse {
        let (page, tenant) = (try GovernedPage(request, mac), try request.requiredTenant)
        let filter = EntitlementFilter(
            application: try request.filterID("application"), status: try request.word("status"),
            riskLevel: try request.word("risk_level"), owner: try request.filterID("owner"),
            nameContains: request.query["name_contains"])
        let found = try await gateway.entitlements.entitlements(
            in: tenant, filter, page.part(EntitlementID.self))
        var response = try request.answer(found.items, page.request, mac) { ($0.id.description, $0.json(in: tenant)) }
        guard case .object(var members)? = response.body else { return response }
        members["total"] = .integer(found.total)
        response.body = .object(members)
        return response
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        guard let application: ApplicationID = try request.bodyID("application_id") else {
            throw APIRequest.invalid("application_id", "an id")
        }
        guard let level: RiskLevel = try request.bodyWord("risk_level") else {
            throw APIRequest.invalid("risk_level", "one of its words")
        }
        var details = EntitlementDetails(name: try request.text("name"), riskLevel: level)
        var status = EntitlementStatus.active
        try Self.apply(request, to: &details, &status)
        let (caller, tenant) = (try request.caller(gateway), try request.requiredTenant)
        let made = try await gateway.entitlements.create(
            try request.bodyID("id") ?? .random(at: gateway.clock()), of: application, details, status: status,
            by: caller)
        var response = Self.answer(made, tenant)
        (response.status, response.location) = (.created, request.location("governance/entitlements", made.id))
        return response
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        let (id, tenant): (EntitlementID, TenantID) = (try request.id("entitlement"), try request.requiredTenant)
        let present = try await gateway.entitlements.entitlement(id, in: tenant)
        let changed = try await gateway.entitlements.change(
            id, expecting: try request.expectedVersion(present.version), by: try request.caller(gateway)
        ) { try Self.apply(request, to: &$0, &$1) }
        return Self.answer(changed, tenant)
    }

    private static func answer(_ entitlement: Entitlement, _ tenant: TenantID) -> APIResponse {
        APIResponse(body: entitlement.json(in: tenant), etag: EntityTag(version: entitlement.version))
    }

    private static func apply(
        _ request: APIRequest, to details: inout EntitlementDetails, _ status: inout EntitlementStatus
    ) throws {
        details.name = try request.optionalText("name") ?? details.name
        details.riskLevel = try request.bodyWord("risk_level") ?? details.riskLevel
        details.isDelegable = try request.optionalBool("is_delegable") ?? details.isDelegable
        status = try request.bodyWord("status") ?? status
        let body = request.body
        if body?["description"] != nil { details.description = try request.optionalText("description") }
        if body?["owner_id"] != nil { details.owner = try request.bodyID("owner_id") }
        if body?["external_id"] != nil { details.externalID = try request.optionalText("external_id") }
        if let metadata = body?["metadata"] { details.metadata = metadata == .null ? nil : metadata }
    }

    // MARK: Roles

    private var bindings: [Route] {
        let path = Self.things + "/{entitlement}/roles/{role}"
        return [
            Route(
                .put, path, "bindEntitlement", "Lets an entitlement come with a role, named by its name or id",
                details: "Whoever holds the role has it. Refused where that would break a rule for any of them.",
                tag: "entitlements", access: .permission(action: "update", type: "entitlement"),
                response: .reference("Entitlement")
            ) { request in
                let tenant = try request.requiredTenant
                return Self.answer(
                    try await gateway.entitlements.bind(
                        try request.id("entitlement"), to: try await role(request), by: try request.caller(gateway)),
                    tenant)
            },
            Route(
                .delete, path, "unbindEntitlement", "Lets an entitlement come with a role no more",
                tag: "entitlements", access: .permission(action: "update", type: "entitlement"), successStatus: 204
            ) { request in
                _ = try await gateway.entitlements.unbind(
                    try request.id("entitlement"), from: try await role(request), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private func role(_ request: APIRequest) async throws -> RoleID {
        try await gateway.roles.role(named: request.parameters["role"] ?? "", in: try request.requiredTenant).id
    }
}
