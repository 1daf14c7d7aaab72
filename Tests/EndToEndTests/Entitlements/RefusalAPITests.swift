import Gateway
import Governance
import HTTPAPI
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Every refusal of the governance of access has its code")
struct RefusalAPITests {
    private typealias House = EntitlementHouse

    private static let nobody = "00000000-0000-7000-8000-00000000dead"

    @Test("S1-74 what is not there is told apart by kind, and named")
    func notFound() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            for (path, code) in [
                ("entitlements/\(Self.nobody)", "entitlement.not_found"),
                ("assignments/\(Self.nobody)", "assignment.not_found"),
                ("sod/rules/\(Self.nobody)", "sod.rule_not_found"),
                ("sod/violations/\(Self.nobody)", "sod.violation_not_found"),
            ] {
                let answer = try await house.get(path)
                #expect(answer.status == 404 && house.code(answer) == code, "\(path): \(answer.text)")
                #expect(answer.text.contains(Self.nobody))
            }
            let revoked = try await house.api.send(
                .post, House.base + "commands/revoke_exemption", ["exemption_id": .string(Self.nobody)])
            #expect(revoked.status == 404, "\(revoked.text)")
            let rule = try await house.api.send(
                .post, House.base + "commands/grant_exemption",
                [
                    "exemption_id": .string(Self.nobody), "sod_rule_id": .string(Self.nobody),
                    "entity_type": "person", "entity_id": .string(try await house.person("ada")),
                    "reason": "Approved by CFO for Q4 close",
                ])
            #expect(rule.status == 404, "\(rule.text)")
            #expect(throws: GovernanceError.sodExemptionNotFound(ExemptionID(high: 1, low: 1))) {
                try SodRegister(tenant: TenantID(high: 1, low: 1)).exemption(ExemptionID(high: 1, low: 1))
            }
            let fault = GovernanceError.notFound(resource: "workflow", id: Self.nobody).fault
            #expect(fault.code == "governance.not_found" && fault.message == "There is no workflow \(Self.nobody).")
        }
    }

    @Test("S1-74 a state that does not fit names both, one breach the rule and its words, several how many")
    func states() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let off = try await house.entitlement("Old", "low", ["status": "inactive"])
            let inactive = try await house.assign(off, to: "ada")
            #expect(inactive.status == 409 && house.code(inactive) == "governance.invalid_state")
            #expect(inactive.body?["detail"] == "It is inactive; the command needs active.", "\(inactive.text)")
            let approver = try await house.entitlement("AP approver")
            let creator = try await house.entitlement("AP creator")
            let third = try await house.entitlement("Payer")
            _ = try await house.rule([approver, creator])
            #expect(try await house.assign(approver, to: "ada").status == 201)
            let one = try await house.assign(creator, to: "ada")
            #expect(one.status == 409 && house.code(one) == "sod.violation")
            #expect(one.body?["detail"]?.string?.hasPrefix("AP Segregation: 2 entitlements") == true, "\(one.text)")
            _ = try await house.rule([third, creator], ["name": "second"])
            #expect(try await house.assign(third, to: "ada").status == 201)
            let two = try await house.assign(creator, to: "ada")
            #expect(two.status == 409 && house.code(two) == "sod.multiple_violations")
            #expect(two.body?["detail"] == "2 rules would be broken.")
        }
    }

    @Test("S1-74 what has a workflow is given along that only, where the tenant says so, and the refusal names it")
    func approvalRequired() async throws {
        try await (try await TestGateway.open()).serveHouse { house in
            let id = try await house.entitlement("Pay"), free = try await house.entitlement("Read")
            let template = try #require(try GovernedStage.corpus("seed-004")["workflow"])
            let made = try await house.api.send(.post, House.base + "workflows", ["template": template])
            #expect(made.status == 201, "\(made.text)")
            let workflow = try #require(made.body?["id"]?.string)
            func rules(_ checks: AttributeValue) async throws {
                let put = try await house.api.send(
                    .put, House.base + "assignment-rules",
                    [
                        "checks": checks, "prerequisites": [],
                        "workflows": [["entitlement_id": .string(id), "workflow_id": .string(workflow)]],
                    ])
                #expect(put.status == 200 && put.body?["checks"] == checks, "\(put.text)")
            }
            try await rules(["expiry_date", "approval"])
            let refused = try await house.assign(id, to: "ada")
            #expect(refused.status == 409 && house.code(refused) == "assignment.approval_required", "\(refused.text)")
            #expect(refused.body?["detail"] == .string("It is given along workflow \(workflow) only."))
            let batch = try await house.api.send(
                .post, House.base + "assignments/import",
                ["rows": [["person": "bob", "entitlement_id": .string(id)]]])
            #expect(batch.body?["rows"]?.list?.first?["code"] == "assignment.approval_required", "\(batch.text)")
            #expect(try await house.assign(free, to: "ada").status == 201)
            let asked = try await house.api.send(
                .post, House.base + "access-requests",
                ["entitlement_id": .string(id), "person": "ada", "justification": "Required for project Alpha"])
            #expect(asked.status == 201, "\(asked.text)")
            try await rules(["expiry_date"])
            #expect(try await house.assign(id, to: "bob").status == 201)
        }
    }

    @Test("S1-74 a risk that cannot be counted, a store that fails and what nobody foresaw say no more than their code")
    func ourselves() async throws {
        let failed = #expect(throws: GovernanceError.self) {
            try RiskModel.average.score(
                .person(PersonID(high: 2, low: 2)), in: TenantID(high: 1, low: 1), entitlements: [.low], violations: -1,
                now: SystemClock.now())
        }
        #expect(failed?.code == "risk.calculation_failed" && failed?.fault.message.isEmpty == false)
        let store = ErrorMapping.failure(for: Fault("storage.io", .ourselves, "disk I/O error in /var/lib/x.db"))
        #expect(store.problem.status == 500 && store.code == "storage.io")
        #expect(store.problem.detail == nil && store.problem.code == nil)
        struct Unforeseen: Error {}
        let internalFailure = ErrorMapping.failure(for: Unforeseen())
        #expect(internalFailure.problem.status == 500 && internalFailure.code == "internal.unexpected")
        #expect(internalFailure.problem.detail == nil && internalFailure.problem.code == nil)
    }
}
