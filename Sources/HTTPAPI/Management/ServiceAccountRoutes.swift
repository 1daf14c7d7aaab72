import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Service accounts and their API keys.
struct ServiceAccountRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { accounts + keys }

    private var accounts: [Route] {
        [
            Route(
                .get, "/api/v1/service-accounts", "listServiceAccounts", "Lists service accounts, by name",
                tag: "service accounts", access: .permission(action: "read", type: "service_account"),
                query: Route.Parameter.page, response: .page(.reference("ServiceAccount"))
            ) { request in
                let accounts = try await gateway.serviceAccounts.list(in: try request.requiredTenant)
                return try request.answer(whole: accounts, by: \.name, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/service-accounts", "createServiceAccount", "Makes a service account",
                tag: "service accounts", access: .permission(action: "create", type: "service_account"),
                requestBody: .object(
                    [
                        "name": .string(minLength: 1, maxLength: 128),
                        "description": .string(maxLength: 1_024).nullable,
                    ],
                    optional: ["description"]), response: .reference("ServiceAccount"), successStatus: 201
            ) { request in
                let account = try await gateway.serviceAccounts.create(
                    name: try request.text("name"), description: try request.optionalText("description"),
                    by: try request.caller(gateway))
                return APIResponse(
                    .created, body: account.json, location: request.location("service-accounts", account.id))
            },
            Route(
                .get, "/api/v1/service-accounts/{account}", "getServiceAccount",
                "Shows a service account, by name or id", tag: "service accounts",
                access: .permission(action: "read", type: "service_account"), response: .reference("ServiceAccount")
            ) { request in APIResponse(body: try await account(request).json) },
            state("disable", "Refuses all of an account's keys at once", isDisabled: true),
            state("enable", "Accepts an account's keys again", isDisabled: false),
        ]
    }

    private func account(_ request: APIRequest) async throws -> ServiceAccount {
        try await gateway.serviceAccounts.account(
            named: request.parameters["account"] ?? "", in: try request.requiredTenant)
    }

    private func state(_ verb: String, _ summary: String, isDisabled: Bool) -> Route {
        Route(
            .post, "/api/v1/service-accounts/{account}/\(verb)", "\(verb)ServiceAccount", summary,
            tag: "service accounts", access: .permission(action: "update", type: "service_account"), successStatus: 204
        ) { request in
            try await gateway.serviceAccounts.setDisabled(
                try await account(request).id, isDisabled, by: try request.caller(gateway))
            return .noContent
        }
    }

    private var keys: [Route] {
        [
            Route(
                .get, "/api/v1/service-accounts/{account}/keys", "listAPIKeys",
                "Lists an account's API keys without their secrets, by id", tag: "service accounts",
                access: .permission(action: "read", type: "service_account"), query: Route.Parameter.page,
                response: .page(.reference("APIKey"))
            ) { request in
                let account = try await account(request)
                let keys = try await gateway.serviceAccounts.keys(of: account.id, in: account.tenant)
                return try request.answer(whole: keys, by: \.id.description, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/service-accounts/{account}/keys", "createAPIKey",
                "Makes an API key; its text is in this answer only",
                details: "One gives only what one holds: the account may not be able to do more than the caller.",
                tag: "service accounts", access: .permission(action: "update", type: "service_account"),
                requestBody: .object(
                    [
                        "name": .string(minLength: 1, maxLength: 128),
                        "scopes": .array(.string(minLength: 1, maxLength: 128), maximum: APIKeyScopes.limit).nullable
                            .described("`type:action`, `type:*` or `*`; without it all that its account may do."),
                        "lifetime_days": JSONSchema.integer(minimum: 1, maximum: 366).described("90 without it."),
                    ],
                    optional: ["scopes", "lifetime_days"]),
                response: .object(["key": .reference("APIKey"), "token": .string()]), successStatus: 201,
                repetition: .refused, handler: createKey),
            Route(
                .delete, "/api/v1/service-accounts/{account}/keys/{key}", "revokeAPIKey",
                "Revokes an API key at once", tag: "service accounts",
                access: .permission(action: "update", type: "service_account"), successStatus: 204
            ) { request in
                try await gateway.serviceAccounts.revokeKey(
                    try request.id("key"), of: try await account(request).id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    @Sendable private func createKey(_ request: APIRequest) async throws -> APIResponse {
        let (account, caller) = (try await account(request).id, try request.caller(gateway))
        try await gateway.roles.requireHeld(standingOf: .serviceAccount(account), by: caller)
        let made = try await gateway.serviceAccounts.makeKey(
            for: account, name: try request.text("name"), scopes: try request.optionalTexts("scopes"),
            lifetime: .days(Int(try request.optionalInteger("lifetime_days") ?? 90)), by: caller)
        return APIResponse(.created, body: ["key": made.key.json, "token": .string(made.token.reveal())])
    }
}
