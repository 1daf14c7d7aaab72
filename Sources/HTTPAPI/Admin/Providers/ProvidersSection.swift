import Gateway
import Identity
import Vocabulary

extension AdminSection {
    /// Where people come from: the configured providers, their state and their groups.
    static let providers = AdminSection(
        slug: "providers", title: "Providers", chapter: .system, access: .permission(action: "read", type: "provider"),
        routes: [
            .page("/providers", .permission(action: "read", type: "provider")) { call in
                AdminPage(
                    heading: "Providers",
                    lead: "Providers are set up in the configuration; here is how they are doing.",
                    blocks: [.table(try await ProviderPages.table(call))])
            },
            .page("/providers/{provider}", .permission(action: "read", type: "mapping"), ProviderPages.show),
        ],
        summary: { call in [.table(try await ProviderPages.table(call))] })
}

enum ProviderPages {
    static func table(_ call: AdminCall) async throws -> AdminTable {
        let health = try await call.gateway.providerHealth().filter { $0.tenant == call.account.call.tenant.slug }
        let isMapped = try await call.may("read", "mapping")
        return AdminTable(
            "Providers", columns: ["Provider", "State", "Last directory job"],
            rows: call.gateway.providers.all(in: call.tenant).map { provider in
                let key = provider.configuration.key
                let found = health.first { $0.key == key }
                let name = provider.configuration.name
                return [
                    (isMapped && !provider.isLocal ? AdminValue(name, to: "/providers/\(key)") : AdminValue(name))
                        .hinted(key),
                    state(found?.state ?? "off"), lastJob(found),
                ]
            })
    }

    private static func state(_ word: String) -> AdminValue {
        switch word {
        case "up": .badge("up", .good)
        case "failed_over": .badge("failed over", .caution)
        case "down": .badge("down", .bad)
        default: .badge(adminWords(word), .plain)
        }
    }

    private static func lastJob(_ health: ProviderHealth?) -> AdminValue {
        guard let sync = health?.lastSync else { return "–" }
        return DirectoryJobPages.state(sync.state).hinted(
            [sync.failure.map(adminWords), sync.startedAt.reading].compactMap { $0 }.joined(separator: ", "))
    }

    /// The groups at one provider, and the roles that mappings give by them.
    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let key = try call.parameter("provider")
        guard let provider = call.gateway.providers.provider(named: key, in: call.tenant) else {
            throw Refusal.notFound
        }
        let page = try call.page()
        let groups = try await call.gateway.groups(
            of: provider.id, in: call.tenant, after: page.cursor?.after, search: call.filter("search"),
            limit: page.limit + 1)
        let names = try await call.gateway.roles.roles(in: call.tenant).namesByID
        let part = try call.cut(groups, page) { $0.key }
        let table = AdminTable(
            "Groups at \(provider.configuration.name)", columns: ["Group", "Name there", "Permanent key", "Gives"],
            part, call, empty: "No group of this provider is known yet."
        ) { group in
            [
                group.group.map { AdminValue($0.name, to: "/groups/\($0.id)") } ?? "not here yet",
                AdminValue(group.group?.upstreamName ?? "–"), .code(group.key),
                .list(
                    group.mappings.map { mapping in
                        AdminValue(names[mapping.role] ?? mapping.role.description, to: "/roles/\(mapping.role)")
                    }),
            ]
        }
        return AdminPage(
            heading: provider.configuration.name, trail: [.init("Providers", "/providers")],
            blocks: [
                .filter(
                    AdminFilter(
                        at: call.place,
                        [AdminField("search", "Name contains", value: call.filter("search") ?? "")], button: "Find")),
                .table(table),
            ])
    }
}
