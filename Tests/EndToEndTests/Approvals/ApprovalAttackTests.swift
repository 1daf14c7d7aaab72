import Fixtures
import Foundation
import Gateway
import HTTPTypes
import HummingbirdTesting
import Identity
import NIOCore
import Testing
import Vocabulary

/// What somebody tries who wants their own request approved, or one they have nothing to do with.
@Suite("Approvals under attack", .timeLimit(.minutes(5)))
struct ApprovalAttackTests {
    private static let base = EntitlementHouse.base
    private static let why: AttributeValue = ["reason": "the site is down"]

    @Test("one's own request is approved by no group, no delegate, no override, no link and no second account's word")
    func ownRequest() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            // Rita gets every role there is, by a role that inherits the others, after she asked.
            let asked = try await floor.ask("low")
            for role in ["security_reviewer", "manager", "director", "Admin"] { try await floor.give(role, to: "rita") }
            for (word, body) in [
                ("approve", [:]), ("reject", [:]), ("override", Self.why), ("override-alone", Self.why),
                ("invite", [:]),
            ] as [(String, AttributeValue)] {
                #expect(try await floor.refused(word, asked, "rita", body) == "approval.requester", "\(word)")
                #expect(try await floor.refused(word, asked, nil, body) == "approval.requester", "\(word)")
            }
            let until = AttributeValue.string((SystemClock.now() + .hours(1)).rfc3339)
            let lent = try await floor.refused(
                "delegate", asked, "sam", ["service_account": "rita", "until": until])
            #expect(lent == "approval.requester")
            let shown = try await api.send(.get, Self.base + "approvals/\(asked["id"]?.string ?? "")")
            #expect(shown.body?["state"] == "pending" && shown.body?["version"] == 1, "nothing was written")
        }
    }

    @Test("whoever asks a decision in another's name does not approve it, and an administrator has one word, not three")
    func secondVoice() async throws {
        let running = try await TestGateway.open()
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            try await floor.govern()
            try await floor.change(to: "risk_level", ["risk_levels": ["critical"]])
            // The administrator asks in sam's name, and reviews security too.
            try await floor.give("security_reviewer", to: "tests")
            let passed = try await floor.decide(["risk_level": "low"], on: "1")
            #expect(passed["submitter"]?["type"] == "service_account")
            #expect(try await floor.refused("approve", passed, nil) == "approval.requester")
            #expect(try await floor.refused("override-alone", passed, nil, Self.why) == "approval.requester")
            #expect(try await floor.refused("approve", passed, "sam") == "approval.requester")
            // Adam reviews security too: his own word, and two links that he makes, are one.
            try await floor.give("security_reviewer", to: "adam")
            let links = try await [floor.say("invite", passed, "adam"), floor.say("invite", passed, "adam")]
                .compactMap { $0.body?["link"]?.string }
            #expect(links.count == 2)
            let visitor = WebPerson(api.client)
            try await visitor.open(links[0])
            try await visitor.submit("comment", ["word": "approve"])
            #expect(visitor.page.contains("You approved it"))
            try await visitor.open(links[1])
            #expect(visitor.status == 410)
            #expect(try await floor.refused("approve", passed, "adam") == "approval.already_decided")
            #expect(try await floor.refused("invite", passed, "adam") == "approval.already_decided")
            #expect(try await floor.say("approve", passed, "sue").body?["state"] == "approved")
        }
    }

    @Test(
        "who has lost the role, was disabled or whose key was revoked decides nothing any more, nor does their delegate"
    )
    func lostRole() async throws {
        let running = try await TestGateway.open()
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            let asked = try await floor.ask("low")
            let until = AttributeValue.string((SystemClock.now() + .hours(1)).rfc3339)
            let lent = try await floor.say("delegate", asked, "sam", ["service_account": "mary", "until": until])
            #expect(lent.status == 200)
            try await floor.take("security_reviewer", from: "sam")
            #expect(try await floor.refused("approve", asked, "sam") == "approval.not_an_approver")
            #expect(try await floor.refused("approve", asked, "mary") == "approval.not_an_approver")
            let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            let sue = try await gateway.serviceAccounts.account(named: "sue", in: caller.tenant)
            try await gateway.serviceAccounts.setDisabled(sue.id, true, by: caller)
            #expect(try await floor.say("approve", asked, "sue").status == 401)
            // With the role again, sam's own word counts, and once for both.
            try await floor.give("security_reviewer", to: "sam")
            #expect(try await floor.say("approve", asked, "mary").status == 200)
            #expect(try await floor.refused("approve", asked, "sam") == "approval.already_decided")
        }
    }

    @Test(
        "in another tenant an approval, its links, its task and its callbacks are not there, and its people are nobody")
    func otherTenant() async throws {
        let running = try await TestGateway.open(tenants: ["default", "other"])
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            let there = try await TestGateway.administrator(of: gateway, tenant: "other", named: "there")
            let asked = try await floor.ask("high")
            let id = asked["id"]?.string ?? ""
            let foreign = "/t/other/api/v1/governance/approvals/\(id)"
            #expect(try await api.send(.get, foreign, token: there).status == 404)
            #expect(try await api.send(.get, foreign + "/history", token: there).status == 404)
            #expect(try await api.send(.get, "/t/other/access/v1/requests/\(id)", token: there).status == 404)
            for (word, body) in [
                ("approve", [:]), ("reject", [:]), ("cancel", [:]), ("escalate", [:]), ("override", Self.why),
                ("override-alone", Self.why), ("review", [:]), ("invite", [:]),
            ] as [(String, AttributeValue)] {
                let answer = try await api.send(.post, foreign + "/\(word)", body, token: there)
                #expect(
                    answer.status == 404 || answer.body?["code"] == "approval.not_an_approver", "\(word) \(answer.text)"
                )
                // A key of one tenant opens nothing in the other.
                let stolen = try await api.send(.post, foreign + "/\(word)", body, token: floor.accounts["adam"])
                #expect([401, 403, 404].contains(stolen.status), "\(word)")
            }
            let stranger = try await gateway.serviceAccounts.account(
                named: "there", in: try #require(gateway.tenants.tenant(slug: "other")).id)
            let until = AttributeValue.string((SystemClock.now() + .hours(1)).rfc3339)
            let lent = try await floor.say(
                "delegate", asked, "sam", ["service_account": .string(stranger.id.description), "until": until])
            #expect(lent.status == 404 || lent.status == 400, "\(lent.text)")
            let shown = try await api.send(.get, Self.base + "approvals/\(id)")
            #expect(shown.body?["version"] == asked["version"], "nothing was written")
        }
    }

    @Test(
        "a link cut and put together with another approval's id opens neither, and one link pressed at once counts once"
    )
    func links() async throws {
        let running = try await TestGateway.open()
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            let (first, second) = (try await floor.ask("low"), try await floor.ask("low"))
            let links = try await [floor.say("invite", first, "adam"), floor.say("invite", second, "anna")]
                .compactMap { $0.body?["link"]?.string }
            func token(_ link: String) -> [UInt8] {
                Base64.decode(String(link.split(separator: "/").last ?? ""), .url) ?? []
            }
            for (head, tail) in [(links[0], links[1]), (links[1], links[0])] {
                let forged = Base64.encode(Array(token(head).prefix(16) + token(tail).suffix(32)), .url)
                let visitor = WebPerson(api.client)
                try await visitor.open("https://gate.example.org/approvals/outside/\(forged)")
                #expect(visitor.status == 410)
            }
            // The same form, sent sixteen times at once.
            let visitor = WebPerson(api.client)
            try await visitor.open(links[0])
            let form = try visitor.prepared("comment", ["word": "approve"])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try await api.client.execute(
                            uri: form.path, method: .post, headers: form.headers, body: .init(string: form.body)
                        ) { $0.status.code }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1, "\(statuses)")
            let path = Self.base + "approvals/\(first["id"]?.string ?? "")"
            let shown = try await api.send(.get, path)
            #expect(shown.body?["stages"]?.list?[0]["votes"]?.list?.count == 1)
        }
    }

    @Test("many words at once are one for each, and one last word decides")
    func atOnce() async throws {
        let running = try await TestGateway.open()
        let gateway = running.gateway
        try await running.serve { api in
            let floor = try await WorkflowFloor(api, gateway)
            let asked = try await floor.ask("low")
            let states = try await withThrowingTaskGroup(of: (String, Int).self) { group in
                for name in ["sam", "sam", "sam", "sue", "sue", "sue"] {
                    group.addTask { (name, try await floor.say("approve", asked, name).status) }
                }
                return try await group.reduce(into: [String: [Int]]()) { $0[$1.0, default: []].append($1.1) }
            }
            for (name, statuses) in states { #expect(statuses.count { $0 == 200 } == 1, "\(name): \(statuses)") }
            let shown = try await api.send(.get, Self.base + "approvals/\(asked["id"]?.string ?? "")")
            #expect(shown.body?["state"] == "approved")
            #expect(shown.body?["stages"]?.list?[0]["votes"]?.list?.count == 2)
            #expect(try await floor.assignment(of: asked)["status"] == "active")
        }
    }
}
