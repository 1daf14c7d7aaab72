import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Tenants, configured things, and the journal.
struct SystemRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { tenants + listings + audit }

    // MARK: Tenants

    private var tenants: [Route] {
        [
            Route(
                .get, "/api/v1/tenants", "listTenants", "Lists all tenants, by slug",
                details: "At the default tenant only, whose administrators look after the others.", tag: "tenants",
                access: .permission(action: "read", type: "tenant"), isTenantScoped: false,
                query: Route.Parameter.page, response: .page(.reference("Tenant"))
            ) { request in
                try request.answer(whole: try await gateway.tenantService.list(), by: \.slug, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/tenants", "addTenant", "Adds a tenant with its predefined roles", tag: "tenants",
                access: .permission(action: "create", type: "tenant"), isTenantScoped: false,
                requestBody: .object(["slug": TenantSchema.slug, "name": TenantSchema.name]),
                response: .reference("Tenant"), successStatus: 201
            ) { request in
                let tenant = try await gateway.tenantService.add(
                    slug: try request.text("slug"), name: try request.text("name"), by: try request.caller(gateway))
                return APIResponse(.created, body: tenant.json, location: "/api/v1/tenants/\(tenant.slug)")
            },
            Route(
                .get, "/api/v1/tenants/{slug}", "getTenant", "Shows a tenant", tag: "tenants",
                access: .permission(action: "read", type: "tenant"), isTenantScoped: false,
                response: .reference("Tenant")
            ) { request in
                APIResponse(body: try await gateway.tenantService.tenant(slug: request.parameters["slug"] ?? "").json)
            },
            Route(
                .patch, "/api/v1/tenants/{slug}", "changeTenant", "Renames, disables or enables a tenant",
                details: """
                    A disabled tenant answers nobody; the default tenant cannot be disabled, nor a configured one renamed.
                    """, tag: "tenants",
                access: .permission(action: "update", type: "tenant"), isTenantScoped: false,
                requestBody: .change(["slug": TenantSchema.slug, "name": TenantSchema.name, "disabled": .boolean]),
                response: .reference("Tenant"), handler: changeTenant),
        ]
    }

    @Sendable private func changeTenant(_ request: APIRequest) async throws -> APIResponse {
        let caller = try request.caller(gateway)
        var tenant = try await gateway.tenantService.tenant(slug: request.parameters["slug"] ?? "")
        let (slug, name) = (try request.optionalText("slug"), try request.optionalText("name"))
        if slug != nil || name != nil {
            tenant = try await gateway.tenantService.rename(tenant.id, slug: slug, name: name, by: caller)
        }
        if let isDisabled = try request.optionalBool("disabled"), isDisabled != tenant.isDisabled {
            tenant = try await gateway.tenantService.setDisabled(tenant.id, isDisabled, by: caller)
        }
        return APIResponse(body: tenant.json)
    }

    // MARK: Configured things

    private var listings: [Route] {
        [
            Route(
                .get, "/api/v1/applications", "listApplications",
                "Lists protected applications, by their configured id", tag: "applications",
                access: .permission(action: "read", type: "application"), query: Route.Parameter.page,
                response: .page(.reference("Application"))
            ) { request in
                let applications = gateway.applications.all(in: try request.requiredTenant)
                return try request.answer(whole: applications, by: \.settings.key, mac: mac) { application in
                    [
                        "id": application.id.json, "key": .string(application.settings.key),
                        "name": .string(application.settings.name), "host": .string(application.settings.host),
                        "public_url": .string(application.settings.publicURL),
                    ]
                }
            }
        ]
    }

    // MARK: Audit

    private var audit: [Route] {
        [
            Route(
                .get, "/api/v1/audit/events", "listEvents", "Lists the events of the journal, oldest first",
                tag: "audit", access: .permission(action: "read", type: "audit"),
                query: [
                    .init("after", "Position to begin behind.", .integer(minimum: 0)),
                    .init("type", "Only types that begin with this, such as `session`.", .string(maxLength: 64)),
                ] + Route.Parameter.page,
                response: AuditSchema.page, handler: events),
            Route(
                .get, "/api/v1/audit/export", "exportEvents", "Writes the events of the journal out for other tools",
                details: "As lines, oldest first, part by part; the header `Link` says where the next part is.",
                tag: "audit", access: .permission(action: "read", type: "audit"),
                query: [
                    .init("format", "OCSF 1.7.0 as JSON lines, or CEF.", .words(AuditFormat.allCases.map(\.rawValue))),
                    .init("after", "Position to begin behind.", .integer(minimum: 0)),
                    .init(
                        "limit", "How many events one part holds; \(AuditService.partLimit) without it.",
                        .integer(minimum: 1, maximum: AuditService.partLimit)),
                    .init("cursor", "As the part before names it.", .string(minLength: 1, maxLength: 1_024)),
                ], media: AuditFormat.allCases.map(\.media), handler: export),
            Route(
                .post, "/api/v1/audit/heads", "signHeads", "Signs a head of each tenant's tree now",
                details: "At the default tenant only.", tag: "audit",
                access: .permission(action: "sign", type: "audit"),
                isTenantScoped: false, response: .object(["signed": .integer(minimum: 0)]), repetition: .harmless
            ) { _ in
                let signed = try await gateway.signHeads()
                return APIResponse(body: ["signed": .integer(Int64(signed))])
            },
        ]
    }

    @Sendable private func export(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        let format: AuditFormat = try request.word("format") ?? .ocsf
        let limit = request.query["limit"].flatMap { Int($0) } ?? AuditService.partLimit
        let begin = try (request.cursor(mac: mac) ?? request.query["after"]).flatMap { Int64($0) } ?? 0
        guard let part = try await gateway.audit.lines(format, in: tenant, after: begin, limit: limit) else {
            return .text("", format.media)
        }
        let isLast = try await gateway.audit.size(of: tenant).size <= part.end
        return .text(
            part.text, format.media, next: isLast ? nil : try request.following(String(part.end), mac: mac))
    }

    @Sendable private func events(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        let page = try request.page(mac: mac)
        let begin = (page.cursor?.after ?? request.query["after"]).flatMap { Int64($0) } ?? 0
        let entries = try await gateway.audit.events(
            in: tenant, after: begin, type: request.query["type"], limit: page.limit + 1)
        let names = await gateway.streamNames(in: tenant)
        let accounts = await gateway.machineAccounts.names(of: Set(entries.map(\.actor)))
        var answer = try request.answer(entries, page, mac) { entry in
            (String(entry.position), entry.json(name: names[entry], actorName: accounts[entry.actor]))
        }
        let size = try await gateway.audit.size(of: tenant)
        var members = answer.body?.object ?? [:]
        members["size"] = .integer(size.size)
        members["epoch"] = .integer(size.epoch)
        answer.body = .object(members)
        return answer
    }
}
