import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// Takes one HTTP request through tenant, caller, permission, preconditions, query and body, in that order, to its
/// handler.
struct RouteDispatch: Sendable {
    let route: Route
    let gate: RouteRegistry.Gate
    let bodyLimit: Int

    /// Parameters in a query at most.
    static let queryLimit = 64

    func respond(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let parameters = try Self.parameters(context)
        let tenant = try await gate.tenant(parameters["tenant"] ?? Tenant.defaultSlug)
        let principal = try await caller(request, context, tenant)
        try gate.admit(route, principal)
        if let principal, case .permission(let action, let type) = route.access {
            try await gate.authorize(principal, action, type, tenant)
        }
        let ifMatch = request.headers[.ifMatch]
        // Before the body is read: nothing in it could make up for the missing header.
        if route.preconditions == .required, ifMatch == nil { throw Refusal.preconditionRequired }
        let key = route.repetition == .harmless ? nil : try IdempotencyKey(request.headers)
        let query = try checked(try Self.query(request.uri.query))
        let call = APIRequest(
            route: route, parameters: parameters, query: query, body: try await readBody(request), ifMatch: ifMatch,
            ifNoneMatch: request.headers[.ifNoneMatch], principal: principal, tenant: tenant, peer: context.peer,
            trace: context.requestID, command: key?.command, isOperator: context.isLocalSocket && principal == nil,
            operatorID: context.operatorID ?? getuid())
        let answer = key == nil ? try await route.handler(call) : try await gate.once(call)
        return Self.response(answer, ifNoneMatch: call.ifNoneMatch, method: request.method)
    }

    /// The path's parameters, decoded once; what is not encoded properly names nothing.
    static func parameters(_ context: GatewayRequestContext) throws -> [String: String] {
        var parameters: [String: String] = [:]
        for (name, value) in context.parameters {
            guard let text = FormBody.decode(value, isPath: true) else { throw Refusal.notFound }
            parameters[String(name)] = text
        }
        return parameters
    }

    private func caller(
        _ request: Request, _ context: GatewayRequestContext, _ tenant: Tenant
    ) async throws -> Principal? {
        if route.access == .anonymous { return nil }
        // The control socket is the administrator's own, and needs no credential. One that is sent all the same is whom
        // the administrator speaks for, such as an approver whose word no administrator can give.
        if context.isLocalSocket, request.headers[.authorization] == nil { return nil }
        guard let principal = try await gate.principal(request, context, tenant) else {
            throw Refusal.unauthenticated(challenge: BearerChallenge.missing.header)
        }
        // Whatever the validator says: a credential of one tenant never acts in another.
        guard principal.tenant == tenant.id else {
            throw Refusal.unauthenticated(challenge: BearerChallenge.invalidToken.header)
        }
        return principal
    }

    private func readBody(_ request: Request) async throws -> AttributeValue? {
        guard let schema = route.requestBody else { return nil }
        let type = request.headers[.contentType].map(MediaType.essence)
        // A change is a merge patch (RFC 7396), under either name.
        guard type == "application/json" || (route.method == .patch && type == "application/merge-patch+json") else {
            throw Refusal.unsupportedMediaType(expected: "application/json")
        }
        do {
            let buffer = try await request.body.collect(upTo: bodyLimit)
            let body = try StrictJSON.parse(Array(buffer.readableBytesView))
            if let complaint = schema.complaint(about: body) { throw Fault("body.invalid", .caller, complaint) }
            return body
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge(limit: bodyLimit)
        }
    }

    /// Refuses parameters that the route does not read: a typing error must not silently change nothing.
    private func checked(_ query: [String: String]) throws -> [String: String] {
        for (name, text) in query.sorted(by: { $0.key < $1.key }) {
            guard let parameter = route.query.first(where: { $0.name == name }) else {
                throw Self.malformed("The query has the unknown parameter `\(name.prefix(64))`.")
            }
            let schema = JSONSchema.object([name: parameter.schema])
            if let complaint = schema.complaint(about: .object([name: parameter.schema.parsed(text)])) {
                throw Self.malformed(complaint)
            }
        }
        return query
    }

    /// A query parameter given twice is refused for the reason `FormBody` gives; so is one past the limit.
    static func query(_ text: String?) throws -> [String: String] {
        var values: [String: String] = [:]
        let pairs = (text ?? "").split(separator: "&", maxSplits: queryLimit)
        guard pairs.count <= queryLimit else { throw malformed("The query has more than \(queryLimit) parameters.") }
        for pair in pairs {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = FormBody.decode(halves[0]), let value = FormBody.decode(halves.count > 1 ? halves[1] : ""),
                values.updateValue(value, forKey: name) == nil
            else { throw malformed("The query is malformed.") }
        }
        return values
    }

    private static func malformed(_ sentence: String) -> Refusal {
        .badRequest(code: "query.invalid", where: sentence)
    }

    static func response(_ answer: APIResponse, ifNoneMatch: String?, method: HTTPRequest.Method) -> Response {
        var headers = HTTPFields()
        if let etag = answer.etag {
            headers[.eTag] = etag.description
            if method == .get || method == .head, EntityTag.isFresh(ifNoneMatch: ifNoneMatch, current: etag) {
                return Response(status: .notModified, headers: headers)
            }
        }
        if let location = answer.location { headers[.location] = location }
        if let text = answer.text { return response(text, answer.status, headers) }
        guard let body = answer.body else { return Response(status: answer.status, headers: headers) }
        headers[.contentType] = "application/json"
        let bytes = ByteBuffer(string: CanonicalJSON.encode(body))
        return Response(status: answer.status, headers: headers, body: .init(byteBuffer: bytes))
    }

    /// The next part is named as a link relative to this one (RFC 8288 §3).
    private static func response(_ text: TextBody, _ status: HTTPResponse.Status, _ headers: HTTPFields) -> Response {
        var headers = headers
        headers[.contentType] = text.media + "; charset=utf-8"
        if let next = text.next, let link = HTTPField.Name("Link") { headers[link] = "<\(next)>; rel=\"next\"" }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text.text)))
    }
}
