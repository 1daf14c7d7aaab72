import Gateway
import Governance
import HTTPTypes
import Identity
import Logging
import Testing
import Vocabulary

@Suite("Reviews of who holds what, over HTTP")
struct CampaignAPITests {
    private typealias House = EntitlementHouse

    private static let why: AttributeValue = "still on that project"

    /// A house whose people decide through the Swift interface, as whoever has proven to be them.
    private struct Desk: Sendable {
        let house: House
        let gateway: Gateway
        let clock: MovedClock

        /// Begins a review of the application whose named reviewer is a person; answers the campaign.
        func start(_ more: [String: AttributeValue] = [:], token: String?? = .none) async throws -> TestAPI.Answer {
            let deadline = (clock.value + .days(40)).rfc3339
            let body: [String: AttributeValue] = [
                "name": "Q4", "application": .string(house.application), "reviewers": "named", "reviewer": "bob",
                "deadline": .string(deadline),
            ]
            return try await house.api.send(
                .post, "/api/v1/campaigns", .object(body.merging(more) { $1 }.filter { $0.value != .null }),
                token: token)
        }

        func lines(_ campaign: TestAPI.Answer, _ query: String = "") async throws -> [AttributeValue] {
            let id = campaign.body?["id"]?.string ?? ""
            let answer = try await house.api.send(.get, "/api/v1/campaigns/\(id)/lines\(query)")
            #expect(answer.status == 200, "\(answer.text)")
            return answer.body?["items"]?.list ?? []
        }

        /// Says something of lines in the name of a subject.
        func decide(
            _ campaign: TestAPI.Answer, _ lines: [AttributeValue], _ verdict: Campaign.Verdict, by subject: Subject,
            reason: String = "still on that project"
        ) async throws -> [CampaignService.Line] {
            try await gateway.campaigns.decide(
                lines.compactMap { $0["id"]?.string.flatMap { CampaignLineID($0) } }, of: try id(campaign), verdict,
                reason: reason, by: try caller(subject))
        }

        func id(_ campaign: TestAPI.Answer) throws -> CampaignID {
            try #require(campaign.body?["id"]?.string.flatMap { CampaignID($0) })
        }

        func person(_ login: String) async throws -> Subject {
            .person(try #require(PersonID(try await house.person(login))))
        }

        /// A caller who has proven to be this subject.
        func caller(_ subject: Subject) throws -> Caller {
            var caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            caller.principal = Principal(
                tenant: caller.tenant, subject: subject, credential: .session(SessionID.random(at: clock.value)),
                provider: nil, events: [])
            if case .person(let id) = subject { caller.actor = .person(id) }
            return caller
        }
    }

    private func serve(_ extra: String = "", _ body: @escaping @Sendable (Desk) async throws -> Void) async throws {
        let clock = MovedClock()
        let running = try await TestGateway.open(extra: extra, clock: clock.now)
        try await running.serveHouse { house in
            try await body(Desk(house: house, gateway: running.gateway, clock: clock))
        }
    }

