import Gateway
import Governance
import HTTPTypes
import Vocabulary

/// An operator, an account or a user as the API shows it.
protocol NATSShown: NATSEntity {
    var id: NATSEntityID { get }
    var name: String { get }
    var json: AttributeValue { get }
}

extension NATSShown {
    /// With the version that a change is made upon.
    func answer(_ status: HTTPResponse.Status = .ok) -> APIResponse {
        APIResponse(status, body: json, etag: EntityTag(version: version))
    }
}

extension NATSEntity {
    fileprivate func members(_ more: [String: AttributeValue?], _ settings: AttributeValue) -> AttributeValue {
        var members = settings.object ?? [:]
        members["public_key"] = .string(publicKey)
        members["token"] = .string(token)
        members["version"] = .integer(version)
        members["created_at"] = createdAt.json
        for (name, value) in more { members[name] = value }
        return .object(members)
    }
}

extension NATSOperator: NATSShown {
    var json: AttributeValue {
        members(["id": id.json, "name": .string(name), "organization": unit?.json], settings.json)
    }
}

extension NATSAccount: NATSShown {
    var json: AttributeValue {
        members(
            ["id": id.json, "name": .string(name), "operator": `operator`.json, "organization_unit": unit?.json],
            settings.json)
    }
}

extension NATSUser: NATSShown {
    var json: AttributeValue {
        members(
            [
                "id": id.json, "name": .string(name), "account": account.json, "person": person?.json,
                "assignment": assignment?.json,
                "expires_at": expiresAt?.json,
            ], settings.json)
    }
}

extension NATSBootstrapReport {
    var json: AttributeValue {
        [
            "operator": .string(`operator`), "units_made": .integer(Int64(unitsMade)),
            "people_made": .integer(Int64(peopleMade)), "accounts_made": .integer(Int64(accountsMade)),
            "users_made": .integer(Int64(usersMade)), "kept": .integer(Int64(kept)),
            "left_out": .list(leftOut.map(AttributeValue.string)),
        ]
    }
}

extension TemporaryNATSCredentials {
    var json: AttributeValue {
        [
            "id": user.json, "name": .string(name), "account": .string(account), "token": .string(token),
            "expires_at": expiresAt.json, "servers": .list(servers.map(AttributeValue.string)),
        ]
    }
}

enum NATSSchema {
    private static let name = JSONSchema.string(minLength: 1, maxLength: 256)
    private static let texts = JSONSchema.array(.string(minLength: 1, maxLength: 4_096), maximum: 256)
    private static func numbers(_ names: [String]) -> JSONSchema {
        .object(
            Dictionary(uniqueKeysWithValues: names.map { ($0, .integer(minimum: -1)) }), optional: Set(names))
    }

    private static let operatorSettings: [String: JSONSchema] = [
        "subject_prefix": JSONSchema.string(maxLength: 256).described(
            "What the subjects of its domains begin with; without it the name and `.org`."),
        "servers": texts,
    ]
    private static let accountSettings: [String: JSONSchema] = [
        "account_type": name, "limits": numbers(NATSAccountSettings.limitNames).described("-1 does not bound."),
        "jetstream": numbers(NATSAccountSettings.jetStreamNames).nullable.described("Without it there is none."),
    ]
    private static let userSettings: [String: JSONSchema] = [
        "domains": texts.described("Domains that it publishes for and hears."),
        "related_domains": texts.described("Domains that it hears."), "publish": texts, "subscribe": texts,
        "policy_commands": texts.described("Policy commands that it may ask for as its person; `*` for all."),
        "policy_service": JSONSchema.boolean.described("The gateway answers policy commands and tells events as it."),
        "allow_responses": .boolean, "max_payload": .integer(minimum: -1), "sources": texts,
        "streams": .array(
            .object(
                ["name": name, "access": .words(NATSUserSettings.StreamAccess.Access.allCases.map(\.rawValue))],
                optional: ["access"]), maximum: 256),
        "times": .array(.object(["start": name, "end": name]), maximum: 16), "time_zone": name.nullable,
    ]

    static let operatorMade = made(["organization": name, "name": name], operatorSettings, required: ["organization"])
    static let operatorChanged = made([:], operatorSettings, required: [])
    static let accountMade = made(["unit": name, "name": name], accountSettings, required: ["unit"])
    static let accountChanged = made([:], accountSettings, required: [])
    static let userMade = made(["person": name, "account": name], userSettings, required: ["person"])
    static let userChanged = made([:], userSettings, required: [])
    static let temporary = JSONSchema.object(["assignment": .uuid, "public_key": name])

    private static func made(
        _ own: [String: JSONSchema], _ settings: [String: JSONSchema], required: Set<String>
    ) -> JSONSchema {
        let all = own.merging(settings) { $1 }
        return .object(all, optional: Set(all.keys).subtracting(required))
    }

    private static let common: [String: JSONSchema] = [
        "id": .uuid, "name": .string(), "public_key": .string(), "version": APISchemas.version, "created_at": .time,
        "token": JSONSchema.string().described("What servers are shown."),
    ]

    static let `operator` = shown(["organization": .uuid], operatorSettings, optional: ["organization"])
    static let account = shown(
        ["operator": .uuid, "organization_unit": .uuid, "revoked": .map(.integer(minimum: 0))], accountSettings,
        optional: ["organization_unit", "jetstream"])
    static let user = shown(
        ["account": .uuid, "person": .uuid, "assignment": .uuid, "expires_at": .time], userSettings,
        optional: ["person", "assignment", "expires_at", "time_zone"])

    private static func shown(
        _ own: [String: JSONSchema], _ settings: [String: JSONSchema], optional: Set<String>
    ) -> JSONSchema {
        .object(common.merging(own) { $1 }.merging(settings) { $1 }, optional: optional)
    }

    static let files = JSONSchema.object([
        "files": .array(
            .object([
                "path": .string(), "mode": JSONSchema.string().described("As chmod has it, `0400`."),
                "content": .string(),
            ]))
    ])
    static let report = JSONSchema.object([
        "operator": .string(), "units_made": .integer(minimum: 0), "people_made": .integer(minimum: 0),
        "accounts_made": .integer(minimum: 0), "users_made": .integer(minimum: 0), "kept": .integer(minimum: 0),
        "left_out": APISchemas.texts.described("Logins of people who are no services, or not active."),
    ])
    static let handed = JSONSchema.object([
        "id": .uuid, "name": .string(), "account": .string(), "token": .string(), "expires_at": .time,
        "servers": APISchemas.texts,
    ])
}
