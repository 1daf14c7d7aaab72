import HTTPTypes
import Vocabulary

/// The OpenAPI 3.1 document of a registry, made from the very table the router is filled from.
public enum OpenAPIDocument {
    /// - Parameter version: the gateway's version.
    public static func make(_ registry: RouteRegistry, version: String) -> AttributeValue {
        var paths: [String: [String: AttributeValue]] = [:]
        for route in registry.routes {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route)
        }
        return [
            "openapi": "3.1.0",
            "info": ["title": "Gatehouse management API", "version": .string(version)],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": components(registry),
        ]
    }

    private static func components(_ registry: RouteRegistry) -> AttributeValue {
        var schemas = registry.schemas.mapValues(\.json)
        schemas["Problem"] = problem.json
        return [
            "schemas": .object(schemas),
            "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
        ]
    }

    private static func operation(_ route: Route) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "operationId": .string(route.operationID), "summary": .string(route.summary),
            "tags": [.string(route.tag)], "parameters": .list(parameters(route)), "responses": responses(route),
            "security": route.access == .anonymous ? [] : [["bearer": []]],
            "x-tenant-scoped": .bool(route.isTenantScoped),
        ]
        if case .permission(let action, let type) = route.access {
            members["x-permission"] = ["action": .string(action), "type": .string(type)]
        }
        if let body = route.requestBody {
            members["requestBody"] = ["required": true, "content": ["application/json": ["schema": body.json]]]
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
        if route.needsIfMatch {
            all.append(["name": "If-Match", "in": "header", "required": true, "schema": ["type": "string"]])
        }
        return all
    }

    private static func responses(_ route: Route) -> AttributeValue {
        var success: [String: AttributeValue] = ["description": "Done"]
        if let schema = route.response { success["content"] = ["application/json": ["schema": schema.json]] }
        let failure: AttributeValue = [
            "description": "Refused or failed",
            "content": ["application/problem+json": ["schema": JSONSchema.reference("Problem").json]],
        ]
        return .object(["\(route.successStatus)": .object(success), "default": failure])
    }

    private static let problem = JSONSchema.object(
        [
            "type": .string(), "title": .string(), "status": .integer(), "detail": .string(), "code": .string(),
            "instance": .string(),
        ], optional: ["detail", "code", "instance"])
}
