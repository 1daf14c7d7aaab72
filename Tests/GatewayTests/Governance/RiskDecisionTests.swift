import Authorization
import Governance
import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite("Risk in decisions")
struct RiskDecisionTests {
    /// Above fifty, two factors.
    private let cautious: AttributeValue = [
        "id": "risky", "effect": "step_up", "require": ["acr": "aal2"],
        "when": ["greater_than": ["subject.risk_score": 50]],
    ]

    @Test("S1-57 who holds what makes a score above the threshold is asked for a second factor, and others are not")
    func stepsUp() async throws {
        let bench = try await GovernedBench()
        let (ada, ben) = (try await bench.gateway.addPerson("ada"), try await bench.gateway.addPerson("ben"))
        try await bench.openEverything()
        try await bench.enforce(1, [cautious])
        #expect(try await bench.decide(ada).isPermitted)
        let critical = try await Self.entitlement(.critical, 1, bench)
        let given = try await Self.give(critical, to: ada, bench)
        #expect(try await bench.gateway.risk.score(of: .person(ada), in: bench.tenant).score == 60)
        bench.now = bench.now + RiskFacts.freshness
        let asked = try await bench.decide(ada)
        #expect(!asked.isPermitted && asked.reasons == ["step_up_required"])
        #expect(asked.validUntil <= bench.now + RiskFacts.freshness)
        #expect(try await bench.decide(ben).isPermitted)

        _ = try await bench.gateway.assignments.revoke(given, reason: "The project is over.", by: bench.caller())
        bench.now = bench.now + RiskFacts.freshness
        #expect(try await bench.decide(ada).isPermitted)
        try await bench.gateway.close()
    }

    @Test("the level can be asked for too, and no attribute of a directory stands in its place")
    func level() async throws {
        let bench = try await GovernedBench()
        var edit = PersonEdit()
        (edit.login, edit.attributes) = ("eve", ["risk_level": "low", "risk_score": 0])
        let eve = try await bench.gateway.people.create(edit, by: bench.caller()).id
        try await bench.openEverything()
        try await bench.enforce(
            1, [["id": "no", "effect": "deny", "when": ["in": ["subject.risk_level": ["high", "critical"]]]]])
        #expect(try await bench.decide(eve).isPermitted)
        _ = try await Self.give(try await Self.entitlement(.critical, 1, bench), to: eve, bench)
        bench.now = bench.now + RiskFacts.freshness
        let denied = try await bench.decide(eve)
        #expect(!denied.isPermitted && denied.reasons == ["denied_by_rule"])
        let record = try await bench.record(of: denied)
        #expect(record.question?.reads.map(\.name) == ["subject.risk_level"])
        try await bench.gateway.close()
    }

    private static func entitlement(
        _ risk: RiskLevel, _ number: UInt64, _ bench: GovernedBench
    ) async throws -> EntitlementID {
        let application = ApplicationID(high: 4, low: number)
        _ = try await bench.gateway.entitlements.create(
            application, ApplicationDetails(name: "ERP \(number)"), by: bench.caller())
        return try await bench.gateway.entitlements.create(
            EntitlementID(high: 5, low: number), of: application,
            EntitlementDetails(name: "e\(number)", riskLevel: risk), by: bench.caller()
        ).id
    }

    private static func give(
        _ entitlement: EntitlementID, to person: PersonID, _ bench: GovernedBench
    ) async throws -> EntitlementAssignmentID {
        try await bench.gateway.assignments.assign(
            AssignmentInput(
                id: .random(at: bench.now), entitlement: entitlement, subject: .person(person),
                justification: "Required for project Alpha"), by: bench.caller()
        ).id
    }
}
