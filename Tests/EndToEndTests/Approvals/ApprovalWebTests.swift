import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Testing
import Vocabulary

@Suite("Approvals for people at a browser", .timeLimit(.minutes(5)))
struct ApprovalWebTests {
    @Test(
        "S3-38 S3-39 S3-41 whoever may decide finds what waits, sees what it is about, decides, and finds what was said"
    )
    func story() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serveApprovals { house in
            let api = house.house.api
            let id = try await house.ask(why: "the quarter <ends>")
            let olga = try await ConsolePerson.enter("olga", api)
            #expect(olga.page.contains("href=\"/admin\""), "whoever has something to decide is led there")
            try await olga.open("")
            #expect(olga.status == 200 && olga.page.contains("approvals wait for you"))
            try await olga.open("/approvals")
            #expect(olga.page.contains("Approve invoices in ERP") && olga.page.contains("/admin/approvals/\(id)"))
            #expect(olga.page.contains("for Rita"), "two who ask for the same are told apart")
            try await olga.open("/approvals/\(id)")
            for words in [
                "Rita", "the quarter &lt;ends&gt;", "high", "Separation of duties", "Approve invoices in ERP", "Owner",
            ] { #expect(olga.page.contains(words), "\(words)") }
            try await olga.submit("/approvals/\(id)/decide", ["word": "reject", "comment": ""])
            #expect(olga.status == 422 && olga.page.contains("Say why you reject it."))
            try await olga.submit("/approvals/\(id)/decide", ["word": "approve", "comment": "fine by me"])
            #expect(olga.status == 200 && olga.page.contains("Your approval is recorded."))
            #expect(olga.page.contains("Nothing waits for you."))
            #expect(try await house.approval(id)["state"] == "approved")
            try await olga.open("/approvals/\(id)")
            #expect(olga.page.contains("fine by me") && olga.page.contains("Olga"))
            #expect(!olga.page.contains("/decide"), "what is decided is not asked again")
            let history = try await house.house.get("approvals/\(id)/history")
            #expect(history.body?["events"]?.list?.map { $0["event"] } == ["requested", "approved", "closed_approved"])
            #expect(history.body?["reason"] == "the quarter <ends>")
        }
    }

    @Test(
        "S4-79 what is one's own request, or nobody's business, is not decided: not by its address, nor by another's form"
    )
    func refused() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serveApprovals { house in
            let api = house.house.api
            let own = try await house.ask(for: "olga")
            let other = try await house.ask(for: "rita")
            let olga = try await ConsolePerson.enter("olga", api)
            try await olga.open("/approvals")
            #expect(olga.page.contains(other) && !olga.page.contains("/admin/approvals/\(own)/decide"))
            try await olga.open("/approvals/\(own)")
            #expect(olga.status == 200 && !olga.page.contains("/decide"))
            try await olga.open("/approvals/\(other)")
            let token = try olga.token(of: "/approvals/\(other)/decide")
            try await olga.post("/approvals/\(own)/decide", "csrf=\(token)&word=approve&version=1")
            #expect(olga.status == 403, "a form of one approval decides no other")
            let rita = try await ConsolePerson.enter("rita", api)
            try await rita.open("/approvals/\(own)")
            #expect(rita.status == 404)
            try await rita.open("/approvals/\(other)")
            #expect(rita.status == 200 && !rita.page.contains("/decide"), "she gets it: she sees it and has no say")
            try await rita.open("/approvals/all")
            #expect(rita.status == 403)
            try await rita.open("/approvals/00000000-0000-7000-8000-000000000001")
            #expect(rita.status == 404)
            #expect(try await house.approval(own)["state"] == "pending")
            #expect(try await house.approval(other)["state"] == "pending")
        }
    }

    @Test("S4-79 an approver lets somebody else decide, whose word counts once, and whoever was quicker is heeded")
    func delegation() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serveApprovals { house in
            let api = house.house.api
            let id = try await house.ask()
            let olga = try await ConsolePerson.enter("olga", api)
            try await olga.open("/approvals/\(id)/delegate")
            try await olga.submit("/approvals/\(id)/delegate", ["person": "nobody"])
            #expect(olga.status == 422 && olga.page.contains("Nobody is called that."))
            try await olga.submit("/approvals/\(id)/delegate", ["person": "rita"])
            #expect(olga.status == 403, "never to whoever gets it")
            try await olga.open("/approvals/\(id)/delegate")
            try await olga.submit("/approvals/\(id)/delegate", ["person": "boris"])
            #expect(olga.page.contains("Somebody else may decide in your place now."))
            let boris = try await ConsolePerson.enter("boris", api)
            try await boris.open("/approvals")
            #expect(boris.page.contains("Approve invoices in ERP"))
            try await boris.open("/approvals/\(id)")
            try await olga.open("/approvals/\(id)")
            try await boris.submit("/approvals/\(id)/decide", ["word": "reject", "comment": "not now"])
            #expect(boris.page.contains("Your rejection is recorded."))
            try await olga.submit("/approvals/\(id)/decide", ["word": "approve"])
            #expect(olga.status != 200 || !olga.page.contains("Your approval is recorded."))
            #expect(try await house.approval(id)["state"] == "rejected")
        }
    }

    @Test("a person asks for no more than thirty things in an hour, and is told when to come back")
    func throttled() async throws {
        let now = MovedClock(SystemClock.now())
        let running = try await TestGateway.open(extra: ConsolePerson.local, clock: now.now)
        try await running.serveApprovals { house in
            let gateway = house.gateway
            let person = try await gateway.people.person(
                named: "rita", in: try #require(gateway.tenants.defaultTenant).id)
            var caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            caller.actor = .person(person.id)
            caller.principal = Principal(
                tenant: caller.tenant, subject: .person(person.id),
                credential: .session(SessionID.random(at: now.value)), provider: nil, events: [])
            for number in 0..<31 {
                caller.command = CommandID.random(at: now.value)
                let id = try await house.house.entitlement("E\(number)")
                let wish = AccessRequestService.Wish(try #require(.init(id)), for: .person(person.id))
                if number < 30 {
                    _ = try await gateway.accessRequests.request(wish, by: caller)
                    continue
                }
                await #expect { _ = try await gateway.accessRequests.request(wish, by: caller) } throws: { error in
                    let fault = error as? Fault
                    return fault?.code == "approval.too_many" && (fault?.retryAfter).map { $0 <= .hours(1) } == true
                }
                now.value = now.value + .hours(1)
                _ = try await gateway.accessRequests.request(wish, by: caller)
            }
        }
    }
}
