import Identity
import Vocabulary

extension Person {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "login": .string(login), "display_name": displayName.map(AttributeValue.string),
            "given_name": givenName.map(AttributeValue.string), "family_name": familyName.map(AttributeValue.string),
            "mail": mail.map(AttributeValue.string), "department": department.map(AttributeValue.string),
            "organization_unit": organizationUnit?.json, "manager": manager?.json, "status": .string(status.word),
            "attributes": .object(attributes), "managed_by": .string(managedBy.rawValue), "version": .integer(version),
            "created_at": createdAt.json, "updated_at": updatedAt.json,
        ])
    }
}

enum PersonSchema {
    static let shown = JSONSchema.object(
        [
            "id": .uuid, "login": .string(), "display_name": .string(), "given_name": .string(),
            "family_name": .string(), "mail": .string(), "department": .string(),
            "organization_unit": .uuid.described("The id of an organization unit."),
            "manager": .uuid.described("The id of a person."), "status": .words(["active", "disabled", "leaver"]),
            "attributes": .map(.any), "managed_by": APISchemas.managedBy, "version": APISchemas.version,
            "created_at": .time, "updated_at": .time,
        ],
        optional: [
            "display_name", "given_name", "family_name", "mail", "department", "organization_unit", "manager",
        ])

    /// What may be said of a person, in a new one and in a change.
    static let members: [String: JSONSchema] = [
        "login": .string(minLength: 1, maxLength: NameKey.lengthLimit),
        "display_name": .string(maxLength: 256).nullable,
        "given_name": .string(maxLength: 256).nullable, "family_name": .string(maxLength: 256).nullable,
        "mail": .string(maxLength: NameKey.lengthLimit).nullable, "department": .string(maxLength: 256).nullable,
        "organization_unit": .string(minLength: 1, maxLength: 256).nullable
            .described("The id of an organization unit, or its name where that is unique."),
        "manager": .string(minLength: 1, maxLength: 256).nullable.described("The id, login or mail of a person."),
        "attributes": .map(.any).described("Each replaces the attribute of its name; null removes it."),
    ]
}

extension Group {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": description.map(AttributeValue.string),
            "provider": upstream?.provider.json, "upstream_key": upstream.map { .string($0.key) },
            "upstream_name": upstreamName.map(AttributeValue.string), "managed_by": .string(managedBy.rawValue),
            "version": .integer(version),
        ])
    }
}

enum GroupSchema {
    static let shown = JSONSchema.object(
        [
            "id": .uuid, "name": .string(), "description": .string(),
            "provider": .uuid.described("The id of the provider it comes from."),
            "upstream_key": .string().described("Its immutable key there, by which mappings name it."),
            "upstream_name": .string(), "managed_by": APISchemas.managedBy, "version": APISchemas.version,
        ], optional: ["description", "provider", "upstream_key", "upstream_name"])

    static let members: [String: JSONSchema] = [
        "name": .string(minLength: 1, maxLength: 256), "description": .string(maxLength: 1_024).nullable,
    ]
}

extension OrganizationUnit {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "level": .string(level.word), "name": .string(name), "parent": parent?.json,
            "managed_by": .string(managedBy.rawValue), "version": .integer(version),
        ])
    }
}

enum OrganizationUnitSchema {
    static let levels = JSONSchema.words(OrganizationLevel.allCases.map(\.word))

    static let shown = JSONSchema.object(
        [
            "id": .uuid, "level": levels, "name": .string(),
            "parent": .uuid.described("The id of the unit above; absent for an organization."),
            "path": .array(.object(["id": .uuid, "level": levels, "name": .string()]))
                .described("The units above, the nearest first; only where one unit is shown."),
            "managed_by": APISchemas.managedBy, "version": APISchemas.version,
        ], optional: ["parent", "path"])
}

extension Session {
    /// - Parameter holder: whose it is; nil once they are gone.
    func json(of holder: Person?) -> AttributeValue {
        HTTPAPI.json([
            "id": id.json, "person": person.json, "login": (holder?.login).map(AttributeValue.string),
            "display_name": (holder?.displayName).map(AttributeValue.string), "provider": provider?.json,
            "client": (origin?.rawValue).map(AttributeValue.string), "acr": .string(strength.acr),
            "amr": .list(events.map { .string($0.method.rawValue) }),
            "anomalies": .list(anomalies.map { .string($0.rawValue) }), "created_at": createdAt.json,
            "last_seen_at": lastSeenAt.json, "expires_at": expiresAt.json,
        ])
    }
}

enum SessionSchema {
    static let shown = JSONSchema.object(
        [
            "id": .uuid, "person": .uuid, "login": .string(), "display_name": .string(), "provider": .uuid,
            "acr": .string().described("How strong the sign-in was (OpenID Connect Core §2)."),
            "amr": APISchemas.texts.described("By which methods (RFC 8176)."),
            "anomalies": APISchemas.anomalies, "created_at": .time,
            "last_seen_at": .time, "expires_at": .time,
            "client": .words(SessionOrigin.allCases.map(\.rawValue))
                .described("What signed in where that was no browser: an enhanced client of SAML."),
        ], optional: ["login", "display_name", "provider", "client"])
}
