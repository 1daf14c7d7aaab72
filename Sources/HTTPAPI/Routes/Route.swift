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

        public init(_ name: String, _ summary: String, _ schema: JSONSchema = .string(minLength: 1, maxLength: 512)) {
            self.name = name
            self.summary = summary
            self.schema = schema
        }

        /// What every list that comes in pages reads.
        public static let page = [
            Parameter(
                "limit", "How many items one page holds; 50 without it.",
                .integer(minimum: 1, maximum: PageRequest.maximum)),
            Parameter("cursor", "`next` of the page before.", .string(minLength: 1, maxLength: 1_024)),
        ]
    }

    /// Which preconditions the route asks for or heeds (RFC 9110 §13.1).
    public enum Preconditions: Sendable, Equatable {
        case none
        /// If-Match is heeded when it is sent.
        case heeded
        /// A change must name the version it is made upon: without If-Match it is 428 (RFC 6585 §3).
        case required
    }

    /// What a repetition under the same `Idempotency-Key` is answered.
    public enum Repetition: Sendable, Equatable {
        /// The method or the route has no effect that a repetition could double; the header is ignored.
        case harmless
        /// The first answer.
        case answered
        /// 409: the first answer held a secret or too much, and is not kept.
        case refused
    }

    public let method: HTTPRequest.Method
    /// Such as `/api/v1/people/{person}`; braces name the parameters.
    public let path: String
    public let operationID: String
    public let summary: String
    /// What a reader has to know beyond the summary.
    public let details: String?
    public let tag: String
    public let access: Access
    /// Whether it also lives under `/t/{tenant}`.
    public let isTenantScoped: Bool
    public let query: [Parameter]
    public let requestBody: JSONSchema?
    public let response: JSONSchema?
    /// Media types of answers that are text and not JSON, such as `text/csv`.
    public let media: [String]
    public let successStatus: Int
    public let preconditions: Preconditions
    public let repetition: Repetition
    public let bodyLimit: Int?
    public let handler: Handler

    public init(
        _ method: HTTPRequest.Method, _ path: String, _ operationID: String, _ summary: String,
        details: String? = nil, tag: String, access: Access, isTenantScoped: Bool = true, query: [Parameter] = [],
        requestBody: JSONSchema? = nil, response: JSONSchema? = nil, media: [String] = [], successStatus: Int = 200,
        preconditions: Preconditions = .none, repetition: Repetition? = nil, bodyLimit: Int? = nil,
        handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.operationID = operationID
        self.summary = summary
        self.details = details
        self.tag = tag
        self.access = access
        self.isTenantScoped = isTenantScoped
        self.query = query
        self.requestBody = requestBody
        self.response = response
        self.media = media
        self.successStatus = successStatus
        self.preconditions = preconditions
        // Every other method is idempotent by itself (RFC 9110 §9.2.2).
        self.repetition = repetition ?? (method == .post || method == .patch ? .answered : .harmless)
        self.bodyLimit = bodyLimit
        self.handler = handler
    }

    /// The names in braces, in order.
    public var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { String($0.dropFirst().dropLast()) }
    }
}
