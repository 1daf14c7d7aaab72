import Vocabulary

/// Named values as a request carries them. Names are compared byte for byte.
public struct Attributes: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    struct Member: Sendable, Hashable {
        let name: String
        let value: AttributeValue
        let key: NameKey

        init(name: String, value: AttributeValue) {
            (self.name, self.value, key) = (name, value, NameKey(name))
        }
    }

    // One array, so that a look-up counts references once.
    let members: [Member]

    public init(_ members: [String: AttributeValue] = [:]) {
        self.members =
            members.isEmpty
            ? [] : members.map { Member(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    /// Of a repeated name the last value counts.
    public init(dictionaryLiteral elements: (String, AttributeValue)...) {
        self.init(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }

    /// The value of this name; nil when there is none.
    @inline(__always)
    public subscript(name: String) -> AttributeValue? { place(of: NameKey(name), name).map { members[$0].value } }

    /// Every value by its name.
    public var dictionary: [String: AttributeValue] {
        Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// Where the value of this name stands; nil when there is none.
    @inline(__always)
    func place(of key: NameKey, _ name: @autoclosure () -> String) -> Int? {
        for place in members.indices where members[place].key == key {
            if key.isWhole || sameText(members[place].name, name()) { return place }
        }
        return nil
    }
}

/// A name's first eight bytes and its length, which tell nearly all names apart without a look at their texts.
struct NameKey: Sendable, Hashable, BitwiseCopyable {
    private let first: UInt64
    private let count: Int

    init(_ name: String) {
        first = name.utf8.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        count = name.utf8.count
    }

    /// Whether two names of this key are the same.
    var isWhole: Bool { count <= 8 }
}

/// A question: may this subject do this to that. Who asks is the `Standing` beside it.
public final class DecisionRequest: Sendable {
    /// Bounds; one past each is a thrown fault (culprit: caller).
    public enum Limits {
        /// Attributes of the resource, and entries of the context.
        public static let attributes = 64
        /// Values altogether, nested ones included.
        public static let values = 4_096
        public static let depth = 16
        /// Bytes of one text.
        public static let textBytes = 16_384
        /// Bytes of an action or a resource type.
        public static let nameBytes = 256
        /// Bytes of a resource id.
        public static let idBytes = 1_024
    }

    public let action: String
    public let resourceType: String
    public let resourceID: String
    /// What the caller says of the resource. Stored facts, where there are any, come before it.
    public let resourceAttributes: Attributes
    public let context: Attributes
    /// The authentication behind the request; nil proves nothing, so that every step-up demand stays open.
    public let authentication: RequestAuthentication?

    public init(
        action: String, resourceType: String, resourceID: String, resourceAttributes: Attributes = [:],
        context: Attributes = [:], authentication: RequestAuthentication? = nil
    ) throws {
        guard (1...Limits.nameBytes).contains(action.utf8.count),
            (1...Limits.nameBytes).contains(resourceType.utf8.count),
            resourceID.utf8.count <= Limits.idBytes
        else { throw Self.refusal("an action, resource type or resource id is empty or too long") }
        try Self.check(resourceAttributes)
        try Self.check(context)
        self.action = action
        self.resourceType = resourceType
        self.resourceID = resourceID
        self.resourceAttributes = resourceAttributes
        self.context = context
        self.authentication = authentication
    }

    static func check(_ attributes: Attributes) throws {
        guard attributes.members.count <= Limits.attributes else {
            throw refusal("more than \(Limits.attributes) attributes")
        }
        var left = Limits.values
        for member in attributes.members {
            guard member.name.utf8.count <= Limits.nameBytes else { throw refusal("an attribute's name is too long") }
            try check(member.value, depth: 1, &left)
        }
    }

    private static func check(_ value: AttributeValue, depth: Int, _ left: inout Int) throws {
        left -= 1
        guard left >= 0, depth <= Limits.depth else { throw refusal("attributes nest too deep or are too many") }
        switch value {
        case .string(let text):
            guard text.utf8.count <= Limits.textBytes else { throw refusal("a text is too long") }
        case .list(let items): for item in items { try check(item, depth: depth + 1, &left) }
        case .object(let members): for item in members.values { try check(item, depth: depth + 1, &left) }
        case .null, .bool, .integer, .number: break
        }
    }

    private static func refusal(_ message: String) -> Fault { Fault("decision.request_limit", .caller, message) }
}

/// How strongly and when the subject of a request was authenticated, and what stood out about it.
public struct RequestAuthentication: Sendable, Hashable {
    public let strength: AuthenticationStrength
    /// When the newest proof was given (`auth_time`).
    public let authenticatedAt: Timestamp?
    /// What stood out about the sign-in: `session.anomalies` of conditions.
    public let anomalies: [LoginAnomaly]

    public init(
        strength: AuthenticationStrength, authenticatedAt: Timestamp?, anomalies: [LoginAnomaly] = []
    ) {
        self.strength = strength
        self.authenticatedAt = authenticatedAt
        self.anomalies = anomalies
    }

    public init(of principal: Principal) {
        self.init(
            strength: principal.strength, authenticatedAt: principal.authenticatedAt, anomalies: principal.anomalies)
    }
}
