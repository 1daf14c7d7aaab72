import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Roles: what they permit and what they inherit.
struct RoleRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/roles", "listRoles", "Lists roles, by name", tag: "roles",
                access: .permission(action: "read", type: "role"), query: Route.Parameter.page,
                response: .page(.reference("Role"))
            ) { request in
                let roles = try await gateway.roles.roles(in: try request.requiredTenant)
                let demands = gateway.multiFactorDemands(of: roles)
                return try request.answer(whole: roles, by: \.name, mac: mac) { $0.json(demands[$0.id]) }
            },
            Route(
                .post, "/api/v1/roles", "createRole", "Makes a role",
                details: "One gives only what one holds: permissions beyond the caller's own are 403.", tag: "roles",
                access: .permission(action: "create", type: "role"),
                requestBody: .object(
                    RoleSchema.members, optional: Set(RoleSchema.members.keys.filter { $0 != "name" })),
                response: .reference("Role"), successStatus: 201, handler: create),
            Route(
                .get, "/api/v1/roles/{role}", "getRole", "Shows a role, by name or id", tag: "roles",
                access: .permission(action: "read", type: "role"), response: .reference("Role")
            ) { request in
                let role = try await role(request)
                return APIResponse(body: try await json(role), etag: EntityTag(version: role.version))
            },
            Route(
                .patch, "/api/v1/roles/{role}", "changeRole",
                "Changes a role's name, description, permissions, inheritance or flags",
                details: "`inherits` and `permissions` replace what was there. A predefined role cannot be changed.",
                tag: "roles", access: .permission(action: "update", type: "role"),
                requestBody: .change(RoleSchema.members), response: .reference("Role"), preconditions: .required,
                handler: change),
            Route(
                .delete, "/api/v1/roles/{role}", "deleteRole", "Deletes a role that nobody holds and nothing maps to",
                tag: "roles", access: .permission(action: "delete", type: "role"), successStatus: 204,
                preconditions: .heeded
            ) { request in
                let role = try await role(request)
                _ = try request.expectedVersion(role.version)
                try await gateway.roles.delete(role.id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private func role(_ request: APIRequest) async throws -> Role {
        try await gateway.roles.role(named: request.parameters["role"] ?? "", in: try request.requiredTenant)
    }

    private func json(_ role: Role) async throws -> AttributeValue {
        role.json(gateway.multiFactorDemands(of: try await gateway.roles.roles(in: role.tenant))[role.id])
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        var role = Role(id: RoleID.random(at: gateway.clock()), tenant: tenant, name: try request.text("name"))
        try await apply(request, to: &role)
        let made = try await gateway.roles.create(role, by: try request.caller(gateway))
        return APIResponse(
            .created, body: try await json(made), etag: EntityTag(version: made.version),
            location: request.location("roles", made.id))
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        var role = try await role(request)
        let version = try request.expectedVersion(role.version)
        role.name = try request.optionalText("name") ?? role.name
        try await apply(request, to: &role)
        let changed = try await gateway.roles.change(role, expecting: version, by: try request.caller(gateway))
        return APIResponse(body: try await json(changed), etag: EntityTag(version: changed.version))
    }

    /// Writes what the body says into the role; what it leaves out stays.
    private func apply(_ request: APIRequest, to role: inout Role) async throws {
        if request.body?["description"] != nil { role.description = try request.optionalText("description") }
        role.isProtected = try request.optionalBool("protected") ?? role.isProtected
        role.requiresMFA = try request.optionalBool("requires_mfa") ?? role.requiresMFA
        if let names = try request.optionalTexts("inherits") {
            let known = try await gateway.roles.roles(in: role.tenant)
            role.parents = try names.map { name in
                guard let parent = known.first(where: { $0.name == name || $0.id.description == name }) else {
                    throw Fault("body.invalid", .caller, "`inherits` names a role that does not exist.")
                }
                return parent.id
            }
        }
        if let permissions = request.body?["permissions"]?.list {
            role.permissions = permissions.map {
                RolePermission(
                    action: $0["action"]?.string ?? "", resourceType: $0["type"]?.string ?? "",
                    pattern: $0["resource"]?.string)
            }
        }
    }
}
