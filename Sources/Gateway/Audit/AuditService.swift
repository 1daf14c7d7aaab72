import Storage
import Vocabulary

/// Reading and proving the journal.
public struct AuditService: Sendable {
    let store: Store

    /// Events of a tenant after a position, oldest first.
    public func events(
        in tenant: TenantID, after position: Int64, filter: EventFilter, limit: Int
    ) async throws -> [JournalEntry] {
        try await store.events(of: tenant, after: position, filter: filter, limit: limit)
    }

    public func size(of tenant: TenantID) async throws -> (epoch: Int64, size: Int64) {
        try await store.journalSize(of: tenant)
    }

    public func signHeads(now: Timestamp) async throws -> [SignedHead] { try await store.signHeads(now: now) }
}
