/// Who wants something: `person` or `service_account` and the id (AuthZEN 1.0 §5.1).
public struct Subject: Sendable, Equatable, Encodable {
    public let type: String
    public let id: String
    public let properties: [String: JSONValue]?

    public init(type: String, id: String, properties: [String: JSONValue]? = nil) {
        self.type = type
        self.id = id
        self.properties = properties
    }
}

/// What they want to do (AuthZEN 1.0 §5.3).
public struct Action: Sendable, Equatable, Encodable {
    public let name: String
    public let properties: [String: JSONValue]?

    public init(name: String, properties: [String: JSONValue]? = nil) {
        self.name = name
        self.properties = properties
    }
}

/// What they want to do it to (AuthZEN 1.0 §5.2).
public struct Resource: Sendable, Equatable, Encodable {
    public let type: String
    public let id: String
    public let properties: [String: JSONValue]?

    public init(type: String, id: String, properties: [String: JSONValue]? = nil) {
        self.type = type
        self.id = id
        self.properties = properties
    }
}

/// Yes or no, with the gateway's reasons.
public struct Decision: Sendable, Equatable, Decodable {
    /// True permits; everything else refuses.
    public let isPermitted: Bool
    /// Reasons and whatever else the gateway adds (AuthZEN 1.0 §6.2).
    public let context: [String: JSONValue]

    private enum Member: String, CodingKey { case decision, context }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        isPermitted = try members.decode(Bool.self, forKey: .decision)
        context = try members.decodeIfPresent([String: JSONValue].self, forKey: .context) ?? [:]
    }
}

struct Question: Encodable {
    let subject: Subject
    let action: Action
    let resource: Resource
    let context: [String: JSONValue]?
}
