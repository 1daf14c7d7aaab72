import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// People: read, made, changed, disabled, erased.
struct PeopleRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] { reading + states }

    private var reading: [Route] {
        [
            Route(
                .get, "/api/v1/people", "listPeople", "Lists people, by id", tag: "people",
                access: .permission(action: "read", type: "person"),
                query: [.init("search", "Only logins that begin with this.", .string(maxLength: 254))]
                    + Route.Parameter.page,
                response: .page(.reference("Person")), handler: list),
            Route(
                .post, "/api/v1/people", "createPerson", "Makes a person", tag: "people",
                access: .permission(action: "create", type: "person"),
                requestBody: .object(
                    PersonSchema.members, optional: Set(PersonSchema.members.keys.filter { $0 != "login" })),
                response: .reference("Person"), successStatus: 201, handler: create),
            Route(
                .get, "/api/v1/people/{person}", "getPerson", "Shows a person, by id, login or mail", tag: "people",
                access: .permission(action: "read", type: "person"), response: .reference("Person"), handler: get),
            Route(
                .patch, "/api/v1/people/{person}", "changePerson", "Changes a person",
                details:
                    "Members that are left out stay as they are; null removes a value. What a directory owns is 409.",
                tag: "people", access: .permission(action: "update", type: "person"),
                requestBody: .change(PersonSchema.members), response: .reference("Person"), preconditions: .required,
                handler: change),
            Route(
                .delete, "/api/v1/people/{person}", "erasePerson",
                "Erases everything personal about a person, for ever",
                tag: "people", access: .permission(action: "erase", type: "person"), successStatus: 204,
                preconditions: .heeded
            ) { request in
                let person = try await self.weaker(request)
                _ = try request.expectedVersion(person.version)
                try await gateway.people.erase(person.id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private var states: [Route] {
        [
            Route(
                .post, "/api/v1/people/{person}/disable", "disablePerson",
                "Disables a person and ends their sessions at once", tag: "people",
                access: .permission(action: "disable", type: "person"), successStatus: 204
            ) { request in
                try await gateway.people.disable(
                    try await self.weaker(request).id, .administrator, by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .post, "/api/v1/people/{person}/enable", "enablePerson", "Lets a disabled person sign in again",
                tag: "people", access: .permission(action: "enable", type: "person"), successStatus: 204
            ) { request in
                try await gateway.people.enable(try await self.weaker(request).id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private func person(_ request: APIRequest) async throws -> Person {
        try await gateway.people.person(named: request.parameters["person"] ?? "", in: try request.requiredTenant)
    }

    /// Whom the path names, where they hold nothing that the caller does not: who may come in at all, and who is put out,
    /// is not for somebody weaker.
    private func weaker(_ request: APIRequest) async throws -> Person {
        let person = try await person(request)
        try await gateway.roles.requireHeld(standingOf: .person(person.id), by: try request.caller(gateway))
        return person
    }

    @Sendable private func list(_ request: APIRequest) async throws -> APIResponse {
        let page = try request.page(mac: mac)
        let people = try await gateway.people.list(
            in: try request.requiredTenant, after: page.cursor.flatMap { PersonID($0.after) },
            search: request.query["search"], limit: page.limit + 1)
        return try request.answer(people, page, mac) { ($0.id.description, $0.json) }
    }

    @Sendable private func get(_ request: APIRequest) async throws -> APIResponse {
        let person = try await person(request)
        return APIResponse(body: person.json, etag: EntityTag(version: person.version))
    }

    @Sendable private func create(_ request: APIRequest) async throws -> APIResponse {
        let edit = try await gateway.personEdit(request.body?.object ?? [:], in: try request.requiredTenant)
        let person = try await gateway.people.create(edit, by: try request.caller(gateway))
        return APIResponse(
            .created, body: person.json, etag: EntityTag(version: person.version),
            location: request.location("people", person.id), person: person.id)
    }

    @Sendable private func change(_ request: APIRequest) async throws -> APIResponse {
        let present = try await person(request)
        let version = try request.expectedVersion(present.version)
        let edit = try await gateway.personEdit(request.body?.object ?? [:], in: present.tenant)
        let person = try await gateway.people.change(
            present.id, edit, expecting: version, by: try request.caller(gateway))
        return APIResponse(body: person.json, etag: EntityTag(version: person.version), person: person.id)
    }
}

extension Gateway {
    /// A checked body as an edit: unit and manager looked up by name, null as a value to remove.
    func personEdit(_ body: [String: AttributeValue], in tenant: TenantID) async throws -> PersonEdit {
        var edit = PersonEdit()
        edit.login = body["login"]?.string
        edit.displayName = body["display_name"]?.string
        edit.givenName = body["given_name"]?.string
        edit.familyName = body["family_name"]?.string
        edit.mail = body["mail"]?.string
        edit.department = body["department"]?.string
        edit.attributes = body["attributes"]?.object
        if let unit = body["organization_unit"]?.string {
            edit.organizationUnit = try await named("organization_unit") {
                try await organization.unit(named: unit, in: tenant).unit.id
            }
        }
        if let manager = body["manager"]?.string {
            edit.manager = try await named("manager") { try await people.person(named: manager, in: tenant).id }
        }
        edit.cleared = Self.clearable.filter { body[$0.rawValue] == .null }
        return edit
    }

    private static let clearable: Set<PersonAttribute> = [
        .displayName, .givenName, .familyName, .mail, .department, .organizationUnit, .manager,
    ]

    /// What a member of a body names; 404 is for what the path names, so its absence is 400 here.
    func named<Value>(_ member: String, _ find: () async throws -> Value) async throws -> Value {
        do { return try await find() } catch let fault as Fault where fault.code == "not_found" {
            throw Fault("body.invalid", .caller, "`\(member)` names nothing that is here.")
        }
    }
}
