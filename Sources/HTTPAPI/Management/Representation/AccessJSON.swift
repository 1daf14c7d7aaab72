import Gateway
import Identity
import Vocabulary

extension Role {
    func json(_ demand: MultiFactorDemand?) -> AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": description.map(AttributeValue.string),
            "inherits": .list(parents.map(\.json)),
            "permissions": .list(
                permissions.map {
                    HTTPAPI.json([
                        "action": .string($0.action), "type": .string($0.resourceType),
                        "resource": $0.pattern.map(AttributeValue.string),
                    ])
                }),
            "predefined": .bool(isPredefined), "protected": .bool(isProtected), "requires_mfa": .bool(requiresMFA),
            "mfa_required_by": demand.map { .string($0.rawValue) }, "managed_by": .string(managedBy.rawValue),
            "version": .integer(version),
        ])
    }
}

enum RoleSchema {
    static let permission = JSONSchema.object(
        [
            "action": .string(minLength: 1, maxLength: 128).described("An action; `*` is any."),
            "type": .string(minLength: 1, maxLength: 128).described("A resource type; `*` is any."),
            "resource": .string(minLength: 1, maxLength: 512)
                .described("Narrows to resource ids; `*` stands for any run of characters."),
        ], optional: ["resource"])

    static let shown = JSONSchema.object(
        [
            "id": .uuid, "name": .string(), "description": .string(),
            "inherits": .array(.uuid).described("The ids of the roles whose permissions it includes."),
            "permissions": .array(.reference("Permission")), "predefined": .boolean,
            "protected": .boolean.described("A directory job that would take it from its last holder is held."),
            "requires_mfa": .boolean.described("Whether the role itself is marked so."),
            "mfa_required_by": JSONSchema.words(MultiFactorDemand.allCases.map(\.rawValue)).described(
                "What makes it count only with two factors; absent where nothing does."),
            "managed_by": APISchemas.managedBy, "version": APISchemas.version,
        ], optional: ["description", "mfa_required_by"])

    static let members: [String: JSONSchema] = [
        "name": .string(minLength: 1, maxLength: 128), "description": .string(maxLength: 1_024).nullable,
        "inherits": .array(.string(minLength: 1, maxLength: 128), maximum: 64).described("Names or ids of roles."),
        "permissions": .array(permission, maximum: 1_000), "protected": .boolean, "requires_mfa": .boolean,
    ]
}

extension RoleMapping {
    var json: AttributeValue {
        var members: [String: AttributeValue?] = [
            "id": id.json, "provider": provider.json, "role": role.json, "managed_by": .string(managedBy.rawValue),
        ]
        switch match {
        case .group(let key): members["group"] = .string(key)
        case .attribute(let name, let values):
            members["when"] = ["attribute": .string(name), "in": .list(values.map(AttributeValue.string))]
        }
        return HTTPAPI.json(members)
    }
}

enum MappingSchema {
    static let condition = JSONSchema.object([
        "attribute": .string(minLength: 1, maxLength: 64),
        "in": .array(.string(minLength: 1, maxLength: 512), minimum: 1, maximum: 100),
    ])

    static let shown = JSONSchema.object(
        [
            "id": .uuid, "provider": .uuid, "role": .uuid,
            "group": .string().described("The immutable key of a group at the provider."), "when": condition,
            "managed_by": APISchemas.managedBy,
        ], optional: ["group", "when"])

    static let made = JSONSchema.object(
        [
            "provider": .string(minLength: 1, maxLength: 128).described("The provider's configured id."),
            "role": .string(minLength: 1, maxLength: 128).described("A role's name or id."),
            "group": .string(minLength: 1, maxLength: 512)
                .described("The group's immutable key there (`upstream_key`), never its name."),
            "when": condition,
        ], optional: ["group", "when"]
    ).withOne(of: ["group", "when"])
}

extension RoleAssignment {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "subject": subject.json, "role": role.json, "granted_by": .string(grantedBy.description),
            "granted_at": grantedAt.json, "expires_at": expiresAt?.json,
        ])
    }
}

enum AssignmentSchema {
    static let shown = JSONSchema.object(
        [
            "id": .uuid, "subject": .reference("Subject"), "role": .uuid, "granted_by": .string(), "granted_at": .time,
            "expires_at": .time,
        ], optional: ["expires_at"])
}

extension ServiceAccount {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": description.map(AttributeValue.string),
            "disabled": .bool(isDisabled), "created_at": createdAt.json,
        ])
    }
}

extension APIKey {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "scopes": scopes.map { .list($0.map(AttributeValue.string)) },
            "created_at": createdAt.json, "expires_at": expiresAt.json, "revoked_at": revokedAt?.json,
        ])
    }
}

enum ServiceAccountSchema {
    static let shown = JSONSchema.object(
        ["id": .uuid, "name": .string(), "description": .string(), "disabled": .boolean, "created_at": .time],
        optional: ["description"])

    static let key = JSONSchema.object(
        [
            "id": .uuid, "name": .string(),
            "scopes": APISchemas.texts.described("What it is narrowed to; absent for all that its account may do."),
            "created_at": .time, "expires_at": .time, "revoked_at": .time,
        ], optional: ["scopes", "revoked_at"])
}

extension PolicyDocumentView {
    var json: AttributeValue {
        [
            "id": id.json, "name": .string(name), "document": document, "managed_by": .string(managedBy.rawValue),
            "version": .integer(version), "updated_at": updatedAt.json,
        ]
    }
}

enum PolicySchema {
    static let shown = JSONSchema.object([
        "id": .uuid, "name": .string(), "document": .map(.any), "managed_by": APISchemas.managedBy,
        "version": APISchemas.version, "updated_at": .time,
    ])
}
