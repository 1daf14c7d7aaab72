import Authorization
import Governance
import Testing
import Vocabulary

/// The two rules of the severity style with their scenarios, as the document shows them.
@Suite("Rules that answer an alert")
struct SeverityRulesTests {
    private func policy() throws -> (document: SeverityPolicy, policy: GovernedPolicy) {
        let document = try SeverityPolicy(try corpus("seed-003")["policy"] ?? .null)
        return (document, try active(1, details("Alerts", zone: document.zone), rules: document.rules))
    }

    private func book() throws -> RuleBook {
        try RuleBook(policies: [try policy().policy], zones: try zones(), stamp: stamp())
    }

    private func ledger(_ scenario: AttributeValue, _ rule: RuleID, at now: Timestamp) throws -> LimitLedger? {
        guard let executed = scenario["executedToday"]?.object else { return nil }
        let zone = try #require(try zones()["Europe/Berlin"])
        let usage = Usage(
            at: now, zone: zone, user: ada, resource: nil, amounts: executed.compactMapValues { Amount($0) })
        return try LimitLedger.applying(Recorded(.executed(rule, usage), at: now, actor: admin), to: nil)
    }

    @Test(
        "S3-01 S3-02 S3-03 S3-04 S3-05 S3-06 S3-08 S3-09 S3-10 S3-11 S3-12 S3-13 S3-14 S3-15 S3-16 S3-19 S3-20 S3-21 S3-22 S3-23 S3-24 S3-27 both example rules answer every scenario as the document says"
    )
    func scenarios() throws {
        let book = try book()
        let scenarios = try corpus("seed-003")["scenarios"]?.list ?? []
        #expect(scenarios.count == 7)
        for scenario in scenarios {
            let name = try #require(scenario["name"]?.string)
            let now = try #require(scenario["at"]?.string.flatMap { Timestamp(rfc3339: $0) })
            let severity = try #require(scenario["severity"]?.string.flatMap(Severity.init))
            let inquiry = try RuleInquiry.alert(
                kpi: try #require(scenario["kpi"]?.string), severity: severity, subject: ada,
                roles: Set(words(scenario["roles"])))
            let ledger = try ledger(scenario, RuleID(high: 1, low: 1), at: now)
            let decision = try book.decide(inquiry, counters: { _ in ledger }, now: now)
            #expect(decision.isAllowed == scenario["allowed"]?.bool, "\(name)")
            #expect(decision.execute == scenario["execute"]?.bool, "\(name)")
            #expect(decision.needsApproval == scenario["needsApproval"]?.bool, "\(name)")
            #expect(decision.approverRoles == words(scenario["approverRoles"]), "\(name)")
            #expect(decision.resolvedParams == scenario["params"]?.object, "\(name)")
            #expect(decision.badge.colour.rawValue == scenario["badge"]?.string, "\(name)")
            #expect(decision.rule?.name == scenario["rule"]?.string, "\(name)")
            if let reason = scenario["reason"]?.string {
                #expect(decision.reason.sentence == reason, "\(name)")
                #expect(decision.badge.text == "Policy: \(reason)", "\(name)")
            }
        }
    }

    @Test("S3-18 whoever has none of the three roles may not, though the rule matches")
    func roles() throws {
        #expect(SeverityPolicy.roles.compactMap(\.string) == words(try corpus("seed-003")["roles"]))
        let now = try #require(Timestamp(rfc3339: "2026-11-16T09:00:00Z"))
        for roles in [[], ["guest"], ["operator"]] as [Set<String>] {
            let inquiry = try RuleInquiry.alert(kpi: "stock", severity: .warn, subject: ada, roles: roles)
            let decision = try book().decide(inquiry, now: now)
            #expect(decision.isAllowed == roles.contains("operator"))
            if !decision.isAllowed { #expect(decision.reason == .roleRequired) }
        }
    }

    @Test("a bypass is named in the decision, and a critical policy allows none and executes nothing by itself")
    func bypass() throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-16T09:00:00Z"))
        let margin = try RuleInquiry.alert(kpi: "margin", severity: .crit, subject: ada, roles: ["manager"])
        let decision = try book().decide(margin, now: now)
        #expect(decision.notes.map(\.kind) == [.bypassed(.crit)])
        let document = try policy().document
        let critical = try active(1, details("Alerts", .critical, zone: document.zone), rules: document.rules)
        let strict = try RuleBook(policies: [critical], zones: try zones(), stamp: stamp())
        let asked = try strict.decide(margin, now: now)
        #expect(asked.needsApproval && !asked.execute && asked.notes.isEmpty && asked.alert)
        let stock = try RuleInquiry.alert(kpi: "stock", severity: .warn, subject: ada, roles: ["manager"])
        let calm = try strict.decide(stock, now: now)
        #expect(calm.isAllowed && !calm.execute)
    }

