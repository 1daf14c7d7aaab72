import Foundation
import Governance
import Identity
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite("Hundreds of thousands of open requests for approval", .timeLimit(.minutes(5)))
struct OpenApprovalsTests {
    private static let count: Int64 = 200_000

    /// Rows and links of requests that wait, as they stand in the store.
    private static func fill(_ bench: GovernedBench) async throws {
        let (tenant, kind) = (bench.tenant, "governed.approval")
        let target = Approval.link(ofRole: "Somebody Else")
        try await bench.gateway.store.write(.spool) { tx in
            try tx.sql.execute(
                """
                INSERT INTO governed (tenant, kind, id, state, type, scope, target, version, position, due_at)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
                SELECT ?1, ?2, randomblob(16), 'pending', 'rules', 'person', randomblob(16), 1, i, ?4 FROM n
                """, [.id(tenant), .text(kind), .integer(count), .time(bench.now + .days(1))])
            for link in [SQLValue.blob(target), .null] {
                try tx.sql.execute(
                    """
                    INSERT INTO governed_link (tenant, kind, id, target)
                    SELECT tenant, kind, id, coalesce(?3, randomblob(32)) FROM governed WHERE tenant = ?1 AND kind = ?2
                    """, [.id(tenant), .text(kind), link])
            }
        }
    }

    @Test("S4-75 do not slow decisions, nor what waits for somebody, nor the timers")
    func idle() async throws {
        let bench = try await GovernedBench()
        let rule: AttributeValue = [
            "id": "signed", "effect": "require_approval", "approval": ["roles": ["Manager"]],
        ]
        try await bench.enforce(1, [rule])
        let person = try await bench.gateway.people.create(
            {
                var edit = PersonEdit(); edit.login = "ada"; return edit
            }(), by: bench.caller())
        let asker = Caller(
            tenant: bench.tenant, actor: .person(person.id),
            principal: Principal(
                tenant: bench.tenant, subject: .person(person.id), credential: .session(.random(at: bench.now)),
                provider: nil, events: []), command: .random(at: bench.now))
        func perDecision() async throws -> Duration {
            let begun = ContinuousClock.now
            for _ in 0..<200 { #expect(try await bench.decide(person.id).isPermitted == false) }
            return (ContinuousClock.now - begun) / 200
        }
        func perInbox() async throws -> Duration {
            let begun = ContinuousClock.now
            for _ in 0..<50 { #expect(try await bench.gateway.approvals.waiting(for: asker).isEmpty) }
            return (ContinuousClock.now - begun) / 50
        }
        _ = try await perDecision()
        let (before, inboxBefore) = (try await perDecision(), try await perInbox())
        try await Self.fill(bench)
        _ = try await perDecision()
        let (after, inboxAfter) = (try await perDecision(), try await perInbox())
        let begun = ContinuousClock.now
        let due = try await bench.gateway.governance.endWhatIsDue(now: bench.now)
        let timers = ContinuousClock.now - begun
        #expect(due == 0)
        print(
            "\(Self.count) open: a decision that looks for approvals \(before) → \(after), the list of what waits "
                + "\(inboxBefore) → \(inboxAfter), a round of the timers \(timers)")
        // Debug builds on shared cores: what is looked for is a scan, which would take many times as long.
        #expect(after < before * 5 + .milliseconds(20), "\(before) → \(after)")
        #expect(inboxAfter < inboxBefore * 5 + .milliseconds(50), "\(inboxBefore) → \(inboxAfter)")
        #expect(timers < .seconds(5), "\(timers)")
    }
}