    @Test("S1-77 S4-73 lines are kept or revoked with a reason, and closing revokes what was not kept")
    func story() async throws {
        try await serve { desk in
            let house = desk.house
            let first = try await house.entitlement("Approve", "high"), second = try await house.entitlement("Create")
            let kept = try await house.assign(first, to: "ada"), dropped = try await house.assign(second, to: "ada")
            let role = try await house.api.send(.post, "/api/v1/roles", ["name": "Clerk"])
            #expect(role.status == 201)
            let bound = House.base + "entitlements/\(second)/roles/Clerk"
            #expect(try await house.api.send(.put, bound).status == 200)
            let grant = try await house.api.send(
                .post, "/api/v1/assignments", ["role": "Clerk", "person": "ada"])
            #expect(grant.status == 201, "\(grant.text)")
            let campaign = try await desk.start()
            #expect(campaign.status == 201 && campaign.body?["phase"] == "open" && campaign.body?["lines"] == 3)
            let lines = try await desk.lines(campaign)
            #expect(Set(lines.compactMap { $0["name"]?.string }) == ["Approve", "Create", "Clerk"])
            #expect(lines.allSatisfy { $0["holder_name"] == "ada" && $0["reviewer_name"] == "bob" })
            #expect(lines.first { $0["name"] == "Approve" }?["risk_level"] == "high")
            let bob = try await desk.person("bob")
            let keep = lines.filter { $0["name"] == "Approve" }
            let shown = try await desk.decide(campaign, keep, .keep, by: bob)
            #expect(shown.first?.reason == "still on that project" && shown.first?.line.state == "keep")
            _ = try await desk.decide(
                campaign, lines.filter { $0["name"] == "Clerk" }, .revoke, by: bob, reason: "moved to another team")
            let overview = try await house.api.send(.get, "/api/v1/campaigns/\(try desk.id(campaign))")
            #expect(overview.body?["counts"] == ["open": 1, "keep": 1, "revoke": 1])
            let closed = try await house.api.send(.post, "/api/v1/campaigns/\(try desk.id(campaign))/close")
            #expect(closed.status == 200 && closed.body?["phase"] == "closed", "\(closed.text)")
            #expect(closed.body?["counts"] == ["kept": 1, "revoked": 2])
            func status(_ answer: TestAPI.Answer) async throws -> AttributeValue? {
                try await house.get("assignments/" + (answer.body?["id"]?.string ?? "")).body?["status"]
            }
            #expect(try await status(kept) == "active")
            #expect(try await status(dropped) == "revoked")
            let gone = try await house.api.send(.get, "/api/v1/assignments?person=ada")
            #expect(gone.body?["items"] == [])
            let again = try await house.api.send(.post, "/api/v1/campaigns/\(try desk.id(campaign))/close")
            #expect(again.status == 409 && house.code(again) == "governance.invalid_state")
            #expect(try await house.items("entitlement-audit?limit=1").first?["action"] == "revoked")
        }
    }

    @Test("nobody reviews what they hold, by whatever way it comes to them, and others' lines tell nothing")
    func attacks() async throws {
        try await serve { desk in
            let house = desk.house
            let id = try await house.entitlement("Approve")
            _ = try await house.assign(id, to: "ada")
            _ = try await house.assign(id, to: "bob")
            let campaign = try await desk.start(["escalates_to": "ada"])
            let lines = try await desk.lines(campaign)
            let ada = try await desk.person("ada"), bob = try await desk.person("bob")
            func line(of login: String) -> [AttributeValue] { lines.filter { $0["holder_name"]?.string == login } }
            // The named reviewer holds it too: whoever it escalates to is asked about theirs.
            #expect(line(of: "bob").first?["reviewer_name"] == "ada")
            func refused(_ code: String, _ body: () async throws -> Void) async {
                await #expect { try await body() } throws: { ($0 as? Fault)?.code == code }
            }
            await refused("campaign.own_line") { _ = try await desk.decide(campaign, line(of: "bob"), .keep, by: bob) }
            await refused("campaign.own_line") {
                _ = try await desk.gateway.campaigns.delegate(
                    line(of: "ada").compactMap { $0["id"]?.string.flatMap { CampaignLineID($0) } },
                    of: try desk.id(campaign), to: ada, isManager: false, by: try desk.caller(bob))
            }
            // All or none: one line of one's own among others changes nothing.
            await refused("campaign.own_line") { _ = try await desk.decide(campaign, lines, .keep, by: bob) }
            #expect(try await desk.lines(campaign, "?state=open").count == 2)
            await refused("governance.invalid") {
                _ = try await desk.decide(campaign, line(of: "ada"), .keep, by: bob, reason: "ok")
            }
            await refused("campaign.not_the_reviewer") {
                _ = try await desk.decide(campaign, [["id": .string(id)]], .keep, by: bob)
            }
            let stranger = try await house.account("stranger", roles: [], desk.gateway)
            for path in ["/api/v1/campaigns", "/api/v1/campaigns/\(try desk.id(campaign))/lines"] {
                #expect(try await house.api.send(.get, path, token: stranger).status == 403)
            }
            let mine = try await house.api.send(.get, "/api/v1/review-lines", token: stranger)
            #expect(mine.status == 200 && mine.body?["items"] == [])
            let forged = try await house.api.send(
                .post, "/api/v1/campaigns/\(try desk.id(campaign))/decide",
                ["lines": .list(lines.compactMap { $0["id"] }), "verdict": "keep", "reason": Self.why], token: stranger)
            #expect(forged.status == 403 && house.code(forged) == "campaign.not_the_reviewer")
            #expect(try await desk.start(token: stranger).status == 403)
            // A word is taken once: the same again is no second event, and after the end there is none.
            _ = try await desk.decide(campaign, line(of: "ada"), .keep, by: bob)
            let version = try await desk.lines(campaign, "?state=keep").first?["version"]
            _ = try await desk.decide(campaign, line(of: "ada"), .keep, by: bob)
            #expect(try await desk.lines(campaign, "?state=keep").first?["version"] == version)
            #expect(
                try await house.api.send(.post, "/api/v1/campaigns/\(try desk.id(campaign))/close").status == 200)
            await refused("governance.invalid_state") {
                _ = try await desk.decide(campaign, line(of: "ada"), .revoke, by: bob)
            }
        }
    }

