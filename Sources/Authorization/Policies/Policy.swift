import Vocabulary

/// Whom, what and when a rule names, and what follows. Only `PolicyDocument` makes one, so each has been checked.
public struct Policy: Sendable, Hashable {
    /// What a matching rule does.
    public enum Effect: String, Sendable, CaseIterable {
        case allow
        case deny
    }

    /// Unique within a tenant.
    public var id: String
    public let name: String
    public let description: String?
    public let effect: Effect
    /// Orders the determining rules of a decision, highest first. It never overturns a deny.
    public let priority: Int64
    public let enforcement: Enforcement
    public let subjects: SubjectSelector
    public let actions: NameSelector
    public let resources: ResourceSelector
    public let condition: Condition?
    /// What an allow demands of the session before it permits (step-up).
    public let requirement: AuthenticationRequirement?
    /// The version named in decisions. The store raises it with each change; a fresh document has 1.
    public var version: Int32 = 1
    /// The element of the document, as it was read: the content that digests cover.
    public let source: AttributeValue
}

/// How seriously a rule is meant, weakest first. Carried into decisions and their records.
public enum Enforcement: String, Sendable, Codable, CaseIterable, Comparable, BitwiseCopyable {
    case advisory
    case recommended
    case mandatory
    case critical

    private var rank: Int {
        switch self {
        case .advisory: 0
        case .recommended: 1
        case .mandatory: 2
        case .critical: 3
        }
    }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// Whom a rule is about. The kinds are alternatives: one hit is enough.
public enum SubjectSelector: Sendable, Hashable {
    case any
    case named(users: [String], roles: [String], groups: [String], serviceAccounts: [String])
}

/// Names compared byte for byte, or all of them.
public enum NameSelector: Sendable, Hashable {
    case any
    case named([String])
}

/// Resource types and id patterns; both must hold. An empty list of patterns means every id.
public struct ResourceSelector: Sendable, Hashable {
    public let types: NameSelector
    /// Texts in which `*` stands for any run of characters, also none.
    public let ids: [String]
}

/// A demand on the authentication behind a request.
public struct AuthenticationRequirement: Sendable, Hashable {
    public let strength: AuthenticationStrength?
    /// How long ago the newest proof may have been given.
    public let maxAgeSeconds: Int64?

    public init(strength: AuthenticationStrength?, maxAgeSeconds: Int64?) {
        self.strength = strength
        self.maxAgeSeconds = maxAgeSeconds
    }
}
