import Vocabulary

/// What one pass over sealed values did.
public struct ResealReport: Sendable, Hashable {
    /// Values sealed anew.
    public var resealed = 0
    /// Values that do not open, and stay as they are.
    public var unreadable = 0

    public init(resealed: Int = 0, unreadable: Int = 0) {
        self.resealed = resealed
        self.unreadable = unreadable
    }
}

extension Store {
    /// Seals what stands under keys that were rotated out anew under the active ones, in transactions of a bounded number
    /// of rows in the last lane. What it did is durable and journalled chunk by chunk (`key.resealed`), so it may be
    /// stopped at any moment and goes on where it was; what is changed meanwhile by others is left to them.
    ///
    /// - Parameter limit: chunks at most, nil for all.
    public func resealStale(_ context: EventContext, limit: Int? = nil) async throws -> ResealReport {
        var report = ResealReport()
        var left = limit ?? .max
        for column in SealedColumn.all {
            var pass = ResealReport()
            // Again from the beginning until nothing more changes: others write meanwhile.
            repeat {
                pass = try await sealAnew(column, context, &left)
                report.resealed += pass.resealed
            } while pass.resealed > 0 && left > 0
            report.unreadable += pass.unreadable
        }
        return report
    }

    private func sealAnew(
        _ column: SealedColumn, _ context: EventContext, _ left: inout Int
    ) async throws -> ResealReport {
        let active = keys.active(column.values.purpose, context.tenant).id
        var report = ResealReport()
        var place: SQLValue = .blob([])
        while left > 0, let chunk = try await stale(column, of: context.tenant, active, behind: place) {
            let sealed = resealed(chunk.rows, column, context.tenant)
            report.unreadable += chunk.rows.count - sealed.count
            report.resealed += try await replace(sealed, column, active, context)
            place = chunk.last
            left -= 1
        }
        return report
    }

    private struct Chunk: Sendable {
        let rows: [SealedColumn.Stale]
        let last: SQLValue
    }

    private func stale(
        _ column: SealedColumn, of tenant: TenantID, _ active: KeyID, behind place: SQLValue
    ) async throws -> Chunk? {
        try await read { sql in
            let found = try sql.query(
                column.stale, [.id(tenant), .id(active), place, .integer(Int64(column.chunk))])
            guard let last = found.last else { return nil }
            return Chunk(rows: try found.map(column.read), last: .blob(try last.blob(0)))
        }
    }

    fileprivate struct Replacement: Sendable {
        let old: SealedColumn.Stale
        let new: [UInt8]
    }

    // Beside the writer: it has only to store.
    private func resealed(_ rows: [SealedColumn.Stale], _ column: SealedColumn, _ tenant: TenantID) -> [Replacement] {
        rows.compactMap { row in
            let purpose = column.values.purpose
            let new =
                column.isFramed
                ? try? SealedFrames.reseal(
                    row.sealed, keys: keys, purpose: purpose, tenant: tenant, context: row.context)
                : try? keys.reseal(row.sealed, purpose: purpose, tenant: tenant, context: row.context)
            return new.map { Replacement(old: row, new: $0) }
        }
    }

    /// Stores in as many turns at the writer as it takes; answers how many rows were still as they had been read.
    private func replace(
        _ rows: [Replacement], _ column: SealedColumn, _ active: KeyID, _ context: EventContext
    ) async throws -> Int {
        var (start, changed) = (0, 0)
        while start < rows.count {
            let from = start
            let turn = try await write(.spool) { transaction in
                try transaction.replace(rows[from...], column, active, context)
            }
            start += turn.tried
            changed += turn.changed
        }
        return changed
    }
}

extension Transaction {
    fileprivate func replace(
        _ rows: ArraySlice<Store.Replacement>, _ column: SealedColumn, _ active: KeyID, _ context: EventContext
    ) throws -> (tried: Int, changed: Int) {
        var (tried, changed) = (0, 0)
        for row in rows where tried == 0 || ContinuousClock.now < workUntil {
            tried += 1
            changed += try sql.execute(
                column.replace, [.blob(row.new), .blob(row.old.sealed)] + row.old.place)
        }
        guard changed > 0 else { return (tried, 0) }
        try append(
            NewEvent(
                context: context, stream: Stream("tenant", context.tenant), type: "key.resealed",
                facts: [
                    Fact("purpose", .word(column.values.purpose.word)), Fact("key", .id(active, "key")),
                    Fact("values", .word(column.values.name)), Fact("count", .integer(Int64(changed))),
                ]))
        return (tried, changed)
    }
}
