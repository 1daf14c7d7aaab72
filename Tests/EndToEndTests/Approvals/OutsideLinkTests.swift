import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Testing
import Vocabulary

@Suite("Approvers outside, by a link", .timeLimit(.minutes(5)))
struct OutsideLinkTests {
    private static let stages: AttributeValue = [
        "name": "two",
        "stages": [
            ["name": "owners", "approver_roles": ["Owner"]], ["name": "board", "approver_roles": ["Board"]],
        ],
    ]

    private static func link(_ id: String, _ house: ApprovalHouse, _ body: AttributeValue = [:]) async throws -> String
    {
        let made = try await house.say("invite", id, body, token: house.clerk)
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.body?["link"]?.string)
    }

    @Test("S4-22 a scanner opens the link and decides nothing; a person presses a button, once")
    func story() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serveApprovals(workflow: Self.stages) { house in
            let id = try await house.ask(why: "<b>bold</b> reasons")
            let link = try await Self.link(id, house)
            for method in [HTTPRequest.Method.get, .get, .head] {
                let scanner = WebPerson(house.house.api.client)
                try await scanner.request(method, link)
            }
            #expect(try await house.approval(id)["version"] == 2, "asked for and invited, and nothing else")
            let visitor = WebPerson(house.house.api.client)
            try await visitor.open(link)
            #expect(visitor.status == 200 && visitor.page.contains("Approve invoices in ERP"))
            #expect(visitor.page.contains("&lt;b&gt;bold&lt;/b&gt; reasons") && visitor.page.contains("high"))
            // Without the page's own token and cookie nothing is taken.
            let stranger = WebPerson(house.house.api.client)
            try await stranger.request(.post, link, body: "word=approve&csrf=x")
            #expect(stranger.status == 403)
            try await visitor.submit("comment", ["word": "approve", "comment": "seen"])
            #expect(visitor.status == 200 && visitor.page.contains("You approved it"))
            #expect(try await house.approval(id)["stage"] == 1)
            let again = WebPerson(house.house.api.client)
            try await again.open(link)
            #expect(again.status == 410, "a link works once")
            let history = try await house.house.get("approvals/\(id)/history")
            let last = history.body?["events"]?.list?.first { $0["event"] == "approved" }
            #expect(last?["by"]?["type"] == "outsider" && last?["text"] == "seen")
        }
    }

    @Test("a link of another tenant, of a stage that is over, too old, or not ours opens nothing")
    func refused() async throws {
        let now = MovedClock(SystemClock.now())
        let running = try await TestGateway.open(
            tenants: ["default", "other"], extra: ConsolePerson.local, clock: now.now)
        try await running.serveApprovals(workflow: Self.stages) { house in
            let id = try await house.ask()
            let until = now.value + .hours(1)
            let link = try await Self.link(id, house, ["until": .string(until.rfc3339)])
            func opens(_ target: String) async throws -> Int {
                let web = WebPerson(house.house.api.client)
                try await web.open(target)
                return web.status
            }
            #expect(try await opens(link) == 200)
            let token = link.split(separator: "/").last.map(String.init) ?? ""
            #expect(try await opens("https://gate.example.org/t/other/approvals/outside/\(token)") == 410)
            let flipped = (token.hasSuffix("A") ? "B" : "A")
            for other in [String(token.dropLast()) + flipped, String(token.dropLast()), token + "A", "x", "%00"] {
                #expect(try await opens("https://gate.example.org/approvals/outside/\(other)") == 410, "\(other)")
            }
            let pressed = WebPerson(house.house.api.client)
            try await pressed.open(link)
            now.value = until
            #expect(try await opens(link) == 410)
            try await pressed.submit("comment", ["word": "approve"])
            #expect(pressed.status == 410, "its time was over before the button was pressed")
            let second = try await Self.link(id, house)
            #expect(try await house.say("approve", id, token: house.owner).body?["stage"] == 1)
            #expect(try await opens(second) == 410, "it was for the stage that is over")
            #expect(try await house.approval(id)["state"] == "pending")
            #expect(try await house.say("invite", id, token: house.owner).status == 403, "an approver invites nobody")
        }
    }

    @Test("a reason that is too long is refused on the page, and the link stays good")
    func hugeReason() async throws {
        let running = try await TestGateway.open(extra: ConsolePerson.local)
        try await running.serveApprovals { house in
            let id = try await house.ask()
            let visitor = WebPerson(house.house.api.client)
            try await visitor.open(try await Self.link(id, house))
            try await visitor.submit("comment", ["word": "reject", "comment": String(repeating: "x", count: 4_097)])
            #expect(visitor.status == 422 && visitor.page.contains("4096 bytes"))
            try await visitor.submit("comment", ["word": "reject", "comment": String(repeating: "x", count: 4_096)])
            #expect(visitor.status == 200)
            #expect(try await house.approval(id)["state"] == "rejected")
            #expect(
                try await house.say(
                    "approve", id, ["comment": .string(String(repeating: "x", count: 4_097))], token: house.owner
                ).status == 400)
        }
    }

    @Test("S4-22 with an address the link goes by mail, and is told to nobody else")
    func mailed() async throws {
        let catcher = try await MailCatcher()
        let running = try await TestGateway.open(
            extra: """
                \(ConsolePerson.local)
                notifications:
                  mail: { server: "smtp://localhost:\(catcher.port)", from: gate@example.org, allow_plain_loopback: true }
                """)
        try await running.serveApprovals { house in
            let id = try await house.ask()
            let made = try await house.say(
                "invite", id, ["mail": "auditor@partner.example"], token: house.clerk)
            #expect(made.status == 201 && made.body?["link"] == nil && made.body?["mailed"] == true)
            let evil = try await house.say("invite", id, ["mail": "a@b\r\nBcc: c@d"], token: house.clerk)
            #expect(evil.status == 400)
            try await house.gateway.notify()
            let mail = try #require(catcher.caught.first { $0.to == ["auditor@partner.example"] })
            let body = mail.message.replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n\n")
                .dropFirst().joined().filter { !$0.isWhitespace }
            let text = Data(base64Encoded: body).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let link = try #require(
                text.split(whereSeparator: \.isWhitespace).first { $0.contains("/approvals/outside/") })
            let visitor = WebPerson(house.house.api.client)
            try await visitor.open(String(link))
            try await visitor.submit("comment", ["word": "approve"])
            #expect(try await house.approval(id)["state"] == "approved")
        }
    }
}
