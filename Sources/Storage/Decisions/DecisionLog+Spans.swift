import Vocabulary

extension DecisionLog {
    /// The time that a segment's decisions were made in.
    public struct Span: Sendable, Hashable {
        public let firstAt: Timestamp
        /// Nil while decisions are still added to it.
        public let lastAt: Timestamp?
        /// False where it ends before it begins, or a later segment begins before this one: the clock was set meanwhile.
        public internal(set) var isInOrder = true
    }

    /// The spans of all segments that are there, oldest first. Throws `storage.file`, `decisions.malformed`.
    public func spans(of tenant: TenantID) throws -> [Span] {
        let sums = Dictionary(uniqueKeysWithValues: try folder.sums(tenant).map { ($0.name, $0) })
        let spans: [Span] = try folder.segments(tenant).compactMap { name in
            if let sum = sums[name] { return Span(firstAt: sum.firstAt, lastAt: sum.lastAt) }
            // One that has no whole header holds nothing.
            return try SegmentFrames(folder.path(tenant, name)).map { Span(firstAt: $0.header.createdAt, lastAt: nil) }
        }
        return Self.judged(spans)
    }

    static func judged(_ spans: [Span]) -> [Span] {
        var (judged, earliestLater) = (spans, Timestamp?.none)
        for index in spans.indices.reversed() {
            let span = spans[index]
            judged[index].isInOrder =
                span.lastAt.map { span.firstAt <= $0 } ?? true && earliestLater.map { span.firstAt <= $0 } ?? true
            earliestLater = min(earliestLater ?? span.firstAt, span.firstAt)
        }
        return judged
    }
}
