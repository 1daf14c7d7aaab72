import Authorization
import Vocabulary

extension PolicyDraft {
    /// Runs cases over this draft alone, by the zones of the machine. Pure: nothing is counted or kept.
    ///
    /// - Parameters:
    ///   - graph: the roles there are; without it those that the cases and rules name, none inheriting from another.
    ///   - now: the time of a case that names none.
    /// - Throws: what compiling the rules throws.
    public func run(
        _ tests: [DraftTest], zones: ZoneTable, graph: RoleGraph? = nil, now: Timestamp
    ) throws -> [DraftTest.Result] {
        try policy(PolicyID(high: 1, low: 1)).run(tests, zones: zones, graph: graph, now: now)
    }
}

extension GovernedPolicy {
    /// Runs cases over this policy alone, as if it were in force. Throws what compiling its rules throws.
    public func run(
        _ tests: [DraftTest], zones: ZoneTable, graph: RoleGraph? = nil, now: Timestamp
    ) throws -> [DraftTest.Result] {
        let roles = try graph ?? Self.roles(named: tests.flatMap(\.question.roles), in: rules)
        let book = try RuleBook(
            policies: [inForce()], roles: roles, zones: zones,
            stamp: IndexStamp(generation: 0, policyDigest: [], roleDigest: []))
        return tests.map { $0.run(on: book, now: now) }
    }

    /// Roles by name alone: only the rules are on trial, not who inherits what.
    private static func roles(named names: [String], in rules: [PlacedRule]) throws -> RoleGraph {
        var all = Set(names)
        for rule in rules {
            for name in rule.document["subjects"]?["roles"]?.list ?? [] { name.string.map { _ = all.insert($0) } }
        }
        return try RoleGraph(
            all.sorted().enumerated().map { RoleDefinition(id: RoleID(high: 1, low: UInt64($0)), name: $1) })
    }
}

extension DraftTest {
    /// Runs the case on rules alone. A role that they do not know fails it.
    public func run(on book: RuleBook, now: Timestamp) -> Result {
        let now = question.at ?? now
        guard let facts = question.facts(roles: { book.roleID(named: $0) }) else {
            return failed("a role of the case does not exist")
        }
        do {
            let inquiry = RuleInquiry(
                try question.request(now: now), context: question.context, subject: question.subject,
                place: ScopePlace(question.subject), roles: Set(book.roleNames(of: facts.roles)))
            let standing = try book.standing(of: facts)
            return judge(
                book.decide(
                    inquiry, standing: standing, counters: { book.ledger(of: $0, self, now) }, now: now))
        } catch let fault as Fault {
            return failed(fault.description)
        } catch {
            return failed("the case cannot be run")
        }
    }

    private func failed(_ failure: String) -> Result {
        Result(name: name, expected: expected.rawValue, found: "–", rule: nil, failure: failure)
    }

    private func judge(_ decision: RuleDecision) -> Result {
        let outcome = Expectation(decision)
        var wrong: [String] = []
        // What runs by itself is permitted as well, and a case that says no more is content with that.
        if outcome != expected, !(expected == .permit && outcome == .execute) {
            wrong.append("expected \(expected.rawValue), got \(outcome.rawValue)")
        }
        if let reason, reason != decision.reason {
            wrong.append("expected the reason \(reason.rawValue), got \(decision.reason.rawValue)")
        }
        if let rule, rule != decision.rule?.name {
            wrong.append("expected the rule \(rule), got \(decision.rule?.name ?? "none")")
        }
        if let params, params != decision.resolvedParams.mapValues(\.normalized) {
            wrong.append(
                "expected \(CanonicalText.of(.object(params))), "
                    + "got \(CanonicalText.of(.object(decision.resolvedParams)))")
        }
        if let approvers, approvers != decision.approverRoles {
            wrong.append(
                "expected the approvers [\(approvers.joined(separator: ", "))], "
                    + "got [\(decision.approverRoles.joined(separator: ", "))]")
        }
        if let badge, badge != decision.badge.colour {
            wrong.append("expected a badge in \(badge.rawValue), got \(decision.badge.colour.rawValue)")
        }
        return Result(
            name: name, expected: expected.rawValue, found: "\(outcome.rawValue) (\(decision.reason.rawValue))",
            rule: decision.rule?.name, failure: wrong.isEmpty ? nil : wrong.joined(separator: "; "))
    }
}

extension DraftTest.Expectation {
    /// What a decision comes to for whoever asked.
    public init(_ decision: RuleDecision) {
        self =
            !decision.isAllowed ? .deny : decision.needsApproval ? .approval : decision.execute ? .execute : .permit
    }
}

extension RuleBook {
    func roleID(named name: String) -> RoleID? {
        index.roles.roles.first { $0.name == name || $0.id.description == name }?.id
    }

    func roleNames(of held: [RoleID]) -> [String] {
        let ids = index.roles.effectiveRoles(held)
        return index.roles.roles.filter { ids.contains($0.id) }.map(\.name)
    }

    /// What a case says was carried out already, as if it had been under each rule.
    fileprivate func ledger(of rule: RuleID, _ test: DraftTest, _ now: Timestamp) -> LimitLedger? {
        guard !test.executed.isEmpty, let entry = entries.first(where: { $0.rule.id == rule }) else { return nil }
        let usage = Usage(
            at: now, zone: entry.zone, user: test.question.subject, resource: nil, amounts: test.executed)
        return try? LimitLedger.applying(
            Recorded(.executed(rule, usage), at: now, actor: .system("draft")), to: nil)
    }
}
