import Authorization
import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// Templates of governed policies, the cases beside a policy, and policies on their way from one place to another.
struct PolicyTemplateRoutes {
    let gateway: Gateway

    var routes: [Route] { templates + cases + transfer }

    private static let read = Route.Access.permission(action: "read", type: "governance")
    private static let path = "/api/v1/governance/templates"

    // MARK: Templates

    private var templates: [Route] {
        [
            Route(
                .get, Self.path, "listPolicyTemplates", "Lists templates: the tenant's own, and those of the gateway",
                tag: "governance", access: Self.read,
                response: .object(["items": .array(.reference("PolicyTemplate"))])
            ) { request in
                let templates = try await gateway.workbench.templates(in: try request.requiredTenant)
                return APIResponse(body: ["items": .list(templates.map(\.json))])
            },
            Route(
                .get, Self.path + "/{template}", "getPolicyTemplate", "Shows a template", tag: "governance",
                access: Self.read, response: .reference("PolicyTemplate")
            ) { request in
                let found = try await template(request)
                return APIResponse(body: found.json, etag: EntityTag(version: found.version))
            },
            Route(
                .put, Self.path + "/{template}", "putPolicyTemplate",
                "Saves a template of the tenant's own, new or in place of the old",
                details: """
                    The body is the template: `{version: 1, template, name, description, parameters, policy}`. A gap is \
                    `{"parameter": name}` in place of a whole value; nothing is evaluated. It is filled with its \
                    defaults and examples at once, and refused when no policy comes of that.
                    """,
                tag: "governance", access: WorkbenchRoutes.edit, requestBody: .map(.any),
                response: .reference("PolicyTemplate"), preconditions: .heeded,
                bodyLimit: PolicyWorkbench.documentLimit, handler: put),
            Route(
                .delete, Self.path + "/{template}", "deletePolicyTemplate",
                "Takes a template of the tenant's own out of use", tag: "governance", access: WorkbenchRoutes.edit,
                successStatus: 204, preconditions: .heeded
            ) { request in
                let found = try await template(request)
                try await gateway.workbench.retireTemplate(
                    named: found.template.key, expecting: try request.expectedVersion(found.version),
                    by: try request.caller(gateway))
                return .noContent
            },
            Route(
                .post, Self.path + "/{template}/draft", "draftOfPolicyTemplate",
                "Fills a template with values, and shows the document it makes",
                details: "Nothing is stored; `POST /api/v1/governance/imports` makes a draft of it.",
                tag: "governance", access: Self.read,
                requestBody: .object(["values": .map(.any)], optional: ["values"]),
                response: .object(["document": .map(.any)]), repetition: .harmless
            ) { request in
                let draft = try await gateway.workbench.draft(
                    of: request.parameters["template"] ?? "", request.body?["values"]?.object ?? [:],
                    in: try request.requiredTenant)
                return APIResponse(body: ["document": draft.document])
            },
        ]
    }

    private func template(_ request: APIRequest) async throws -> PolicyTemplateView {
        try await gateway.workbench.template(
            named: request.parameters["template"] ?? "", in: try request.requiredTenant)
    }

    @Sendable private func put(_ request: APIRequest) async throws -> APIResponse {
        guard request.body?["template"]?.string == request.parameters["template"] else {
            throw APIRequest.invalid("template", "the name in the path")
        }
        let present = try? await template(request)
        if present == nil, request.ifMatch != nil { throw Refusal.preconditionFailed }
        let version = try present.flatMap { try request.expectedVersion($0.version) }
        let saved = try await gateway.workbench.saveTemplate(
            request.body ?? .null, expecting: version, by: try request.caller(gateway))
        return APIResponse(body: saved.json, etag: EntityTag(version: saved.version))
    }

    // MARK: Cases beside a policy

