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
    private static func fill(_ bench: GovernedBench, waitingFor role: String = "Somebody Else") async throws {
        let (tenant, kind) = (bench.tenant, "governed.approval")
        let target = Approval.link(ofRole: role)
        try await bench.gateway.store.write(.spool) { tx in
            try tx.sql.execute(
                """
                INSERT INTO governed (tenant, kind, id, state, type, scope, target, version, position, due_at)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
                SELECT ?1, ?2, CAST(printf('%016d', i) AS BLOB), 'pending', 'rules', 'person', randomblob(16), 1, i, ?4 FROM n
                """, [.id(tenant), .text(kind), .integer(count), .time(bench.now + .days(1))])
            for link in [SQLValue.blob(target), .null] {
                try tx.sql.execute(
                    """
                    INSERT OR IGNORE INTO governed_link (tenant, kind, id, target)
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

    @Test("what waits is found behind everything that one has had one's word on already, whoever else it waits for")
    func behind() async throws {
        let bench = try await GovernedBench()
        let gateway = bench.gateway
        let people = try await Self.people(["asker", "first"], bench)
        let (asker, first) = (people[0], people[1])
        let template: AttributeValue = [
            "name": "two", "stages": [["name": "s", "approver_roles": ["Admin"], "min_approvals": 2]],
        ]
        let workflow = try await gateway.approvals.createWorkflow(.random(at: bench.now), template, by: bench.caller())
        let rules = AssignmentRules(checks: [], workflow: workflow.id)
        _ = try await gateway.assignments.configure(rules, by: bench.caller())
        let application = try await gateway.entitlements.create(
            ApplicationID.random(at: bench.now), ApplicationDetails(name: "ERP"), by: bench.caller())
        var asked: [ApprovalID] = []
        for number in 0..<100 {
            // Thirty an hour is what one person may ask for.
            if number % 30 == 0 { bench.now = bench.now + .minutes(61) }
            let entitlement = try await gateway.entitlements.create(
                EntitlementID.random(at: bench.now), of: application.id,
                EntitlementDetails(name: "E\(number)", riskLevel: .low), by: bench.caller())
            let made = try await gateway.accessRequests.request(
                .init(entitlement.id, for: asker.principal?.subject ?? .person(.random(at: bench.now))), by: asker)
            asked.append(made.approval.id)
        }
        for id in asked.dropLast() {
            _ = try await gateway.approvals.say(.approve(comment: nil), about: id, by: first)
        }
        try await Self.fill(bench, waitingFor: "Admin")
        let begun = ContinuousClock.now
        let waiting = try await gateway.approvals.waiting(for: first, limit: 1)
        let time = ContinuousClock.now - begun
        #expect(waiting.map(\.id) == asked.suffix(1))
        print("\(Self.count) wait for a role, \(asked.count - 1) of them with one's word: the next is found in \(time)")
        #expect(time < .seconds(5), "\(time)")
    }

    /// People who hold Admin, as callers.
    private static func people(_ logins: [String], _ bench: GovernedBench) async throws -> [Caller] {
        var callers: [Caller] = []
        for login in logins {
            var edit = PersonEdit()
            edit.login = login
            let person = try await bench.gateway.people.create(edit, by: bench.caller())
            let admin = try await bench.gateway.roles.role(named: "Admin", in: bench.tenant)
            _ = try await bench.gateway.roles.assign(
                admin.id, to: .person(person.id), expiresAt: nil, by: bench.caller())
            callers.append(
                Caller(
                    tenant: bench.tenant, actor: .person(person.id),
                    principal: Principal(
                        tenant: bench.tenant, subject: .person(person.id), credential: .session(.random(at: bench.now)),
                        provider: nil, events: []), command: .random(at: bench.now)))
        }
        return callers
    }
}
