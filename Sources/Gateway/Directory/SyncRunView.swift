import Foundation
import Storage
import Vocabulary

/// A directory job's run as lists show it.
public struct SyncRunView: Sendable {
    public let id: SyncRunID
    /// The provider's configured name.
    public let provider: String
    /// `running`, `held`, `applying`, `done`, `failed` or `dropped`.
    public let state: String
    /// `schedule` or `manual`.
    public let trigger: String
    public let startedAt: Timestamp
    public let finishedAt: Timestamp?
    /// Counts by name.
    public let summary: AttributeValue
    /// Why it is held.
    public let holdReasons: AttributeValue
    /// A stable code of what went wrong.
    public let failure: String?
    public let decidedBy: String?
    public let decidedAt: Timestamp?
    /// Changes written so far, and how many there are; both nothing until the plan is made.
    public let progress: (done: Int64, total: Int64)

    init(_ run: StoredSyncRun, provider: String) {
        id = run.id
        self.provider = provider
        state = run.state.rawValue
        trigger = run.trigger
        startedAt = run.startedAt
        finishedAt = run.finishedAt
        summary = (try? JSONColumn.decode(AttributeValue.self, run.summary)) ?? .null
        holdReasons = (try? JSONColumn.decode(AttributeValue.self, run.holdReasons)) ?? .null
        failure = run.failure
        decidedBy = run.decidedBy
        decidedAt = run.decidedAt
        progress = (run.appliedChunks, run.totalChunks)
    }
}

extension Gateway {
    /// A page of a tenant's directory jobs' runs, newest first, those before `last`.
    public func syncRuns(
        in tenant: TenantID, before last: SyncRunID? = nil, limit: Int
    ) async throws -> [SyncRunView] {
        try await sync.list(in: tenant, before: last, limit: limit).map(view)
    }

    /// One run and what it did or would do. Throws `not found` when the tenant has none of this id.
    public func syncRun(_ id: SyncRunID, in tenant: TenantID) async throws -> SyncRunView {
        view(try await sync.show(id, in: tenant).run)
    }

    /// Applies a held run in the caller's name.
    public func releaseSyncRun(_ id: SyncRunID, by caller: Caller) async throws -> SyncRunView {
        view(try await sync.release(id, by: caller))
    }

    private func view(_ run: StoredSyncRun) -> SyncRunView {
        SyncRunView(run, provider: providers.provider(run.provider)?.configuration.key ?? run.provider.description)
    }
}
