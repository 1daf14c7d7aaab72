import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// The severity style's document as it stands, asked over HTTP.
@Suite("Rules that answer an alert, over HTTP")
struct AlertRulesAPITests {
    private static let base = "/api/v1/governance/approvals/"

    private static func ask(_ scenario: AttributeValue, _ more: [String: AttributeValue] = [:]) -> AttributeValue {
        var question: [String: AttributeValue] = [
            "subject": "jochen", "action": "alert", "resource_type": "alert", "resource": scenario["kpi"] ?? .null,
            "context": ["kpi_id": scenario["kpi"] ?? .null, "severity": scenario["severity"] ?? .null],
        ]
        question.merge(more) { _, new in new }
        return .object(question)
    }

    private static func open(_ scenario: AttributeValue) async throws -> TestGateway {
        let now = try #require(scenario["at"]?.string.flatMap { Timestamp(rfc3339: $0) })
        let roles = GovernedStage.words(try GovernedStage.corpus("seed-003")["roles"])
        return try await TestGateway.open(extra: GovernedStage.roles(roles), clock: { now })
    }

    private static func prepare(_ api: TestAPI, _ scenario: AttributeValue) async throws {
        #expect(try await api.send(.post, "/api/v1/people", ["login": "jochen"]).status == 201)
        for role in GovernedStage.words(scenario["roles"]) {
            let grant: AttributeValue = ["person": "jochen", "role": .string(role)]
            #expect(try await api.send(.post, "/api/v1/assignments", grant).status == 201)
        }
        try await api.enforce(try GovernedStage.corpus("seed-003")["policy"] ?? .null, name: "Alerts")
    }

    /// Carries out +1 % as often as the scenario has it: asked for, approved by a manager, reserved, committed.
    static func execute(_ percent: Int64, _ api: TestAPI, manager: String) async throws {
        let warn = ask(["kpi": "margin", "severity": "warn"])
        for number in 0..<percent {
            if number == 0 { try await approve(warn, api, manager) }
            guard case .object(var reserving) = warn else { return }
            reserving["reserve"] = true
            let held = try await api.send(.post, "/api/v1/decide", .object(reserving))
            let id = try #require(held.body?["context"]?["reservation"]?["id"]?.string)
            #expect(try await api.send(.post, "/api/v1/reservations/\(id)/commit").body?["state"] == "committed")
        }
    }

    private static func approve(_ question: AttributeValue, _ api: TestAPI, _ manager: String) async throws {
        guard case .object(var asking) = question else { return }
        (asking["request_approval"], asking["reason"]) = (true, "The margin is falling.")
        let asked = try await api.send(.post, "/api/v1/decide", .object(asking))
        #expect(asked.body?["decision"] == false)
        #expect(asked.body?["context"]?["reason_codes"] == ["approval_required"])
        let again = try await api.send(.post, "/api/v1/decide", .object(asking))
        let id = try #require(asked.body?["context"]?["approval"]?["id"]?.string)
        #expect(again.body?["context"]?["approval"]?["id"]?.string == id, "one request waits, not two")
        let given = try await api.send(.post, base + id + "/approve", ["comment": "Yes."], token: manager)
        #expect(given.status == 200 && given.body?["state"] == "approved", "\(given.text)")
    }

    @Test(
        "S3-01 S3-02 S3-03 S3-04 S3-05 S3-06 S3-08 S3-09 S3-10 S3-11 S3-12 S3-13 S3-14 S3-15 S3-16 S3-17 S3-19 S3-20 S3-21 S3-22 S3-23 S3-24 S3-27 both example rules answer every scenario as the document says",
        arguments: 0..<7)
    func scenarios(number: Int) async throws {
        let scenarios = try GovernedStage.corpus("seed-003")["scenarios"]?.list ?? []
        #expect(scenarios.count == 7)
        let scenario = scenarios[number]
        let running = try await Self.open(scenario)
        let manager = try await GovernedStage.key(running.gateway, "manager", roles: ["manager"])
        try await running.serve { api in
            try await Self.prepare(api, scenario)
            if let percent = scenario["executedToday"]?["deltaPct"]?.integer {
                try await Self.execute(percent, api, manager: manager)
            }
            let answer = try await api.send(.post, "/api/v1/decide", Self.ask(scenario))
            let policy = try #require(answer.body?["context"]?["policy"])
            let needsApproval = scenario["needsApproval"]?.bool ?? false
            #expect(answer.body?["decision"]?.bool == (scenario["allowed"]?.bool == true && !needsApproval))
            #expect(policy["allowed"] == scenario["allowed"] && policy["execute"] == scenario["execute"])
            #expect(policy["needs_approval"] == scenario["needsApproval"])
            #expect(GovernedStage.words(policy["approver_roles"]) == GovernedStage.words(scenario["approverRoles"]))
            #expect(policy["params"] == scenario["params"])
            #expect(policy["badge"]?["colour"] == scenario["badge"])
            #expect(policy["rule"]?["name"] == scenario["rule"])
            if let reason = scenario["reason"]?.string {
                #expect(policy["reason"]?.string == reason)
                #expect(policy["badge"]?["text"]?.string == "Policy: \(reason)")
                let code = reason.lowercased().replacingOccurrences(of: " ", with: "_")
                #expect(answer.body?["context"]?["reason_codes"] == [.string(code)])
            }
        }
    }

