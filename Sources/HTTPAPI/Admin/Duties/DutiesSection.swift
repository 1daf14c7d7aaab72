import Gateway
import Governance
import Identity
import Vocabulary

extension AdminSection {
    /// Separation of duties: the rules, what breaks them, and who is let off.
    static let duties = AdminSection(
        slug: "duties", title: "Separation of duties", chapter: .access,
        access: .permission(action: "read", type: "sod"),
        routes: [
            .page("/duties", .permission(action: "read", type: "sod"), DutyPages.list),
            .page("/duties/findings", .permission(action: "read", type: "sod"), FindingPages.list),
            .form("/duties/new", .permission(action: "create", type: "sod"), DutyForm.ask, submit: DutyForm.create),
            .form(
                "/duties/scan", .permission(action: "scan", type: "sod"), FindingPages.askScan,
                submit: FindingPages.scan),
            .page("/duties/{rule}", .permission(action: "read", type: "sod"), DutyPages.show),
            .form(
                "/duties/{rule}/edit", .permission(action: "update", type: "sod"), DutyForm.askChange,
                submit: DutyForm.change),
            .form("/duties/{rule}/delete", .permission(action: "delete", type: "sod"), DutyPages.askDeletion) {
                call, _ in
                try await call.gateway.duties.delete(try call.id("rule"), by: call.caller)
                return .moved(to: "/duties", notice: "deleted")
            },
        ],
        notices: [
            "created": "The rule is made, and judged by at once. A scan finds who breaks it already.",
            "changed": "The rule is changed.", "deleted": "The rule is deleted, and what it found is resolved.",
        ],
        summary: { call in
            let open = try await call.gateway.duties.violations(
                in: call.tenant, status: .active, GovernedPart(limit: 100))
            let count = open.count == 100 ? "100 or more" : String(open.count)
            return [.figures([AdminFigure("Broken duties", count, to: "/duties/findings?status=active")])]
        })
}

enum DutyPages {
    static let home = AdminPage.Step("Separation of duties", "/duties")

    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let status: SodRule.Status? = try call.word("status")
        let rules = try await call.gateway.duties.rules(
            in: call.tenant, status: status, page.part(SodRuleID.self))
        let part = try call.cut(rules, page) { $0.id.description }
        let table = AdminTable("Rules", columns: ["Rule", "Kind", "Severity", "State"], part, call) { rule in
            [
                AdminValue(rule.details.name, to: "/duties/\(rule.id)").hinted(rule.details.description),
                AdminValue(words(rule.details)), RiskPages.level(rule.details.severity), state(of: rule),
            ]
        }
        var actions = [AdminAction("Findings", to: "/duties/findings")]
        if try await call.may("scan", "sod") { actions.append(AdminAction("Scan…", to: "/duties/scan")) }
        if try await call.may("create", "sod") { actions.append(AdminAction("New rule", to: "/duties/new")) }
        let states = [AdminField.Choice("", "Any")] + SodRule.Status.allCases.map { .init($0.rawValue, $0.rawValue) }
        return AdminPage(
            heading: "Separation of duties",
            lead: "What nobody may hold together, what everybody holds together or not at all.",
            blocks: [
                .actions(actions),
                .filter(
                    AdminFilter(
                        at: "/duties", [AdminField("status", "State", .choice(states), value: status?.rawValue ?? "")])),
                .table(table),
            ])
    }

    static func words(_ details: SodRuleDetails) -> String {
        let count = details.entitlements.count
        return switch details.conflictType {
        case .exclusive: "only one of \(count)"
        case .cardinality: "at most \(details.maxCount ?? 0) of \(count)"
        case .inclusive: "all \(count) or none"
        }
    }

    static func state(of rule: SodRule) -> AdminValue {
        if rule.isOrphaned { return .badge("orphaned", .bad).hinted("an entitlement of it is gone") }
        return rule.status == .active ? .badge("active", .good) : .badge("inactive", .plain)
    }

    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        let rule = try await call.gateway.duties.rule(try call.id("rule"), in: call.tenant)
        var page = AdminPage(heading: rule.details.name, lead: rule.details.description, trail: [home])
        var actions: [AdminAction] = []
        if try await call.may("update", "sod") { actions.append(AdminAction("Edit", to: "/duties/\(rule.id)/edit")) }
        if try await call.may("delete", "sod") {
            actions.append(AdminAction("Delete…", to: "/duties/\(rule.id)/delete", isDanger: true))
        }
        if !actions.isEmpty { page.blocks.append(.actions(actions)) }
        let names = try await call.names(of: [rule.createdBy.subject].compactMap(\.self))
        page.blocks.append(
            .facts(
                AdminFacts(
                    "The rule",
                    [
                        ("Kind", AdminValue(words(rule.details))), ("Severity", RiskPages.level(rule.details.severity)),
                        ("State", state(of: rule)),
                        ("Of the entitlements", try await EntitlementPages.links(rule.details.entitlements, call)),
                        ("Made by", names.value(actor: rule.createdBy.description).hinted(rule.createdAt.reading)),
                        ("Changed", AdminValue(rule.updatedAt)), ("Number", .code(rule.id.description)),
                    ])))
        let found = try await call.gateway.duties.violations(
            in: call.tenant, rule: rule.id, status: .active, GovernedPart(limit: 50))
        page.blocks.append(.table(try await FindingPages.table("Who breaks it", found, call)))
        return page
    }

    @Sendable static func askDeletion(_ call: AdminCall) async throws -> AdminPage {
        let rule = try await call.gateway.duties.rule(try call.id("rule"), in: call.tenant)
        return .question(
            "Delete the rule \(rule.details.name)?", "Nobody is held to it any more, and what it found is resolved.",
            trail: [home, .init(rule.details.name, "/duties/\(rule.id)")], at: call.place, button: "Delete",
            back: "/duties/\(rule.id)")
    }
}

extension PageRequest {
    /// The same part of governed things, which come by id: one more than is shown, which only says that there are more.
    func part<Kind>(_: Identifier<Kind>.Type) -> GovernedPart {
        GovernedPart(after: cursor.flatMap { Identifier<Kind>($0.after)?.bytes }, limit: limit + 1)
    }
}
