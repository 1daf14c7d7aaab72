import Gateway
import Vocabulary

extension ListedKey {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "purpose": .string(purpose), "state": .string(state), "created_at": createdAt?.json,
            "rotated_at": rotatedAt?.json, "retired_at": retiredAt?.json, "count": .integer(Int64(count)),
            "values": .object(values.mapValues { .integer(Int64($0)) }),
            "waits_for": .list(waitsFor.map(AttributeValue.string)),
        ])
    }
}

extension KeyReport {
    var json: AttributeValue {
        [
            "resealed": .integer(Int64(resealed)), "unreadable": .integer(Int64(unreadable)),
            "retired": .integer(Int64(retired)),
        ]
    }
}

enum KeySchema {
    static let shown = JSONSchema.object(
        [
            "id": .uuid, "purpose": .words(RotatableKey.allCases.map(\.rawValue)),
            "state": .words(["active", "retiring", "retired"])
                .described("A retiring key opens what stands under it; a retired one is destroyed."),
            "created_at": .time, "rotated_at": .time, "retired_at": .time,
            "count": .integer(minimum: 0).described("Values that stand under it."),
            "values": .map(.integer(minimum: 0)).described("The same by kind, such as `totp_secrets`."),
            "waits_for": .array(.words(["resealed", "next_login", "expiry", "grace"]))
                .described("What keeps a retiring key; nothing when it goes at the next round."),
        ], optional: ["created_at", "rotated_at", "retired_at"])

    static let report = JSONSchema.object([
        "resealed": .integer(minimum: 0), "retired": .integer(minimum: 0),
        "unreadable": .integer(minimum: 0).described("Values that open under no key; they keep theirs."),
    ])
}
