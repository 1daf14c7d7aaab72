import Vocabulary

extension SQLConnection {
    /// How many governed things of one kind, in every tenant, time changes from each of these moments (ascending) up to
    /// the next; the last has no end. What time changes no more is in none.
    public func dueCounts(_ kind: StreamKind, from edges: [Timestamp]) throws -> [Int64] {
        try edges.indices.map { index in
            let end = index + 1 < edges.count ? edges[index + 1] : .distantFuture
            return try queryOne(
                "SELECT count(*) FROM governed WHERE kind = ?1 AND due_at IS NOT NULL AND due_at >= ?2 AND due_at < ?3",
                [.text(kind.rawValue), .time(edges[index]), .time(end)])?.integer(0) ?? 0
        }
    }
}
