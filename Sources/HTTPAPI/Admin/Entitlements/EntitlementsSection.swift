import Gateway
import Governance
import Identity
import Vocabulary

extension AdminSection {
    /// What people can have in applications, and who has it.
    static let entitlements = AdminSection(
        slug: "entitlements", title: "Entitlements", chapter: .access,
        access: .permission(action: "read", type: "entitlement"),
        routes: [
            .page("/entitlements", .permission(action: "read", type: "entitlement"), EntitlementPages.list),
            .page("/entitlements/access", .permission(action: "read", type: "entitlement"), AccessPages.show),
            .page(
                "/entitlements/assignments/{assignment}", .permission(action: "read", type: "entitlement"),
                AccessPages.assignment),
            .form(
                "/entitlements/assignments/{assignment}/revoke", .permission(action: "assign", type: "entitlement"),
                AccessPages.askRevocation, submit: AccessPages.revoke),
            .page(
                "/entitlements/{entitlement}", .permission(action: "read", type: "entitlement"), EntitlementPages.show),
            .form(
                "/entitlements/{entitlement}/give", .permission(action: "assign", type: "entitlement"),
                AccessPages.askGiving, submit: AccessPages.give),
        ],
        notices: [
            "given": "The entitlement is given.", "revoked": "The assignment is ended, and what was passed on from it.",
        ])
}

enum EntitlementPages {
    static let home = AdminPage.Step("Entitlements", "/entitlements")

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let applications = try await call.gateway.entitlements.applications(in: call.tenant, GovernedPart(limit: 200))
        let filter = EntitlementFilter(
            application: try application(call), status: try call.word("status"), riskLevel: try call.word("risk"),
            nameContains: call.filter("name"))
        let found = try await call.gateway.entitlements.entitlements(
            in: call.tenant, filter, page.part(EntitlementID.self))
        let part = try call.cut(found.items, page) { $0.id.description }
        let names = Dictionary(applications.map { ($0.id, $0.details.name) }, uniquingKeysWith: { first, _ in first })
        let table = AdminTable(
            found.total == 1 ? "1 entitlement" : "\(found.total) entitlements",
            columns: ["Entitlement", "Application", "Risk", "State"], part, call, empty: "Nothing matches."
        ) { entitlement in
            [
                AdminValue(entitlement.details.name, to: "/entitlements/\(entitlement.id)")
                    .hinted(entitlement.details.description),
                AdminValue(names[entitlement.application] ?? entitlement.application.description),
                RiskPages.level(entitlement.details.riskLevel), state(of: entitlement),
            ]
        }
        return AdminPage(
            heading: "Entitlements", lead: "What people can have in applications.",
            blocks: [
                .actions([AdminAction("What somebody has", to: "/entitlements/access")]),
                .filter(fields(call, applications)), .table(table),
            ])
    }

    private static func application(_ call: AdminCall) throws -> ApplicationID? {
        guard let text = call.filter("application") else { return nil }
        guard let id = ApplicationID(text) else { throw APIRequest.unknown("application") }
        return id
    }

    private static func fields(_ call: AdminCall, _ applications: [GovernedApplication]) -> AdminFilter {
        func choices(_ words: [String]) -> [AdminField.Choice] {
            [.init("", "Any")] + words.map { .init($0, adminWords($0)) }
        }
        return AdminFilter(
            at: "/entitlements",
            [
                AdminField("name", "Name contains", value: call.filter("name") ?? ""),
                AdminField(
                    "application", "Application",
                    .choice([.init("", "Any")] + applications.map { .init($0.id.description, $0.details.name) }),
                    value: call.filter("application") ?? ""),
                AdminField(
                    "risk", "Risk", .choice(choices(RiskLevel.allCases.map(\.rawValue))),
                    value: call.filter("risk") ?? ""),
                AdminField(
                    "status", "State", .choice(choices(EntitlementStatus.allCases.map(\.rawValue))),
                    value: call.filter("status") ?? ""),
            ])
    }

    private static func state(of entitlement: Entitlement) -> AdminValue {
        switch entitlement.status {
        case .active: .badge("active", .good)
        case .inactive: .badge("inactive", .plain)
        case .pendingApproval: .badge("waits for approval", .info)
        }
    }

    // MARK: One

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let entitlement = try await call.gateway.entitlements.entitlement(try call.id("entitlement"), in: call.tenant)
        let details = entitlement.details
        var page = AdminPage(heading: details.name, lead: details.description, trail: [home])
        if try await call.may("assign", "entitlement") {
            page.blocks.append(
                .actions([AdminAction("Give it to somebody", to: "/entitlements/\(entitlement.id)/give")]))
        }
        page.blocks.append(.facts(try await facts(entitlement, call)))
        page.blocks.append(.table(try await AccessPages.holders(of: entitlement.id, call)))
        return page
    }

    private static func facts(_ entitlement: Entitlement, _ call: AdminCall) async throws -> AdminFacts {
        let application = try await call.found {
            try await call.gateway.entitlements.application(entitlement.application, in: call.tenant)
        }
        let roleNames = try await call.gateway.roles.roles(in: call.tenant).namesByID
        var rows: [(name: String, value: AdminValue)] = [
            ("Application", AdminValue(application?.details.name ?? entitlement.application.description)),
            ("Risk", RiskPages.level(entitlement.details.riskLevel)), ("State", state(of: entitlement)),
            ("Can be passed on", entitlement.details.isDelegable ? "yes" : "no"),
            (
                "Comes with the roles",
                .list(entitlement.roles.map { AdminValue(roleNames[$0] ?? $0.description, to: "/roles/\($0)") })
            ),
        ]
        if let owner = entitlement.details.owner {
            rows.append(("Owner", try await call.names(of: [.person(owner)]).value(owner)))
        }
        if let external = entitlement.details.externalID { rows.append(("Called there", .code(external))) }
        rows.append(("Changed", AdminValue(entitlement.updatedAt)))
        rows.append(("Number", .code(entitlement.id.description)))
        return AdminFacts("The entitlement", rows)
    }

    // MARK: Names

    /// Entitlements that are looked up for one page at most; more are shown by number.
    private static let nameLimit = 100

    /// What entitlements are called, for whoever may read them.
    static func names(of ids: Set<EntitlementID>, _ call: AdminCall) async throws -> [EntitlementID: String] {
        guard !ids.isEmpty, try await call.may("read", "entitlement") else { return [:] }
        var names: [EntitlementID: String] = [:]
        for id in ids.sorted().prefix(nameLimit) {
            names[id] = try await call.found {
                try await call.gateway.entitlements.entitlement(id, in: call.tenant)
            }?.details.name
        }
        return names
    }

    /// The same as links, in the order given.
    static func links(_ ids: [EntitlementID], _ call: AdminCall) async throws -> AdminValue {
        let names = try await names(of: Set(ids), call)
        return .list(
            ids.map { id in names[id].map { AdminValue($0, to: "/entitlements/\(id)") } ?? .code(id.description) })
    }
}
