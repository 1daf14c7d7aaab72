/// The members of a JSON object, in the order they were written, each name once.
public struct JSONObject: Sendable {
    private var members: [(name: String, value: JSONValue)] = []

    /// An object without members.
    public init() {}

    /// An object of these members, in the order of their names' bytes: the same members are the same bytes.
    public init(sorting members: [String: JSONValue]) {
        self.members = members.map { (name: $0.key, value: $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// How many members there are.
    public var count: Int { members.count }
    /// The members in their order.
    public var entries: [(name: String, value: JSONValue)] { members }
    /// The names in their order.
    public var names: [String] { members.map(\.name) }

    /// The value of a member; setting nil removes it, setting a new name puts it last.
    public subscript(name: String) -> JSONValue? {
        get { members.first { isIdentical($0.name, name) }?.value }
        set {
            let place = members.firstIndex { isIdentical($0.name, name) }
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// Reads an object from its bytes, strictly.
    ///
    /// - Throws: `JOSEError` with `malformed_json` or `too_large`.
    public init(parsing bytes: [UInt8]) throws { try self.init(bytes, .standard) }

    /// Reads an object as strictly, within the bounds of what is ours.
    ///
    /// - Throws: `JOSEError` with `malformed_json` or `too_large`.
    public init(parsingOwn bytes: [UInt8]) throws { try self.init(bytes, .own) }

    private init(_ bytes: [UInt8], _ limits: JSONReader.Limits) throws {
        guard let object = try JSONReader.parse(bytes, limits: limits).object else {
            throw JOSEError(.malformedJSON, "an object")
        }
        self = object
    }

    /// Puts a member last whose name is known to be new.
    mutating func append(_ name: String, _ value: JSONValue) { members.append((name, value)) }

    func forEach(_ body: (String, JSONValue) -> Void) {
        for member in members { body(member.name, member.value) }
    }

    /// The bytes of this object: members in their order, no space, nothing escaped that need not be.
    public var serialized: [UInt8] { JSONWriter.bytes(of: .object(self)) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { self[name] = value }
    }
}

extension JSONObject: Equatable {
    /// Order does not matter.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}
