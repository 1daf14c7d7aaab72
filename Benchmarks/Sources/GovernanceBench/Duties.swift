import BenchTable
import Fixtures
import Governance
import Vocabulary

/// 100,000 people with 20 of 5,000 entitlements each, 500 rules of all three kinds.
enum Duties {
    private static let tenant = TenantID(high: 7, low: 7)
    private static let people = 100_000

    private static func register(_ generator: inout Seeded) throws -> SodRegister {
        var register = try SodRegister(tenant: tenant)
        try register.apply(
            (1...500).map { number in
                let type = SodRule.ConflictType.allCases[number % 3]
                let some = Set((0..<6).map { _ in entitlement(&generator) })
                let details = SodRuleDetails(
                    name: "rule \(number)", conflictType: type, entitlements: some.sorted(),
                    maxCount: type == .cardinality ? 2 : nil, severity: .high)
                let id = SodRuleID(high: 1, low: UInt64(number))
                return Recorded(.ruleCreated(id, details), at: noon, actor: .system("bench"))
            })
        return register
    }

    private static func entitlement(_ generator: inout Seeded) -> EntitlementID {
        EntitlementID(high: 1, low: UInt64.random(in: 1...5_000, using: &generator))
    }

    private static func holdings(_ generator: inout Seeded) -> [(subject: Subject, held: Set<EntitlementID>)] {
        (0..<people).map { number in
            let held = Set((0..<20).map { _ in entitlement(&generator) })
            return (subject: .person(PersonID(high: 9, low: UInt64(number))), held: held)
        }
    }

    static func measure(_ table: BenchTable) throws {
        try scan(table)
        try preventive(table)
    }

    private static func scan(_ table: BenchTable) throws {
        var generator = Seeded(1)
        let register = try register(&generator)
        let holdings = holdings(&generator)
        var next: UInt64 = 0
        let taken = try seconds {
            _ = try register.scan(holdings, at: noon) {
                next += 1
                return SodViolationID(high: 2, low: next)
            }
        }
        table.most("Duties: scan of 100,000 people by 500 rules", taken, 10, "s")
    }

    private static func preventive(_ table: BenchTable) throws {
        var generator = Seeded(2)
        let register = try register(&generator)
        let holdings = holdings(&generator)
        var refused = 0
        let taken = seconds {
            for (subject, held) in holdings {
                let added: Set = [entitlement(&generator)]
                let result = register.validatePreventive(adding: added, to: held, for: subject, at: noon)
                refused += result.isValid ? 0 : 1
            }
        }
        say("\(refused) of \(people) refused")
        table.most("Duties: preventive check", taken * 1e6 / Double(people), 50, "µs")
    }
}
