import Fixtures
import Foundation
import Governance
import Testing
import Vocabulary

@Suite("Separation of duties")
struct SodTests {
    let tenant = TenantID(high: 7, low: 7)
    let create: EntitlementID = id(1), approve: EntitlementID = id(2), third: EntitlementID = id(3)

    private func register(_ rules: [SodRuleDetails]) throws -> SodRegister {
        var register = try SodRegister(tenant: tenant)
        for (number, details) in rules.enumerated() {
            let events = try register.decide(
                .createRule(id(UInt64(number + 1)), details), tenant: tenant, exists: { _ in true })
            for event in events { try register.apply(Recorded(event, at: noon, actor: admin)) }
        }
        return register
    }

    private func rule(
        _ type: SodRule.ConflictType, _ entitlements: [EntitlementID]? = nil, maxCount: Int? = nil
    ) -> SodRuleDetails {
        SodRuleDetails(
            name: "AP Segregation", description: "Prevent AP fraud", conflictType: type,
            entitlements: entitlements ?? [create, approve, third], maxCount: maxCount, severity: .critical)
    }

    @Test(
        "S1-32 S1-33 S1-34 S1-35 S1-36 S1-37 rules are made, read, listed, changed and deleted, with all their fields")
    func crud() throws {
        let seed = try #require(try corpus("seed-001")["sod_rule"])
        var register = try register([rule(.exclusive, [create, approve])])
        let made = try register.rule(id(1))
        #expect(made.details.name == seed["name"]?.string && made.details.description == seed["description"]?.string)
        #expect(made.details.conflictType.rawValue == seed["conflict_type"]?.string)
        #expect(made.details.severity.rawValue == seed["severity"]?.string)
        #expect(made.details.entitlements == [create, approve] && made.details.maxCount == nil)
        #expect(made.status == .active && !made.isOrphaned && made.createdBy == admin && made.createdAt == noon)
        #expect(register.activeRules().map(\.id) == [id(1)])
        for command: SodCommand in [.updateRule(id(1), rule(.inclusive)), .changeStatus(id(1), .inactive)] {
            for event in try register.decide(command, tenant: tenant, exists: { _ in true }) {
                try register.apply(Recorded(event, at: noon + .seconds(1), actor: admin))
            }
        }
        let changed = try register.rule(id(1))
        #expect(changed.details.conflictType == .inclusive && changed.status == .inactive && changed.version == 3)
        #expect(register.activeRules().isEmpty && register.index.ruleCount == 0)
        for event in try register.decide(.deleteRule(id(1)), tenant: tenant, exists: { _ in true }) {
            try register.apply(Recorded(event, at: noon, actor: admin))
        }
        let final = register
        for command: SodCommand in [
            .updateRule(id(1), rule(.exclusive)), .changeStatus(id(1), .active), .deleteRule(id(1)),
        ] {
            expect(.sodRuleNotFound(id(1))) { () throws(GovernanceError) in
                try final.decide(command, tenant: tenant, exists: { _ in true })
            }
        }
        expect(.sodViolationNotFound(id(1))) { () throws(GovernanceError) in try final.violation(id(1)) }
        expect(.sodExemptionNotFound(id(1))) { () throws(GovernanceError) in try final.exemption(id(1)) }
    }

