import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// How people come to roles: mappings from upstream groups and attributes, and assignments by hand.
struct GrantRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { mappings + assignments }

    // MARK: Mappings

    private var mappings: [Route] {
        [
            Route(
                .get, "/api/v1/mappings", "listMappings", "Lists mappings, by id", tag: "mappings",
                access: .permission(action: "read", type: "mapping"), query: Route.Parameter.page,
                response: .page(.reference("Mapping"))
            ) { request in
                let mappings = try await gateway.roles.mappings(in: try request.requiredTenant)
                return try request.answer(whole: mappings, by: \.id.description, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/mappings", "createMapping", "Maps an upstream group, or an attribute, to a role",
                details: "Names either `group` or `when`. One gives only what one holds.", tag: "mappings",
                access: .permission(action: "create", type: "mapping"), requestBody: MappingSchema.made,
                response: .reference("Mapping"), successStatus: 201, handler: createMapping),
            Route(
                .get, "/api/v1/mappings/{mapping}", "getMapping", "Shows a mapping", tag: "mappings",
                access: .permission(action: "read", type: "mapping"), response: .reference("Mapping")
            ) { request in
                APIResponse(
                    body: try await gateway.roles.mapping(try request.id("mapping"), in: try request.requiredTenant)
                        .json)
            },
            Route(
                .delete, "/api/v1/mappings/{mapping}", "deleteMapping",
                "Ends a mapping, and at once what people held through it", tag: "mappings",
                access: .permission(action: "delete", type: "mapping"), successStatus: 204
            ) { request in
                try await gateway.roles.deleteMapping(try request.id("mapping"), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    @Sendable private func createMapping(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        guard let provider = gateway.providers.provider(named: try request.text("provider"), in: tenant) else {
            throw Fault("body.invalid", .caller, "`provider` names no provider.")
        }
        let mapping = try await gateway.roles.createMapping(
            provider: provider.id, match: try Self.match(request), role: try await role(request),
            by: try request.caller(gateway))
        return APIResponse(.created, body: mapping.json, location: request.location("mappings", mapping.id))
    }

    private static func match(_ request: APIRequest) throws -> MappingMatch {
        switch (try request.optionalText("group"), request.body?["when"]) {
        case (let key?, nil): return .group(key: key)
        case (nil, let when?):
            return .attribute(
                name: when["attribute"]?.string ?? "", values: (when["in"]?.list ?? []).compactMap(\.string))
        default: throw Fault("body.invalid", .caller, "A mapping names either `group` or `when`.")
        }
    }

    private func role(_ request: APIRequest) async throws -> RoleID {
        let (name, tenant) = (try request.text("role"), try request.requiredTenant)
        return try await gateway.named("role") { try await gateway.roles.role(named: name, in: tenant).id }
    }

    // MARK: Assignments

    private var assignments: [Route] {
        [
            Route(
                .get, "/api/v1/assignments", "listAssignments", "Lists roles that were given directly, by id",
                tag: "assignments", access: .permission(action: "read", type: "role"),
                query: [
                    .init("person", "Only those of this person, by id, login or mail."),
                    .init("service_account", "Only those of this service account, by id or name."),
                    .init("role", "Only those of this role, by id or name."),
                ] + Route.Parameter.page,
                response: .page(.reference("Assignment")), handler: listAssignments),
            Route(
                .post, "/api/v1/assignments", "assignRole", "Gives a role to a person or a service account",
                details: "Names either `person` or `service_account`. One gives only what one holds.",
                tag: "assignments", access: .permission(action: "assign", type: "role"),
                requestBody: .object(
                    [
                        "person": .string(minLength: 1, maxLength: 254).described("Id, login or mail."),
                        "service_account": .string(minLength: 1, maxLength: 128).described("Id or name."),
                        "role": .string(minLength: 1, maxLength: 128).described("Id or name."),
                        "expires_at": JSONSchema.time.described("When it ends; for as long as it stands without it."),
                    ], optional: ["person", "service_account", "expires_at"]
                ).withOne(of: ["person", "service_account"]),
                response: .reference("Assignment"), successStatus: 201, handler: assign),
            Route(
                .get, "/api/v1/assignments/{assignment}", "getAssignment", "Shows an assignment", tag: "assignments",
                access: .permission(action: "read", type: "role"), response: .reference("Assignment")
            ) { request in
                APIResponse(
                    body: try await gateway.roles.assignment(
                        try request.id("assignment"), in: try request.requiredTenant
                    ).json)
            },
            Route(
                .delete, "/api/v1/assignments/{assignment}", "revokeRole", "Takes a role away again",
                tag: "assignments", access: .permission(action: "assign", type: "role"), successStatus: 204
            ) { request in
                try await gateway.roles.revoke(try request.id("assignment"), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    @Sendable private func listAssignments(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        let page = try request.page(mac: mac)
        let names = (request.query["person"], request.query["service_account"])
        var role: RoleID?
        if let name = request.query["role"] { role = try await gateway.roles.role(named: name, in: tenant).id }
        let assignments = try await gateway.roles.assignments(
            in: tenant,
            of: names == (nil, nil) ? nil : try await gateway.subject(person: names.0, account: names.1, in: tenant),
            role: role, after: page.cursor.flatMap { AssignmentID($0.after) }, limit: page.limit + 1)
        return try request.answer(assignments, page, mac) { ($0.id.description, $0.json) }
    }

    @Sendable private func assign(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        let person = try request.optionalText("person")
        let account = try request.optionalText("service_account")
        let subject = try await gateway.named(person == nil ? "service_account" : "person") {
            try await gateway.subject(person: person, account: account, in: tenant)
        }
        let assignment = try await gateway.roles.assign(
            try await role(request), to: subject, expiresAt: try request.optionalTime("expires_at"),
            by: try request.caller(gateway))
        return APIResponse(.created, body: assignment.json, location: request.location("assignments", assignment.id))
    }
}

extension Gateway {
    /// The one subject that is named by a person's or a service account's name. Throws 400 for both and for none.
    func subject(person: String?, account: String?, in tenant: TenantID) async throws -> Subject {
        switch (person, account) {
        case (let person?, nil): return .person(try await people.person(named: person, in: tenant).id)
        case (nil, let account?):
            return .serviceAccount(try await serviceAccounts.account(named: account, in: tenant).id)
        default: throw Fault("body.invalid", .caller, "Name either `person` or `service_account`.")
        }
    }
}
