import HTTPTypes
import Vocabulary

/// A management request after the HTTP around it was checked: pure values, so that handlers are tested without sockets.
public struct APIRequest: Sendable {
    public let route: Route
    public let parameters: [String: String]
    public let query: [String: String]
    /// The parsed JSON body; nil where the route has none.
    public let body: AttributeValue?
    public let ifMatch: String?
    public let ifNoneMatch: String?
    /// Present unless the route says `.anonymous`.
    public let principal: Principal?
    public let tenant: Tenant?
    public let peer: IPAddress?
    /// The request's id, for the journal's `trace`.
    public let trace: String
    /// Whether it came over the control socket, which only the machine's administrator can open.
    public let isOperator: Bool
    /// The numeric user id behind the control socket.
    public let operatorID: UInt32

    public init(
        route: Route, parameters: [String: String] = [:], query: [String: String] = [:], body: AttributeValue? = nil,
        ifMatch: String? = nil, ifNoneMatch: String? = nil, principal: Principal? = nil, tenant: Tenant? = nil,
        peer: IPAddress? = nil, trace: String = "", isOperator: Bool = false, operatorID: UInt32 = 0
    ) {
        self.route = route
        self.parameters = parameters
        self.query = query
        self.body = body
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.principal = principal
        self.tenant = tenant
        self.peer = peer
        self.trace = trace
        self.isOperator = isOperator
        self.operatorID = operatorID
    }

    /// An id in the path. Throws `Refusal.notFound`: what is not an id names nothing.
    public func id<Kind>(_ name: String, as kind: Identifier<Kind>.Type = Identifier<Kind>.self) throws -> Identifier<
        Kind
    > {
        guard let text = parameters[name], let id = Identifier<Kind>(text) else { throw Refusal.notFound }
        return id
    }

    /// The page asked for by `limit` and `cursor`; a cursor holds for this operation and tenant only.
    public func page(mac: MACFunction) throws -> PageRequest {
        let list = "\(route.operationID):\(tenant?.id.description ?? "")"
        return try PageRequest(limit: query["limit"], cursor: query["cursor"], list: list, mac: mac)
    }
}

/// What a handler answers.
public struct APIResponse: Sendable {
    public var status: HTTPResponse.Status
    public var body: AttributeValue?
    public var etag: EntityTag?
    public var location: String?
    /// Text instead of JSON, with its media type.
    public var text: (type: String, content: String)?

    public init(
        _ status: HTTPResponse.Status = .ok, body: AttributeValue? = nil, etag: EntityTag? = nil,
        location: String? = nil
    ) {
        self.status = status
        self.body = body
        self.etag = etag
        self.location = location
    }

    /// A page of a list: `{"items": […], "next": "…"}`, `next` absent on the last one.
    public static func page(_ items: [AttributeValue], next: String?) -> APIResponse {
        var members: [String: AttributeValue] = ["items": .list(items)]
        if let next { members["next"] = .string(next) }
        return APIResponse(body: .object(members))
    }

    public static let noContent = APIResponse(.noContent)
}
