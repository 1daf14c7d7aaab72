import Gateway
import Identity
import Vocabulary

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
            "run": run?.json, "state": .string(stateWord),
            "would_hold": .list(
                holdReasons.map { .string($0.sentence(roleNames: roleNames)) }),
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

enum SyncSchema {
    static let run = JSONSchema.object(
        [
            "id": .uuid, "provider": .string(),
            "state": .words(["running", "held", "applying", "done", "failed", "dropped"]), "trigger": .string(),
            "started_at": .time, "finished_at": .time, "summary": .any, "hold_reasons": .any, "failure": .string(),
            "decided_by": .string(), "decided_at": .time,
            "progress": .object(["done": .integer(minimum: 0), "total": .integer(minimum: 0)]),
        ], optional: ["finished_at", "failure", "decided_by", "decided_at"])

    private static let counts = JSONSchema.integer(minimum: 0)
    private static let roleChanges = JSONSchema.array(
        .object(["key": .string(), "person": .uuid, "role": .string()], optional: ["person"]))

    static let report = JSONSchema.object(
        [
            "run": .uuid, "state": .string(), "would_hold": APISchemas.texts,
            "people": .array(
                .object(
                    [
                        "change": .string(), "key": .string(), "person": .uuid, "login": .string(),
                        "attributes": APISchemas.texts,
                    ], optional: ["person", "login"])),
            "groups": .array(
                .object(["change": .string(), "key": .string(), "name": .string()], optional: ["name"])),
            "roles_gained": roleChanges, "roles_lost": roleChanges,
            "conflicts": .array(.object(["kind": .string(), "key": .string()])),
            "warnings": .array(.object(["kind": .string(), "key": .string(), "count": counts])),
            "counts": .object([
                "people": .map(counts), "groups": .map(counts), "memberships_gained": counts,
                "memberships_lost": counts, "roles_gained": counts, "roles_lost": counts, "applied": counts,
                "skipped": counts,
            ]),
        ], optional: ["run"])
}
