import Gateway
import Vocabulary

extension Tenant {
    var json: AttributeValue {
        ["id": id.json, "slug": .string(slug), "name": .string(name), "disabled": .bool(isDisabled)]
    }
}

enum TenantSchema {
    static let shown = JSONSchema.object(["id": .uuid, "slug": .string(), "name": .string(), "disabled": .boolean])
    static let slug = JSONSchema.string(minLength: 1, maxLength: 63)
    static let name = JSONSchema.string(minLength: 1, maxLength: 256)
}

enum ApplicationSchema {
    static let shown = JSONSchema.object([
        "id": .uuid, "key": .string(), "name": .string(), "host": .string(), "public_url": .string(),
    ])
}

extension AuditEntry {
    /// - Parameters:
    ///   - name: what its stream's thing is called, where memory knows.
    ///   - actorName: the machine account that acted, where one did.
    func json(name: String?, actorName: String?) -> AttributeValue {
        HTTPAPI.json([
            "position": .integer(position), "type": .string(type), "at": at.json,
            "stream": HTTPAPI.json([
                "kind": .string(streamKind), "id": .string(streamID), "name": name.map(AttributeValue.string),
            ]), "actor": .string(actor),
            "actor_name": actorName.map(AttributeValue.string),
            "command": command.json, "trace": trace.map(AttributeValue.string), "facts": .object(facts),
        ])
    }
}

enum AuditSchema {
    static let event = JSONSchema.object(
        [
            "position": .integer(minimum: 1), "type": .string(), "at": .time,
            "stream": .object(
                [
                    "kind": .string(), "id": .string(),
                    "name": .string().described("What it is called now, of roles, groups and what is configured."),
                ], optional: ["name"]), "actor": .string(),
            "actor_name": APISchemas.machineAccount,
            "command": .uuid.described("The command it belongs to; the `Idempotency-Key` where one was sent."),
            "trace": .string(), "facts": .map(.any),
        ], optional: ["actor_name", "trace"])

    static let page = JSONSchema.object(
        [
            "items": .array(.reference("AuditEvent")), "next": .string(),
            "size": .integer(minimum: 0).described("Events in the tenant's journal."), "epoch": .integer(minimum: 0),
        ], optional: ["next"])
}
