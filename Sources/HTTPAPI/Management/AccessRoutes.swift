import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Groups, roles, mappings, assignments and policy documents.
struct AccessRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { groups + roles + mappings + assignments + policies }

    // MARK: Groups

    private var groups: [Route] {
        [
            Route(
                .get, "/api/v1/groups", "listGroups", "Groups, by id", tag: "groups",
                access: .permission(action: "read", type: "group"),
                query: [.init("limit", "1 to 200"), .init("cursor", "`next` of the page before")], response: .page(.any)
            ) { request in
                let page = try request.page(mac: mac)
                let groups = try await gateway.groups.list(
                    in: try request.requiredTenant, after: page.cursor.flatMap { GroupID($0.after) },
                    limit: page.limit + 1)
                return try request.answer(groups, page, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .post, "/api/v1/groups", "createGroup", "Makes a group of our own", tag: "groups",
                access: .permission(action: "create", type: "group"),
                requestBody: .object(["name": .string(), "description": .string()], optional: ["description"]),
                response: .any, successStatus: 201
            ) { request in
                try request.allow(["name", "description"])
                let group = try await gateway.groups.create(
                    name: try request.text("name"), description: try request.optionalText("description"),
                    by: try request.caller(gateway))
                return APIResponse(.created, body: group.json, location: "/api/v1/groups/\(group.id)")
            },
            Route(
                .get, "/api/v1/groups/{group}", "getGroup", "One group", tag: "groups",
                access: .permission(action: "read", type: "group"), response: .any
            ) { request in
                let group = try await gateway.groups.group(try request.id("group"), in: try request.requiredTenant)
                return APIResponse(body: group.json, etag: EntityTag(version: group.version))
            },
            Route(
                .delete, "/api/v1/groups/{group}", "deleteGroup", "Deletes a group of our own", tag: "groups",
                access: .permission(action: "delete", type: "group"), successStatus: 204
            ) { request in
                try await gateway.groups.delete(try request.id("group"), by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .get, "/api/v1/groups/{group}/members", "listMembers", "Direct members, by id", tag: "groups",
                access: .permission(action: "read", type: "group"),
                query: [.init("limit", "1 to 200"), .init("cursor", "`next` of the page before")], response: .page(.any)
            ) { request in
                let page = try request.page(mac: mac)
                let members = try await gateway.groups.members(
                    of: try request.id("group"), in: try request.requiredTenant,
                    after: page.cursor.flatMap { PersonID($0.after) }, limit: page.limit + 1)
                return try request.answer(members, page, mac) { ($0.description, ["person": $0.json]) }
            },
            member(.put, "addMember", "Puts a person into a group of our own", isMember: true),
            member(.delete, "removeMember", "Takes a person out of a group of our own", isMember: false),
        ]
    }

    private func member(_ method: HTTPRequest.Method, _ id: String, _ summary: String, isMember: Bool) -> Route {
        Route(
            method, "/api/v1/groups/{group}/members/{person}", id, summary, tag: "groups",
            access: .permission(action: "update", type: "group"), successStatus: 204
        ) { request in
            _ = try await gateway.groups.setMember(
                try request.id("person"), of: try request.id("group"), isMember, by: try request.caller(gateway))
            return .noContent
        }
    }

    // MARK: Roles

    private var roles: [Route] {
        [
            Route(
                .get, "/api/v1/roles", "listRoles", "Roles by name", tag: "roles",
                access: .permission(action: "read", type: "role"), response: .page(.any)
            ) { request in
                .page(try await gateway.roles.roles(in: try request.requiredTenant).map(\.json), next: nil)
            },
            Route(
                .post, "/api/v1/roles", "createRole", "Makes a role; one gives only what one holds", tag: "roles",
                access: .permission(action: "create", type: "role"), requestBody: Self.roleBody, response: .any,
                successStatus: 201
            ) { request in
                let made = try await gateway.roles.create(
                    try await role(from: request), by: try request.caller(gateway))
                return APIResponse(.created, body: made.json, location: "/api/v1/roles/\(made.id)")
            },
            Route(
                .delete, "/api/v1/roles/{role}", "deleteRole", "Deletes a role that nobody held", tag: "roles",
                access: .permission(action: "delete", type: "role"), successStatus: 204
            ) { request in
                let role = try await gateway.roles.role(
                    named: request.parameters["role"] ?? "", in: try request.requiredTenant)
                try await gateway.roles.delete(role.id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private static let roleBody = JSONSchema.object(
        [
            "name": .string(maxLength: 128), "description": .string(), "inherits": .array(.string()),
            "permissions": .array(
                .object(["action": .string(), "type": .string(), "resource": .string()], optional: ["resource"])),
            "requires_mfa": .boolean,
        ], optional: ["description", "inherits", "permissions", "requires_mfa"])

    private func role(from request: APIRequest) async throws -> Role {
        try request.allow(["name", "description", "inherits", "permissions", "requires_mfa"])
        let known = try await gateway.roles.roles(in: try request.requiredTenant)
        let parents = try (request.body?["inherits"]?.list ?? []).map { value -> RoleID in
            guard let role = known.first(where: { $0.name == value.string || $0.id.description == value.string }) else {
                throw Fault("body.invalid", .caller, "`inherits` names a role that does not exist.")
            }
            return role.id
        }
        let permissions = try (request.body?["permissions"]?.list ?? []).map { value -> RolePermission in
            guard let action = value["action"]?.string, let type = value["type"]?.string, !action.isEmpty, !type.isEmpty
            else { throw Fault("body.invalid", .caller, "A permission needs `action` and `type`.") }
            return RolePermission(action: action, resourceType: type, pattern: value["resource"]?.string)
        }
        return Role(
            id: RoleID.random(at: gateway.clock()), tenant: try request.requiredTenant, name: try request.text("name"),
            description: try request.optionalText("description"), parents: parents, permissions: permissions,
            requiresMFA: try request.optionalBool("requires_mfa") ?? false)
    }

    // MARK: Mappings

    private var mappings: [Route] {
        [
            Route(
                .get, "/api/v1/mappings", "listMappings", "Which upstream groups and attributes give which roles",
                tag: "mappings", access: .permission(action: "read", type: "mapping"), response: .page(.any)
            ) { request in
                .page(try await gateway.roles.mappings(in: try request.requiredTenant).map(\.json), next: nil)
            },
            Route(
                .post, "/api/v1/mappings", "createMapping", "Maps an upstream group or attribute to a role",
                tag: "mappings", access: .permission(action: "create", type: "mapping"),
                requestBody: .object(
                    [
                        "provider": .string(), "role": .string(), "group": .string(),
                        "when": .object(["attribute": .string(), "in": .array(.string())]),
                    ], optional: ["group", "when"]), response: .any, successStatus: 201
            ) { request in
                try request.allow(["provider", "role", "group", "when"])
                let tenant = try request.requiredTenant
                guard let provider = gateway.providers.provider(named: try request.text("provider"), in: tenant) else {
                    throw Fault("body.invalid", .caller, "`provider` names no provider.")
                }
                let role = try await gateway.roles.role(named: try request.text("role"), in: tenant)
                let mapping = try await gateway.roles.createMapping(
                    provider: provider.id, match: try Self.match(request), role: role.id,
                    by: try request.caller(gateway))
                return APIResponse(.created, body: mapping.json, location: "/api/v1/mappings/\(mapping.id)")
            },
            Route(
                .delete, "/api/v1/mappings/{mapping}", "deleteMapping", "Ends a mapping", tag: "mappings",
                access: .permission(action: "delete", type: "mapping"), successStatus: 204
            ) { request in
                try await gateway.roles.deleteMapping(try request.id("mapping"), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private static func match(_ request: APIRequest) throws -> MappingMatch {
        if let key = try request.optionalText("group") { return .group(key: key) }
        guard let name = request.body?["when"]?["attribute"]?.string,
            let values = request.body?["when"]?["in"]?.list?.compactMap(\.string), !values.isEmpty
        else { throw Fault("body.invalid", .caller, "A mapping needs `group`, or `when` with `attribute` and `in`.") }
        return .attribute(name: name, values: values)
    }

    // MARK: Assignments

    private var assignments: [Route] {
        [
            Route(
                .get, "/api/v1/assignments", "listAssignments", "Roles given directly", tag: "assignments",
                access: .permission(action: "read", type: "role"), response: .page(.any)
            ) { request in
                .page(try await gateway.roles.assignments(in: try request.requiredTenant).map(\.json), next: nil)
            },
            Route(
                .post, "/api/v1/assignments", "assignRole", "Gives a role; one gives only what one holds",
                tag: "assignments", access: .permission(action: "assign", type: "role"),
                requestBody: .object(
                    ["person": .string(), "service_account": .string(), "role": .string(), "expires_at": .time],
                    optional: ["person", "service_account", "expires_at"]), response: .any, successStatus: 201
            ) { request in
                try request.allow(["person", "service_account", "role", "expires_at"])
                let role = try await gateway.roles.role(named: try request.text("role"), in: try request.requiredTenant)
                let assignment = try await gateway.roles.assign(
                    role.id, to: try await subject(request), expiresAt: try request.optionalTime("expires_at"),
                    by: try request.caller(gateway))
                return APIResponse(.created, body: assignment.json, location: "/api/v1/assignments/\(assignment.id)")
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

    private func subject(_ request: APIRequest) async throws -> Subject {
        let tenant = try request.requiredTenant
        switch (try request.optionalText("person"), try request.optionalText("service_account")) {
        case (let person?, nil): return .person(try await gateway.people.person(named: person, in: tenant).id)
        case (nil, let account?):
            return .serviceAccount(try await gateway.serviceAccounts.account(named: account, in: tenant).id)
        default: throw Fault("body.invalid", .caller, "Name either `person` or `service_account`.")
        }
    }

    // MARK: Policies

    private var policies: [Route] {
        [
            Route(
                .get, "/api/v1/policies", "listPolicies", "Policy documents by name", tag: "policies",
                access: .permission(action: "read", type: "policy"), response: .page(.any)
            ) { request in
                .page(try await gateway.policies.list(in: try request.requiredTenant).map(\.json), next: nil)
            },
            Route(
                .put, "/api/v1/policies/{policy}", "putPolicy", "Stores a policy document, new or in place of the old",
                tag: "policies", access: .permission(action: "update", type: "policy"), requestBody: .any,
                response: .any, bodyLimit: 1 << 20
            ) { request in
                guard let body = request.body else { throw Fault("body.invalid", .caller, "The body is empty.") }
                let version = request.ifMatch.flatMap { EntityTag($0)?.version }
                let stored = try await gateway.policies.put(
                    request.parameters["policy"] ?? "", CanonicalJSON.encode(body), expecting: version,
                    by: try request.caller(gateway))
                return APIResponse(body: stored.json, etag: EntityTag(version: stored.version))
            },
            Route(
                .delete, "/api/v1/policies/{policy}", "deletePolicy", "Deletes a policy document, by id",
                tag: "policies", access: .permission(action: "delete", type: "policy"), successStatus: 204
            ) { request in
                try await gateway.policies.delete(try request.id("policy"), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }
}
