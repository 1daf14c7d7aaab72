import Authorization
import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Service accounts, tenants, providers, applications, the journal, decisions and their explanation.
struct SystemRoutes {
    let gateway: Gateway

    var routes: [Route] { accounts + tenants + listings + audit + decisions }

    // MARK: Service accounts

    private var accounts: [Route] {
        [
            Route(
                .get, "/api/v1/service-accounts", "listServiceAccounts", "Service accounts by name",
                tag: "service accounts", access: .permission(action: "read", type: "service_account"),
                response: .page(.any)
            ) { request in
                .page(try await gateway.serviceAccounts.list(in: try request.requiredTenant).map(\.json), next: nil)
            },
            Route(
                .post, "/api/v1/service-accounts", "createServiceAccount", "Makes a service account",
                tag: "service accounts", access: .permission(action: "create", type: "service_account"),
                requestBody: .object(["name": .string(), "description": .string()], optional: ["description"]),
                response: .any, successStatus: 201
            ) { request in
                try request.allow(["name", "description"])
                let account = try await gateway.serviceAccounts.create(
                    name: try request.text("name"), description: try request.optionalText("description"),
                    by: try request.caller(gateway))
                return APIResponse(.created, body: account.json, location: "/api/v1/service-accounts/\(account.id)")
            },
            accountState("disable", isDisabled: true), accountState("enable", isDisabled: false),
            Route(
                .get, "/api/v1/service-accounts/{account}/keys", "listAPIKeys", "An account's API keys",
                tag: "service accounts", access: .permission(action: "read", type: "service_account"),
                response: .page(.any)
            ) { request in
                let account = try await account(request)
                return .page(
                    try await gateway.serviceAccounts.keys(of: account.id, in: account.tenant).map(\.json), next: nil)
            },
            Route(
                .post, "/api/v1/service-accounts/{account}/keys", "createAPIKey",
                "Makes an API key; its text is in this answer only", tag: "service accounts",
                access: .permission(action: "update", type: "service_account"),
                requestBody: .object(
                    [
                        "name": .string(), "scopes": .array(.string()),
                        "lifetime_days": .integer(minimum: 1, maximum: 366),
                    ],
                    optional: ["scopes", "lifetime_days"]), response: .any, successStatus: 201
            ) { request in
                try request.allow(["name", "scopes", "lifetime_days"])
                let made = try await gateway.serviceAccounts.makeKey(
                    for: try await account(request).id, name: try request.text("name"),
                    scopes: request.body?["scopes"]?.list?.compactMap(\.string),
                    lifetime: .days(Int(try request.optionalInteger("lifetime_days") ?? 90)),
                    by: try request.caller(gateway))
                return APIResponse(.created, body: ["key": made.key.json, "token": .string(made.token.reveal())])
            },
            Route(
                .delete, "/api/v1/service-accounts/{account}/keys/{key}", "revokeAPIKey", "Revokes an API key",
                tag: "service accounts", access: .permission(action: "update", type: "service_account"),
                successStatus: 204
            ) { request in
                try await gateway.serviceAccounts.revokeKey(
                    try request.id("key"), of: try await account(request).id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private func account(_ request: APIRequest) async throws -> ServiceAccount {
        try await gateway.serviceAccounts.account(
            named: request.parameters["account"] ?? "", in: try request.requiredTenant)
    }

    private func accountState(_ verb: String, isDisabled: Bool) -> Route {
        Route(
            .post, "/api/v1/service-accounts/{account}/\(verb)", "\(verb)ServiceAccount",
            isDisabled ? "Refuses all of an account's keys" : "Accepts an account's keys again",
            tag: "service accounts", access: .permission(action: "update", type: "service_account"), successStatus: 204
        ) { request in
            try await gateway.serviceAccounts.setDisabled(
                try await account(request).id, isDisabled, by: try request.caller(gateway))
            return .noContent
        }
    }

    // MARK: Tenants

    private var tenants: [Route] {
        [
            Route(
                .get, "/api/v1/tenants", "listTenants", "All tenants; at the default tenant only", tag: "tenants",
                access: .permission(action: "read", type: "tenant"), isTenantScoped: false, response: .page(.any)
            ) { _ in .page(try await gateway.tenantService.list().map(\.json), next: nil) },
            Route(
                .post, "/api/v1/tenants", "addTenant", "Adds a tenant with its predefined roles", tag: "tenants",
                access: .permission(action: "create", type: "tenant"), isTenantScoped: false,
                requestBody: .object(["slug": .string(maxLength: 63), "name": .string()]), response: .any,
                successStatus: 201
            ) { request in
                try request.allow(["slug", "name"])
                let tenant = try await gateway.tenantService.add(
                    slug: try request.text("slug"), name: try request.text("name"), by: try request.caller(gateway))
                return APIResponse(.created, body: tenant.json)
            },
            Route(
                .patch, "/api/v1/tenants/{slug}", "changeTenant", "Renames, disables or enables a tenant",
                tag: "tenants", access: .permission(action: "update", type: "tenant"), isTenantScoped: false,
                requestBody: .object(
                    ["slug": .string(maxLength: 63), "name": .string(), "disabled": .boolean],
                    optional: ["slug", "name", "disabled"]), response: .any, handler: changeTenant),
        ]
    }

    @Sendable private func changeTenant(_ request: APIRequest) async throws -> APIResponse {
        try request.allow(["slug", "name", "disabled"])
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
                .get, "/api/v1/providers", "listProviders", "Configured providers", tag: "providers",
                access: .permission(action: "read", type: "provider"), response: .page(.any)
            ) { request in
                .page(
                    gateway.providers.all(in: try request.requiredTenant).map { provider in
                        [
                            "id": provider.id.json, "key": .string(provider.configuration.key),
                            "name": .string(provider.configuration.name), "type": provider.isLocal ? "local" : "ldap",
                            "enabled": .bool(provider.configuration.isEnabled),
                        ]
                    }, next: nil)
            },
            Route(
                .get, "/api/v1/applications", "listApplications", "Protected applications", tag: "applications",
                access: .permission(action: "read", type: "application"), response: .page(.any)
            ) { request in
                .page(
                    gateway.applications.all(in: try request.requiredTenant).map { application in
                        [
                            "id": application.id.json, "key": .string(application.settings.key),
                            "name": .string(application.settings.name), "host": .string(application.settings.host),
                            "public_url": .string(application.settings.publicURL),
                        ]
                    }, next: nil)
            },
        ]
    }

    // MARK: Audit

    private var audit: [Route] {
        [
            Route(
                .get, "/api/v1/audit/events", "listEvents", "The journal, oldest first", tag: "audit",
                access: .permission(action: "read", type: "audit"),
                query: [
                    .init("after", "Position to begin behind", .integer(minimum: 0)),
                    .init("type", "Beginning of a type"),
                    .init("limit", "1 to 200"),
                ], response: .any
            ) { request in
                let tenant = try request.requiredTenant
                let limit = min(max(1, request.query["limit"].flatMap { Int($0) } ?? 50), 200)
                let entries = try await gateway.audit.events(
                    in: tenant, after: request.query["after"].flatMap { Int64($0) } ?? 0,
                    type: request.query["type"], limit: limit)
                let size = try await gateway.audit.size(of: tenant)
                return APIResponse(
                    body: [
                        "items": .list(entries.map(\.json)), "size": .integer(size.size), "epoch": .integer(size.epoch),
                    ])
            },
            Route(
                .post, "/api/v1/audit/heads", "signHeads", "Signs a head of each tenant's tree now", tag: "audit",
                access: .permission(action: "sign", type: "audit"), response: .any
            ) { _ in
                let signed = try await gateway.signHeads()
                return APIResponse(body: ["signed": .integer(Int64(signed))])
            },
        ]
    }

    // MARK: Decisions

    private var decisions: [Route] {
        [
            Route(
                .post, "/api/v1/decide", "decide", "A decision with the rules that made it, for privileged callers",
                tag: "decision", access: .permission(action: "explain", type: "decision"), requestBody: Self.question,
                response: .any
            ) { request in
                let origin = DecisionOrigin(
                    caller: request.principal?.subject, protocol: "api", request: request.trace)
                let answer = try await gateway.decisions.decide(
                    try Self.question(request), in: try request.requiredTenant, origin: origin)
                return APIResponse(
                    body: ["decision": .bool(answer.isPermitted), "context": answer.context(isPrivileged: true)])
            },
            Route(
                .post, "/api/v1/explain", "explain", "The whole way to a decision, and what is missing for a deny",
                tag: "decision", access: .permission(action: "explain", type: "decision"), requestBody: Self.question,
                response: .any
            ) { request in
                let trace = try await gateway.explanations.explain(
                    try Self.question(request), in: try request.requiredTenant)
                return APIResponse(body: trace.json)
            },
        ]
    }

    private static let question = JSONSchema.object(
        [
            "subject": .string(), "subject_type": .words(["person", "service_account"]), "action": .string(),
            "resource_type": .string(), "resource": .string(), "properties": .map(.any), "context": .map(.any),
        ], optional: ["subject_type", "properties", "context"])

    private static func question(_ request: APIRequest) throws -> DecisionQuestion {
        try request.allow(["subject", "subject_type", "action", "resource_type", "resource", "properties", "context"])
        let isAccount = try request.optionalText("subject_type") == "service_account"
        return DecisionQuestion(
            .subject(kind: isAccount ? .serviceAccount : .person, id: try request.text("subject")),
            action: try request.text("action"), resourceType: try request.text("resource_type"),
            resourceID: try request.text("resource"), resourceAttributes: request.body?["properties"]?.object ?? [:],
            context: request.body?["context"]?.object ?? [:])
    }
}
