/// What a document may cost before it is refused.
public struct XMLLimits: Sendable {
    /// Bytes of the document.
    public var bytes: Int
    /// Elements inside one another.
    public var depth: Int
    /// Start tags, comments and sections; each is a node in memory.
    public var nodes: Int
    /// Attributes in one tag, namespace declarations among them. libxml2 compares each with each, and canonicalization
    /// sorts by insertion, so that this bound is what holds a document's cost to its length.
    public var attributes: Int
    /// Whether a byte order mark of UTF-8 is passed over, as some products write into metadata files.
    public var allowsByteOrderMark: Bool
    /// Whether every `ID`, `Id`, `id` and `xml:id` in the document has to be another.
    public var requiresUniqueIDs: Bool

    /// A protocol message.
    public static let message = XMLLimits(
        bytes: 262_144, depth: 40, nodes: 10_000, attributes: 64, allowsByteOrderMark: false, requiresUniqueIDs: true)
    /// Metadata: aggregates have thousands of entities, whose own subtrees may use the same `id` for foreign purposes.
    public static let metadata = XMLLimits(
        bytes: 67_108_864, depth: 40, nodes: 4_000_000, attributes: 64, allowsByteOrderMark: true,
        requiresUniqueIDs: false)
}
