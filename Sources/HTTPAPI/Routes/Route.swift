import HTTPTypes
import Vocabulary

/// One operation of the API, described once: the router and the OpenAPI document are both made from it.
public struct Route: Sendable {
    public typealias Handler = @Sendable (APIRequest) async throws -> APIResponse

    /// Who may call a route; it is checked before the route's own code runs.
    public enum Access: Sendable, Equatable {
        /// Health, discovery and the document itself.
        case anonymous
        /// Any proven caller; the handler limits what it sees.
        case authenticated
        /// A caller who may do `action` on resources of `type`.
        case permission(action: String, type: String)
    }

    /// A query parameter that the route reads, as the OpenAPI document shows it.
    public struct Parameter: Sendable, Equatable {
        public let name: String
        public let summary: String
        public let schema: JSONSchema

        public init(_ name: String, _ summary: String, _ schema: JSONSchema = .string()) {
            self.name = name
            self.summary = summary
            self.schema = schema
        }
    }

    public let method: HTTPRequest.Method
    /// Such as `/api/v1/people/{person}`; braces name the parameters.
    public let path: String
    public let operationID: String
    public let summary: String
    public let tag: String
    public let access: Access
    /// Whether it also lives under `/t/{tenant}`.
    public let isTenantScoped: Bool
    public let query: [Parameter]
    public let requestBody: JSONSchema?
    public let response: JSONSchema?
    public let successStatus: Int
    /// Whether a change must name the version it is made upon (If-Match).
    public let needsIfMatch: Bool
    public let bodyLimit: Int?
    public let handler: Handler

    public init(
        _ method: HTTPRequest.Method, _ path: String, _ operationID: String, _ summary: String, tag: String,
        access: Access, isTenantScoped: Bool = true, query: [Parameter] = [], requestBody: JSONSchema? = nil,
        response: JSONSchema? = nil, successStatus: Int = 200, needsIfMatch: Bool = false, bodyLimit: Int? = nil,
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.operationID = operationID
        self.summary = summary
        self.tag = tag
        self.access = access
        self.isTenantScoped = isTenantScoped
        self.query = query
        self.requestBody = requestBody
        self.response = response
        self.successStatus = successStatus
        self.needsIfMatch = needsIfMatch
        self.bodyLimit = bodyLimit
        self.handler = handler
    }

    /// The names in braces, in order.
    public var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { String($0.dropFirst().dropLast()) }
    }
}
