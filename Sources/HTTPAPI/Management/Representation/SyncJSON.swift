import Gateway
import Identity
import Vocabulary

extension SyncRunView {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "provider": .string(provider), "state": .string(state), "trigger": .string(trigger),
            "started_at": startedAt.json, "finished_at": finishedAt?.json, "summary": summary,
            "hold_reasons": .list(zip(holdReasons, holdSentences).map { $0.json(sentence: $1) }),
            "failure": failure.map(AttributeValue.string),
            "decided_by": decidedBy.map(AttributeValue.string),
            "decided_by_name": decidedByName.map(AttributeValue.string), "decided_at": decidedAt?.json,
            "progress": ["done": .integer(progress.done), "total": .integer(progress.total)],
        ])
    }
}

extension HoldReason {
    fileprivate func json(sentence: String) -> AttributeValue {
        var members: [String: AttributeValue] = ["code": .string(word), "message": .string(sentence)]
        switch self {
        case .tooManyPeopleRemoved(let count, let limit), .tooManyMembershipsRemoved(let count, let limit):
            members["count"] = .integer(Int64(count))
            members["limit"] = .integer(Int64(limit))
        case .protectedRoleEmptied(let role): members["role"] = role.json
        case .separationOfDuties(let count): members["count"] = .integer(Int64(count))
        case .emptySource: break
        }
        return .object(members)
    }
}

extension SyncChange {
    var json: AttributeValue {
        HTTPAPI.json([
            "kind": .string(kind.rawValue), "change": .string(change), "key": .string(key), "person": person?.json,
            "login": login.map(AttributeValue.string), "name": name.map(AttributeValue.string),
            "group_key": groupKey.map(AttributeValue.string), "group": group.map(AttributeValue.string),
            "role": role.map(AttributeValue.string), "count": count.map { .integer(Int64($0)) },
            "attributes": attributes.isEmpty ? nil : .list(attributes.map(AttributeValue.string)),
            "delete_after": deleteAfter?.json,
        ])
    }
}

extension SyncReport {
    /// The plan in the form people and programs read: the first changes of the list, the counts always whole.
    func json(_ changes: [SyncChange], total: Int, roleNames: [RoleID: String]) -> AttributeValue {
        HTTPAPI.json([
            "run": run?.json, "state": .string(stateWord),
            "would_hold": .list(holdReasons.map { .string($0.sentence(roleNames: roleNames)) }),
            "changes": .list(changes.map(\.json)), "changes_total": .integer(Int64(total)),
            "counts": [
                "people": .object(counts.people.mapValues { .integer(Int64($0)) }),
                "groups": .object(counts.groups.mapValues { .integer(Int64($0)) }),
                "memberships_gained": .integer(Int64(counts.membershipsGained)),
                "memberships_lost": .integer(Int64(counts.membershipsLost)),
                "roles_gained": .integer(Int64(counts.rolesGained)), "roles_lost": .integer(Int64(counts.rolesLost)),
                "applied": .integer(Int64(counts.applied)), "skipped": .integer(Int64(counts.skipped)),
                "warnings": .integer(Int64(counts.warnings)),
            ],
        ])
    }
}

enum SyncSchema {
    static let run = JSONSchema.object(
        [
            "id": .uuid, "provider": .string(),
            "state": .words(["running", "held", "applying", "done", "failed", "dropped"]), "trigger": .string(),
            "started_at": .time, "finished_at": .time, "summary": .any,
            "hold_reasons": .array(
                .object(
                    [
                        "code": .words(HoldReason.words), "message": .string(), "count": .integer(minimum: 0),
                        "limit": .integer(minimum: 0),
                        "role": .uuid,
                    ], optional: ["count", "limit", "role"])), "failure": .string(),
            "decided_by": .string(), "decided_by_name": APISchemas.machineAccount, "decided_at": .time,
            "progress": .object(["done": .integer(minimum: 0), "total": .integer(minimum: 0)]),
        ], optional: ["finished_at", "failure", "decided_by", "decided_by_name", "decided_at"])

    private static let counts = JSONSchema.integer(minimum: 0)
    static let change = JSONSchema.object(
        [
            "kind": .words(SyncChange.Kind.allCases.map(\.rawValue)), "change": .string(), "key": .string(),
            "person": .uuid, "login": .string(), "name": .string(), "group_key": .string(), "group": .string(),
            "role": .string(), "count": counts, "attributes": APISchemas.texts, "delete_after": .time,
        ],
        optional: [
            "person", "login", "name", "group_key", "group", "role", "count", "attributes", "delete_after",
        ])

    static let report = JSONSchema.object(
        [
            "run": .uuid, "state": .string(), "would_hold": APISchemas.texts,
            "changes": .array(.reference("SyncChange")), "changes_total": counts,
            "counts": .object([
                "people": .map(counts), "groups": .map(counts), "memberships_gained": counts,
                "memberships_lost": counts, "roles_gained": counts, "roles_lost": counts, "applied": counts,
                "skipped": counts, "warnings": counts,
            ]),
        ], optional: ["run"])
}
