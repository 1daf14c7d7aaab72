import HTTPTypes
import Vocabulary

/// The OpenAPI 3.1 document of a registry, made from the very table the router is filled from.
public enum OpenAPIDocument {
    /// - Parameters:
    ///   - version: the gateway's version.
    ///   - publicURL: where the default tenant is reached.
    public static func make(_ registry: RouteRegistry, version: String, publicURL: String) -> AttributeValue {
        var paths: [String: [String: AttributeValue]] = [:]
        for route in registry.routes {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route, publicURL)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Gatehouse management API", "version": .string(version), "description": .string(introduction),
            ],
            "servers": [defaultServer(publicURL), tenantServer(publicURL)],
            "tags": .list(Set(registry.routes.map(\.tag)).sorted().map { ["name": .string($0)] }),
            "paths": .object(paths.mapValues { .object($0) }),
            "components": components(registry),
        ]
    }

    private static let introduction = """
        Callers present an API key as a bearer token. Errors are application/problem+json (RFC 9457) with a stable \
        `code`. Lists come in pages: `next` of one page is `cursor` of the following. A change names the version it is \
        made upon in If-Match; without it the answer is 428, after somebody else's change 412. A POST or PATCH with an \
        Idempotency-Key is carried out once within a day, and a repetition has the first answer.
        """

    private static func defaultServer(_ publicURL: String) -> AttributeValue {
        ["url": .string(publicURL), "description": "The default tenant"]
    }

    private static func tenantServer(_ publicURL: String) -> AttributeValue {
        [
            "url": .string(publicURL + "/t/{tenant}"), "description": "Another tenant",
            "variables": ["tenant": ["default": "main", "description": "The tenant's slug"]],
        ]
    }

    private static func components(_ registry: RouteRegistry) -> AttributeValue {
        var schemas = registry.schemas.mapValues(\.json)
        schemas["Problem"] = problem.json
        return [
            "schemas": .object(schemas),
            "responses": .object(
                failures.mapValues { description in
                    [
                        "description": .string(description),
                        "content": ["application/problem+json": ["schema": JSONSchema.reference("Problem").json]],
                    ]
                }),
            "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
        ]
    }

    private static func operation(_ route: Route, _ publicURL: String) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "operationId": .string(route.operationID), "summary": .string(route.summary),
            "tags": [.string(route.tag)], "parameters": .list(parameters(route)), "responses": responses(route),
            "security": route.access == .anonymous ? [] : [["bearer": []]],
        ]
        if let details = route.details { members["description"] = .string(details) }
        if !route.isTenantScoped { members["servers"] = [defaultServer(publicURL)] }
        if case .permission(let action, let type) = route.access {
            members["x-permission"] = ["action": .string(action), "type": .string(type)]
        }
        if let body = route.requestBody {
            var content: [String: AttributeValue] = ["application/json": ["schema": body.json]]
            if route.method == .patch { content["application/merge-patch+json"] = ["schema": body.json] }
            members["requestBody"] = ["required": true, "content": .object(content)]
        }
        return .object(members)
    }

    private static func parameters(_ route: Route) -> [AttributeValue] {
        var all: [AttributeValue] = route.pathParameters.map { name in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
        }
        all += route.query.map { parameter in
            [
                "name": .string(parameter.name), "in": "query", "description": .string(parameter.summary),
                "schema": parameter.schema.json,
            ]
        }
        if route.preconditions != .none {
            all.append(
                header(
                    "If-Match", "The ETag that was read, several, or `*`.",
                    pattern: #"^(\*|"v[0-9]+"(, *"v[0-9]+")*)$"#,
                    isRequired: route.preconditions == .required))
        }
        if route.repetition != .harmless {
            let sentence =
                route.repetition == .answered
                ? "One UUID in double quotes; a repetition under it has the first answer."
                : "One UUID in double quotes; a repetition under it is 409, because the first answer is not kept."
            let pattern = #"^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$"#
            all.append(header("Idempotency-Key", sentence, pattern: pattern, isRequired: false))
        }
        return all
    }

    private static func header(
        _ name: String, _ sentence: String, pattern: String, isRequired: Bool
    ) -> AttributeValue {
        [
            "name": .string(name), "in": "header", "required": .bool(isRequired), "description": .string(sentence),
            "schema": JSONSchema.string(pattern: pattern).json,
        ]
    }

    // MARK: Answers

    private static func responses(_ route: Route) -> AttributeValue {
        var success: [String: AttributeValue] = ["description": .string(words[route.successStatus] ?? "Done")]
        var content: [String: AttributeValue] = [:]
        if let schema = route.response { content["application/json"] = ["schema": schema.json] }
        for media in route.media { content[media] = ["schema": JSONSchema.string().json] }
        if !content.isEmpty { success["content"] = .object(content) }
        if route.successStatus == 201 {
            success["headers"] = ["Location": ["description": "Where it is found.", "schema": ["type": "string"]]]
        }
        var all: [String: AttributeValue] = ["\(route.successStatus)": .object(success)]
        for status in statuses(of: route) {
            let name = status == "default" ? "Problem" : "Problem\(status)"
            all[status] = ["$ref": .string("#/components/responses/\(name)")]
        }
        return .object(all)
    }

    private static let words = [200: "Done", 201: "Made", 204: "Done; there is nothing to say"]

    /// The refusals a caller has to reckon with; what is left (overload, a failure of ours) is the default.
    private static func statuses(of route: Route) -> [String] {
        var all = ["400", "default"]
        if route.access != .anonymous { all += ["401", "403"] }
        if !route.pathParameters.isEmpty || route.isTenantScoped { all.append("404") }
        if route.method != .get { all.append("409") }
        if route.preconditions != .none { all.append("412") }
        if route.requestBody != nil { all += ["413", "415"] }
        if route.repetition != .harmless { all.append("422") }
        if route.preconditions == .required { all.append("428") }
        return all
    }

    private static let failures = [
        "Problem400": "The request is malformed, or says something that cannot be",
        "Problem401": "No credential, or one that is not accepted",
        "Problem403": "The caller may not do this, or may not give what they do not hold",
        "Problem404": "There is no such thing in this tenant",
        "Problem409": "It conflicts with what is there, belongs to another owner, or is a repetition without an answer",
        "Problem412": "It has changed since it was read", "Problem413": "The body is too large",
        "Problem415": "The body is not JSON",
        "Problem422": "The Idempotency-Key was used for another request",
        "Problem428": "If-Match is missing", "Problem": "Refused or failed",
    ]

    private static let problem = JSONSchema.object(
        [
            "type": .string(), "title": .string(), "status": .integer(), "detail": .string(),
            "code": .string().described("Stable and machine-readable."), "instance": .string(),
        ], optional: ["detail", "code", "instance"])
}