    @Test(
        "S3-22 approval is asked for, a manager approves, and the same question is answered with yes and who approved")
    func approval() async throws {
        let scenario: AttributeValue = [
            "kpi": "margin", "severity": "warn", "roles": ["operator"], "at": "2026-11-16T09:00:00Z",
        ]
        let running = try await Self.open(scenario)
        let manager = try await GovernedStage.key(running.gateway, "manager", roles: ["manager"])
        let operatorKey = try await GovernedStage.key(running.gateway, "operator", roles: ["operator"])
        try await running.serve { api in
            try await Self.prepare(api, scenario)
            guard case .object(var asking) = Self.ask(scenario) else { return }
            asking["request_approval"] = true
            let asked = try await api.send(.post, "/api/v1/decide", .object(asking))
            let id = try #require(asked.body?["context"]?["approval"]?["id"]?.string)
            let path = Self.base + id + "/approve"
            #expect(try await api.send(.post, path, [:], token: operatorKey).status == 403)
            #expect(try await api.send(.post, path, [:], token: manager).status == 200)
            let answer = try await api.send(.post, "/api/v1/decide", Self.ask(scenario))
            #expect(answer.body?["decision"] == true)
            let notes = answer.body?["context"]?["policy"]?["notes"]?.list ?? []
            #expect(notes.contains { $0["note"] == "approved" && $0["by"]?.string == id })
            // Another request is another matter.
            let other = Self.ask(scenario, ["context": ["kpi_id": "margin", "severity": "warn", "sku": "a-1"]])
            #expect(try await api.send(.post, "/api/v1/decide", other).body?["decision"] == false)
        }
    }

    @Test("S3-18 whoever has none of the three roles may not, though the rule matches")
    func roles() async throws {
        let scenario: AttributeValue = [
            "kpi": "stock", "severity": "warn", "roles": [], "at": "2026-11-16T09:00:00Z",
        ]
        try await Self.open(scenario).serve { api in
            try await Self.prepare(api, scenario)
            let answer = try await api.send(.post, "/api/v1/decide", Self.ask(scenario))
            #expect(answer.body?["decision"] == false)
            #expect(answer.body?["context"]?["reason_codes"] == ["role_required"])
        }
    }

    @Test("S3-24 of many that reserve +3 % at once under 3 %, one gets it; released, the next one does")
    func reservations() async throws {
        let scenario: AttributeValue = [
            "kpi": "margin", "severity": "crit", "roles": ["manager"], "at": "2026-11-16T09:00:00Z",
        ]
        try await Self.open(scenario).serve { api in
            try await Self.prepare(api, scenario)
            let reserving = Self.ask(scenario, ["reserve": true, "time_to_live": 60])
            let answers = try await withThrowingTaskGroup(of: TestAPI.Answer.self) { group in
                for _ in 0..<12 { group.addTask { try await api.send(.post, "/api/v1/decide", reserving) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.body?["decision"] == true } == 1)
            let refused = answers.filter { $0.body?["decision"] == false }
            #expect(refused.allSatisfy { $0.body?["context"]?["reason_codes"] == ["limit_exceeded"] })
            let reservations = answers.compactMap { $0.body?["context"]?["reservation"] }
            let held = try #require(reservations.first)
            #expect(held["expires_at"] == "2026-11-16T09:01:00Z")
            let path = "/api/v1/reservations/\(held["id"]?.string ?? "")"
            #expect(try await api.send(.post, path + "/release").body?["state"] == "released")
            #expect(try await api.send(.post, path + "/commit").status == 409)
            #expect(try await api.send(.post, "/api/v1/decide", reserving).body?["decision"] == true)
            let tooLong = Self.ask(scenario, ["reserve": true, "time_to_live": 86_401])
            #expect(try await api.send(.post, "/api/v1/decide", tooLong).status == 400)
        }
    }

    @Test("S3-25 S3-26 a client's report is accepted at both addresses, and stands in the journal under its reporter")
    func reports() async throws {
        let entry = try GovernedStage.corpus("seed-003")["audit"] ?? .null
        let running = try await TestGateway.open()
        try await running.serve { api in
            for path in ["/mcp/audit/log", "/api/mcp/audit/log"] {
                let answer = try await api.send(.post, path, entry)
                #expect(answer.status == 200 && answer.body == ["ok": true])
                guard case .object(var broken) = entry else { return }
                broken["result"] = "perhaps"
                #expect(try await api.send(.post, path, .object(broken)).status == 400)
                #expect(try await api.send(.post, path, entry, token: .some(nil)).status == 401)
            }
            let events = try await api.send(.get, "/api/v1/audit/events?type=alert.").body?["items"]?.list ?? []
            #expect(events.map { $0["type"] } == ["alert.reported", "alert.reported"])
            #expect(events.allSatisfy { $0["actor"]?.string?.hasPrefix("service_account:") == true })
        }
    }
}
