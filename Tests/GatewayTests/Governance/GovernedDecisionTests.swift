import Authorization
import Governance
import Identity
import Testing
import Vocabulary

@testable import Gateway

@Suite("Governed policies in decisions")
struct GovernedDecisionTests {
    private let forbidding: AttributeValue = ["id": "no-reading", "effect": "deny", "actions": ["read"]]
    private let allowing: AttributeValue = ["id": "reading", "effect": "allow", "actions": ["read"]]

    @Test("S0-02 S0-03 S0-04 S0-05 S0-08 a policy bites from its activation to its suspension, and in no other state")
    func life() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        #expect(try await bench.decide(ada).reasons == ["no_matching_rule"])
        try await bench.openEverything()
        #expect(try await bench.decide(ada).isPermitted)
        let id = try await bench.enforce(1, [forbidding])
        let denied = try await bench.decide(ada)
        #expect(!denied.isPermitted && denied.reasons == ["denied_by_rule"])
        #expect(try await bench.decide(ada, "write").isPermitted)
        for (command, isPermitted) in [("suspend", true), ("resume", false), ("revoke", true), ("archive", true)] {
            try await bench.run(command, ["policy_id": .string(id.description)])
            #expect(try await bench.decide(ada).isPermitted == isPermitted, "\(command)")
        }
        try await bench.gateway.close()
    }

    @Test("the version that decided is in the answer and in its record, with what was read")
    func version() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.openEverything()
        let secret: AttributeValue = [
            "id": "night", "effect": "deny", "actions": ["read"], "when": ["equals": ["context.light": "off"]],
        ]
        let id = try await bench.enforce(1, [secret], ["enforcement": "Critical"])
        let answer = try await bench.decide(ada, context: ["light": "off"])
        #expect(answer.governed?.rule?.description == "governed:\(id)@4/night")
        #expect(answer.governed?.alert == true && answer.governed?.badge.text == "Policy: Denied by rule")
        let record = try await bench.record(of: answer)
        #expect(record.outcome == "deny" && record.reason == "denied_by_rule" && record.enforcement == "critical")
        #expect(record.rules == ["governed:\(id)@4/night"] && record.obligations == ["alert"])
        #expect(record.question?.reads.map(\.name) == ["context.light"])
        #expect(record.question?.reads.first?.value == "off")
        let trace = try await bench.gateway.explanations.explain(
            bench.question(ada, context: ["light": "on"]), in: bench.tenant)
        #expect(trace.isPermitted && trace.reasons == ["allowed_by_rule"])
        #expect(trace.governedRules.map(\.verdict) == [.conditionFalse, .satisfied])
        try await bench.gateway.close()
    }

    @Test(
        "S0-24 S0-25 S0-26 S0-27 advisory logs, recommended warns, mandatory blocks, critical blocks and alerts",
        arguments: [
            ("Advisory", true, RuleDecision.Note.Kind.logged, false), ("Recommended", true, .warned, false),
            ("Mandatory", false, .logged, false), ("Critical", false, .logged, true),
        ])
    func enforcement(word: String, isPermitted: Bool, note: RuleDecision.Note.Kind, alert: Bool) async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.openEverything()
        try await bench.enforce(1, [forbidding], ["enforcement": .string(word)])
        let answer = try await bench.decide(ada)
        #expect(answer.isPermitted == isPermitted && answer.governed?.alert == alert)
        #expect(answer.governed?.notes.map(\.kind) == (isPermitted ? [note] : []))
        #expect(answer.governed?.violations.map(\.name) == ["no-reading"])
        let words = try await bench.record(of: answer).obligations
        #expect(words.contains { $0.hasPrefix("log:") } == (word == "Advisory"))
        #expect(words.contains { $0.hasPrefix("warn:") } == (word == "Recommended"))
        try await bench.gateway.close()
    }

    @Test("S0-27 a critical policy knows no bypass and executes nothing by itself")
    func critical() async throws {
        let rule: AttributeValue = [
            "id": "stock", "effect": "allow", "actions": ["order"], "auto_execute": true,
            "approval": ["roles": ["manager"], "bypass_if_severity": "crit"],
        ]
        for (word, executes) in [("Mandatory", true), ("Critical", false)] {
            let bench = try await GovernedBench()
            let ada = try await bench.gateway.addPerson("ada")
            try await bench.enforce(1, [rule], ["enforcement": .string(word)])
            let claimed = try await bench.decide(ada, "order", context: ["severity": "crit"])
            #expect(!claimed.isPermitted && claimed.reasons == ["approval_required"])
            let answer = try await bench.decide(ada, "order", context: ["severity": "crit"], vouched: true)
            #expect(answer.isPermitted == executes && answer.governed?.execute == executes)
            #expect(answer.governed?.needsApproval == !executes)
            #expect(answer.reasons == [executes ? "allowed_by_rule" : "approval_required"])
            try await bench.gateway.close()
        }
    }

    @Test("S0-73 a policy is in force within its effective dates, though nobody calls when they begin and end")
    func dates() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        let (from, until) = (bench.now + .days(1), bench.now + .days(2))
        try await bench.openEverything()
        try await bench.enforce(
            1, [forbidding],
            period: ["effective_from": .string(from.rfc3339), "effective_until": .string(until.rfc3339)])
        bench.now = from - .milliseconds(50)
        let before = try await bench.decide(ada)
        // An answer that is remembered ends when the policy begins.
        #expect(before.isPermitted && before.validUntil == from)
        for (moment, isPermitted) in [
            (from, false), (until - .microseconds(1), false), (until, true),
        ] {
            bench.now = moment
            #expect(try await bench.decide(ada).isPermitted == isPermitted, "\(moment)")
        }
        try await bench.gateway.close()
    }

    @Test("S0-11 S0-74 S0-75 an exemption lifts the policy for its person until it ends, by itself")
    func exemption() async throws {
        let bench = try await GovernedBench()
        let (ada, ben) = (try await bench.gateway.addPerson("ada"), try await bench.gateway.addPerson("ben"))
        try await bench.openEverything()
        let id = try await bench.enforce(1, [forbidding])
        let end = bench.now + .hours(1)
        let exemption = ExemptionID(high: 0xE, low: 1)
        try await bench.run(
            "grant_exemption",
            [
                "exemption_id": .string(exemption.description), "policy_id": .string(id.description),
                "entity_id": .string(ada.description), "entity_type": "person", "reason": "Legacy system migration",
                "expires_at": .string(end.rfc3339),
            ])
        let answer = try await bench.decide(ada)
        #expect(answer.isPermitted && answer.governed?.notes.map(\.kind) == [.exempted(exemption)])
        #expect(try await bench.decide(ben).isPermitted == false)
        bench.now = end
        #expect(try await bench.decide(ada).isPermitted == false)
        #expect(try await bench.gateway.governance.endWhatIsDue(now: end) == 1)
        #expect(try await bench.decide(ada).isPermitted == false)
        try await bench.gateway.close()
    }

    @Test("S0-30 S0-33 S4-43 a scope reaches whom and what it names: a unit with all below, one person, a selector")
    func scopes() async throws {
        let bench = try await GovernedBench()
        let (ada, ben) = (try await bench.gateway.addPerson("ada"), try await bench.gateway.addPerson("ben"))
        let units = bench.gateway.organization
        let firm = try await units.create(.organization, name: "Firm", under: nil, by: bench.caller())
        let sales = try await units.create(.department, name: "Sales", under: firm.id, by: bench.caller())
        try await bench.openEverything()
        try await bench.enforce(
            1, [forbidding], ["scope": ["level": "department", "unit": .string(sales.id.description)]])
        try await bench.enforce(
            2, [["id": "no-writing", "effect": "deny", "actions": ["write"]]],
            ["scope": ["level": "individual", "subject": .string(ada.description)]])
        try await bench.enforce(
            3, [["id": "no-deleting", "effect": "deny", "actions": ["delete"]]],
            ["scope": ["level": "organization", "environments": ["production"]]])
        // The unit below is made after the policies are in force.
        let team = try await units.create(.team, name: "East", under: sales.id, by: bench.caller())
        var place = PersonEdit()
        place.organizationUnit = team.id
        let version = try await bench.gateway.people.person(ada, in: bench.tenant).version
        _ = try await bench.gateway.people.change(ada, place, expecting: version, by: bench.caller())
        #expect(try await bench.decide(ada).isPermitted == false)
        #expect(try await bench.decide(ben).isPermitted)
        #expect(try await bench.decide(ada, "write").isPermitted == false)
        #expect(try await bench.decide(ben, "write").isPermitted)
        #expect(try await bench.decide(ben, "delete", context: ["environment": "production"]).isPermitted == false)
        #expect(try await bench.decide(ben, "delete", context: ["environment": "staging"]).isPermitted)
        try await bench.gateway.close()
    }

    @Test("sets vote: a majority that allows outvotes a mandatory deny, and no critical one")
    func sets() async throws {
        for (word, isPermitted) in [("Mandatory", true), ("Critical", false)] {
            let bench = try await GovernedBench()
            let ada = try await bench.gateway.addPerson("ada")
            let deny = try await bench.enforce(1, [forbidding], ["enforcement": .string(word)])
            let (one, two) = (try await bench.enforce(2, [allowing]), try await bench.enforce(3, [allowing]))
            #expect(try await bench.decide(ada).isPermitted == false)
            let members = [deny, one, two].map { AttributeValue.string($0.description) }
            try await bench.run(
                "create_set",
                [
                    "set_id": .string(PolicySetID(high: 1, low: 1).description), "name": "Readers",
                    "combination": "majority", "policies": .list(members),
                ])
            #expect(try await bench.decide(ada).isPermitted == isPermitted, "\(word)")
            try await bench.gateway.close()
        }
    }

    @Test("S3-50 S3-51 S3-52 the global tenant's policies hold in every tenant, and give way only where they permit it")
    func inheritance() async throws {
        let bench = try await GovernedBench(extra: "governance: { global_tenant: main }")
        let other = try await bench.gateway.tenantService.add(slug: "other", name: "Other", by: bench.caller()).id
        var edit = PersonEdit()
        edit.login = "otto"
        let otto = try await bench.gateway.people.create(edit, by: bench.caller(in: other)).id
        try await bench.enforce(9, [["id": "everything", "effect": "allow"]], in: other)
        try await bench.enforce(1, [forbidding], ["scope": "System", "overridable": true])
        try await bench.enforce(
            2, [["id": "no-writing", "effect": "deny", "actions": ["write"]]], ["scope": "Organization"])
        #expect(try await bench.decide(otto, in: other).isPermitted == false)
        let written = try await bench.decide(otto, "write", in: other)
        #expect(written.reasons == ["allowed_by_rule"])
        let parent = PolicyID(high: 0xF0, low: 1)
        try await bench.enforce(
            10, [], in: other, ["overrides": .string(parent.description)],
            period: ["effective_from": .string((bench.now + .days(1)).rfc3339)])
        #expect(try await bench.decide(otto, in: other).isPermitted == false)
        bench.now = bench.now + .days(1)
        #expect(try await bench.decide(otto, in: other).isPermitted)
        // The permission is looked at now, not when the tenant's policy was made.
        try await bench.run("revoke", ["policy_id": .string(parent.description)])
        try await bench.enforce(3, [forbidding], ["scope": "System"])
        #expect(try await bench.decide(otto, in: other).isPermitted == false)
        try await bench.gateway.close()
    }

    @Test("an unknown time zone, a unit of another level and an individual policy for nobody are refused at once")
    func refused() async throws {
        let bench = try await GovernedBench()
        for zone in ["Europe/Atlantis", "../../etc/passwd"] {
            #expect(
                await refusal { try await bench.enforce(1, [allowing], ["timezone": .string(zone)]) }
                    == "policy.unknown_zone")
        }
        let company = try await bench.gateway.organization.create(
            .organization, name: "Company", under: nil, by: bench.caller())
        let misplaced: AttributeValue = ["level": "department", "unit": .string(company.id.description)]
        #expect(await refusal { try await bench.enforce(2, [allowing], ["scope": misplaced]) } == "governance.invalid")
        let unknown: AttributeValue = ["level": "team", "unit": .string(bench.tenant.description)]
        #expect(await refusal { try await bench.enforce(3, [allowing], ["scope": unknown]) } == "governance.not_found")
        for nobody: AttributeValue in ["Individual", ["level": "individual"]] {
            #expect(
                await refusal { try await bench.enforce(4, [allowing], ["scope": nobody]) } == "governance.rejected")
        }
        let stored = try await bench.gateway.governance.policies(in: bench.tenant)
        #expect(stored.isEmpty)
        try await bench.gateway.close()
    }

    @Test("a rule that asks for an approval and names nobody asks reviewers and administrators")
    func askedWithoutNames() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [allowing, ["id": "ask", "effect": "require_approval"]])
        let answer = try await bench.decide(ada)
        #expect(answer.reasons.contains("approval_required"))
        #expect(answer.governed?.approverRoles == ["Reviewer", "Admin"])
        try await bench.gateway.close()
    }

    @Test("environments are compared without regard to case, so that a deny for production is one for Production")
    func environments() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [allowing])
        try await bench.enforce(
            2, [forbidding], ["scope": ["level": "organization", "environments": ["production"]]])
        #expect(try await bench.decide(ada, context: ["environment": "PRODUCTION"]).isPermitted == false)
        #expect(try await bench.decide(ada, context: ["environment": "productions"]).isPermitted)
        try await bench.gateway.close()
    }

    @Test("S4-28 with enforcement off every rule only logs, and what roles permit stays as it is")
    func logOnly() async throws {
        let bench = try await GovernedBench(extra: "governance: { enforce_policies: false }")
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.enforce(1, [forbidding], ["enforcement": "Critical"])
        // Nothing allows it, with or without governed rules.
        #expect(try await bench.decide(ada).reasons == ["no_matching_rule"])
        try await bench.openEverything()
        let answer = try await bench.decide(ada)
        #expect(answer.isPermitted && answer.governed?.notes.map(\.kind) == [.logged])
        try await bench.gateway.close()
    }

    @Test("a governed deny takes away what a role gives, and a governed step-up asks for the session to be proven anew")
    func rolesAndStepUp() async throws {
        let bench = try await GovernedBench(
            extra: "roles: [{ name: Reader, permissions: [{ action: read, type: thing }] }]")
        let ada = try await bench.gateway.addPerson("ada")
        let role = try await bench.gateway.roles.role(named: "Reader", in: bench.tenant)
        _ = try await bench.gateway.roles.assign(role.id, to: .person(ada), expiresAt: nil, by: bench.caller())
        #expect(try await bench.decide(ada).isPermitted)
        let id = try await bench.enforce(
            1, [["id": "fresh", "effect": "step_up", "require": ["acr": "aal2", "max_age": 300]]])
        let asked = try await bench.decide(ada)
        #expect(asked.reasons == ["step_up_required"])
        #expect(asked.stepUp == AuthenticationRequirement(strength: .aal2, maxAgeSeconds: 300))
        try await bench.run("revoke", ["policy_id": .string(id.description)])
        #expect(try await bench.decide(ada).isPermitted)
        try await bench.enforce(2, [forbidding])
        #expect(try await bench.decide(ada).reasons == ["denied_by_rule"])
        try await bench.gateway.close()
    }

    @Test("what governed rules forbid a role that is held back after one factor stays forbidden, and it opens nothing")
    func heldBack() async throws {
        let bench = try await GovernedBench(extra: "roles: [{ name: Keyholder, requires_mfa: true, permissions: [] }]")
        let (ada, ben) = (try await bench.gateway.addPerson("ada"), try await bench.gateway.addPerson("ben"))
        let role = try await bench.gateway.roles.role(named: "Keyholder", in: bench.tenant)
        _ = try await bench.gateway.roles.assign(role.id, to: .person(ada), expiresAt: nil, by: bench.caller())
        let admins: AttributeValue = ["roles": ["Keyholder"]]
        try await bench.enforce(
            1,
            [
                ["id": "no-reading", "effect": "deny", "actions": ["read"], "subjects": admins],
                ["id": "erasing", "effect": "allow", "actions": ["erase"], "subjects": admins],
            ])
        #expect(try await bench.decide(ada, "erase").isPermitted == false)
        try await bench.enforce(2, [allowing])
        let answer = try await bench.decide(ada)
        #expect(!answer.isPermitted && answer.reasons == ["denied_by_rule"])
        #expect(try await bench.decide(ben).isPermitted)
        try await bench.gateway.close()
    }

    @Test("a tenant makes no policy of an id that the global tenant has, nor the global one of an id that a tenant has")
    func reusedID() async throws {
        let bench = try await GovernedBench(extra: "governance: { global_tenant: main }")
        let other = try await bench.gateway.tenantService.add(slug: "other", name: "Other", by: bench.caller()).id
        try await bench.enforce(1, [forbidding], ["scope": "System", "enforcement": "Critical"])
        #expect(
            await refusal { try await bench.enforce(1, [allowing], in: other) } == "governance.already_exists")
        try await bench.enforce(2, [allowing], in: other)
        #expect(
            await refusal { try await bench.enforce(2, [forbidding], ["scope": "System"]) }
                == "governance.already_exists")
        // One that holds in its own tenant only is in nobody else's decisions.
        try await bench.enforce(3, [allowing], in: other)
        try await bench.enforce(3, [forbidding])
        try await bench.gateway.close()
    }

    @Test("S3-29 what governed rules decide is counted by what it came to and why, and nothing else is")
    func counted() async throws {
        let bench = try await GovernedBench()
        let ada = try await bench.gateway.addPerson("ada")
        try await bench.openEverything()
        try await bench.enforce(1, [forbidding])
        for action in ["read", "read", "write"] { _ = try await bench.decide(ada, action) }
        let family = try #require(
            try await bench.gateway.metrics().first { $0.name == "gatehouse_policy_decisions_total" })
        let counted = family.series.compactMap { series -> String? in
            guard case .number(let count) = series.value, count > 0 else { return nil }
            return "\(series.labels["type"] ?? "") \(series.labels["reason"] ?? "") \(Int(count))"
        }
        #expect(counted.sorted() == ["allow allowed_by_rule 1", "deny denied_by_rule 2"])
        try await bench.gateway.close()
    }

    @Test("after a restart the same policies decide")
    func restart() async throws {
        let first = try await GovernedBench()
        let ada = try await first.gateway.addPerson("ada")
        try await first.openEverything()
        try await first.enforce(1, [forbidding])
        let second = try await GovernedBench(folder: try await first.leave())
        #expect(try await second.decide(ada).isPermitted == false)
        #expect(try await second.decide(ada, "write").isPermitted)
        try await second.gateway.close()
    }
}
