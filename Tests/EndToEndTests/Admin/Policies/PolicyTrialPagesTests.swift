import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// Checking, trying, importing and exporting policies on pages.
@Suite("The console's pages on which policies are tried")
struct PolicyTrialPagesTests {
    // MARK: Live validation

    @Test("S3-34 what is wrong with a rule is said while it is typed, with its line; nothing is stored")
    func liveValidation() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Checked"])
            try await console.open(policy + "/rules/new")
            let token = try #require(
                console.page.firstMatch(of: /data-check="\/admin\/policies\/check" data-token="([^"]+)"/))
            func check(_ text: String, kind: String = "rule") async throws -> AttributeValue {
                let form = "csrf=\(token.output.1)&kind=\(kind)&document=" + encoded(text)
                try await console.person.post("/policies/check", form)
                #expect(console.person.status == 200)
                return try JSONDecoder().decode(AttributeValue.self, from: Data(console.page.utf8))
            }
            let broken = try await check("id: x\neffect: denied\nactions: [delete]")
            #expect(broken["usable"] == false)
            let said = broken["findings"]?.list?.first
            #expect(said?["gravity"] == "error")
            #expect(said?["text"]?.string?.contains("Line 2") == true, "\(broken)")
            #expect(said?["text"]?.string?.contains("Use one of `allow`, `deny`") == true, "\(broken)")
            #expect(try await check(PolicyConsole.rule)["usable"] == true)
            #expect(try await check("{").object?["usable"] == false)
            #expect(try await check("[1, 2]")["usable"] == false)
            let doubtful = try await check(#"{"id": "x", "effect": "allow", "subjects": {"roles": ["Admn"]}}"#)
            #expect(doubtful["findings"]?.list?.first?["text"]?.string?.contains("Admin") == true, "\(doubtful)")
            let stored = try await console.api.send(.get, "/api/v1/governance" + policy)
            #expect(stored.body?["rules"] == [] && stored.body?["version"] == 1)
        }
    }

    @Test("S3-34 without a script the Check button says the same, and keeps what was typed")
    func checkButton() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Checked"])
            try await console.open(policy + "/rules/new")
            let typed = "id: x\neffect: deny\nactons: [delete]"
            try await console.submit(policy + "/rules/new", ["rule": typed, "do": "check"])
            #expect(console.person.status == 200 && console.text.contains("This cannot be used yet"))
            #expect(console.text.contains("actons") && console.page.contains(typed))
            try await console.submit(policy + "/rules/new", ["rule": PolicyConsole.rule, "do": "check"])
            #expect(console.text.contains("Nothing is wrong with it") && console.text.contains("delete on document"))
            try await console.submit(policy + "/rules/new", ["rule": typed, "do": ""])
            #expect(console.person.status == 400 && console.page.contains(typed), "a refused rule is not lost")
            try await console.submit(policy + "/rules/new", ["rule": PolicyConsole.rule, "do": ""])
            #expect(console.text.contains("The rule is added."))
        }
    }

    // MARK: Badge and simulator

    @Test(
        "S3-27 S3-35 the simulator answers each scenario of the document, with the badge in its colour",
        arguments: 0..<7)
    func simulator(number: Int) async throws {
        let seed = try GovernedStage.corpus("seed-003")
        let scenario = try #require(seed["scenarios"]?.list?[number])
        let now = try #require(scenario["at"]?.string.flatMap { Timestamp(rfc3339: $0) })
        try await PolicyConsole.serve(roles: GovernedStage.words(seed["roles"]), clock: { now }) { console in
            try await Self.prepare(console, scenario, seed)
            try await console.open("/policies/simulator")
            let before = try await console.running.gateway.audit.size(of: try console.tenant).size
            try await console.submit(
                "/policies/simulator",
                [
                    "who": "jochen", "resource": scenario["kpi"]?.string ?? "",
                    "context":
                        "kpi_id: \(scenario["kpi"]?.string ?? "")\nseverity: \(scenario["severity"]?.string ?? "")",
                ])
            #expect(console.person.status == 200, "\(console.text.suffix(400))")
            let badge = Self.badge(of: scenario)
            #expect(
                console.page.contains("<span class=\"badge \(badge.tone)\">\(badge.text)</span>"), "\(console.text)")
            for (name, value) in scenario["params"]?.object ?? [:] {
                #expect(console.text.contains("\(name): \(value.integer ?? 0)"), "\(console.text)")
            }
            let after = try await console.running.gateway.audit.size(of: try console.tenant).size
            #expect(after == before, "a simulation writes nothing")
        }
    }

    /// Amber for a deny with its reason, blue for an approval, emerald for what runs by itself, grey for the rest.
    private static func badge(of scenario: AttributeValue) -> (tone: String, text: String) {
        switch scenario["badge"]?.string {
        case "amber": ("caution", "Policy: \(scenario["reason"]?.string ?? "")")
        case "blue": ("info", "Policy: approval needed")
        case "emerald": ("good", "Policy: auto-execute")
        default: ("plain", "Policy: allowed")
        }
    }

    private static func prepare(
        _ console: PolicyConsole, _ scenario: AttributeValue, _ seed: AttributeValue
    ) async throws {
        #expect(try await console.api.send(.post, "/api/v1/people", ["login": "jochen"]).status == 201)
        for role in GovernedStage.words(scenario["roles"]) {
            let grant: AttributeValue = ["person": "jochen", "role": .string(role)]
            #expect(try await console.api.send(.post, "/api/v1/assignments", grant).status == 201)
        }
        try await console.open("/policies/import")
        let text = String(decoding: try JSONEncoder().encode(seed["policy"] ?? .null), as: UTF8.self)
        try await console.submit("/policies/import", ["document": text, "name": "Alerts"])
        #expect(console.text.contains("The document is imported, as a draft."), "\(console.text.prefix(800))")
        let policy = console.place
        try await console.move(policy, "approve")
        try await console.move(policy, "activate")
        if let percent = scenario["executedToday"]?["deltaPct"]?.integer {
            let manager = try await GovernedStage.key(console.running.gateway, "manager", roles: ["manager"])
            try await AlertRulesAPITests.execute(percent, console.api, manager: manager)
        }
    }

    @Test("S3-35 a draft is tried before it is in force, and what it would change is said")
    func draftOnTrial() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "On trial"])
            try await console.addRule(policy, #"{"id": "opens", "effect": "allow", "actions": ["print"]}"#)
            let id = String(policy.dropFirst("/policies/".count))
            try await console.open("/policies/simulator?policy=" + id)
            try await console.submit(
                "/policies/simulator", ["action": "print", "resource_type": "paper", "roles": "Analyst"])
            #expect(console.text.contains("The rules on trial answer otherwise"), "\(console.text.prefix(900))")
            #expect(console.text.contains("It would be allowed; now it is denied."))
            try await console.submit("/policies/simulator", ["roles": "Nobody of this name"])
            #expect(console.person.status == 400 && console.page.contains("value=\"Nobody of this name\""))
            try await console.submit("/policies/simulator", ["who": "nobody", "roles": ""])
            #expect(console.person.status == 422 && console.text.contains("There is nobody here of this name."))
            try await console.submit("/policies/simulator", ["who": "", "context": "- a\n- list"])
            #expect(console.person.status == 422)
        }
    }

    @Test("S3-35 tests beside a policy are run on its page, and one that fails keeps it from being activated")
    func cases() async throws {
        try await PolicyConsole.serve { console in
            let policy = try await console.draft(["name": "Tested"])
            try await console.addRule(policy, PolicyConsole.rule)
            try await console.open(policy + "/cases")
            let wrong = "- { name: deletes, action: delete, resource: { type: document }, expect: permit }"
            try await console.submit(policy + "/cases", ["cases": wrong])
            #expect(console.text.contains("deletes Failed"), "\(console.text.prefix(900))")
            try await console.move(policy, "approve")
            try await console.move(policy, "activate")
            #expect(!console.text.contains("State Active") && console.person.status >= 400)
            try await console.open(policy + "/cases")
            try await console.submit(policy + "/cases", ["cases": wrong.replacing("permit", with: "deny")])
            #expect(console.text.contains("deletes Passed"))
            try await console.move(policy, "activate")
            #expect(console.text.contains("State Active"))
        }
    }

    @Test("S3-35 a backtest asks again what was asked, and names who would be answered otherwise")
    func backtest() async throws {
        try await PolicyConsole.serve { console in
            #expect(try await console.api.send(.post, "/api/v1/people", ["login": "jochen"]).status == 201)
            try await console.api.enforce(rule: ["id": "opens", "effect": "allow", "actions": ["delete"]], 1)
            let question: AttributeValue = [
                "subject": "jochen", "action": "delete", "resource_type": "document", "resource": "plan",
            ]
            #expect(try await console.api.send(.post, "/api/v1/decide", question).body?["decision"] == true)
            let policy = try await console.draft(["name": "Stricter"])
            try await console.addRule(policy, PolicyConsole.rule)
            try await console.open(policy + "/backtest")
            let tomorrow = String((SystemClock.now() + .days(1)).rfc3339.prefix(10))
            try await console.submit(policy + "/backtest", ["to": tomorrow])
            for _ in 0..<100 where console.text.contains("Under way") { try await console.open(console.place) }
            #expect(console.text.contains("Done:"), "\(console.text.prefix(600))")
            #expect(console.text.contains("jochen") && console.text.contains("delete document plan"), "\(console.text)")
            #expect(console.text.contains("Allowed") && console.text.contains("Denied"))
            try await console.open(policy + "/backtest")
            try await console.submit(policy + "/backtest", ["from": "yesterday"])
            #expect(console.person.status == 422 && console.text.contains("Write a day as 2026-12-31"))
            #expect(console.page.contains("value=\"yesterday\""), "what was typed is kept")
        }
    }

    // MARK: Templates, import and export

    @Test("S3-36 a policy is made of a template by filling in a form")
    func templates() async throws {
        try await PolicyConsole.serve { console in
            try await console.open("/policies/new")
            #expect(console.text.contains("Change freeze"))
            try await console.open("/policies/templates/change-freeze")
            try await console.submit("/policies/templates/change-freeze", ["value.types": ""])
            #expect(console.person.status == 400 && console.text.contains("types"), "\(console.person.status)")
            try await console.submit("/policies/templates/change-freeze", ["value.types": "service, database"])
            #expect(console.text.contains("The policy is made, as a draft."))
            #expect(console.text.contains("on service or database") && console.text.contains("Fri–Sun, 00:00 to 23:59"))
            try await console.open("/policies/templates/nothing-of-the-kind")
            #expect(console.person.status == 404)
        }
    }

    @Test(
        "S3-37 documents of the severity and the condition style are imported, and what is exported imports as the same"
    )
    func transfer() async throws {
        let documents =
            [try GovernedStage.corpus("seed-003")["policy"] ?? .null]
            + (try GovernedStage.corpus("seed-004")["policies"]?.list ?? [])
        try await PolicyConsole.serve { console in
            #expect(documents.count == 4)
            for document in documents {
                let text = String(decoding: try JSONEncoder().encode(document), as: UTF8.self)
                try await console.open("/policies/import")
                try await console.submit(
                    "/policies/import", ["document": text, "name": "Imported <once>", "do": "check"])
                #expect(console.text.contains("Rule 1 reads"), "\(console.text.prefix(500))")
                try await console.submit("/policies/import", ["do": ""])
                #expect(console.text.contains("The document is imported, as a draft."), "\(console.text.prefix(500))")
                let first = console.place
                try await console.open(first + "/export")
                let exported = console.page
                try await console.open("/policies/import")
                try await console.submit("/policies/import", ["document": exported])
                let second = console.place
                #expect(second != first)
                try await console.open(second + "/export")
                #expect(console.page == exported)
            }
            try await console.open("/policies/import")
            try await console.submit("/policies/import", ["document": "rules: ["])
            #expect(console.person.status == 422 && console.page.contains("rules: ["))
        }
    }

    // MARK: Approvals

    @Test("S3-41 what was asked to be approved under a policy, by whom, and who approved it when, stands on its page")
    func approvals() async throws {
        let seed = try GovernedStage.corpus("seed-003")
        let scenario = try #require(seed["scenarios"]?.list?[3])
        let now = try #require(scenario["at"]?.string.flatMap { Timestamp(rfc3339: $0) })
        try await PolicyConsole.serve(roles: GovernedStage.words(seed["roles"]), clock: { now }) { console in
            try await Self.prepare(console, scenario, seed)
            let list = try await console.api.send(.get, "/api/v1/governance/policies")
            let id = try #require(list.body?["items"]?.list?.first?["id"]?.string)
            try await console.open("/policies/" + id)
            #expect(console.text.contains("Approvals asked for under it"))
            for words in ["Approved", "jochen", "manager"] { #expect(console.text.contains(words), "\(words)") }
        }
    }
}

extension PolicyConsole {
    var tenant: TenantID {
        get throws { try TestGateway.operatorCaller(running.gateway, tenant: "default").tenant }
    }
}

/// As a form's field has it.
private func encoded(_ text: String) -> String {
    text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
