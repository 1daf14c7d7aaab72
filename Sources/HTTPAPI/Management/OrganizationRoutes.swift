import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// The organization tree: organization, division, department, project, team.
struct OrganizationRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/organization-units", "listOrganizationUnits", "Lists organization units, by id",
                tag: "organization", access: .permission(action: "read", type: "organization_unit"),
                query: Route.Parameter.page, response: .page(.reference("OrganizationUnit"))
            ) { request in
                let units = try await gateway.organization.units(in: try request.requiredTenant)
                return try request.answer(whole: units, by: \.id.description, mac: mac, \.json)
            },
            Route(
                .post, "/api/v1/organization-units", "createOrganizationUnit", "Makes an organization unit",
                details: "An organization is a root; every other unit needs a parent of a higher level.",
                tag: "organization", access: .permission(action: "create", type: "organization_unit"),
                requestBody: .object(
                    ["level": OrganizationUnitSchema.levels, "name": Self.name, "parent": Self.parent],
                    optional: ["parent"]),
                response: .reference("OrganizationUnit"), successStatus: 201, handler: create),
            Route(
                .get, "/api/v1/organization-units/{unit}", "getOrganizationUnit",
                "Shows an organization unit with the units above it", tag: "organization",
                access: .permission(action: "read", type: "organization_unit"),
                response: .reference("OrganizationUnit"), handler: get),
            Route(
                .patch, "/api/v1/organization-units/{unit}", "changeOrganizationUnit",
                "Renames an organization unit, or moves it with everything below it", tag: "organization",
                access: .permission(action: "update", type: "organization_unit"),
                requestBody: .change(["name": Self.name, "parent": Self.parent]),
                response: .reference("OrganizationUnit"), preconditions: .required, handler: change),
            Route(
                .delete, "/api/v1/organization-units/{unit}", "deleteOrganizationUnit",
                "Deletes an organization unit that has nobody in it and nothing below it", tag: "organization",
                access: .permission(action: "delete", type: "organization_unit"), successStatus: 204,
                preconditions: .heeded
            ) { request in
                let unit = try await find(request).unit
                _ = try request.expectedVersion(unit.version)
                try await gateway.organization.delete(unit.id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private static let name = JSONSchema.string(minLength: 1, maxLength: 256)
    private static let parent = JSONSchema.string(minLength: 1, maxLength: 256)
        .described("The id of the unit above, or its name where that is unique.")

    private func find(_ request: APIRequest) async throws -> (unit: OrganizationUnit, path: [OrganizationUnit]) {
        try await gateway.organization.unit(
            named: request.parameters["unit"] ?? "", in: try request.requiredTenant)
    }

    private func parent(_ request: APIRequest) async throws -> OrganizationUnitID? {
        guard let name = try request.optionalText("parent") else { return nil }
        let tenant = try request.requiredTenant
        return try await gateway.named("parent") {
            try await gateway.organization.unit(named: name, in: tenant).unit.id
        }
    }

    @Sendable private func get(_ request: APIRequest) async throws -> APIResponse {
        let (unit, path) = try await find(request)
        var members = unit.json.object ?? [:]
        members["path"] = .list(
            path.map { ["id": $0.id.json, "level": .string($0.level.word), "name": .string($0.name)] })
        return APIResponse(body: .object(members), etag: EntityTag(version: unit.version))
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        guard let level = OrganizationLevel(word: try request.text("level")) else {
            throw Fault("body.invalid", .caller, "`level` is none of the levels.")
        }
        let unit = try await gateway.organization.create(
            level, name: try request.text("name"), under: try await parent(request), by: try request.caller(gateway))
        return APIResponse(
            .created, body: unit.json, etag: EntityTag(version: unit.version),
            location: request.location("organization-units", unit.id))
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        let present = try await find(request).unit
        let version = try request.expectedVersion(present.version)
        let unit = try await gateway.organization.change(
            present.id, name: try request.optionalText("name"), parent: try await parent(request), expecting: version,
            by: try request.caller(gateway))
        return APIResponse(body: unit.json, etag: EntityTag(version: unit.version))
    }
}
