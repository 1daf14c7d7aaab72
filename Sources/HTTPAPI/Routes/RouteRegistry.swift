import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// All operations, in one table. Everything else about them is derived.
public struct RouteRegistry: Sendable {
    public private(set) var routes: [Route]
    /// Named schemas that routes refer to with `JSONSchema.reference`.
    public let schemas: [String: JSONSchema]

    /// - Throws: `Fault` `http.route` for two routes with one operation id or one method and path, or
    ///   with different names for the same parameter.
    public init(_ routes: [Route], schemas: [String: JSONSchema] = [:]) throws {
        self.routes = routes
        self.schemas = schemas
        var ids: Set<String> = []
        var places: Set<String> = []
        var spellings: [String: String] = [:]
        for route in routes {
            let shape = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }
            guard ids.insert(route.operationID).inserted,
                places.insert(([route.method.rawValue] + shape).joined(separator: "/")).inserted
            else { throw Fault("http.route", .ourselves, "\(route.operationID) is registered twice.") }
            // The router holds one name per place in a path: two spellings of one place would end the process.
            let place = shape.joined(separator: "/")
            guard spellings[place, default: route.path] == route.path else {
                throw Fault(
                    "http.route", .ourselves, "\(route.operationID) names the parameters of its path differently.")
            }
            spellings[place] = route.path
        }
    }

    /// What the registry asks of the gateway before a handler runs.
    public struct Gate: Sendable {
        /// The tenant by its slug; throws `Refusal.notFound` for an unknown or disabled one.
        public let tenant: @Sendable (String) async throws -> Tenant
        /// Who the request's credential proves; nil without a credential, throws on a bad one.
        public let principal: @Sendable (Request, GatewayRequestContext, Tenant) async throws -> Principal?
        /// Throws `Refusal.forbidden` unless the principal may do `action` on resources of `type`.
        public let authorize: @Sendable (Principal, String, String, Tenant) async throws -> Void
        /// Runs a request that carries an `Idempotency-Key`, once, or answers what it answered.
        public let once: @Sendable (APIRequest) async throws -> APIResponse
        /// Throws for a route that is switched off, and for a caller who comes too often.
        public let admit: @Sendable (Route, Principal?) throws -> Void

        public init(
            tenant: @escaping @Sendable (String) async throws -> Tenant,
            principal: @escaping @Sendable (Request, GatewayRequestContext, Tenant) async throws -> Principal?,
            authorize: @escaping @Sendable (Principal, String, String, Tenant) async throws -> Void,
            once: @escaping @Sendable (APIRequest) async throws -> APIResponse,
            admit: @escaping @Sendable (Route, Principal?) throws -> Void = { _, _ in }
        ) {
            self.tenant = tenant
            self.principal = principal
            self.authorize = authorize
            self.once = once
            self.admit = admit
        }
    }

    /// Fills a router: each route at its path, tenant-scoped ones also under `/t/{tenant}`. HEAD answers as GET without
    /// its body, OPTIONS and 405 say what is offered (RFC 9110 §9.3.2, §9.3.7, §15.5.6).
    public func install(on router: Router<GatewayRequestContext>, gate: Gate, bodyLimit: Int) {
        var methods: [String: [HTTPRequest.Method]] = [:]
        for route in routes {
            let dispatch = RouteDispatch(route: route, gate: gate, bodyLimit: route.bodyLimit ?? bodyLimit)
            for path in Self.paths(of: route) {
                methods[path, default: []].append(route.method)
                router.on(RouterPath(path), method: route.method) { try await dispatch.respond($0, $1) }
                guard route.method == .get else { continue }
                methods[path, default: []].append(.head)
                router.on(RouterPath(path), method: .head) {
                    try await dispatch.respond($0, $1).createHeadResponse()
                }
            }
        }
        for (path, offered) in methods {
            let allow = (offered + [.options]).map(\.rawValue).sorted()
            router.on(RouterPath(path), method: .options) { _, _ -> Response in
                Response(status: .noContent, headers: [.allow: allow.joined(separator: ", ")])
            }
            for method in Self.allMethods where !offered.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in
                    throw Refusal.methodNotAllowed(allow: allow)
                }
            }
        }
    }

    static func paths(of route: Route) -> [String] {
        route.isTenantScoped ? [route.path, "/t/{tenant}" + route.path] : [route.path]
    }

    private static let allMethods: [HTTPRequest.Method] =
        [.get, .head, .post, .put, .patch, .delete, .trace] + [HTTPRequest.Method("QUERY")].compactMap { $0 }
}
