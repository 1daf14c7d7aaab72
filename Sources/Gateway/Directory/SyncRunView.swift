import Foundation
import Identity
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
    /// Why it is held, or was.
    public let holdReasons: [HoldReason]
    /// The same in words, with the names of roles.
    public let holdSentences: [String]
    /// A stable code of what went wrong.
    public let failure: String?
    public let decidedBy: String?
    /// What this machine calls the account that decided, where it was one of its own.
    public let decidedByName: String?
    public let decidedAt: Timestamp?
    /// Changes written so far, and how many there are; both nothing until the plan is made.
    public let progress: (done: Int64, total: Int64)

    init(_ run: StoredSyncRun, provider: String, roleNames: [RoleID: String], accounts: [String: String]) {
        id = run.id
        self.provider = provider
        state = run.state.rawValue
        trigger = run.trigger
        startedAt = run.startedAt
        finishedAt = run.finishedAt
        summary = (try? JSONColumn.decode(AttributeValue.self, run.summary)) ?? .null
        holdReasons = (try? JSONColumn.decode([HoldReason].self, run.holdReasons)) ?? []
        holdSentences = holdReasons.map { $0.sentence(roleNames: roleNames) }
        failure = run.failure
        decidedBy = run.decidedBy
        decidedByName = run.decidedBy.flatMap { accounts[$0] }
        decidedAt = run.decidedAt
        progress = (run.appliedChunks, run.totalChunks)
    }
}

extension Gateway {
    /// A page of a tenant's directory jobs' runs, newest first, those before `last`.
    public func syncRuns(
        in tenant: TenantID, before last: SyncRunID? = nil, limit: Int
    ) async throws -> [SyncRunView] {
        try await views(of: try await sync.list(in: tenant, before: last, limit: limit), in: tenant)
    }

    /// One run and what it did or would do. Throws `not found` when the tenant has none of this id.
    public func syncRun(_ id: SyncRunID, in tenant: TenantID) async throws -> SyncRunView {
        guard let run = try await store.read({ try $0.syncRun(id, in: tenant) }) else {
            throw Fault.notFound("sync run")
        }
        return try await view(of: run)
    }

    /// Applies a held run in the caller's name.
    public func releaseSyncRun(_ id: SyncRunID, by caller: Caller) async throws -> SyncRunView {
        try await view(of: try await sync.release(id, by: caller))
    }

    private func view(of run: StoredSyncRun) async throws -> SyncRunView {
        try await views(of: [run], in: run.tenant)[0]
    }

    private func views(of runs: [StoredSyncRun], in tenant: TenantID) async throws -> [SyncRunView] {
        let names = try await store.read { try $0.roles(in: tenant).namesByID }
        let accounts = await machineAccounts.names(of: Set(runs.compactMap(\.decidedBy)))
        return runs.map { run in
            SyncRunView(
                run, provider: providers.provider(run.provider)?.configuration.key ?? run.provider.description,
                roleNames: names, accounts: accounts)
        }
    }
}
