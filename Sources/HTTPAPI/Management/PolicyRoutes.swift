import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Policy documents, stored by name.
struct PolicyRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/policies", "listPolicies", "Lists policy documents, by name", tag: "policies",
                access: .permission(action: "read", type: "policy"), query: Route.Parameter.page,
                response: .page(.reference("PolicyDocument"))
            ) { request in
                let documents = try await gateway.policies.list(in: try request.requiredTenant)
                return try request.answer(whole: documents, by: \.name, mac: mac, \.json)
            },
            Route(
                .get, "/api/v1/policies/{policy}", "getPolicy", "Shows a policy document, by name or id",
                tag: "policies", access: .permission(action: "read", type: "policy"),
                response: .reference("PolicyDocument")
            ) { request in
                let document = try await document(request)
                return APIResponse(body: document.json, etag: EntityTag(version: document.version))
            },
            Route(
                .put, "/api/v1/policies/{policy}", "putPolicy",
                "Stores a policy document under a name, new or in place of the old",
                details: """
                    The body is the document itself. With `If-Match` only in place of that version, with \
                    `If-None-Match: *` only where there is none yet. A document with faults is 400, and names them all.
                    """,
                tag: "policies", access: .permission(action: "update", type: "policy"), requestBody: .map(.any),
                response: .reference("PolicyDocument"), preconditions: .heeded, bodyLimit: PolicyService.documentLimit,
                handler: put),
            Route(
                .delete, "/api/v1/policies/{policy}", "deletePolicy", "Deletes a policy document, by name or id",
                tag: "policies", access: .permission(action: "delete", type: "policy"), successStatus: 204,
                preconditions: .heeded
            ) { request in
                let document = try await document(request)
                _ = try request.expectedVersion(document.version)
                try await gateway.policies.delete(document.id, by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    private func document(_ request: APIRequest) async throws -> PolicyDocumentView {
        try await gateway.policies.document(
            named: request.parameters["policy"] ?? "", in: try request.requiredTenant)
    }

    @Sendable private func put(_ request: APIRequest) async throws -> APIResponse {
        let present = try? await document(request)
        // RFC 9110 §13.1.1 and §13.1.2: without a present one no If-Match holds, with one no `If-None-Match: *` does.
        if present == nil, request.ifMatch != nil { throw Refusal.preconditionFailed }
        if let present, let header = request.ifNoneMatch,
            EntityTag.isFresh(ifNoneMatch: header, current: EntityTag(version: present.version))
        {
            throw Refusal.preconditionFailed
        }
        let version = try present.flatMap { try request.expectedVersion($0.version) }
        let stored = try await gateway.policies.put(
            present?.name ?? request.parameters["policy"] ?? "", CanonicalJSON.encode(request.body ?? .null),
            expecting: version, by: try request.caller(gateway))
        return APIResponse(body: stored.json, etag: EntityTag(version: stored.version))
    }
}
