import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

/// The document's two-stage workflow as a client meets it over HTTP.
@Suite("The document's workflow over HTTP", .timeLimit(.minutes(5)))
struct WorkflowStoryTests {
    private static let base = EntitlementHouse.base

    @Test(
        "S4-16 S4-17 S4-18 the document's template is made over HTTP as it was written, and its stages follow one another"
    )
    func stages() async throws {
        let now = MovedClock()
        let running = try await TestGateway.open(clock: now.now)
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, running.gateway)
            let read = try await api.send(.get, Self.base + "workflows/" + floor.workflow)
            let template = try #require(read.body?["template"])
            for (name, value) in try WorkflowFloor.template().object ?? [:] { #expect(template[name] == value) }
            let asked = try await floor.ask("high")
            #expect(asked["workflow_id"] == .string(floor.workflow) && asked["stage"] == 0)
            #expect(asked["stages"]?.list?.map { $0["name"] } == ["Security Team Review", "Management Approval"])
            #expect(asked["stages"]?.list?.map { $0["min_approvals"] } == [2, 1])
            #expect(asked["approver_roles"] == ["security_reviewer"])
            #expect(asked["deadline"] == .string((now.value + .hours(4)).rfc3339))
            #expect(try await floor.say("approve", asked, "sam").body?["stage"] == 0, "two have to approve")
            #expect(try await floor.refused("approve", asked, "sam") == "approval.already_decided")
            #expect(try await floor.refused("approve", asked, "mary") == "approval.not_an_approver")
            now.advance(.hours(1))
            let second = try await floor.say("approve", asked, "sue").body
            #expect(second?["stage"] == 1 && second?["approver_roles"] == ["manager", "director"])
            #expect(second?["deadline"] == .string((now.value + .hours(8)).rfc3339))
            #expect(try await floor.refused("approve", asked, "sam") == "approval.already_decided")
            let done = try await floor.say("approve", asked, "dora").body
            #expect(done?["state"] == "approved")
            #expect(try await floor.assignment(of: asked)["status"] == "active")
            // A stage that names no time has a day.
            let plain: AttributeValue = ["name": "plain", "stages": [["name": "s", "approver_roles": ["manager"]]]]
            try await floor.follow(plain)
            let slow = try await floor.ask("low")
            #expect(slow["deadline"] == .string((now.value + .hours(24)).rfc3339))
        }
    }

    @Test(
        "S4-19 risk passes the document's second stage or not, and so do size, error, environment and the hour of a change"
    )
    func routing() async throws {
        let now = MovedClock()
        let running = try await TestGateway.open(clock: now.now)
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, running.gateway)
            for (risk, isAsked) in [("low", false), ("medium", false), ("high", true), ("critical", true)] {
                let asked = try await floor.ask(risk)
                #expect(asked["stages"]?.list?.map { $0["skipped"] } == [false, .bool(!isAsked)], "\(risk)")
                _ = try await floor.say("approve", asked, "sam")
                let state = try await floor.say("approve", asked, "sue").body?["state"]
                #expect(state == (isAsked ? "pending" : "approved"), "\(risk)")
            }
            let request = try #require(try GovernedStage.corpus("seed-004")["request"])
            let size = Int64(request["patch_content"]?.string?.utf8.count ?? 0)
            func clock(_ moment: Timestamp) -> AttributeValue {
                .string(String(moment.rfc3339.dropFirst(11).prefix(5)))
            }
            func hours(_ start: AttributeValue, _ end: AttributeValue) -> AttributeValue {
                ["days": [0, 1, 2, 3, 4, 5, 6], "start": start, "end": end, "timezone": "UTC"]
            }
            let far = clock(now.value + .hours(6))
            let cases: [(String, AttributeValue, Bool)] = [
                ("patch_size", ["at_least": .integer(size)], true),
                ("patch_size", ["at_least": .integer(size + 1)], false),
                ("error_type", ["error_types": ["AttributeError"]], true),
                ("error_type", ["error_types": ["KeyError"]], false),
                ("environment", ["environments": ["production"]], true),
                ("environment", ["environments": ["staging"]], false),
                ("time_based", hours("00:00", "23:59"), false), ("time_based", hours(far, far), true),
            ]
            try await floor.govern()
            for (number, (condition, parameters, isAsked)) in cases.enumerated() {
                try await floor.change(to: condition, parameters)
                let asked = try await floor.decide(request, on: "\(number)")
                #expect(
                    asked["stages"]?.list?.map { $0["skipped"] } == [false, .bool(!isAsked)],
                    "\(condition) \(parameters)")
            }
        }
    }

    @Test("S4-20 S4-21 S4-75 a stage reminds, escalates and ends by itself, with a restart before each")
    func deadlines() async throws {
        let now = MovedClock()
        var running = try await TestGateway.open(clock: now.now)
        let gateway = running.gateway
        let made = Made()
        try await running.visit { api in
            let floor = try await WorkflowFloor(
                api, gateway, escalations: ["sla_breach": ["director"]])
            let (late, good) = (try await floor.ask("low"), try await floor.ask("high"))
            #expect(try await floor.say("approve", good, "sam").body?["stage"] == 0)
            made.keep(floor.accounts, late["id"]?.string ?? "", good["id"]?.string ?? "")
        }
        /// Restarts, lets time pass, and answers what became due and how the late one stands.
        func pass(_ time: Duration) async throws -> (due: Int, late: AttributeValue) {
            running = try await running.restarted(clock: now.now)
            now.advance(time)
            let due = try await running.gateway.governance.endWhatIsDue(now: now.value)
            let shown = Made()
            try await running.visit { api in
                shown.keep(try await api.send(.get, Self.base + "approvals/\(made.late)").body ?? .null)
            }
            return (due, shown.shown)
        }
        let begun = now.value
        #expect(try await pass(.hours(3) - .microseconds(1)).due == 0)
        let reminded = try await pass(.microseconds(1))
        #expect(reminded.due == 2 && reminded.late["reminded"] == true && reminded.late["state"] == "pending")
        #expect(try await pass(.zero).due == 0, "nobody is reminded twice")
        // What had one voice before the restarts needs one more after them.
        try await running.visit { api in
            let path = Self.base + "approvals/\(made.good)/approve"
            let voted = try await api.send(.post, path, [:], token: made.accounts["sue"])
            #expect(voted.body?["stage"] == 1, "\(voted.text)")
        }
        let escalated = try await pass(.hours(1))
        #expect(escalated.due == 1 && escalated.late["escalated"] == ["sla_breach"])
        #expect(escalated.late["approver_roles"] == ["security_reviewer", "director"])
        #expect(escalated.late["deadline"] == .string((begun + .hours(8)).rfc3339))
        #expect(try await pass(.zero).due == 0, "nothing is escalated twice")
        let ended = try await pass(.hours(4))
        #expect(ended.late["state"] == "expired")
        try await running.visit { api in
            let assignment = ended.late["assignment_id"]?.string ?? ""
            let shown = try await api.send(.get, Self.base + "assignments/\(assignment)")
            #expect(shown.body?["status"] == "revoked")
            let path = Self.base + "approvals/\(made.late)/approve"
            let tooLate = try await api.send(.post, path, [:], token: made.accounts["sam"])
            #expect(tooLate.body?["code"] == "approval.closed")
        }
        try await running.close()
    }

    /// What one visit leaves to the next.
    private final class Made: @unchecked Sendable {
        // Visits follow one another: none reads what another writes at the same time.
        private(set) var accounts: [String: String] = [:]
        private(set) var late = ""
        private(set) var good = ""
        private(set) var shown = AttributeValue.null
        func keep(_ accounts: [String: String], _ late: String, _ good: String) {
            (self.accounts, self.late, self.good) = (accounts, late, good)
        }
        func keep(_ shown: AttributeValue) { self.shown = shown }
    }

    @Test("S4-21 high risk asks further roles from the beginning, a rejection and a person ask them later, each once")
    func escalations() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let floor = try await WorkflowFloor(
                api, running.gateway,
                escalations: ["high_risk": ["director"], "rejection": ["ciso"], "manual": ["manager"]])
            #expect(try await floor.ask("low")["approver_roles"] == ["security_reviewer"])
            let asked = try await floor.ask("high")
            #expect(asked["approver_roles"] == ["security_reviewer", "director"])
            #expect(asked["escalated"] == ["high_risk"])
            #expect(try await floor.refused("escalate", asked, "rita") == "approval.not_an_approver")
            #expect(try await floor.refused("escalate", asked, "mary") == "approval.not_an_approver")
            let passed = try await floor.say("escalate", asked, "sam").body
            #expect(passed?["approver_roles"] == ["security_reviewer", "director", "manager"])
            #expect(try await floor.say("escalate", asked, "sue").status == 400, "once")
            let why: AttributeValue = ["comment": "too wide"]
            let risen = try await floor.say("reject", asked, "mary", why).body
            #expect(risen?["state"] == "pending" && risen?["approver_roles"]?.list?.last == "ciso")
            #expect(try await floor.refused("approve", asked, "mary") == "approval.already_decided")
            #expect(try await floor.say("reject", asked, "cleo", why).body?["state"] == "rejected")
            #expect(try await floor.assignment(of: asked)["status"] == "revoked")
        }
    }

    @Test("S4-23 in an emergency two let it through, or one who is reviewed by somebody else, and never who asked")
    func overrides() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, running.gateway)
            let why: AttributeValue = ["reason": "the site is down"]
            let two = try await floor.ask("high")
            #expect(try await floor.say("override", two, "sam", why).status == 403, "it takes the permission")
            #expect(try await floor.refused("override", two, nil, why) == "approval.requester")
            #expect(try await floor.say("override", two, "adam", ["reason": "now"]).status == 400)
            let begun = try await floor.say("override", two, "adam", why).body
            #expect(begun?["state"] == "pending" && begun?["alarming"] == true)
            #expect(try await floor.refused("override", two, "adam", why) == "approval.already_decided")
            let done = try await floor.say("override", two, "anna", why).body
            #expect(done?["state"] == "overridden" && done?["needs_review"] == false)
            #expect(try await floor.assignment(of: two)["status"] == "active")
            let one = try await floor.ask("high")
            let alone = try await floor.say("override-alone", one, "adam", why).body
            #expect(alone?["state"] == "overridden" && alone?["needs_review"] == true && alone?["alarming"] == true)
            #expect(try await floor.refused("review", one, "adam") == "approval.requester")
            #expect(try await floor.refused("review", one, nil) == "approval.requester")
            let reviewed = try await floor.say("review", one, "anna", ["comment": "it was down"]).body
            #expect(reviewed?["needs_review"] == false)
            let history = try await api.send(.get, Self.base + "approvals/\(one["id"]?.string ?? "")/history")
            #expect(history.body?["events"]?.list?.map { $0["event"] } == ["requested", "overridden", "reviewed"])
        }
    }

    @Test("S4-24 a delegate decides in another's place, until a moment, while who delegated could, and once for both")
    func delegation() async throws {
        let now = MovedClock()
        let running = try await TestGateway.open(clock: now.now)
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            let asked = try await floor.ask("low")
            func lend(_ other: String, _ by: String, for time: Duration = .hours(2)) async throws -> TestAPI.Answer {
                let until = AttributeValue.string((now.value + time).rfc3339)
                return try await floor.say("delegate", asked, by, ["service_account": .string(other), "until": until])
            }
            #expect(try await lend("rita", "sam").body?["code"] == "approval.requester", "never to who gets it")
            #expect(try await lend("mary", "dora").body?["code"] == "approval.not_an_approver")
            #expect(try await lend("mary", "sam", for: .zero).status == 400)
            #expect(try await lend("mary", "sam").status == 200)
            #expect(try await lend("dora", "sue").status == 200)
            let voted = try await floor.say("approve", asked, "mary").body
            let vote = voted?["stages"]?.list?[0]["votes"]?.list?.first
            #expect(vote?["on_behalf_of"]?["id"] == .string(floor.ids["sam"] ?? ""))
            #expect(try await floor.refused("approve", asked, "sam") == "approval.already_decided")
            // Whoever delegated loses the role: nobody casts their vote.
            try await floor.take("security_reviewer", from: "sue")
            #expect(try await floor.refused("approve", asked, "dora") == "approval.not_an_approver")
            try await floor.give("security_reviewer", to: "sue")
            now.advance(.hours(2))
            #expect(try await floor.refused("approve", asked, "dora") == "approval.not_an_approver", "its time is over")
            #expect(try await floor.say("approve", asked, "sue").body?["state"] == "approved")
        }
    }
}