    @Test("S3-22 once approved, the same request passes")
    func approved() throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-16T09:00:00Z"))
        let rule = RuleID(high: 1, low: 1)
        let first = try book().decide(
            try .alert(kpi: "margin", severity: .warn, subject: ada, roles: ["operator"]), now: now)
        #expect(first.approvalRules.map(\.rule) == [rule])
        let again = try RuleInquiry.alert(
            kpi: "margin", severity: .warn, subject: ada, roles: ["operator"],
            approvals: [.init(id(5), rules: Set(first.approvalRules.map(\.rule)))])
        let second = try book().decide(again, now: now)
        #expect(second.isAllowed && !second.needsApproval && second.notes.map(\.kind) == [.approved(id(5))])
        // An approval for another rule is worth nothing here.
        let foreign = try RuleInquiry.alert(
            kpi: "margin", severity: .warn, subject: ada, roles: ["operator"],
            approvals: [.init(id(5), rules: [RuleID(high: 1, low: 2)])])
        #expect(try book().decide(foreign, now: now).needsApproval)
    }

    @Test("the action itself may be asked for as well as the alert, another action not")
    func byAction() throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-16T09:00:00Z"))
        for (action, expected) in [("pricing.adjust", true), ("inventory.reorder", false)] {
            let inquiry = try RuleInquiry(
                action: action, resourceType: "price", context: ["kpi_id": "margin", "severity": "crit"], subject: ada,
                roles: ["manager"])
            #expect(try book().decide(inquiry, now: now).isAllowed == expected, "\(action)")
        }
    }

    @Test(
        "a document with a fault is refused with its place",
        arguments: [
            "meta", "timezone", "kpiId", "severity", "days", "start", "roles", "limit", "extra",
        ])
    func faults(kind: String) throws {
        guard case .object(var document) = try corpus("seed-003")["policy"] ?? .null,
            case .object(var rule)? = document["rules"]?.list?.first
        else { throw CancellationError() }
        switch kind {
        case "meta": document["meta"] = nil
        case "timezone": document["meta"] = ["version": "1"]
        case "kpiId": rule["when"] = ["severity": ["warn"]]
        case "severity": rule["when"] = ["kpiId": "margin", "severity": ["bad"]]
        case "days": rule["window"] = ["days": [7], "start": "08:00", "end": "18:00"]
        case "start": rule["window"] = ["days": [1], "start": "8:00", "end": "18:00"]
        case "roles": rule["approval"] = ["required": true]
        case "limit": rule["limits"] = ["maxDailyPct": -1]
        default: rule["surprise"] = true
        }
        document["rules"] = [.object(rule)]
        #expect(throws: GovernanceError.self) { try SeverityPolicy(.object(document)) }
    }

    @Test("S3-05 S3-06 S3-07 S3-10 S3-19 S3-20 both rules are read with every number they were written with")
    func literals() throws {
        let document = try policy().document
        #expect(document.version == "1.0.0" && document.zone == "Europe/Berlin" && document.rules.count == 2)
        let rules = try document.rules.map { try Rule.read($0) }
        #expect(rules.map(\.name) == ["pricing.auto.adjust", "inventory.auto.reorder"])
        #expect(rules.map(\.autoSuggest) == [true, true] && rules.map(\.autoExecute) == [false, true])
        #expect(
            rules[0].limits == [
                Limit(measure: .absolute("deltaPct"), period: .day, sharing: .rule, maximum: .fixed(Amount(3))),
                Limit(measure: .absolute("deltaPct"), period: .isoWeek, sharing: .rule, maximum: .fixed(Amount(7))),
            ])
        #expect(
            rules[1].limits == [
                Limit(measure: .quantity("qty"), period: .day, sharing: .rule, maximum: .fixed(Amount(2_000)))
            ])
        #expect(rules[0].windows == [TimeWindow(days: [1, 2, 3, 4, 5], start: 480, end: 1_080)].compactMap { $0 })
        #expect(rules[1].windows == [TimeWindow(days: [1, 2, 3, 4, 5, 6], start: 420, end: 1_200)].compactMap { $0 })
        #expect(rules[0].params == ["deltaPct": .bySeverity([.warn: 1, .crit: 3])])
        #expect(rules[1].params == ["qty": .bySeverity([.warn: 250, .crit: 500])])
        #expect(rules[0].approval?.roles == ["manager", "admin"] && rules[0].approval?.bypassAt == .crit)
        #expect(rules[1].approval == nil)
        let now = try #require(Timestamp(rfc3339: "2026-11-16T09:00:00Z"))
        let reorder = try RuleInquiry(
            action: "inventory.reorder", resourceType: "stock", context: ["kpi_id": "stock", "severity": "warn"],
            subject: ada, roles: ["operator"])
        let decision = try book().decide(reorder, now: now)
        #expect(decision.execute && decision.suggest)
    }

    @Test("S3-24 what was executed today and what is asked for are added up as the document adds them")
    func arithmetic() throws {
        let scenario = try #require(
            try corpus("seed-003")["scenarios"]?.list?.first { $0["executedToday"] != nil })
        #expect(scenario["executedToday"] == ["deltaPct": 2])
        #expect(try corpus("seed-003")["audit"]?["params"] == ["deltaPct": 3])
    }
}
