import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Directory jobs: dry run, run, list, release, drop.
struct SyncRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/sync-runs", "listSyncRuns", "Lists runs of directory jobs, newest first", tag: "sync",
                access: .permission(action: "read", type: "sync_run"), query: Route.Parameter.page,
                response: .page(.reference("SyncRun"))
            ) { request in
                let page = try request.page(mac: mac)
                let runs = try await gateway.syncRuns(
                    in: try request.requiredTenant, before: page.cursor.flatMap { SyncRunID($0.after) },
                    limit: page.limit + 1)
                return try request.answer(runs, page, mac) { ($0.id.description, $0.json) }
            },
            Route(
                .post, "/api/v1/sync-runs", "runSync", "Runs a directory job, or with `dry_run` only plans it",
                tag: "sync", access: .permission(action: "run", type: "sync_run"),
                requestBody: .object(
                    ["provider": .string(minLength: 1, maxLength: 128), "dry_run": .boolean], optional: ["dry_run"]),
                response: .reference("SyncReport"), repetition: .refused, handler: run),
            Route(
                .get, "/api/v1/sync-runs/{run}", "getSyncRun", "Shows a run of a directory job", tag: "sync",
                access: .permission(action: "read", type: "sync_run"), response: .reference("SyncRun")
            ) { request in
                APIResponse(
                    body: try await gateway.syncRun(try request.id("run"), in: try request.requiredTenant).json)
            },
            Route(
                .get, "/api/v1/sync-runs/{run}/changes", "listSyncChanges",
                "Lists what a held run would do: to roles first, then to people, groups and memberships",
                details: "For whoever may release it, because it names people; a run that is not held has none.",
                tag: "sync", access: .permission(action: "release", type: "sync_run"), query: Route.Parameter.page,
                response: .page(.reference("SyncChange")), handler: changes),
            Route(
                .post, "/api/v1/sync-runs/{run}/release", "releaseSyncRun", "Applies a held run in the caller's name",
                tag: "sync", access: .permission(action: "release", type: "sync_run"), response: .reference("SyncRun")
            ) { request in
                APIResponse(
                    body: try await gateway.releaseSyncRun(try request.id("run"), by: try request.caller(gateway)).json)
            },
            Route(
                .post, "/api/v1/sync-runs/{run}/drop", "dropSyncRun", "Throws a held run's plan away", tag: "sync",
                access: .permission(action: "drop", type: "sync_run"), successStatus: 204
            ) { request in
                try await gateway.sync.drop(try request.id("run"), by: try request.caller(gateway))
                return .noContent
            },
        ]
    }

    @Sendable private func run(_ request: APIRequest) async throws -> APIResponse {
        let target = try gateway.syncTarget(named: try request.text("provider"), in: try request.requiredTenant)
        let names = try await gateway.roles.roles(in: try request.requiredTenant).namesByID
        let report =
            try request.optionalBool("dry_run") == true
            ? try await gateway.sync.plan(target)
            : try await gateway.sync.run(target, trigger: "manual", by: try request.caller(gateway))
        let (changes, total) = try await gateway.sync.changes(of: report, in: try request.requiredTenant)
        return APIResponse(body: report.json(changes, total: total, roleNames: names))
    }

    @Sendable private func changes(_ request: APIRequest) async throws -> APIResponse {
        let page = try request.page(mac: mac)
        let start = page.cursor.flatMap { Int($0.after) } ?? 0
        let (found, total) = try await gateway.sync.changes(
            ofHeld: try request.id("run"), in: try request.requiredTenant, from: start, limit: page.limit)
        let end = start + found.count
        let next = end < total && !found.isEmpty ? try request.seal(cursor: String(end), mac: mac) : nil
        return .page(found.map(\.json), next: next)
    }
}
