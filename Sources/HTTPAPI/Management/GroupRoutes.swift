import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Groups and who is in them.
struct GroupRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/groups", "listGroups", "Lists groups, by id", tag: "groups",
                access: .permission(action: "read", type: "group"), query: Route.Parameter.page,
                response: .page(.reference("Group"))
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
                requestBody: .object(GroupSchema.members, optional: ["description"]), response: .reference("Group"),
                successStatus: 201
            ) { request in
                let group = try await gateway.groups.create(
                    name: try request.text("name"), description: try request.optionalText("description"),
                    by: try request.caller(gateway))
                return APIResponse(
                    .created, body: group.json, etag: EntityTag(version: group.version),
                    location: request.location("groups", group.id))
            },
            Route(
                .get, "/api/v1/groups/{group}", "getGroup", "Shows a group", tag: "groups",
                access: .permission(action: "read", type: "group"), response: .reference("Group")
            ) { request in
                let group = try await group(request)
                return APIResponse(body: group.json, etag: EntityTag(version: group.version))
            },
            Route(
                .patch, "/api/v1/groups/{group}", "changeGroup", "Renames or describes a group of our own",
                tag: "groups", access: .permission(action: "update", type: "group"),
                requestBody: .change(GroupSchema.members), response: .reference("Group"), preconditions: .required,
                handler: change),
            Route(
                .delete, "/api/v1/groups/{group}", "deleteGroup", "Deletes a group of our own", tag: "groups",
                access: .permission(action: "delete", type: "group"), successStatus: 204, preconditions: .heeded
            ) { request in
                let group = try await group(request)
                _ = try request.expectedVersion(group.version)
                try await gateway.groups.delete(group.id, by: try request.caller(gateway))
                return .noContent
            },
        ] + members
    }

    private var members: [Route] {
        [
            Route(
                .get, "/api/v1/groups/{group}/members", "listMembers", "Lists direct members, by id", tag: "groups",
                access: .permission(action: "read", type: "group"), query: Route.Parameter.page,
                response: .page(.object(["person": .uuid]))
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

    private func group(_ request: APIRequest) async throws -> Group {
        try await gateway.groups.group(try request.id("group"), in: try request.requiredTenant)
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        let present = try await group(request)
        let version = try request.expectedVersion(present.version)
        let description =
            request.body?["description"] == nil ? present.description : try request.optionalText("description")
        let group = try await gateway.groups.change(
            present.id, name: try request.optionalText("name") ?? present.name, description: description,
            expecting: version, by: try request.caller(gateway))
        return APIResponse(body: group.json, etag: EntityTag(version: group.version))
    }

    private func member(_ method: HTTPRequest.Method, _ id: String, _ summary: String, isMember: Bool) -> Route {
        Route(
            method, "/api/v1/groups/{group}/members/{person}", id, summary, tag: "groups",
            access: .permission(action: "update", type: "group"), successStatus: 204
        ) { request in
            let person = try await gateway.people.person(
                named: request.parameters["person"] ?? "", in: try request.requiredTenant)
            _ = try await gateway.groups.setMember(
                person.id, of: try request.id("group"), isMember, by: try request.caller(gateway))
            return .noContent
        }
    }
}
