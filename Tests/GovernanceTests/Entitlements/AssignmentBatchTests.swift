import Governance
import Testing
import Vocabulary

@Suite("Batches of assignments")
struct AssignmentBatchTests {
    private let acme = TenantID(high: 0x7E, low: 1)

    private func catalog(_ count: UInt64 = 4) throws -> EntitlementCatalog {
        var catalog = try EntitlementCatalog(tenant: acme)
        let application = try #require(
            try GovernedApplication.aggregate.fold(
                nil,
                try GovernedApplication.decide(.create(id(9), ApplicationDetails(name: "ERP")), on: nil, isTaken: false)
                    .map { Recorded($0, at: noon, actor: admin) }))
        catalog.take(application)
        for number in 1...count {
            let details = EntitlementDetails(name: "e\(number)", riskLevel: .low)
            let events = try catalog.decide(.create(id(number), id(9), details), tenant: acme, now: noon)
            for event in events { try catalog.apply(Recorded(event, at: noon, actor: admin)) }
        }
        return catalog
    }

    private func register(_ type: SodRule.ConflictType, _ entitlements: [EntitlementID]) throws -> SodRegister {
        var register = try SodRegister(tenant: acme)
        let details = SodRuleDetails(name: "rule", conflictType: type, entitlements: entitlements, severity: .high)
        let events = try register.decide(.createRule(id(80), details), tenant: acme) { _ in true }
        try register.apply(events.map { Recorded($0, at: noon, actor: admin) })
        return register
    }

    private func input(_ number: UInt64) -> AssignmentInput {
        AssignmentInput(id: id(100 + number), entitlement: id(number), subject: ada)
    }

    private func judge(
        _ numbers: [UInt64], _ duties: SodRegister, _ validation: AssignmentValidation = .standard
    ) throws -> (assigned: [EntitlementID], held: [EntitlementID]) {
        let batch = try catalog().decideTogether(
            numbers.map(input), for: ada, tenant: acme, validation: validation, duties: duties, now: noon)
        return (batch.assigned.map(\.entitlement).sorted(), batch.held.map(\.input.entitlement).sorted())
    }

    @Test("what belongs together begins together, and alone it is held back")
    func inclusive() throws {
        let duties = try register(.inclusive, [id(1), id(2)])
        #expect(try judge([1, 2, 3], duties) == ([id(1), id(2), id(3)], []))
        #expect(try judge([1, 3], duties) == ([id(3)], [id(1)]))
    }

    @Test("rows that conflict are held back, the rest is given")
    func exclusive() throws {
        let duties = try register(.exclusive, [id(1), id(2)])
        #expect(try judge([1, 2, 3], duties) == ([id(3)], [id(1), id(2)]))
        #expect(try judge([1, 3], duties) == ([id(1), id(3)], []))
    }

    @Test("one that has to be held first may come with the one it is for, and when it is held back both are")
    func prerequisites() throws {
        let free = try SodRegister(tenant: acme)
        let first = AssignmentValidation([.prerequisite(id(1), for: id(2))])
        #expect(try judge([1, 2], free, first) == ([id(1), id(2)], []))
        #expect(try judge([2, 3], free, first) == ([id(3)], [id(2)]))
        let duties = try register(.exclusive, [id(1), id(4)])
        #expect(try judge([1, 2, 3, 4], duties, first) == ([id(3)], [id(1), id(2), id(4)]))
    }

    @Test("twice in a batch is once, and what nobody has is held back")
    func refusals() throws {
        let free = try SodRegister(tenant: acme)
        let twice = [
            AssignmentInput(id: id(101), entitlement: id(1), subject: ada),
            AssignmentInput(id: id(102), entitlement: id(1), subject: ada),
            AssignmentInput(id: id(103), entitlement: id(77), subject: ada),
        ]
        let batch = try catalog().decideTogether(twice, for: ada, tenant: acme, duties: free, now: noon)
        #expect(batch.assigned.map(\.id) == [id(101)])
        #expect(
            batch.held.map(\.refusal.code) == ["assignment.already_exists", "entitlement.not_found"])
        #expect(throws: GovernanceError.self) {
            try catalog().decideTogether([], for: ada, tenant: TenantID(high: 0, low: 0), duties: free, now: noon)
        }
    }
}
