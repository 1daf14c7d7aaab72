import Fixtures
import Foundation
import Gateway
import HTTPTypes
import Identity
import Logging
import Testing
import Vocabulary

@Suite("People and systems are told what waits for them", .timeLimit(.minutes(5)))
struct NotificationTests {
    private static func mail(_ port: Int, _ more: String = "") -> String {
        """
        \(ConsolePerson.local)
        notifications:
          mail: { server: "smtp://localhost:\(port)", from: "Gatehouse <gatehouse@example.org>", allow_plain_loopback: true }
        \(more)
        """
    }

    private static func text(of caught: MailCatcher.Caught) -> String {
        let body = caught.message.replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n\n")
            .dropFirst().joined(separator: "\n\n").filter { !$0.isWhitespace }
        return Data(base64Encoded: body).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    @Test("S3-40 approvers are told what waits, and whoever asked what became of it; each once, over a restart")
    func story() async throws {
        let catcher = try await MailCatcher()
        let now = MovedClock(SystemClock.now())
        let running = try await TestGateway.open(extra: Self.mail(catcher.port), clock: now.now)
        try await running.serveApprovals { house in
            try await house.gateway.notify()
            #expect(catcher.caught.isEmpty)
            let id = try await house.ask()
            try await house.gateway.notify()
            try await house.gateway.notify()
            #expect(Set(catcher.caught.flatMap(\.to)) == ["olga@example.org", "oscar@example.org"])
            #expect(catcher.caught.count == 2, "each is told once")
            let first = try #require(catcher.caught.first)
            #expect(first.message.contains("Subject: An approval waits for you"))
            let text = Self.text(of: first)
            #expect(text.contains("https://gate.example.org/admin/approvals/\(id)") && text.contains("Risk: high"))
            #expect(!text.lowercased().contains("rita") && !text.contains("the quarter ends"), "nobody's data travels")
            // The last quarter of the stage: who has not decided is reminded. Then it is decided.
            now.value = now.value + .hours(19)
            try await house.gateway.governance.endWhatIsDue(now: now.value)
            try await house.gateway.notify()
            #expect(catcher.caught.count == 4)
            #expect(catcher.caught.last?.message.contains("Subject: An approval still waits for you") == true)
            #expect(try await house.say("approve", id, token: house.owner).status == 200)
            try await house.gateway.notify()
            let last = try #require(catcher.caught.last)
            #expect(catcher.caught.count == 5 && last.to == ["rita@example.org"])
            #expect(last.message.contains("Subject: Your request is approved"))
        }
    }

    @Test("S3-40 what a mail server that is away was to be told is kept sealed, and told when it is back")
    func away() async throws {
        let port = try LoopbackPort.free()
        let running = try await TestGateway.open(extra: Self.mail(port))
        try await running.serveApprovals { house in
            try await house.gateway.notify()
            _ = try await house.ask()
            try await house.gateway.notify()
            let courier = try #require(house.gateway.outbox.first)
            let status = await courier.status
            #expect(status.failures == 1 && status.failure == "mail.unreachable")
            #expect(try await courier.waiting() == 2)
            for name in ["gatehouse.db", "gatehouse.db-wal"] {
                let file = FileManager.default.contents(atPath: running.folder + "/data/" + name) ?? Data()
                for word in ["olga@example.org waits", "An approval waits for you", "/admin/approvals/"] {
                    #expect(file.range(of: Data(word.utf8)) == nil, "\(name) holds \(word)")
                }
            }
            let catcher = try await MailCatcher(port: port)
            await courier.deliver()
            #expect(catcher.caught.count == 2)
            #expect(try await courier.waiting() == 0)
            #expect(await courier.status.failures == 0)
        }
    }

    @Test(
        "an emergency override is told to everybody, an escalation to whom it was passed on, a delegation to the delegate"
    )
    func others() async throws {
        let catcher = try await MailCatcher()
        let running = try await TestGateway.open(extra: Self.mail(catcher.port))
        let workflow: AttributeValue = [
            "name": "with a board", "stages": [["name": "owners", "approver_roles": ["Owner"]]],
            "escalations": ["manual": ["Board"]],
        ]
        try await running.serveApprovals(workflow: workflow) { house in
            try await house.gateway.notify()
            let id = try await house.ask()
            #expect(try await house.say("escalate", id).status == 200)
            try await house.gateway.notify()
            #expect(catcher.caught.last?.to == ["boris@example.org"])
            let until = (SystemClock.now() + .hours(2)).rfc3339
            let delegated = try await house.say(
                "delegate", id, ["person": "boris", "until": .string(until)], token: house.owner)
            #expect(delegated.status == 200, "\(delegated.text)")
            try await house.gateway.notify()
            #expect(catcher.caught.last?.message.contains("Subject: Somebody lets you decide in their place") == true)
            let before = catcher.caught.count
            let admin = try await TestGateway.administrator(of: house.gateway, tenant: "default", named: "second")
            #expect(
                try await house.say("override-alone", id, ["reason": "the site is down"], token: admin).status == 200)
            try await house.gateway.notify()
            let alarmed = catcher.caught.dropFirst(before).filter { $0.message.contains("overridden in an emergency") }
            #expect(
                Set(alarmed.flatMap(\.to))
                    == ["olga@example.org", "oscar@example.org", "rita@example.org", "boris@example.org"])
        }
    }

    @Test("a display name is no header, whoever is disabled is not told, and a refused address holds up nobody")
    func attacks() async throws {
        let catcher = try await MailCatcher(refusing: "gone@example.org")
        let running = try await TestGateway.open(extra: Self.mail(catcher.port))
        try await running.serveApprovals { house in
            try await house.gateway.notify()
            let evil = "Eve\r\nBcc: all@example.net\r\n\r\nhello"
            try await ApprovalHouse.person("eve", named: evil, holding: "Owner", house.gateway)
            try await ApprovalHouse.person("gone", holding: "Owner", mail: "gone@example.org", house.gateway)
            try await ApprovalHouse.person("odd", holding: "Owner", mail: "odd@example.org\r\nX: y", house.gateway)
            let disabled = try await ApprovalHouse.person("dora", holding: "Owner", house.gateway)
            let caller = try TestGateway.operatorCaller(house.gateway, tenant: "default")
            try await house.gateway.people.disable(disabled, .administrator, by: caller)
            _ = try await house.ask()
            try await house.gateway.notify()
            let told = catcher.caught.flatMap(\.to)
            #expect(Set(told) == ["olga@example.org", "oscar@example.org", "eve@example.org"])
            let mail = try #require(catcher.caught.first { $0.to == ["eve@example.org"] })
            let head = mail.message.replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n\n")[0]
            #expect(!head.lowercased().contains("\nbcc:") && !head.contains("all@example.net"))
            let courier = try #require(house.gateway.outbox.first)
            let (refused, status) = await (courier.refused, courier.status)
            #expect(refused == 1 && status.failures == 0)
            #expect(try await courier.waiting() == 0)
        }
    }

    @Test(
        "S3-30 approvals are counted by the rule that asked and what became of them, and what waits to be told is shown"
    )
    func counted() async throws {
        let port = try LoopbackPort.free()
        let running = try await TestGateway.open(extra: Self.mail(port))
        try await running.serveApprovals { house in
            try await house.gateway.notify()
            let rule: AttributeValue = [
                "id": "signed", "effect": "require_approval", "approval": ["roles": ["Owner"]],
                "resources": ["types": ["thing"]],
            ]
            let policy = try await house.house.api.enforce(rule: rule, 1)
            try await house.house.api.enforce(
                rule: ["id": "things", "effect": "allow", "resources": ["types": ["thing"]]], 2)
            let asked = try await house.house.api.send(
                .post, "/api/v1/decide",
                [
                    "subject": "rita", "action": "read", "resource_type": "thing", "resource": "1",
                    "request_approval": true,
                ])
            let byRule = try #require(asked.body?["context"]?["approval"]?["id"]?.string, "\(asked.text)")
            #expect(try await house.say("approve", byRule, token: house.owner).status == 200)
            let access = try await house.ask()
            #expect(try await house.say("reject", access, token: house.owner).status == 200)
            try await house.gateway.notify()
            let families = try await house.gateway.metrics()
            func series(_ name: String) -> [[String: String]: Double] {
                let family = families.first { $0.name == name }
                return (family?.series ?? []).reduce(into: [:]) { found, one in
                    if case .number(let value) = one.value { found[one.labels] = value }
                }
            }
            let id = policy.string ?? ""
            #expect(
                series("gatehouse_policy_approvals_total") == [
                    ["rule_id": id, "status": "requested"]: 1, ["rule_id": id, "status": "approved"]: 1,
                    ["rule_id": "access", "status": "requested"]: 1, ["rule_id": "access", "status": "rejected"]: 1,
                ])
            #expect(series("gatehouse_notification_failures") == [["receiver": "mail"]: 1])
            #expect((series("gatehouse_notifications_waiting")[["receiver": "mail"]] ?? 0) >= 2)
        }
    }

    @Test("whoever granted an exemption is told once that it ends soon")
    func exemptions() async throws {
        let catcher = try await MailCatcher()
        let now = MovedClock(SystemClock.now())
        let running = try await TestGateway.open(extra: Self.mail(catcher.port), clock: now.now)
        try await running.serveApprovals { house in
            let gateway = house.gateway
            let policy = try await house.house.api.enforce(
                rule: ["id": "all", "effect": "deny", "resources": ["types": ["thing"]]], 1)
            let tenant = try #require(gateway.tenants.defaultTenant).id
            let olga = try await gateway.people.person(named: "olga", in: tenant)
            let rita = try await gateway.people.person(named: "rita", in: tenant)
            var caller = try TestGateway.operatorCaller(gateway, tenant: "default")
            caller.actor = .person(olga.id)
            let end = now.value + .days(30)
            _ = try await gateway.governance.execute(
                "grant_exemption",
                [
                    "exemption_id": "00000000-0000-7000-8000-0000000000e1", "policy_id": policy,
                    "entity_id": .string(rita.id.description), "entity_type": "person",
                    "reason": "a migration that takes its time",
                    "expires_at": .string(end.rfc3339),
                ], by: caller)
            func round() async throws -> Int {
                let present = now.value
                try await gateway.notifier.announceEndingExemptions(at: present)
                try await gateway.notify()
                return catcher.caught.count
            }
            #expect(try await round() == 0)
            now.value = now.value + .days(24)
            #expect(try await round() == 1)
            #expect(catcher.caught[0].to == ["olga@example.org"])
            #expect(catcher.caught[0].message.contains("Subject: An exemption that you granted ends soon"))
            now.value = now.value + .days(1)
            #expect(try await round() == 1, "once for each end")
        }
    }

    @Test("every fault of the section is reported with its key, and the doctor knocks at the mail server")
    func configuration() async throws {
        await #expect {
            _ = try await TestGateway.open(
                extra: """
                    notifications:
                      mail: { server: "smtp://mail.example.org", from: "no address", allow_plain_loopback: true, username: g, tries: 3 }
                      webhooks: [ { url: "ftp://x" }, { url: "https://hook.example.org/n", secret_file: s, tenant: nowhere } ]
                      approval_systems: [ { name: "Bad Name", url: "https://sys.example.org", secret_file: s } ]
                      exemption_notice: 1s
                    """)
        } throws: { error in
            let told = "\(error)"
            let keys = [
                "notifications.mail.server", "notifications.mail.from", "notifications.mail.password_file",
                "notifications.mail.tries", "notifications.webhooks[0].url", "notifications.webhooks[0].secret_file",
                "notifications.approval_systems[0].name",
                "notifications.approval_systems[0].callback_secret_file", "notifications.approval_systems[0].roles",
                "notifications.exemption_notice",
            ]
            let missing = keys.filter { !told.contains($0) }
            #expect(missing.isEmpty, "\(missing) in \(told)")
            return true
        }
        let catcher = try await MailCatcher()
        let running = try await TestGateway.open(extra: Self.mail(catcher.port))
        let doctor = Doctor(running.gateway.configuration, logger: Logger(label: "doctor"))
        let found = await doctor.examine().filter { $0.subject == "mail" }
        #expect(found.count == 1 && found[0].isGood, "\(found)")
        catcher.stop()
        let lost = await doctor.examine().filter { $0.subject == "mail" }
        #expect(lost.count == 1 && !lost[0].isGood && lost[0].detail.contains("cannot be reached"))
        #expect(catcher.caught.isEmpty, "nothing is sent to find out")
        try await running.close()
    }
}
