import Authorization
import Gateway
import HTTPTypes
import Vocabulary

/// Says what is probably not meant in a policy document, held to the names that are known here; stores nothing.
struct PolicyLintRoute {
    let gateway: Gateway
    /// What can be done to the gateway itself, by resource type.
    private let actions: [String: Set<String>]

    /// - Parameter others: all other routes, whose permissions are the actions that are known.
    init(gateway: Gateway, beside others: [Route]) {
        self.gateway = gateway
        actions = Route.actions(of: others)
    }

    var route: Route {
        Route(
            .post, "/api/v1/policy-lint", "lintPolicy", "Says what is probably not meant in a policy document",
            details: """
                The body is the document itself; nothing is stored. Roles and groups are those of the tenant, actions \
                those of the gateway's own resource types. What cannot be known here is not missed: actions of \
                applications, and groups before the first directory job. A document with faults is 400, and names them all.
                """,
            tag: "policies", access: .permission(action: "read", type: "policy"), requestBody: .map(.any),
            response: .object(["findings": .array(Self.finding)]), repetition: .harmless,
            bodyLimit: PolicyService.documentLimit
        ) { request in
            let findings = try await gateway.lintPolicies(
                CanonicalJSON.encode(request.body ?? .null), actions: actions, in: try request.requiredTenant)
            return APIResponse(body: ["findings": .list(findings.map(\.json))])
        }
    }

    private static let finding = JSONSchema.object([
        "policy": .string(), "code": .words(LintFinding.Code.allCases.map(\.rawValue)),
        "message": .string().described("For people, in a sentence."),
    ])
}

extension LintFinding {
    fileprivate var json: AttributeValue {
        ["policy": .string(policy), "code": .string(code.rawValue), "message": .string(message)]
    }
}