    private var cases: [Route] {
        let path = "/api/v1/governance/policies/{policy}/cases"
        return [
            Route(
                .get, path, "getPolicyCases", "Shows the cases that a policy is tried by", tag: "governance",
                access: Self.read, response: Self.shown
            ) { request in
                let (documents, version) = try await gateway.workbench.cases(
                    of: try request.id("policy"), in: try request.requiredTenant)
                return APIResponse(
                    body: ["cases": documents, "version": .integer(version)], etag: EntityTag(version: version))
            },
            Route(
                .put, path, "putPolicyCases", "Writes the cases of a policy anew",
                details: """
                    As below `tests` of a document. From then on the policy is not activated while one of them fails; \
                    an empty list takes them away.
                    """,
                tag: "governance", access: WorkbenchRoutes.edit,
                requestBody: .object(["cases": .array(.map(.any), maximum: DraftTest.Limits.tests)]),
                response: Self.shown, preconditions: .heeded, bodyLimit: PolicyWorkbench.documentLimit
            ) { request in
                let (id, tenant) = (try request.id("policy", as: PolicyID.self), try request.requiredTenant)
                let present = try await gateway.workbench.cases(of: id, in: tenant)
                let documents = request.body?["cases"] ?? .list([])
                let version = try await gateway.workbench.setCases(
                    documents, of: id, expecting: try request.expectedVersion(present.version),
                    by: try request.caller(gateway))
                return APIResponse(
                    body: ["cases": documents, "version": .integer(version)], etag: EntityTag(version: version))
            },
            Route(
                .post, path + "/run", "runPolicyCases", "Runs the cases of a policy over it as it stands",
                tag: "governance", access: Self.read,
                response: .object(["passed": .boolean, "cases": .array(WorkbenchSchema.result)]),
                repetition: .harmless
            ) { request in
                let results = try await gateway.workbench.runCases(
                    of: try request.id("policy"), in: try request.requiredTenant)
                return APIResponse(body: WorkbenchJSON.results(results))
            },
        ]
    }

    private static let shown = JSONSchema.object(["cases": .array(.map(.any)), "version": .integer(minimum: 0)])

    // MARK: From one place to another

    private var transfer: [Route] {
        [
            Route(
                .post, "/api/v1/governance/exports", "exportPolicies",
                "Writes governed policies as one document, to be taken elsewhere",
                details: """
                    Rules and cases, without ids, authors, reasons, exemptions or history. What names people is left \
                    out and said to be; `include_people` takes it along, and the permission `read` on people.
                    """,
                tag: "governance", access: Self.read,
                requestBody: .object(
                    [
                        "policies": .array(.uuid, maximum: PolicyWorkbench.bundleLimit).described(
                            "All that are not archived without it."),
                        "include_people": .boolean,
                    ], optional: ["policies", "include_people"]),
                response: .object([
                    "document": .map(.any),
                    "left_out": .array(.object(["id": .uuid, "name": .string(), "names_people_at": APISchemas.texts])),
                ]), repetition: .harmless
            ) { request in
                let includesPeople = try request.optionalBool("include_people") ?? false
                if includesPeople { try await request.require("read", "person", gateway) }
                let bundle = try await gateway.workbench.export(
                    try request.bodyIDs("policies"), includesPeople: includesPeople, in: try request.requiredTenant)
                return APIResponse(body: bundle.json)
            },
            Route(
                .post, "/api/v1/governance/imports", "importPolicies",
                "Makes drafts of a bundle, or of one document of any style, with their cases",
                details: "All of them or none. They are reviewed and activated like every draft.", tag: "governance",
                access: .permission(action: "import", type: "governance"),
                requestBody: .object(
                    [
                        "document": .map(.any),
                        "name": .string(minLength: 1, maxLength: GovernedPolicy.Limits.nameBytes)
                            .described("What the policy of one document is called, in place of what it says."),
                        "enforcement": .words(Enforcement.allCases.map(\.rawValue))
                            .described("How hard it bites, likewise."),
                    ], optional: ["name", "enforcement"]),
                response: .object([
                    "policies": .array(
                        .object([
                            "id": .uuid, "name": .string(), "rules": .integer(minimum: 0),
                            "cases": .integer(minimum: 0),
                        ]))
                ]), successStatus: 201, bodyLimit: 8 * PolicyWorkbench.documentLimit
            ) { request in
                let made = try await gateway.workbench.importing(
                    request.body?["document"] ?? .null, name: try request.optionalText("name"),
                    enforcement: try request.optionalText("enforcement").flatMap(Enforcement.init),
                    by: try request.caller(gateway))
                return APIResponse(.created, body: ["policies": .list(made.map(\.json))])
            },
        ]
    }
}

extension PolicyTemplateView {
    var json: AttributeValue {
        HTTPAPI.json([
            "template": .string(template.key), "name": .string(template.name),
            "description": .string(template.description), "built_in": .bool(isBuiltIn),
            "parameters": template.document["parameters"] ?? .list([]), "document": template.document,
            "version": .integer(version), "updated_at": updatedAt?.json,
        ])
    }
}

extension PolicyBundle {
    var json: AttributeValue {
        [
            "document": document,
            "left_out": .list(
                leftOut.map { one in
                    [
                        "id": one.policy.json, "name": .string(one.name),
                        "names_people_at": .list(one.places.map { .string($0) }),
                    ]
                }),
        ]
    }
}

extension ImportedPolicy {
    var json: AttributeValue {
        [
            "id": id.json, "name": .string(name), "rules": .integer(Int64(rules)), "cases": .integer(Int64(cases)),
        ]
    }
}
