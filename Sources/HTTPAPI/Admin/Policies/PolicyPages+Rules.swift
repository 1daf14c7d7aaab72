import Gateway
import Governance
import Vocabulary

extension PolicyPages {
    static var ruleRoutes: [AdminRoute] {
        let limit = RuleForm.bodyLimit
        return [
            .form("/policies/{policy}/rules/new", carryingOut("add_rule"), bodyLimit: limit, newRule, submit: addRule),
            .form(
                "/policies/{policy}/rules/{rule}", carryingOut("update_rule"), bodyLimit: limit, editRule,
                submit: updateRule),
            .form(
                "/policies/{policy}/rules/{rule}/remove", carryingOut("remove_rule"), removal, submit: removeRule),
            .post("/policies/{policy}/rules/{rule}/earlier", carryingOut("reorder_rule")) { call, _ in
                try await moveRule(call, by: -1)
            },
            .post("/policies/{policy}/rules/{rule}/later", carryingOut("reorder_rule")) { call, _ in
                try await moveRule(call, by: 1)
            },
        ]
    }

    // MARK: Rules in words

    /// Every rule as people read it, with the badge that a request gets which it alone decides.
    static func rules(_ policy: GovernedPolicy, _ call: AdminCall) async throws -> [AdminBlock] {
        guard !policy.rules.isEmpty else {
            let words = "It has no rule yet, so it allows and forbids nothing."
            return [.text(AdminText("Rules", [words]))]
        }
        let isDraft = policy.state == .draft
        let rights = (
            edits: isDraft ? try await call.offers("update_rule") : false,
            removes: isDraft ? try await call.offers("remove_rule") : false,
            moves: isDraft ? try await call.offers("reorder_rule") : false
        )
        return policy.rules.enumerated().map { number, placed in
            var facts = card(placed, number: number + 1, of: policy)
            var actions: [AdminAction] = []
            let path = place(policy.id, "/rules/\(placed.id)")
            let name = placed.document["id"]?.string ?? placed.id.description
            if rights.edits { actions.append(.init("Edit", to: path, name: "Edit the rule \(name)")) }
            if rights.moves, number > 0 {
                actions.append(.init("Earlier", to: path + "/earlier", .post, name: "Move the rule \(name) up"))
            }
            if rights.moves, number < policy.rules.count - 1 {
                actions.append(.init("Later", to: path + "/later", .post, name: "Move the rule \(name) down"))
            }
            if rights.removes {
                actions.append(
                    .init("Remove", to: path + "/remove", isDanger: true, name: "Remove the rule \(name)"))
            }
            if !actions.isEmpty { facts.rows.append(("Change", AdminValue(lines: []).with(actions))) }
            return .facts(facts)
        }
    }

    private static func card(
        _ placed: GovernedPolicy.PlacedRule, number: Int, of policy: GovernedPolicy
    ) -> AdminFacts {
        do throws(GovernanceError) {
            let reading = try RuleReading(placed.document, under: policy.enforcement, zone: policy.zone)
            return reading.facts("Rule \(number): \(reading.name)")
        } catch {
            // A rule of an older release that this one reads no more: shown as it stands.
            return AdminFacts(
                "Rule \(number)",
                [("Unreadable", AdminValue(error.fault.message)), ("As it stands", .code(placed.document.pretty))])
        }
    }

    // MARK: Removing and moving

    private static func placed(_ call: AdminCall, in policy: GovernedPolicy) throws -> GovernedPolicy.PlacedRule {
        let id: RuleID = try call.id("rule")
        guard let placed = policy.rules.first(where: { $0.id == id }) else { throw Refusal.notFound }
        return placed
    }

    @Sendable private static func removal(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        let placed = try placed(call, in: policy)
        let name = placed.document["id"]?.string ?? placed.id.description
        var page = AdminPage.question(
            "Remove the rule “\(name)”?",
            "What it allowed is no longer allowed by it, and what it forbade no longer "
                + "forbidden.", trail: trail + [.init(policy.name, place(policy.id))], at: call.place,
            button: "Remove", fields: call.commandFields(version: policy.version), back: place(policy.id))
        page.blocks.insert(contentsOf: try await outdated(policy, call), at: 0)
        return page
    }

    @Sendable private static func removeRule(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let policy: PolicyID = try call.id("policy"), rule: RuleID = try call.id("rule")
        try await call.govern("remove_rule", ["policy_id": policy.json, "rule_id": rule.json], form)
        return .moved(to: place(policy), notice: "rule-removed")
    }

    /// One place up or down, upon the order that the page was made from or not at all.
    private static func moveRule(_ call: AdminCall, by step: Int) async throws -> AdminOutcome {
        let policy = try await policy(call)
        var order = policy.rules.map(\.id)
        let rule: RuleID = try call.id("rule")
        guard let index = order.firstIndex(of: rule) else { throw Refusal.notFound }
        guard order.indices.contains(index + step) else { return .moved(to: place(policy.id), notice: "unchanged") }
        order.swapAt(index, index + step)
        _ = try await call.gateway.governance.execute(
            "reorder_rule", ["policy_id": policy.id.json, "order": .list(order.map(\.json))],
            expecting: policy.version, by: call.caller)
        return .moved(to: place(policy.id), notice: "rules-reordered")
    }

    // MARK: Writing

    @Sendable private static func newRule(_ call: AdminCall) async throws -> AdminPage {
        try await RuleForm.page(call, try await policy(call), nil)
    }

    @Sendable private static func editRule(_ call: AdminCall) async throws -> AdminPage {
        let policy = try await policy(call)
        return try await RuleForm.page(call, policy, try placed(call, in: policy))
    }

    @Sendable private static func addRule(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let policy = try await policy(call)
        if let shown = try await RuleForm.checked(call, form, policy, nil) { return shown }
        let rule: RuleID = try AdminCall.made("rule_id", in: form)
        try await call.govern(
            "add_rule", ["policy_id": policy.id.json, "rule_id": rule.json, "rule": try RuleForm.document(form)], form)
        return .moved(to: place(policy.id), notice: "rule-added")
    }

    @Sendable private static func updateRule(_ call: AdminCall, _ form: FormBody) async throws -> AdminOutcome {
        let policy = try await policy(call)
        let placed = try placed(call, in: policy)
        if let shown = try await RuleForm.checked(call, form, policy, placed) { return shown }
        try await call.govern(
            "update_rule",
            ["policy_id": policy.id.json, "rule_id": placed.id.json, "rule": try RuleForm.document(form)], form)
        return .moved(to: place(policy.id), notice: "rule-updated")
    }
}

extension RuleReading {
    /// The rule as a card of names and values, its badge first.
    func facts(_ title: String) -> AdminFacts {
        AdminFacts(
            title,
            [("Where it alone decides", badge.value), ("Does", AdminValue(effect))]
                + lines.map { line in (line.label, AdminValue.list(line.texts.map { AdminValue($0) })) })
    }
}