    @Test("a campaign of another tenant is nowhere")
    func isolation() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let other = try await TestGateway.administrator(of: running.gateway, tenant: "other", named: "others")
        try await running.serveHouse { house in
            let id = try await house.entitlement("Approve")
            _ = try await house.assign(id, to: "ada")
            let body: AttributeValue = [
                "name": "Q4", "application": .string(house.application), "reviewer": "bob",
                "deadline": .string((SystemClock.now() + .days(3)).rfc3339),
            ]
            let made = try await house.api.send(.post, "/api/v1/campaigns", body)
            let campaign = try #require(made.body?["id"]?.string)
            let line = try #require(
                try await house.api.send(.get, "/api/v1/campaigns/\(campaign)/lines").body?["items"]?.list?.first?["id"]
            )
            let path = "/t/other/api/v1/campaigns"
            #expect(try await house.api.send(.get, path, token: other).body?["items"] == [])
            for part in ["", "/lines"] {
                #expect(try await house.api.send(.get, "\(path)/\(campaign)\(part)", token: other).status == 404)
            }
            #expect(try await house.api.send(.post, "\(path)/\(campaign)/close", token: other).status == 404)
            let decided = try await house.api.send(
                .post, "\(path)/\(campaign)/decide",
                ["lines": [line], "verdict": "revoke", "reason": "a long enough reason"], token: other)
            #expect(decided.status == 403 && house.code(decided) == "campaign.not_the_reviewer")
            #expect(try await house.api.send(.get, "/api/v1/campaigns/\(campaign)", token: other).status == 401)
        }
    }

    @Test("it reminds, escalates and closes by itself, and survives a restart in the middle of each")
    func timers() async throws {
        try await serve { desk in
            let house = desk.house
            let id = try await house.entitlement("Approve")
            let held = try await house.assign(id, to: "ada")
            #expect(try await house.api.send(.post, "/api/v1/people", ["login": "chief"]).status == 201)
            let chief = try await desk.person("chief")
            let campaign = try await desk.start(["escalates_to": "chief"])
            let campaigns = desk.gateway.campaigns
            // The key of the others lasts for a day.
            let key = try await house.account("clock", roles: ["Admin"], desk.gateway, for: .days(90))
            func pass(_ days: Int) async throws -> AttributeValue? {
                desk.clock.advance(.days(days))
                try await campaigns.carryOutWhatIsDue(now: desk.clock.value)
                return try await house.api.send(
                    .get, "/api/v1/campaigns/\(try desk.id(campaign))", token: key
                ).body
            }
            #expect(try await pass(29)?["reminded"] == false)
            #expect(try await pass(1)?["reminded"] == true)
            #expect(try await pass(10)?["escalated"] == true)
            let waiting = try await campaigns.openLines(for: chief, in: try desk.caller(chief).tenant)
            #expect(waiting.map(\.holderName) == ["ada"])
            #expect(try await pass(9)?["phase"] == "open")
            let closed = try await pass(1)
            #expect(closed?["phase"] == "closed" && closed?["counts"] == ["revoked": 1])
            let after = try await house.api.send(
                .get, House.base + "assignments/" + (held.body?["id"]?.string ?? ""), token: key)
            #expect(after.body?["status"] == "revoked")
            #expect(try await campaigns.carryOutWhatIsDue(now: desk.clock.value) == 0)
        }
    }

    @Test("a line says when the access was last used, as recorded decisions tell, and that nothing tells where none do")
    func uses() async throws {
        let buyer = """
            roles:
              - { name: Buyer, permissions: [ { action: Approve, type: ERP, resource: "*" } ] }
            """
        try await serve(buyer) { desk in
            let house = desk.house
            _ = try await house.assign(try await house.entitlement("Approve"), to: "ada")
            let given = try await house.api.send(.post, "/api/v1/assignments", ["role": "Buyer", "person": "ada"])
            #expect(given.status == 201)
            let blind = try await desk.start()
            #expect(try await desk.lines(blind).first?["use"] != "recorded")
            #expect(try await desk.lines(blind).first?["unused"] == nil)
            let asked = try await house.api.send(
                .post, "/access/v1/evaluation",
                [
                    "subject": ["type": "user", "id": "ada"], "action": ["name": "Approve"],
                    "resource": ["type": "ERP", "id": "order-7"],
                ])
            #expect(asked.body?["decision"] == true, "\(asked.text)")
            let decision = try #require(asked.body?["context"]?["id"]?.string)
            while try await house.api.send(.get, "/api/v1/decisions/\(decision)").status != 200 {
                try await Task.sleep(for: .milliseconds(20))
            }
            let seeing = try await desk.start(["name": "later", "unused_after_days": 1])
            let line = try #require(try await desk.lines(seeing).first)
            #expect(line["use"] == "recorded" && line["last_used"] != nil && line["unused"] == false)
            #expect(seeing.body?["recorded_since"] != nil)
            let roles = try await desk.start(["application": .null, "role": "Buyer"])
            #expect(try await desk.lines(roles).map { $0["use"] } == ["recorded"])
        }
    }

    @Test("bounds and faults of what a campaign is begun with are refused")
    func refusals() async throws {
        try await serve { desk in
            let house = desk.house
            #expect(house.code(try await desk.start()) == "governance.invalid")
            _ = try await house.assign(try await house.entitlement("Approve"), to: "ada")
            let past: AttributeValue = .string((desk.clock.value - .days(1)).rfc3339)
            for wrong: [String: AttributeValue] in [
                ["deadline": past], ["deadline": "tomorrow"], ["name": ""], ["reviewer": "nobody"],
                ["role": "Admin"], ["application": .null], ["unused_after_days": 0], ["escalates_to": "bob"],
                ["undecided": "maybe"],
            ] {
                let answer = try await desk.start(wrong)
                #expect(answer.status == 400 || answer.status == 404, "\(wrong): \(answer.text)")
            }
            let unknown = try await desk.start(["application": .string(try await house.person("ada"))])
            #expect(unknown.status == 404)
            #expect(try await house.api.send(.get, "/api/v1/campaigns").body?["items"] == [])
        }
    }
}
