import Authorization
import Gateway
import Governance
import Vocabulary

/// "May X do Y on Z?": the answer with its reasons, the way to it, and what is missing. Nothing is recorded.
enum AskPage {
    @Sendable static func show(_ call: AdminCall) async throws -> AdminPage {
        var page = AdminPage(
            heading: "Ask for a decision", lead: "Nothing is recorded, and nobody is told.",
            trail: [.init("Decisions", "/decisions")], blocks: [.filter(form(call))])
        guard let who = call.filter("who") else { return page }
        guard let action = call.filter("action"), let type = call.filter("resource_type") else {
            page.blocks.append(.text(AdminText(nil, ["Say who, what and which kind of resource."], tone: .caution)))
            return page
        }
        guard let asked = try await asked(who, call) else {
            page.blocks.append(.text(AdminText(nil, ["Nobody here is called \(who.prefix(64))."], tone: .caution)))
            return page
        }
        let question = DecisionQuestion(
            asked, action: action, resourceType: type, resourceID: call.filter("resource") ?? "")
        let trace = try await call.gateway.explanations.explain(question, in: call.tenant)
        page.blocks += answer(trace)
        return page
    }

    private static func form(_ call: AdminCall) -> AdminFilter {
        func field(_ name: String, _ label: String, _ hint: String? = nil, required: Bool = true) -> AdminField {
            AdminField(name, label, value: call.filter(name) ?? "", hint: hint, isRequired: required)
        }
        return AdminFilter(
            at: "/decisions/ask",
            [
                field("who", "May", "User name, mail or service account"), field("action", "Do", "Such as read"),
                field("resource_type", "On a", "Such as http"),
                field("resource", "Called", "Such as /restricted; empty for all", required: false),
                AdminField(
                    "proof", "Signed in with", .choice([.init("", "nothing yet"), .init("session", "their session")]),
                    value: call.filter("proof") ?? "", hint: "Their newest session, where they have one"),
            ], button: "Ask")
    }

    /// With what their newest session has proven, or nothing.
    private static func asked(_ who: String, _ call: AdminCall) async throws -> DecisionQuestion.Asked? {
        guard let subject = try await call.subject(filter: "who") else { return nil }
        if call.filter("proof") == "session", let person = subject.person,
            let session = call.gateway.sessions.sessions(of: person, in: call.tenant).first
        {
            return .principal(ValidatedCredential.session(session).principal)
        }
        return .subject(kind: subject.person == nil ? .serviceAccount : .person, id: subject.id)
    }

    // MARK: The answer

    private static func answer(_ trace: DecisionTrace) -> [AdminBlock] {
        var blocks: [AdminBlock] = [
            .text(
                AdminText(
                    trace.isPermitted ? "Yes, \(trace.login) may" : "No, \(trace.login) may not", trace.sentences,
                    tone: trace.isPermitted ? .good : .bad))
        ]
        if !trace.missing.isEmpty {
            blocks.append(.text(AdminText("What is missing", trace.missing, tone: .info)))
        }
        for blocking in trace.blocking.prefix(10) where !blocking.unmet.isEmpty {
            blocks.append(
                .text(AdminText("Forbidden by \(blocking.rule.description)", blocking.unmet, tone: .caution)))
        }
        return blocks + [.table(rules(trace)), .table(governed(trace)), .table(roles(trace))].filter(hasRows)
    }

    private static func hasRows(_ block: AdminBlock) -> Bool {
        guard case .table(let table) = block else { return true }
        return !table.rows.isEmpty
    }

    private static func rules(_ trace: DecisionTrace) -> AdminTable {
        AdminTable(
            "What every rule said", columns: ["Rule", "Effect", "Verdict", "Through", "Compared"],
            rows: trace.explanation.rules.map { rule in
                [
                    AdminValue(rule.name).hinted(rule.rule.description), effect(rule.effect.rawValue),
                    verdict(rule.verdict.rawValue),
                    .list(rule.roleChain.map { AdminValue(trace.roleNames[$0] ?? $0.description) }),
                    .list(rule.comparisons.map(compared)),
                ]
            })
    }

    private static func governed(_ trace: DecisionTrace) -> AdminTable {
        AdminTable(
            "What governed rules said", columns: ["Rule", "Effect", "Verdict", "When and how much", "Compared"],
            rows: trace.governedRules.map { rule in
                [
                    AdminValue(rule.rule.name, to: PolicyPages.place(rule.rule.policy))
                        .hinted("\(rule.policyName), version \(rule.rule.version)"),
                    effect(rule.effect.rawValue).hinted(rule.enforcement.rawValue),
                    verdict(rule.verdict.rawValue).hinted(rule.isDetermining ? "decided" : nil),
                    .list(bounds(of: rule)), .list(rule.comparisons.map(compared)),
                ]
            })
    }

    /// Windows, limits as they stand, who is asked, and what became of the rule beside.
    private static func bounds(of rule: GovernedTrace) -> [AdminValue] {
        rule.windows.map { AdminValue(RuleReading.words($0, in: rule.zone)) }
            + rule.limits.map { limit in
                AdminValue(RuleReading.words(limit.limit)).hinted(
                    "\(adminWords(limit.outcome.rawValue)): \(limit.used) of \(limit.maximum) used, \(limit.left) left"
                        + (limit.asked.map { ", \($0) asked for" } ?? ""))
            } + (approvers(of: rule).map { [AdminValue("approved by \($0)")] } ?? []) + rule.notes.map(note)
    }

    private static func approvers(of rule: GovernedTrace) -> String? {
        guard let roles = rule.approval?.roles, !roles.isEmpty else { return nil }
        return roles.joined(separator: " or ")
    }

    private static func note(_ kind: RuleDecision.Note.Kind) -> AdminValue {
        switch kind {
        case .exempted(let id): AdminValue("exempted", to: ExemptionPages.place(id))
        case .approved(let id): AdminValue("approved", to: "/approvals/\(id)")
        case .outvoted(let id), .voted(let id): AdminValue(kind.word, to: PolicySetPages.place(id))
        case .bypassed(let severity): AdminValue("nobody is asked at \(severity.rawValue)")
        case .logged, .warned, .erred: AdminValue(kind.word)
        }
    }

    private static func roles(_ trace: DecisionTrace) -> AdminTable {
        AdminTable(
            "Roles held", columns: ["Role", "Because of"],
            rows: trace.roles.map { role in
                [
                    AdminValue(role.name, to: "/roles/\(role.id)")
                        .hinted(role.isHeldBack ? "after a second factor" : nil),
                    role.because.isEmpty ? "given here" : .list(role.because.map { AdminValue($0) }),
                ]
            })
    }

    private static func effect(_ word: String) -> AdminValue {
        .badge(adminWords(word), word == "allow" ? .good : word == "deny" ? .bad : .info)
    }

    private static func verdict(_ word: String) -> AdminValue {
        .badge(adminWords(word), word == "satisfied" ? .info : word == "erred" ? .bad : .plain)
    }

    private static func compared(_ comparison: ComparisonTrace) -> AdminValue {
        AdminValue(comparison.comparison).hinted(
            "\(comparison.result.rawValue)\(comparison.found.map { ", found \(adminText($0))" } ?? "")")
    }
}
