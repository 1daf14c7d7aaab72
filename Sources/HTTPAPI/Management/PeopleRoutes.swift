import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// People: read, made, changed, disabled, erased; their sessions.
struct PeopleRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/people", "listPeople", "People, by id; `search` narrows to logins that begin with it",
                tag: "people", access: .permission(action: "read", type: "person"),
                query: [
                    .init("search", "Beginning of a login"), .init("limit", "1 to 200"),
                    .init("cursor", "`next` of the page before"),
                ],
                response: .page(.any), handler: list),
            Route(
                .post, "/api/v1/people", "createPerson", "Makes a person", tag: "people",
                access: .permission(action: "create", type: "person"), requestBody: Self.change, response: .any,
                successStatus: 201, handler: create),
            Route(
                .get, "/api/v1/people/{person}", "getPerson", "One person, by id, login or mail", tag: "people",
                access: .permission(action: "read", type: "person"), response: .any, handler: get),
            Route(
                .patch, "/api/v1/people/{person}", "changePerson", "Changes what the API owns of a person",
                tag: "people",
                access: .permission(action: "update", type: "person"), requestBody: Self.change, response: .any,
                needsIfMatch: true, handler: change),
            Route(
                .post, "/api/v1/people/{person}/disable", "disablePerson", "Disables a person and ends their sessions",
                tag: "people", access: .permission(action: "disable", type: "person"), successStatus: 204
            ) { request in
                try await gateway.people.disable(
                    try await self.person(request).id, .administrator, by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .post, "/api/v1/people/{person}/enable", "enablePerson", "Enables a person again", tag: "people",
                access: .permission(action: "enable", type: "person"), successStatus: 204
            ) { request in
                try await gateway.people.enable(try await self.person(request).id, by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .delete, "/api/v1/people/{person}", "erasePerson",
                "Erases everything personal about a person, for ever",
                tag: "people", access: .permission(action: "erase", type: "person"), successStatus: 204
            ) { request in
                try await gateway.people.erase(try await self.person(request).id, by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .get, "/api/v1/people/{person}/sessions", "listSessions", "A person's live sessions, newest first",
                tag: "sessions", access: .permission(action: "list", type: "session"), response: .page(.any)
            ) { request in
                let person = try await self.person(request)
                return .page(gateway.sessions.sessions(of: person.id, in: person.tenant).map(\.json), next: nil)
            },
            Route(
                .delete, "/api/v1/people/{person}/sessions", "endSessions", "Ends all of a person's sessions",
                tag: "sessions", access: .permission(action: "end", type: "session"), response: .any
            ) { request in
                let person = try await self.person(request)
                let ended = try await gateway.sessions.endAll(
                    of: person.id, .administrator, by: try request.caller(gateway))
                return APIResponse(body: ["ended": .integer(Int64(ended))])
            },
            Route(
                .delete, "/api/v1/sessions/{session}", "endSession", "Ends one session", tag: "sessions",
                access: .permission(action: "end", type: "session"), successStatus: 204
            ) { request in
                let id = try request.id("session", as: SessionID.self)
                guard try await gateway.sessions.end(id, .administrator, by: try request.caller(gateway)) else {
                    throw Refusal.notFound
                }
                return .noContent
            },
        ]
    }

    private static let change = JSONSchema.object(
        [
            "login": .string(maxLength: NameKey.lengthLimit), "display_name": .string(), "given_name": .string(),
            "family_name": .string(), "mail": .string(maxLength: NameKey.lengthLimit), "department": .string(),
            "organization_unit": .uuid, "manager": .uuid, "attributes": .map(.any),
        ],
        optional: [
            "login", "display_name", "given_name", "family_name", "mail", "department", "organization_unit", "manager",
            "attributes",
        ])

    private func person(_ request: APIRequest) async throws -> Person {
        try await gateway.people.person(named: request.parameters["person"] ?? "", in: try request.requiredTenant)
    }

    @Sendable private func list(_ request: APIRequest) async throws -> APIResponse {
        let page = try request.page(mac: mac)
        let last = page.cursor.flatMap { PersonID($0.after) }
        let people = try await gateway.people.list(
            in: try request.requiredTenant, after: last, search: request.query["search"], limit: page.limit + 1)
        return try request.answer(people, page, mac) { ($0.id.description, $0.json) }
    }

    @Sendable private func get(_ request: APIRequest) async throws -> APIResponse {
        let person = try await person(request)
        return APIResponse(body: person.json, etag: EntityTag(version: person.version))
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        let person = try await gateway.people.create(try Self.change(from: request), by: try request.caller(gateway))
        return APIResponse(
            .created, body: person.json, etag: EntityTag(version: person.version),
            location: "/api/v1/people/\(person.id)")
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        let present = try await person(request)
        let version = try EntityTag.require(ifMatch: request.ifMatch, current: EntityTag(version: present.version))
        let person = try await gateway.people.change(
            present.id, try Self.change(from: request), expecting: version, by: try request.caller(gateway))
        return APIResponse(body: person.json, etag: EntityTag(version: person.version))
    }

    private static func change(from request: APIRequest) throws -> PersonEdit {
        try request.allow([
            "login", "display_name", "given_name", "family_name", "mail", "department", "organization_unit", "manager",
            "attributes",
        ])
        var change = PersonEdit()
        change.login = try request.optionalText("login")
        change.displayName = try request.optionalText("display_name")
        change.givenName = try request.optionalText("given_name")
        change.familyName = try request.optionalText("family_name")
        change.mail = try request.optionalText("mail")
        change.department = try request.optionalText("department")
        change.organizationUnit = try request.optionalText("organization_unit").flatMap { OrganizationUnitID($0) }
        change.manager = try request.optionalText("manager").flatMap { PersonID($0) }
        change.attributes = request.body?["attributes"]?.object
        return change
    }
}

extension APIRequest {
    /// A page made of one item more than asked for: the extra one only says that there is a next page.
    func answer<Item>(
        _ items: [Item], _ page: PageRequest, _ mac: MACFunction, _ show: (Item) -> (key: String, json: AttributeValue)
    ) throws -> APIResponse {
        let shown = items.prefix(page.limit).map(show)
        let list = "\(route.operationID):\(tenant?.id.description ?? "")"
        let next =
            items.count > page.limit
            ? try shown.last.map { try Cursor(after: $0.key).sealed(for: list, mac: mac) } : nil
        return .page(shown.map(\.json), next: next)
    }
}
