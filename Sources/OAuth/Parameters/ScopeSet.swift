/// A set of scopes (RFC 6749 §3.3): names without order, each once.
public struct ScopeSet: Sendable, Hashable {
    /// No more names than this are read.
    public static let countLimit = 64
    /// No longer text than this is read, in bytes.
    public static let byteLimit = 2_048

    public private(set) var names: Set<String>

    public static let empty = ScopeSet(names: [])

    private init(names: Set<String>) { self.names = names }

    /// Reads names separated by single blanks; nil when that is not what it is, or more than is read.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.byteLimit else { return nil }
        self.init(text.isEmpty ? [] : text.split(separator: " ", omittingEmptySubsequences: false).map(String.init))
    }

    /// A set of names; nil when one is not a scope token or there are too many.
    public init?(_ names: some Collection<String>) {
        guard names.count <= Self.countLimit, names.allSatisfy(Self.isToken) else { return nil }
        self.names = Set(names)
    }

    /// RFC 6749 §3.3: `%x21 / %x23-5B / %x5D-7E`.
    public static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    public var isEmpty: Bool { names.isEmpty }

    /// Whether the name is in the set.
    public func contains(_ name: String) -> Bool { names.contains(name) }

    /// Whether every name here is in the other set.
    public func isSubset(of other: ScopeSet) -> Bool { names.isSubset(of: other.names) }

    /// What is in both.
    public func intersection(_ other: ScopeSet) -> ScopeSet { ScopeSet(names: names.intersection(other.names)) }

    /// What is here and not there.
    public func subtracting(_ other: ScopeSet) -> ScopeSet { ScopeSet(names: names.subtracting(other.names)) }

    /// What is in either; nil when together they are too many.
    public func union(_ other: ScopeSet) -> ScopeSet? { ScopeSet(names.union(other.names)) }
}

extension ScopeSet: CustomStringConvertible {
    /// The names in their order as text, separated by blanks, so that equal sets are written alike.
    public var description: String { names.sorted().joined(separator: " ") }
}

extension ScopeSet: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let read = ScopeSet(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a set of scopes")
        }
        self = read
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
