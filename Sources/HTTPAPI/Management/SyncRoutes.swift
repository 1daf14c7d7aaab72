import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Directory jobs: dry run, run, list, release, drop.
struct SyncRoutes {
    let gateway: Gateway

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/sync-runs", "listSyncRuns", "Runs of directory jobs, newest first", tag: "sync",
                access: .permission(action: "read", type: "sync_run"), query: [.init("limit", "1 to 200")],
                response: .page(.any)
            ) { request in
                let limit = min(max(1, request.query["limit"].flatMap { Int($0) } ?? 50), 200)
                return .page(
                    try await gateway.syncRuns(in: try request.requiredTenant, limit: limit).map(\.json), next: nil)
            },
            Route(
                .post, "/api/v1/sync-runs", "runSync", "Runs a directory job, or with `dry_run` only plans it",
                tag: "sync", access: .permission(action: "run", type: "sync_run"),
                requestBody: .object(["provider": .string(), "dry_run": .boolean], optional: ["dry_run"]),
                response: .any, handler: run),
            Route(
                .get, "/api/v1/sync-runs/{run}", "getSyncRun", "One run", tag: "sync",
                access: .permission(action: "read", type: "sync_run"), response: .any
            ) { request in
                APIResponse(
                    body: try await gateway.syncRun(try request.id("run"), in: try request.requiredTenant).json)
            },
            Route(
                .post, "/api/v1/sync-runs/{run}/release", "releaseSyncRun", "Applies a held run in the caller's name",
                tag: "sync", access: .permission(action: "release", type: "sync_run"), response: .any
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
        try request.allow(["provider", "dry_run"])
        let target = try gateway.syncTarget(named: try request.text("provider"), in: try request.requiredTenant)
        let roles = try await gateway.roles.roles(in: try request.requiredTenant)
        let names = Dictionary(roles.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let report =
            try request.optionalBool("dry_run") == true
            ? try await gateway.sync.plan(target)
            : try await gateway.sync.run(target, trigger: "manual", by: try request.caller(gateway))
        return APIResponse(body: report.json(roleNames: names))
    }
}

extension SyncRunView {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "provider": .string(provider), "state": .string(state), "trigger": .string(trigger),
            "started_at": startedAt.json, "finished_at": finishedAt?.json, "summary": summary,
            "hold_reasons": holdReasons, "failure": failure.map(AttributeValue.string),
            "decided_by": decidedBy.map(AttributeValue.string), "decided_at": decidedAt?.json,
            "progress": ["done": .integer(progress.done), "total": .integer(progress.total)],
        ])
    }
}

extension SyncReport {
    /// The plan in the form people and programs read: at most 1,000 entries of each list, the counts always whole.
    func json(roleNames: [RoleID: String]) -> AttributeValue {
        func changes(_ list: [RoleChange]) -> AttributeValue {
            .list(
                list.prefix(Self.listLimit).map { change in
                    HTTPAPI.json([
                        "key": .string(change.key), "person": change.person?.json,
                        "role": .string(roleNames[change.role] ?? change.role.description),
                    ])
                })
        }
        return HTTPAPI.json([
            "run": run?.json, "state": .string(stateWord), "would_hold": .list(holdReasons.map { .string("\($0)") }),
            "people": .list(
                plan.people.prefix(Self.listLimit).map { change in
                    HTTPAPI.json([
                        "change": .string(change.kind.rawValue), "key": .string(change.key), "person": change.id?.json,
                        "login": change.record.map { .string($0.login) },
                        "attributes": .list(change.attributes.map(AttributeValue.string)),
                    ])
                }),
            "groups": .list(
                plan.groups.prefix(Self.listLimit).map { change in
                    HTTPAPI.json([
                        "change": .string(change.kind.rawValue), "key": .string(change.key),
                        "name": change.record.map { .string($0.name) },
                    ])
                }),
            "roles_gained": changes(roleEffect.gained), "roles_lost": changes(roleEffect.lost),
            "conflicts": .list(
                plan.conflicts.prefix(Self.listLimit).map {
                    ["kind": .string($0.kind.rawValue), "key": .string($0.key)]
                }),
            "warnings": .list(
                plan.warnings.prefix(Self.listLimit).map {
                    ["kind": .string($0.kind.rawValue), "key": .string($0.key), "count": .integer(Int64($0.count))]
                }),
            "counts": [
                "people": .object(counts.people.mapValues { .integer(Int64($0)) }),
                "groups": .object(counts.groups.mapValues { .integer(Int64($0)) }),
                "memberships_gained": .integer(Int64(counts.membershipsGained)),
                "memberships_lost": .integer(Int64(counts.membershipsLost)),
                "roles_gained": .integer(Int64(counts.rolesGained)), "roles_lost": .integer(Int64(counts.rolesLost)),
                "applied": .integer(Int64(counts.applied)), "skipped": .integer(Int64(counts.skipped)),
            ],
        ])
    }

    private static let listLimit = 1_000
}
