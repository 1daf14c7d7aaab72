import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// Takes one HTTP request through tenant, caller, permission and body, in that order, to its handler.
struct RouteDispatch: Sendable {
    let route: Route
    let gate: RouteRegistry.Gate
    let bodyLimit: Int

    func respond(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let parameters = Dictionary(
            context.parameters.map { (String($0.key), String($0.value)) }, uniquingKeysWith: { first, _ in first })
        let tenant = try await gate.tenant(parameters["tenant"] ?? Tenant.defaultSlug)
        let principal = try await admit(request, context, tenant)
        let body = try await readBody(request)
        let call = APIRequest(
            route: route, parameters: parameters, query: try Self.query(request.uri.query), body: body,
            ifMatch: request.headers[.ifMatch], ifNoneMatch: request.headers[.ifNoneMatch], principal: principal,
            tenant: tenant, peer: context.peer, trace: context.requestID, isOperator: context.isLocalSocket,
            operatorID: context.operatorID ?? getuid())
        if route.needsIfMatch, call.ifMatch == nil { throw Refusal.preconditionRequired }
        return Self.response(try await route.handler(call), ifNoneMatch: call.ifNoneMatch, method: request.method)
    }

    private func admit(
        _ request: Request, _ context: GatewayRequestContext, _ tenant: Tenant
    ) async throws -> Principal? {
        // The control socket is the administrator's own; its requests carry no credential to judge.
        if route.access == .anonymous || context.isLocalSocket { return nil }
        guard let principal = try await gate.principal(request, context, tenant) else {
            throw Refusal.unauthenticated(challenge: BearerChallenge.missing.header)
        }
        // Whatever the validator says: a credential of one tenant never acts in another.
        guard principal.tenant == tenant.id else {
            throw Refusal.unauthenticated(challenge: BearerChallenge.invalidToken.header)
        }
        if case .permission(let action, let type) = route.access {
            try await gate.authorize(principal, action, type, tenant)
        }
        return principal
    }

    private func readBody(_ request: Request) async throws -> AttributeValue? {
        guard route.requestBody != nil else { return nil }
        let type = request.headers[.contentType]?.split(separator: ";").first.map { $0.trimmingSpaces().lowercased() }
        guard type == "application/json" else { throw Refusal.unsupportedMediaType(expected: "application/json") }
        do {
            let buffer = try await request.body.collect(upTo: bodyLimit)
            return try StrictJSON.parse(Array(buffer.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: bodyLimit)
        }
    }

    /// A query parameter given twice is refused for the reason `FormBody` gives.
    static func query(_ text: String?) throws -> [String: String] {
        var values: [String: String] = [:]
        let refusal = Refusal.badRequest(code: "query.invalid", where: "The query is malformed.")
        for pair in (text ?? "").split(separator: "&", maxSplits: 64) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = FormBody.decode(halves[0]), let value = FormBody.decode(halves.count > 1 ? halves[1] : ""),
                values.updateValue(value, forKey: name) == nil
            else { throw refusal }
        }
        return values
    }

    static func response(_ answer: APIResponse, ifNoneMatch: String?, method: HTTPRequest.Method) -> Response {
        var headers = HTTPFields()
        if let etag = answer.etag {
            headers[.eTag] = etag.description
            if method == .get, EntityTag.isFresh(ifNoneMatch: ifNoneMatch, current: etag) {
                return Response(status: .notModified, headers: headers)
            }
        }
        if let location = answer.location { headers[.location] = location }
        if let text = answer.text {
            headers[.contentType] = text.type
            return Response(
                status: answer.status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text.content)))
        }
        guard let body = answer.body else { return Response(status: answer.status, headers: headers) }
        headers[.contentType] = "application/json"
        let bytes = ByteBuffer(string: CanonicalJSON.encode(body))
        return Response(status: answer.status, headers: headers, body: .init(byteBuffer: bytes))
    }
}
