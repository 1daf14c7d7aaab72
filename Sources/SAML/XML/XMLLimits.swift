/// What a document may cost before it is refused.
public struct XMLLimits: Sendable {
    /// Bytes of the document.
    public var bytes: Int
    /// Elements inside one another.
    public var depth: Int
    /// Start tags, attributes, declarations of namespaces, comments and sections; each is a node in memory, and is looked at
    /// by everything that goes over the document.
    public var nodes: Int
    /// Attributes in one tag, namespace declarations among them. libxml2 compares each with each, and canonicalization
    /// sorts by insertion, so that this bound is what holds a document's cost to its length.
    public var attributes: Int
    /// Namespace declarations that hold at one place, those of the elements around it among them. Each name with a prefix is
    /// looked up among them one by one, by the parser and again by canonicalization.
    public var namespaces: Int
    /// Names of elements and attributes, each times the declarations that hold where it stands.
    public var namespaceLookups: Int
    /// Nodes times the prefixes that a signature has canonicalized inclusively: each prefix is looked up at each node, in all
    /// that is declared around it.
    public var prefixLookups: Int
    /// Marks on one letter: characters that stand in no place of their own (UAX #15 §13 has 30). Comparing texts as Unicode
    /// does puts such a run in order, in a time that grows with its square.
    public var marks: Int
    /// Whether a byte order mark of UTF-8 is passed over, as some products write into metadata files.
    public var allowsByteOrderMark: Bool
    /// Whether every `ID`, `Id`, `id` and `xml:id` in the document has to be another.
    public var requiresUniqueIDs: Bool

    /// A protocol message.
    public static let message = XMLLimits(
        bytes: 262_144, depth: 40, nodes: 10_000, attributes: 64, namespaces: 64,
        namespaceLookups: 100_000, prefixLookups: 20_000, marks: 30, allowsByteOrderMark: false,
        requiresUniqueIDs: true)
    /// Metadata: aggregates have thousands of entities, whose own subtrees may use the same `id` for foreign purposes.
    public static let metadata = XMLLimits(
        bytes: 67_108_864, depth: 40, nodes: 4_000_000, attributes: 64, namespaces: 64,
        namespaceLookups: 100_000_000, prefixLookups: 20_000_000, marks: 30, allowsByteOrderMark: true,
        requiresUniqueIDs: false)
}
