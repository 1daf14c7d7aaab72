import Authorization
import Gateway
import Governance
import Identity
import Vocabulary

extension PolicyPages {
    /// All policies, narrowed by what people look for.
    @Sendable static func list(_ call: AdminCall) async throws -> AdminPage {
        let page = try call.page()
        let search = PolicySearch(
            state: try call.word("state"), type: try call.word("type"), enforcement: try call.word("enforcement"),
            scope: try call.word("scope"), words: call.filter("q"))
        let found = try await call.gateway.governance.policies(
            in: call.tenant, matching: search, after: page.cursor.flatMap { PolicyID($0.after) }, limit: page.limit + 1)
        let part = try call.cut(found, page) { $0.id.description }
        let table = AdminTable(
            "Policies", columns: ["Policy", "State", "Type", "Enforcement", "Scope", "Rules", "Changed"], part, call,
            empty: "No policy is like that.", row: row)
        return AdminPage(
            heading: "Policies", lead: "What is allowed, to whom, when and how much: rules with a life of their own.",
            blocks: [.actions(try await beginnings(call)), .filter(filter(call)), .table(table)])
    }

    private static func row(_ policy: GovernedPolicy) -> [AdminValue] {
        [
            AdminValue(policy.name, to: place(policy.id))
                .hinted(policy.supersedes != nil && policy.state == .draft ? "to replace another" : nil),
            state(of: policy), AdminValue(policy.type.title), AdminValue(policy.enforcement.rawValue.titled),
            AdminValue(policy.scope.level.rawValue.titled), AdminValue("\(policy.rules.count)"),
            AdminValue(policy.updatedAt),
        ]
    }

    private static func filter(_ call: AdminCall) -> AdminFilter {
        func choice(_ name: String, _ label: String, _ choices: [AdminField.Choice]) -> AdminField {
            AdminField(name, label, .choice(choices), value: call.filter(name) ?? "")
        }
        return AdminFilter(
            at: "/policies",
            [
                AdminField("q", "Name or description", value: call.filter("q") ?? ""),
                choice("state", "State", PolicyState.choices(orAny: "Any")),
                choice("type", "Type", PolicyType.choices(orAny: "Any", \.title)),
                choice("enforcement", "Enforcement", Enforcement.choices(orAny: "Any")),
                choice("scope", "Scope", ScopeLevel.choices(orAny: "Any")),
            ])
    }

    /// Where something new begins, for whom a role lets it begin.
    private static func beginnings(_ call: AdminCall) async throws -> [AdminAction] {
        try await call.offered([
            ("create", AdminAction("New policy", to: "/policies/new")),
            ("import", AdminAction("Import", to: "/policies/import")),
            ("update", AdminAction("Analyse the rules in force", to: "/policies/analysis")),
        ])
    }
}

extension AdminCall {
    /// Of these commands on governed policies, what roles let this person do: it decides what is offered, and nothing
    /// else.
    func offered(_ actions: [(command: String, action: AdminAction)]) async throws -> [AdminAction] {
        var offered: [AdminAction] = []
        for (command, action) in actions where try await offers(command) { offered.append(action) }
        return offered
    }

    /// Whether a role gives a command; each page asks in earnest.
    func offers(_ command: String) async throws -> Bool {
        let permission = RolePermission(action: command, resourceType: "governance")
        return try await gateway.roles.gives(anyOf: [permission], to: principal.subject, in: tenant)
    }
}
