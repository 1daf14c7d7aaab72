import Gateway
import Governance
import HTTPTypes
import Identity
import Synchronization
import Testing
import Vocabulary

@Suite("Requests for access over HTTP")
struct AccessRequestAPITests {
    private typealias House = EntitlementHouse

    /// A clock that tests move; it stands still otherwise.
    private final class Hand: Sendable {
        private let now = Mutex(SystemClock.now())
        var time: Timestamp { now.withLock { $0 } }
        func move(_ duration: Duration) { now.withLock { $0 = $0 + duration } }
    }

    /// A house with an owner's role, two owners and somebody without a role.
    private struct Desk: Sendable {
        let house: House
        let asker: String
        let owners: [String]

        init(_ house: House, _ gateway: Gateway, roles: [String] = ["Owner"]) async throws {
            self.house = house
            for role in roles {
                #expect(try await house.api.send(.post, "/api/v1/roles", ["name": .string(role)]).status == 201)
            }
            asker = try await house.account("asker", roles: [], gateway)
            owners = [
                try await house.account("first", roles: roles, gateway),
                try await house.account("second", roles: roles, gateway),
            ]
            let rules: AttributeValue = ["checks": ["expiry_date"], "approver_roles": ["Owner"]]
            #expect(try await house.api.send(.put, House.base + "assignment-rules", rules).status == 200)
        }

        func ask(_ id: String, _ token: String, _ more: [String: AttributeValue] = [:]) async throws -> TestAPI.Answer {
            try await house.api.send(
                .post, House.base + "access-requests",
                .object(
                    [
                        "entitlement_id": .string(id),
                        "justification": house.seed["assignment"]?["justification"] ?? .null,
                    ]
                    .merging(more) { $1 }.filter { $0.value != .null }), token: token)
        }

        func say(_ word: String, _ answer: TestAPI.Answer, _ token: String, _ body: AttributeValue = [:]) async throws
            -> TestAPI.Answer
        {
            let id = answer.body?["approval"]?["id"]?.string ?? ""
            return try await house.api.send(.post, House.base + "approvals/\(id)/\(word)", body, token: token)
        }

        func status(_ answer: TestAPI.Answer) async throws -> AttributeValue? {
            try await house.get("assignments/" + (answer.body?["assignment"]?["id"]?.string ?? "")).body?["status"]
        }
    }