    @Test("S1-38 S1-41 a rule that makes no sense is refused with its number")
    func invalidRules() throws {
        let register = try register([])
        func refused(_ expected: GovernanceError, _ details: SodRuleDetails) {
            expect(expected) { () throws(GovernanceError) in
                try register.decide(.createRule(id(1), details), tenant: tenant, exists: { $0 != id(66) })
            }
        }
        refused(.sodRuleTooFewEntitlements(1), rule(.exclusive, [create]))
        refused(.sodRuleTooFewEntitlements(0), rule(.exclusive, []))
        refused(.sodRuleTooFewEntitlements(1), rule(.exclusive, [create, create]))
        refused(.sodRuleMaxCountRequired, rule(.cardinality))
        refused(.sodRuleInvalidMaxCount(0, of: 3), rule(.cardinality, maxCount: 0))
        refused(.sodRuleInvalidMaxCount(3, of: 3), rule(.cardinality, maxCount: 3))
        refused(.entitlementNotFound(id(66)), rule(.exclusive, [create, id(66)]))
        #expect(throws: GovernanceError.self) {
            try register.decide(
                .createRule(id(1), rule(.exclusive, maxCount: 1)), tenant: tenant, exists: { _ in true })
        }
        let many = (1...1_001).map { EntitlementID(high: 3, low: $0) }
        #expect(throws: GovernanceError.self) {
            try register.decide(.createRule(id(1), rule(.exclusive, many)), tenant: tenant, exists: { _ in true })
        }
        #expect(
            try register.decide(
                .createRule(id(1), rule(.exclusive, Array(many.dropLast()))), tenant: tenant, exists: { _ in true }
            ).count == 1)
        #expect(
            try register.decide(
                .createRule(id(1), rule(.cardinality, maxCount: 2)), tenant: tenant, exists: { _ in true }
            ).count == 1)
        expect(.tenantRequired) { () throws(GovernanceError) in
            try register.decide(.deleteRule(id(1)), tenant: TenantID(high: 0, low: 0), exists: { _ in true })
        }
        expect(.notFound(resource: "tenant", id: TenantID(high: 8, low: 8).description)) { () throws(GovernanceError) in
            try register.decide(.deleteRule(id(1)), tenant: TenantID(high: 8, low: 8), exists: { _ in true })
        }
    }

    @Test(
        "S1-39 S1-40 S1-42 S1-44 each conflict type breaks where it should, before an assignment",
        arguments: [
            (SodRule.ConflictType.exclusive, nil, [true, false, false]), (.cardinality, 2, [true, true, false]),
            (.inclusive, nil, [false, true, true]),
        ] as [(SodRule.ConflictType, Int?, [Bool])])
    func preventive(type: SodRule.ConflictType, maxCount: Int?, valid: [Bool]) throws {
        let register = try register([rule(type, maxCount: maxCount)])
        let all = [create, approve, third]
        for held in 0..<3 {
            let result = register.validatePreventive(
                adding: [all[held]], to: Set(all.prefix(held)), for: ada, at: noon)
            #expect(result.isValid == valid[held], "\(type) with \(held) held")
            guard let found = result.violations.first else { continue }
            #expect(found.rule == id(1) && found.ruleName == "AP Segregation" && found.severity == .critical)
            #expect(found.conflictingEntitlements == Array(all.prefix(held + 1)))
            #expect(found.message.hasPrefix("AP Segregation: \(held + 1) "))
        }
    }

    @Test("entitlements that belong together can begin together, and one by one once begun")
    func inclusive() throws {
        let register = try register([rule(.inclusive)])
        #expect(register.validatePreventive(adding: [create, approve, third], to: [], for: ada, at: noon).isValid)
        #expect(!register.validatePreventive(adding: [create, approve], to: [], for: ada, at: noon).isValid)
        #expect(register.validatePreventive(adding: [third], to: [create], for: ada, at: noon).isValid)
    }

    @Test("an old violation stands in the way of nothing that has no part in it")
    func unrelated() throws {
        let register = try register([rule(.exclusive, [create, approve])])
        #expect(register.validatePreventive(adding: [id(50)], to: [create, approve], for: ada, at: noon).isValid)
        #expect(register.validatePreventive(adding: [create], to: [create, approve], for: ada, at: noon).isValid)
    }

    private func exemption(
        from rule: UInt64 = 1, until: Timestamp? = noon + .days(30), status: SodRule.Status = .active
    ) throws -> Exemption {
        let seed = try corpus("seed-001")["exemption"]
        let grant = ExemptionCommand.grant(
            .init(
                id: id(9), target: .sodRule(id(rule)), entity: .subject(ada),
                reason: try #require(seed?["justification"]?.string), until: until))
        let events = try Exemption.decide(grant, on: nil, ground: .sodRule(status), now: noon)
        return try Exemption.applying(Recorded(try #require(events.first), at: noon, actor: admin), to: nil)
    }

    @Test(
        "S1-44 S1-45 S1-50 S1-54 S1-55 S1-56 the document's example: refused, then exempted for thirty days, then refused again"
    )
    func exempted() throws {
        let seed = try corpus("seed-001")["exemption"]
        #expect(seed == ["justification": "Approved by CFO for Q4 close", "days": 30])
        var register = try register([rule(.exclusive, [create, approve])])
        #expect(!register.validatePreventive(adding: [create], to: [approve], for: ada, at: noon).isValid)
        register.apply(try exemption())
        let passes = register.validatePreventive(adding: [create], to: [approve], for: ada, at: noon)
        #expect(passes.isValid && passes.exempted.map(\.rule) == [id(1)])
        #expect(register.isExempted(ada, from: id(1), at: noon) && !register.isExempted(ada, from: id(2), at: noon))
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        #expect(!register.validatePreventive(adding: [create], to: [approve], for: bob, at: noon).isValid)
        #expect(!register.validatePreventive(adding: [create], to: [approve], for: ada, at: noon + .days(30)).isValid)
        #expect(register.exemptions(of: ada).map(\.id) == [id(9)] && register.exemptions(of: bob).isEmpty)
        register.apply(try Exemption.applying(Recorded(.revoked(nil), at: noon, actor: admin), to: exemption()))
        #expect(!register.isExempted(ada, from: id(1), at: noon))
        #expect(throws: GovernanceError.self) { try exemption(status: .inactive) }
    }

    @Test(
        "S1-46 S1-47 S1-48 S1-49 a scan finds what is new, knows what it knows, resolves what is gone and names what is exempted"
    )
    func scan() throws {
        var register = try register([rule(.exclusive, [create, approve]), rule(.cardinality, maxCount: 2)])
        var ids = Ids()
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        func scan(_ holdings: [(Subject, Set<EntitlementID>)], rule: SodRuleID? = nil, partial: Bool = false) throws
            -> SodScan
        {
            let scan = try register.scan(
                holdings.map { (subject: $0, held: $1) }, rule: rule, partial: partial, at: noon
            ) { ids.make() }
            try register.apply(scan.events.map { Recorded($0, at: noon, actor: .system("sod")) })
            return scan
        }
        let all: Set = [create, approve, third]
        let first = try scan([(ada, all), (bob, [create])])
        #expect(first.rulesScanned == 2 && first.subjectsScanned == 2 && first.found == 2 && first.resolved == 0)
        #expect(
            register.violations(of: ada).map(\.rule).sorted() == [id(1), id(2)] && register.violations(of: bob).isEmpty)
        #expect(register.violations(of: ada).allSatisfy { $0.detectedAt == noon && $0.status == .active })
        let again = try scan([(ada, all), (bob, [create])])
        #expect(again.found == 0 && again.violating == 2 && again.events.isEmpty)
        // One rule alone says nothing about the other's findings, one subject alone nothing about others.
        #expect(try scan([(ada, [create])], rule: id(1)).resolved == 1)
        #expect(try scan([(bob, [create])], partial: true).resolved == 0)
        #expect(register.violations(of: ada).map(\.rule) == [id(2)])
        let gone = try scan([(ada, [create]), (bob, [create])])
        #expect(gone.resolved == 1 && register.violations(of: ada).isEmpty)
        #expect(register.violations.values.allSatisfy { $0.status == .resolved && $0.resolvedAt == noon })
        register.apply(try exemption())
        let exempt = try scan([(ada, all)])
        #expect(exempt.exempted.map(\.rule) == [id(1)] && exempt.found == 1)
        expect(.sodRuleNotFound(id(77))) { () throws(GovernanceError) in
            try register.scan([(subject: Subject, held: Set<EntitlementID>)](), rule: id(77), at: noon) { id(1) }
        }
    }

    @Test("S1-43 an entitlement that goes leaves its rules orphaned and inactive, until they are mended")
    func orphaned() throws {
        var register = try register([rule(.exclusive, [create, approve]), rule(.inclusive, [approve, third])])
        let events = register.orphaned(by: create)
        #expect(events == [.ruleOrphaned(id(1), create)])
        for event in events { try register.apply(Recorded(event, at: noon, actor: admin)) }
        #expect(try register.rule(id(1)).isOrphaned && register.rule(id(1)).status == .inactive)
        #expect(register.validatePreventive(adding: [create], to: [approve], for: ada, at: noon).isValid)
        #expect(register.orphaned(by: create).isEmpty)
        let orphan = register
        expect(.invalidState(current: "orphaned", expected: "mended")) { () throws(GovernanceError) in
            try orphan.decide(.changeStatus(id(1), .active), tenant: tenant, exists: { _ in true })
        }
        for command: SodCommand in [
            .updateRule(id(1), rule(.exclusive, [approve, third])), .changeStatus(id(1), .active),
        ] {
            for event in try register.decide(command, tenant: tenant, exists: { _ in true }) {
                try register.apply(Recorded(event, at: noon, actor: admin))
            }
        }
        #expect(try register.rule(id(1)).status == .active && !register.rule(id(1)).isOrphaned)
    }

    @Test("a batch is judged as a whole: conflicting rows are known, the others pass")
    func batch() throws {
        let register = try register([rule(.exclusive, [create, approve]), rule(.inclusive, [third, id(4)])])
        let bob = Subject.person(PersonID(high: 0xB, low: 0xB))
        let judged = register.judge(
            [
                .init(subject: ada, held: [approve], added: [create]),
                .init(subject: ada, held: [approve], added: [create], removed: [approve]),
                .init(subject: bob, held: [], added: [third, id(4)]),
            ], at: noon)
        #expect(judged.map(\.1.isValid) == [false, true, true])
    }

    @Test("the indexed judgement agrees with the definitions", arguments: 0..<60)
    func reference(seed: UInt64) throws {
        var generator = Seeded(seed)
        func some(_ count: Int) -> [EntitlementID] {
            Array(
                (1...12).map { EntitlementID(high: 0x1000, low: UInt64($0)) }.shuffled(using: &generator).prefix(count))
        }
        let rules = (0..<8).map { _ in
            let type = SodRule.ConflictType.allCases.randomElement(using: &generator) ?? .exclusive
            let count = Int.random(in: 2...6, using: &generator)
            return rule(
                type, some(count), maxCount: type == .cardinality ? Int.random(in: 1..<count, using: &generator) : nil)
        }
        let register = try register(rules)
        func broken(_ details: SodRuleDetails, _ held: Set<EntitlementID>) -> Bool {
            let count = details.entitlements.count(where: held.contains)
            switch details.conflictType {
            case .exclusive: return count >= 2
            case .cardinality: return count > (details.maxCount ?? 0)
            case .inclusive: return count > 0 && count < details.entitlements.count
            }
        }
        for _ in 0..<20 {
            let held = Set(some(Int.random(in: 0...6, using: &generator)))
            let added = Set(some(Int.random(in: 1...3, using: &generator)))
            var ids = Ids()
            let scan = try register.scan([(subject: ada, held: held)], at: noon) { ids.make() }
            #expect(scan.found == rules.count { broken($0, held) })
            let found = Set(
                register.validatePreventive(adding: added, to: held, for: ada, at: noon).violations.map(\.rule))
            for (number, details) in rules.enumerated() {
                let touched = !added.subtracting(held).isDisjoint(with: details.entitlements)
                let begun = details.conflictType == .inclusive && !held.isDisjoint(with: details.entitlements)
                let expected = touched && broken(details, held.union(added)) && !begun
                #expect(found.contains(id(UInt64(number + 1))) == expected)
            }
        }
    }

    @Test("events come out of the journal's form as they went in")
    func records() throws {
        let events: [SodEvent] = [
            .ruleCreated(id(1), rule(.cardinality, maxCount: 2)), .ruleUpdated(id(1), rule(.exclusive)),
            .ruleStatusChanged(id(1), .inactive), .ruleOrphaned(id(1), create), .ruleDeleted(id(1)),
            .violationDetected(id(1), id(2), ada, [create, approve]), .violationResolved(id(1)),
        ]
        for event in events { #expect(try SodEvent(event.record) == event) }
        #expect(throws: Fault.self) { try SodEvent(EventRecord("sod.unheard_of")) }
        #expect(throws: Fault.self) { try SodEvent(EventRecord("sod.rule_deleted")) }
    }
}
