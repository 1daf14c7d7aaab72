import Gateway
import Governance
import HTTPTypes
import Vocabulary

extension ApprovalRoutes {
    private static let path = "/api/v1/governance/workflows"

    /// The templates that requests pass along.
    var workflows: [Route] {
        [
            Route(
                .get, Self.path, "listWorkflows", "Lists workflow templates, by id", tag: "approvals",
                access: .permission(action: "read", type: "workflow"), query: GovernedPage.parameters,
                response: .page(.reference("Workflow"))
            ) { request in
                let page = try GovernedPage(request, mac)
                let found = try await gateway.approvals.workflows(
                    in: try request.requiredTenant, page.part(WorkflowTemplateID.self))
                return try request.answer(found, page.request, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .post, Self.path, "createWorkflow", "Makes a workflow template", tag: "approvals",
                access: .permission(action: "create", type: "workflow"),
                requestBody: .object(["id": .uuid, "template": .map(.any)], optional: ["id"]),
                response: .reference("Workflow"), successStatus: 201
            ) { request in
                let made = try await gateway.approvals.createWorkflow(
                    try request.bodyID("id") ?? .random(at: gateway.clock()), request.body?["template"] ?? .null,
                    by: try request.caller(gateway))
                return APIResponse(
                    .created, body: made.json, etag: EntityTag(version: made.version),
                    location: request.location("governance/workflows", made.id))
            },
            Route(
                .get, Self.path + "/{workflow}", "getWorkflow", "Shows a workflow template", tag: "approvals",
                access: .permission(action: "read", type: "workflow"), response: .reference("Workflow")
            ) { request in
                Self.answer(
                    try await gateway.approvals.workflow(try request.id("workflow"), in: try request.requiredTenant))
            },
            Route(
                .put, Self.path + "/{workflow}", "putWorkflow",
                "Replaces a template; requests under way go on as they began", tag: "approvals",
                access: .permission(action: "update", type: "workflow"), requestBody: .object(["template": .map(.any)]),
                response: .reference("Workflow"), preconditions: .heeded
            ) { Self.answer(try await change($0, to: $0.body?["template"] ?? .null)) },
            Route(
                .delete, Self.path + "/{workflow}", "retireWorkflow", "Retires a template: new requests may not use it",
                tag: "approvals", access: .permission(action: "delete", type: "workflow"),
                response: .reference("Workflow"), preconditions: .heeded
            ) { Self.answer(try await change($0, to: nil)) },
        ]
    }

    private func change(_ request: APIRequest, to document: AttributeValue?) async throws -> WorkflowTemplate {
        let id: WorkflowTemplateID = try request.id("workflow")
        let present = try await gateway.approvals.workflow(id, in: try request.requiredTenant)
        return try await gateway.approvals.changeWorkflow(
            id, to: document, expecting: try request.expectedVersion(present.version),
            by: try request.caller(gateway))
    }

    private static func answer(_ template: WorkflowTemplate) -> APIResponse {
        APIResponse(body: template.json, etag: EntityTag(version: template.version))
    }
}