    @Test(
        "S1-78 access that was asked for begins when it is approved, never by who asked, and ends at its time by itself"
    )
    func story() async throws {
        let hand = Hand()
        let running = try await TestGateway.open(clock: { hand.time })
        try await running.serveHouse { house in
            let desk = try await Desk(house, running.gateway)
            let id = try await house.entitlement("Approve", "high")
            let end = hand.time + .hours(8)
            let asked = try await desk.ask(id, desk.asker, ["expires_at": .string(end.rfc3339)])
            #expect(asked.status == 201 && asked.body?["approval"]?["state"] == "pending")
            #expect(
                asked.body?["approval"]?["approver_roles"] == ["Owner"] && asked.body?["approval"]?["risk"] == "high")
            #expect(try await desk.status(asked) == "pending_approval")
            #expect(try await house.items("access?service_account=asker") == [])
            #expect(house.code(try await desk.say("approve", asked, desk.asker)) == "approval.requester")
            #expect(house.code(try await desk.say("approve", asked, house.api.token)) == "approval.not_an_approver")
            #expect(house.code(try await desk.ask(id, desk.asker)) == "assignment.already_exists")
            hand.move(.hours(1))
            let approved = try await desk.say("approve", asked, desk.owners[0], ["comment": "fine"])
            #expect(approved.status == 200 && approved.body?["state"] == "approved")
            #expect(approved.body?["stages"]?.list?[0]["votes"]?.list?.count == 1)
            #expect(try await desk.status(asked) == "active")
            #expect(try await house.items("access?service_account=asker").count == 1)
            #expect(house.code(try await desk.say("approve", asked, desk.owners[1])) == "approval.closed")
            hand.move(.hours(7) - .microseconds(1))
            #expect(try await running.gateway.governance.endWhatIsDue(now: hand.time) == 0)
            hand.move(.microseconds(1))
            #expect(try await house.items("access?service_account=asker") == [])
            #expect(try await running.gateway.governance.endWhatIsDue(now: hand.time) == 1)
            #expect(try await desk.status(asked) == "expired")
            let last = try await house.items("entitlement-audit?limit=1")
            #expect(last.first?["action"] == "revoked" && last.first?["actor"] == "system:scheduler")
        }
    }

    @Test("a rejection, a withdrawal and a deadline end what waits, and nobody else's word does")
    func ends() async throws {
        let hand = Hand()
        let running = try await TestGateway.open(clock: { hand.time })
        try await running.serveHouse { house in
            let desk = try await Desk(house, running.gateway)
            let id = try await house.entitlement("Approve")
            let rejected = try await desk.ask(id, desk.asker)
            #expect(
                try await desk.say("reject", rejected, desk.owners[0], ["comment": "no"]).body?["state"] == "rejected")
            #expect(try await desk.status(rejected) == "revoked")
            let withdrawn = try await desk.ask(id, desk.asker)
            #expect(try await desk.say("cancel", withdrawn, desk.owners[0]).status == 403)
            #expect(try await desk.say("cancel", withdrawn, desk.asker).body?["state"] == "cancelled")
            #expect(try await desk.status(withdrawn) == "revoked")
            // Taking the waiting assignment away withdraws the request.
            let taken = try await desk.ask(id, desk.asker)
            let assignment = taken.body?["assignment"]?["id"]?.string ?? ""
            #expect(try await house.api.send(.post, House.base + "assignments/\(assignment)/revoke", [:]).status == 200)
            #expect(house.code(try await desk.say("approve", taken, desk.owners[0])) == "approval.closed")
            let template: AttributeValue = [
                "name": "quick", "stages": [["name": "owner", "approver_roles": ["Owner"], "timeout_hours": 4]],
            ]
            let quick = try await house.api.send(.post, House.base + "workflows", ["template": template])
            let rules: AttributeValue = ["checks": [], "workflow_id": quick.body?["id"] ?? .null]
            #expect(try await house.api.send(.put, House.base + "assignment-rules", rules).status == 200)
            let late = try await desk.ask(id, desk.asker)
            hand.move(.hours(3))
            #expect(try await running.gateway.governance.endWhatIsDue(now: hand.time) == 1)
            #expect(try await house.items("approvals?state=pending").first?["reminded"] == true)
            hand.move(.hours(1))
            #expect(try await running.gateway.governance.endWhatIsDue(now: hand.time) == 1)
            #expect(try await desk.status(late) == "revoked")
            #expect(try await house.items("approvals?state=expired").count == 1)
            #expect(try await house.items("approvals?service_account=asker").count == 4)
        }
    }

    @Test("stages follow one another, by conditions, with approvers who are distinct over all of them")
    func workflow() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let desk = try await Desk(house, running.gateway, roles: ["Owner", "Security"])
            let template: AttributeValue = [
                "name": "two pairs of eyes",
                "stages": [
                    ["name": "owner", "approver_roles": ["Owner"], "timeout_hours": 4],
                    [
                        "name": "security", "approver_roles": ["Security"], "condition": "risk_level",
                        "condition_params": ["risk_levels": ["high", "critical"]],
                    ],
                ],
            ]
            let made = try await house.api.send(.post, House.base + "workflows", ["template": template])
            #expect(made.status == 201 && made.body?["template"]?["name"] == "two pairs of eyes")
            let workflow = try #require(made.body?["id"])
            let low = try await house.entitlement("low"), high = try await house.entitlement("high", "high")
            let rules: AttributeValue = ["checks": [], "workflow_id": workflow]
            #expect(try await house.api.send(.put, House.base + "assignment-rules", rules).status == 200)
            let plain = try await desk.ask(low, desk.asker)
            #expect(plain.body?["approval"]?["stages"]?.list?[1]["skipped"] == true)
            #expect(try await desk.say("approve", plain, desk.owners[0]).body?["state"] == "approved")
            let grave = try await desk.ask(high, desk.asker)
            let first = try await desk.say("approve", grave, desk.owners[0])
            #expect(first.body?["state"] == "pending" && first.body?["stage"] == 1)
            #expect(house.code(try await desk.say("approve", grave, desk.owners[0])) == "approval.already_decided")
            #expect(try await desk.status(grave) == "pending_approval")
            #expect(try await desk.say("approve", grave, desk.owners[1]).body?["state"] == "approved")
            #expect(try await desk.status(grave) == "active")
            let path = House.base + "workflows/" + (workflow.string ?? "")
            #expect(try await house.api.send(.put, path, ["template": ["name": "x", "stages": []]]).status == 400)
            #expect(try await house.api.send(.delete, path).body?["retired"] == true)
            let another = try await house.entitlement("another")
            #expect(house.code(try await desk.ask(another, desk.asker)) == "governance.invalid_state")
        }
    }

    @Test("a request passes the validators and separation of duties, when it is made and again when it begins")
    func judged() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let desk = try await Desk(house, running.gateway)
            let first = try await house.entitlement("a"), second = try await house.entitlement("b", "high")
            #expect(try await desk.ask(second, desk.asker, ["justification": .null]).status == 422)
            #expect(try await desk.ask(first, desk.asker, ["expires_at": "2020-01-01T00:00:00Z"]).status == 422)
            let waiting = try await desk.ask(second, desk.asker)
            #expect(waiting.status == 201)
            _ = try await house.rule([first, second])
            let given: AttributeValue = ["entitlement_id": .string(first), "service_account": "asker"]
            #expect(try await house.api.send(.post, House.base + "assignments", given).status == 201)
            let refused = try await desk.say("approve", waiting, desk.owners[0])
            #expect(refused.status == 409 && house.code(refused) == "sod.violation")
            #expect(try await house.items("approvals?state=pending").count == 1)
            #expect(
                house.code(try await desk.ask(second, desk.owners[0], ["person": "ada"])) == "management.not_permitted")
        }
    }

    @Test("whoever gets what somebody else asked for does not approve it either")
    func beneficiary() async throws {
        let running = try await TestGateway.open()
        try await running.serveHouse { house in
            let desk = try await Desk(house, running.gateway)
            let id = try await house.entitlement("a")
            let asked = try await desk.ask(id, house.api.token, ["service_account": "first"])
            #expect(asked.status == 201 && asked.body?["approval"]?["beneficiary"] != nil)
            #expect(house.code(try await desk.say("approve", asked, desk.owners[0])) == "approval.requester")
            let override: AttributeValue = ["reason": "the site is down"]
            #expect(try await desk.say("override", asked, desk.owners[0], override).status == 403)
            #expect(try await desk.say("approve", asked, desk.owners[1]).status == 200)
            #expect(try await desk.status(asked) == "active")
        }
    }

    @Test("what waits survives a restart, and is approved and ended after it")
    func restart() async throws {
        let hand = Hand()
        let running = try await TestGateway.open(clock: { hand.time })
        let (approval, entitlement, key) = try await Self.ask(running.gateway, until: hand.time + .hours(8))
        let second = try await running.restarted(clock: { hand.time })
        let again = second.gateway
        try await second.serve { api in
            let path = House.base + "access?service_account=asker"
            #expect(try await api.send(.get, path).body?["items"] == [])
            let approved = try await api.send(.post, House.base + "approvals/\(approval)/approve", [:], token: key)
            #expect(approved.body?["state"] == "approved")
            let access = try await api.send(.get, path)
            #expect(access.body?["items"]?.list?.first?["entitlement_id"] == .string(entitlement.description))
            hand.move(.hours(8))
            #expect(try await again.governance.endWhatIsDue(now: hand.time) == 1)
            #expect(try await api.send(.get, path).body?["items"] == [])
        }
    }

    /// Asks for access through the Swift interface; answers the approval, the entitlement and an approver's key.
    private static func ask(_ gateway: Gateway, until end: Timestamp) async throws -> (
        ApprovalID, EntitlementID, String
    ) {
        let caller = try TestGateway.operatorCaller(gateway, tenant: "default")
        let application = try await gateway.entitlements.create(
            ApplicationID.random(at: end), ApplicationDetails(name: "ERP"), by: caller)
        let entitlement = try await gateway.entitlements.create(
            EntitlementID.random(at: end), of: application.id, EntitlementDetails(name: "Approve", riskLevel: .low),
            by: caller)
        let asker = try await gateway.serviceAccounts.create(name: "asker", description: nil, by: caller)
        let made = try await gateway.accessRequests.request(
            .init(entitlement.id, for: .serviceAccount(asker.id), until: end), by: caller)
        #expect(made.assignment.status == .pendingApproval && made.approval.approverRoles == ["Admin"])
        let approver = try await gateway.serviceAccounts.create(name: "approver", description: nil, by: caller)
        let admin = try await gateway.roles.role(named: "Admin", in: caller.tenant)
        _ = try await gateway.roles.assign(admin.id, to: .serviceAccount(approver.id), expiresAt: nil, by: caller)
        let key = try await gateway.serviceAccounts.makeKey(
            for: approver.id, name: "k", scopes: nil, lifetime: .days(1), by: caller
        ).token.reveal()
        return (made.approval.id, entitlement.id, key)
    }
}
