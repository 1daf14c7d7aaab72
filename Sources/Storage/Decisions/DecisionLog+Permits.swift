import Vocabulary

extension DecisionLog {
    /// Goes through every recorded permit of these subjects, in no particular order, with what was asked opened once for
    /// all decisions that share it. One that stands for many says by its fold when the last of them was.
    ///
    /// - Parameter opening: false leaves out what was asked, which is then `unreadable`.
    /// - Throws: `storage.file`, `decisions.damaged`.
    public func forEachPermit(
        _ tenant: TenantID, of subjects: Set<Subject>, opening: Bool, _ body: (StoredDecision) throws -> Void
    ) throws {
        for name in try folder.segments(tenant) {
            var known: [Int: StoredDecision.Inputs] = [:]
            try scan(tenant, name) { frames, record in
                guard record.outcome == .permit, let subject = record.asker.subject, subjects.contains(subject) else {
                    return true
                }
                guard opening else {
                    try body(record)
                    return true
                }
                var opened = record
                if let inputs = known[record.place.offset] {
                    opened.inputs = inputs
                } else {
                    opened = try self.opened(record, frames)
                    known[record.place.offset] = opened.inputs
                }
                try body(opened)
                return true
            }
        }
    }

    /// Since when every decision of a tenant was recorded: the beginning of what is kept, or the end of the last gap in
    /// it. Nil where nothing was.
    public func completeSince(_ tenant: TenantID) throws -> Timestamp? {
        guard let first = try spans(of: tenant).map(\.firstAt).min() else { return nil }
        return max(first, try gaps(tenant).map(\.last).max() ?? first)
    }
}
