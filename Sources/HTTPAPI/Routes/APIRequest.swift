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
    /// The id under which its effect is journalled, where the caller chose one (`Idempotency-Key`).
    public let command: CommandID?
    /// Whether it came over the control socket, which only the machine's administrator can open.
    public let isOperator: Bool
    /// The numeric user id behind the control socket.
    public let operatorID: UInt32

    public init(
        route: Route, parameters: [String: String] = [:], query: [String: String] = [:], body: AttributeValue? = nil,
        ifMatch: String? = nil, ifNoneMatch: String? = nil, principal: Principal? = nil, tenant: Tenant? = nil,
        peer: IPAddress? = nil, trace: String = "", command: CommandID? = nil,
        isOperator: Bool = false, operatorID: UInt32 = 0
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
        self.command = command
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

    /// The page asked for by `limit` and `cursor`.
    public func page(mac: MACFunction, standard: Int = PageRequest.defaultLimit) throws -> PageRequest {
        try PageRequest(
            limit: query["limit"], cursor: query["cursor"], list: listLabel, mac: mac, standard: standard)
    }

    /// What is paged through: a cursor holds for this operation, tenant, parent and filter only.
    private var listLabel: String {
        let filter = query.filter { !["cursor", "limit", "offset"].contains($0.key) }.merging(parameters) { own, _ in
            own
        }
        let text = CanonicalJSON.encode(.object(filter.mapValues(AttributeValue.string)))
        return "\(route.operationID):\(tenant?.id.description ?? ""):\(text)"
    }

    /// A page made of one item more than asked for: the extra one only says that there is a next page.
    func answer<Item>(
        _ items: [Item], _ page: PageRequest, _ mac: MACFunction, _ show: (Item) -> (key: String, json: AttributeValue)
    ) throws -> APIResponse {
        let shown = items.prefix(page.limit).map(show)
        let next = items.count > page.limit ? try shown.last.map { try seal(cursor: $0.key, mac: mac) } : nil
        return .page(shown.map(\.json), next: next)
    }

    /// The cursor of the page that begins behind this key.
    func seal(cursor key: String, mac: MACFunction) throws -> String {
        try Cursor(after: key).sealed(for: listLabel, mac: mac)
    }

    /// Behind which key to go on, where the request names a cursor.
    func cursor(mac: MACFunction) throws -> String? {
        try PageRequest(limit: nil, cursor: query["cursor"], list: listLabel, mac: mac, standard: 1).cursor?.after
    }

    /// The same request for what comes behind this key.
    func following(_ key: String, mac: MACFunction) throws -> String {
        let rest = query.merging(["cursor": try seal(cursor: key, mac: mac)]) { $1 }.sorted { $0.key < $1.key }
        return "?"
            + rest.map { "\(ASCII.percentEncode($0.key))=\(ASCII.percentEncode($0.value))" }.joined(separator: "&")
    }

    /// Where something made here is found: below the tenant that the request went to.
    func location<Kind>(_ collection: String, _ id: Identifier<Kind>) -> String {
        let tenant = parameters["tenant"].map { "/t/\($0)" } ?? ""
        return "\(tenant)/api/v1/\(collection)/\(id)"
    }

    /// A page of a list that is held whole; `key` orders it and tells its items apart.
    func answer<Item>(
        whole items: [Item], by key: (Item) -> String, mac: MACFunction, _ show: (Item) -> AttributeValue
    ) throws -> APIResponse {
        let page = try page(mac: mac)
        let ordered = items.map { (key: key($0), item: $0) }.sorted { $0.key < $1.key }
        let rest = ordered.drop { entry in page.cursor.map { entry.key <= $0.after } ?? false }
        return try answer(Array(rest.prefix(page.limit + 1)), page, mac) { ($0.key, show($0.item)) }
    }

    /// Holds a change or deletion to the version the caller has read (RFC 9110 §13.1.1), where the header was sent.
    /// Answers the version that must still be there when it commits; nil for any.
    func expectedVersion(_ current: Int64) throws -> Int64? {
        guard ifMatch != nil else { return nil }
        return try EntityTag.require(ifMatch: ifMatch, current: EntityTag(version: current))
    }
}

/// What a handler answers.
public struct APIResponse: Sendable {
    public var status: HTTPResponse.Status
    public var body: AttributeValue?
    public var etag: EntityTag?
    /// Text in place of a body; its type is one of the route's `media`.
    public var text: TextBody?
    public var location: String?
    /// Whom the body speaks of, where it holds personal data: a kept answer is sealed under their key.
    public var person: PersonID?

    public init(
        _ status: HTTPResponse.Status = .ok, body: AttributeValue? = nil, etag: EntityTag? = nil,
        location: String? = nil, person: PersonID? = nil
    ) {
        self.status = status
        self.body = body
        self.etag = etag
        self.location = location
        self.person = person
    }

    /// A page of a list: `{"items": […], "next": "…"}`, `next` absent on the last one.
    public static func page(_ items: [AttributeValue], next: String?) -> APIResponse {
        var members: [String: AttributeValue] = ["items": .list(items)]
        if let next { members["next"] = .string(next) }
        return APIResponse(body: .object(members))
    }

    /// Text of one of the route's media types; `next` is where the rest is found, relative to the request.
    public static func text(_ text: String, _ media: String, next: String? = nil) -> APIResponse {
        var response = APIResponse()
        response.text = TextBody(text: text, media: media, next: next)
        return response
    }

    public static let noContent = APIResponse(.noContent)
}

/// An answer that is text: a table, or lines for other programs.
public struct TextBody: Sendable, Equatable {
    public let text: String
    public let media: String
    /// The next part, relative to this one (RFC 3986 §4.2); nil on the last one.
    public let next: String?
}
