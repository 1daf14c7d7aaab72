import Gateway
import HTTPTypes
import Identity
import Vocabulary

/// Configured providers, and the groups that come from them.
struct ProviderRoutes {
    let gateway: Gateway
    let mac: MACFunction

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/providers", "listProviders", "Lists configured providers, by their configured id",
                tag: "providers", access: .permission(action: "read", type: "provider"),
                query: Route.Parameter.page, response: .page(.reference("Provider"))
            ) { request in
                let providers = gateway.providers.all(in: try request.requiredTenant)
                return try request.answer(whole: providers, by: \.configuration.key, mac: mac, \.json)
            },
            Route(
                .get, "/api/v1/providers/{provider}/groups", "listProviderGroups",
                "Lists the groups at a provider with the mappings that go by them, by key",
                details: """
                    Groups are here after the first directory job, or the first login of somebody who is in them. A key \
                    that only mappings know has no `group`: it is not there, or has not been brought yet.
                    """, tag: "providers", access: .permission(action: "read", type: "mapping"),
                query: [.init("search", "Only groups whose name contains this.")] + Route.Parameter.page,
                response: .page(.reference("ProviderGroup")), handler: groups),
        ]
    }

    @Sendable private func groups(_ request: APIRequest) async throws -> APIResponse {
        let tenant = try request.requiredTenant
        guard let provider = gateway.providers.provider(named: request.parameters["provider"] ?? "", in: tenant) else {
            throw Refusal.notFound
        }
        let page = try request.page(mac: mac)
        let groups = try await gateway.groups(
            of: provider.id, in: tenant, after: page.cursor?.after, search: request.query["search"],
            limit: page.limit + 1)
        let names = try await gateway.roles.roles(in: tenant).namesByID
        return try request.answer(groups, page, mac) { ($0.key, $0.json(roleNames: names)) }
    }
}

extension ConfiguredProvider {
    fileprivate var json: AttributeValue {
        [
            "id": id.json, "key": .string(configuration.key), "name": .string(configuration.name),
            "type": .string(configuration.kind.word), "enabled": .bool(configuration.isEnabled),
        ]
    }
}

extension ProviderGroup {
    fileprivate func json(roleNames: [RoleID: String]) -> AttributeValue {
        HTTPAPI.json([
            "key": .string(key), "name": group.map { .string($0.name) },
            "upstream_name": group?.upstreamName.map(AttributeValue.string), "group": group?.id.json,
            "mappings": .list(
                mappings.map { mapping in
                    [
                        "id": mapping.id.json,
                        "role": .string(roleNames[mapping.role] ?? mapping.role.description),
                    ]
                }),
        ])
    }
}

enum ProviderSchema {
    static let shown = JSONSchema.object([
        "id": .uuid, "key": .string(), "name": .string(), "type": .words(["local", "ldap", "oidc", "oauth2", "saml"]),
        "enabled": .boolean,
    ])

    static let group = JSONSchema.object(
        [
            "key": .string().described("The immutable key of the group there, by which mappings name it."),
            "name": .string(), "upstream_name": .string().described("What it is called there, such as its DN."),
            "group": .uuid.described("The id of the group here."),
            "mappings": .array(.object(["id": .uuid, "role": .string().described("The role's name.")])),
        ], optional: ["name", "upstream_name", "group"])
}
