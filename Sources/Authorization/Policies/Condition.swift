import Vocabulary

/// A dotted name of a value that a condition reads, such as `subject.department` or `context.device.trusted`.
public struct AttributePath: Hashable, Sendable, CustomStringConvertible {
    /// Where the value comes from.
    public enum Root: String, Sendable, CaseIterable {
        case subject
        case resource
        case action
        case context
        /// The sign-in behind the request, as the gateway knows it.
        case session
    }

    public let root: Root
    /// At least one field; the second and later ones step into nested objects.
    public let fields: [String]

    /// Reads `root.field[.field…]`; nil when the root is unknown, a field is empty or there are too many of them.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let root = Root(rawValue: first), text.utf8.count <= PolicyLimits.pathBytes,
            (2...PolicyLimits.pathFields + 1).contains(parts.count), parts.allSatisfy({ !$0.isEmpty })
        else { return nil }
        self.root = root
        fields = Array(parts.dropFirst())
    }

    /// The one attribute of sessions: what stood out about the sign-in.
    static let sessionAnomalies = ["anomalies"]

    public var description: String { root.rawValue + "." + fields.joined(separator: ".") }
}

/// The operators that compare an attribute with a literal or with another attribute.
public enum Comparison: String, Sendable, CaseIterable, BitwiseCopyable {
    case equals
    case notEquals = "not_equals"
    case `in`
    case notIn = "not_in"
    case contains
    case startsWith = "starts_with"
    case endsWith = "ends_with"
    case greaterThan = "greater_than"
    case greaterThanOrEqual = "greater_than_or_equal"
    case lessThan = "less_than"
    case lessThanOrEqual = "less_than_or_equal"
    case regex
}

/// What an attribute is compared with.
public enum Operand: Hashable, Sendable, CustomStringConvertible {
    case literal(AttributeValue)
    case reference(AttributePath)

    public var description: String {
        switch self {
        case .literal(let value): CanonicalText.of(value)
        case .reference(let path): path.description
        }
    }
}

/// A test over the attributes of a request. Its truth is three-valued: true, false or error.
public indirect enum Condition: Hashable, Sendable, CustomStringConvertible {
    /// False if one part is false, else an error if one part errs, else true.
    case all([Condition])
    /// True if one part is true, else an error if one part errs, else false.
    case any([Condition])
    /// An error stays an error.
    case not(Condition)
    /// True when the attribute is there and is not null; never an error.
    case exists(AttributePath)
    case compare(AttributePath, Comparison, Operand)

    public var description: String {
        switch self {
        case .all(let parts): "all(" + parts.map(\.description).joined(separator: ", ") + ")"
        case .any(let parts): "any(" + parts.map(\.description).joined(separator: ", ") + ")"
        case .not(let part): "not(\(part))"
        case .exists(let path): "\(path) exists"
        case .compare(let path, let comparison, let operand): "\(path) \(comparison.rawValue) \(operand)"
        }
    }
}
