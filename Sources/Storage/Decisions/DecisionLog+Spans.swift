import Vocabulary

extension DecisionLog {
    /// The time that a segment's decisions were made in.
    public struct Span: Sendable, Hashable {
        public let firstAt: Timestamp
        /// Nil while decisions are still added to it.
        public let lastAt: Timestamp?
    }

    /// The spans of all segments that are there, oldest first. Throws `storage.file`, `decisions.malformed`.
    public func spans(of tenant: TenantID) throws -> [Span] {
        let sums = Dictionary(uniqueKeysWithValues: try folder.sums(tenant).map { ($0.name, $0) })
        return try folder.segments(tenant).compactMap { name in
            if let sum = sums[name] { return Span(firstAt: sum.firstAt, lastAt: sum.lastAt) }
            // One that has no whole header holds nothing.
            return try SegmentFrames(folder.path(tenant, name)).map { Span(firstAt: $0.header.createdAt, lastAt: nil) }
        }
    }
}
