import Gateway
import Governance
import Identity
import Vocabulary

extension PolicyPages {
    /// Whom a policy touches: where it holds, how many that are, and whom its rules name.
    static func reach(of policy: GovernedPolicy, _ call: AdminCall) async throws -> AdminFacts {
        var rows: [(name: String, value: AdminValue)] = [("Where", try await place(of: policy.scope, call))]
        for (name, words) in [
            ("Environments", policy.scope.environments), ("Services", policy.scope.services),
            ("Resources", policy.scope.resources), ("Actions", policy.scope.actions),
        ] where !words.isEmpty {
            rows.append((name, AdminValue("only " + words.joined(separator: ", "))))
        }
        let named = Set(policy.rules.flatMap { Self.subjects(of: $0.document) }).sorted()
        rows.append(("Its rules name", named.isEmpty ? "nobody in particular" : .list(named.map { AdminValue($0) })))
        let roles = Set(policy.rules.flatMap { approvers(of: $0.document) }).sorted()
        if !roles.isEmpty { rows.append(("Asked to approve", AdminValue(roles.joined(separator: ", ")))) }
        return AdminFacts("Who is touched", rows)
    }

    private static func place(of scope: PolicyScope, _ call: AdminCall) async throws -> AdminValue {
        let level = scope.level.rawValue
        switch scope.level {
        case .system:
            return AdminValue("everybody").hinted("in every tenant, where this is the tenant above all")
        case .organization: return AdminValue("everybody here")
        case .individual:
            guard let subject = scope.subject else { return AdminValue("everybody, each by themselves") }
            return try await call.names(of: [subject]).value(subject)
        case .department, .project, .team:
            guard let unit = scope.unit else { return AdminValue("whoever is in a \(level)") }
            guard
                let found = try await call.found({
                    try await call.gateway.organization.unit(named: unit.description, in: call.tenant).unit
                })
            else { return AdminValue("a \(level) that is gone") }
            return AdminValue("the \(level) \(found.name) and everything below it")
        }
    }

    /// Whom a rule names: users, roles, groups, service accounts, and roles that it asks for beside.
    private static func subjects(of rule: AttributeValue) -> [String] {
        let kinds = [
            ("users", "user"), ("roles", "role"), ("groups", "group"), ("service_accounts", "service account"),
        ]
        let named = kinds.flatMap { key, word in
            (rule["subjects"]?[key]?.list ?? []).compactMap(\.string).map { "\(word) \($0)" }
        }
        return named + (rule["roles"]?.list ?? []).compactMap(\.string).map { "role \($0)" }
    }

    private static func approvers(of rule: AttributeValue) -> [String] {
        guard rule["approval"]?["required"] != .bool(false) else { return [] }
        return (rule["approval"]?["roles"]?.list ?? []).compactMap(\.string)
    }
}
