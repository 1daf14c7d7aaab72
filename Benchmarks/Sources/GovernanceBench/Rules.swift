import Authorization
import BenchTable
import Fixtures
import Governance
import Vocabulary

/// 200 policies of 5 rules, a tenth of them with windows, limits, approvals and exemptions.
enum Rules {
    private static func rule(_ number: Int) -> AttributeValue {
        var rule: [String: AttributeValue] = [
            "id": .string("r\(number)"), "effect": number % 9 == 0 ? "deny" : "allow",
            "actions": [.string("a\(number % 40)")], "resources": ["types": [.string("t\(number % 25)")]],
            "when": ["equals": ["context.project": .string("p\(number % 50)")]],
            "priority": .integer(Int64(number % 7)),
        ]
        if number % 10 == 1, number % 9 != 0 {
            rule["window"] = ["days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "23:59"]
            rule["params"] = ["qty": 1]
            rule["limits"] = [["measure": "quantity", "param": "qty", "period": "day", "max": 1_000_000]]
            rule["approval"] = ["roles": ["manager"], "bypass_if_severity": "crit"]
        }
        return .object(rule)
    }

    private static func policy(_ number: Int) throws -> GovernedPolicy {
        var state: GovernedPolicy?
        let details = PolicyDetails(
            name: "p\(number)", description: "", type: .security, enforcement: .mandatory, scope: .organization)
        let rules = (0..<5).map { place in
            let rule = number * 5 + place
            return PolicyCommand.addRule(RuleID(high: 3, low: UInt64(rule)), Self.rule(rule))
        }
        guard let period = EffectivePeriod(from: .epoch) else { throw Unusable(what: "period") }
        let commands =
            [PolicyCommand.create(PolicyID(high: 4, low: UInt64(number)), details)] + rules
            + [.approve(), .activate(period)]
        for command in commands {
            for event in try GovernedPolicy.decide(command, on: state) {
                state = try GovernedPolicy.applying(Recorded(event, at: noon, actor: .system("bench")), to: state)
            }
        }
        guard let state else { throw Unusable(what: "policy") }
        return state
    }

    /// One for each policy, for one of the subjects.
    private static func exemption(_ number: Int) throws -> Exemption {
        let subject = Subject.person(PersonID(high: 5, low: UInt64(number * 5)))
        let grant = ExemptionCommand.grant(
            .init(
                id: ExemptionID(high: 6, low: UInt64(number)), target: .policy(PolicyID(high: 4, low: UInt64(number))),
                entity: .subject(subject), reason: "measured by the benchmark"))
        let events = try Exemption.decide(grant, on: nil, ground: .policy(.active), now: noon)
        let recorded = events.map { Recorded($0, at: noon, actor: .system("bench")) }
        guard let exemption = try Exemption.aggregate.fold(nil, recorded) else {
            throw Unusable(what: "exemption")
        }
        return exemption
    }

    static func measureDecisions(_ table: BenchTable) throws {
        let policies = try (1...200).map(policy)
        let stamp = IndexStamp(generation: 1, policyDigest: [], roleDigest: [])
        let exemptions = try (1...200).map(exemption)
        let book = try RuleBook(
            policies: policies, exemptions: exemptions, zones: ZoneTable(version: "bench", []), stamp: stamp)
        var generator = Seeded(3)
        let inquiries = try (0..<10_000).map { _ in
            let number = Int.random(in: 0..<1_000, using: &generator)
            return try RuleInquiry(
                action: "a\(number % 40)", resourceType: "t\(number % 25)",
                context: ["project": .string("p\(number % 50)"), "severity": "crit"],
                subject: .person(PersonID(high: 5, low: UInt64(number))))
        }
        let standing = try book.standing(of: SubjectFacts(id: "somebody"))
        var (allowed, limited) = (0, 0)
        let taken = seconds {
            for _ in 0..<10 {
                for inquiry in inquiries {
                    let decision = book.decide(inquiry, standing: standing, now: noon)
                    allowed += decision.isAllowed ? 1 : 0
                    limited += decision.usage == nil ? 0 : 1
                }
            }
        }
        let count = Double(inquiries.count * 10)
        say("\(allowed) of \(Int(count)) allowed, \(limited) under limits")
        table.least("Rules: decisions by 1,000, a tenth with everything", count / taken, 400_000, "/s")
    }

    static func measureFold(_ table: BenchTable) throws {
        let count = 1_000_000
        let usages = (0..<count).map { number in
            Usage(
                at: noon + .seconds(number), zone: .utc, user: .person(PersonID(high: 5, low: UInt64(number % 100))),
                resource: nil, amounts: ["qty": Amount(1)])
        }
        let aggregate = LimitLedger.aggregate
        let records = usages.map { aggregate.encode(.executed(RuleID(high: 1, low: 1), $0)) }
        let taken = try seconds {
            var state: LimitLedger?
            for (number, record) in records.enumerated() {
                let event = try aggregate.decode(record)
                try aggregate.apply(&state, Recorded(event, at: usages[number].at, actor: .system("bench")))
            }
            if state?.version != Int64(count) { throw Unusable(what: "fold") }
        }
        table.most("Governance: 1,000,000 events folded", taken, 30, "s")
    }
}
