import Fixtures
import Foundation
import Governance
import Identity
import Messaging
import NKeys
import Storage
import Testing
import Vocabulary

@testable import Gateway

@Suite(
    "Commands and events over NATS", .enabled(if: !natsServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct MessengerTests {
    @Test(
        "The three requests of the policy service's document work as they are written", arguments: natsServers)
    // S0-51, S0-53, S0-63, S0-64, S0-65, S0-66, S0-72
    func document(executable: String) async throws {
        let server = try await MessagingStage.server(executable)
        defer { server.stop() }
        // The document's dates are of that day.
        let day = try #require(Timestamp(rfc3339: "2025-11-08T10:00:00Z"))
        let bench = try await GovernedBench(at: day, extra: MessagingStage.lines(server))
        try await MessagingStage.run(bench.gateway, bench.caller(), server) { stage in
            let created = try await stage.ask(
                "create",
                """
                {
                  "policy_id": "550e8400-e29b-41d4-a716-446655440000",
                  "name": "Data Retention Policy",
                  "description": "All customer data must be retained for 7 years",
                  "policy_type": "Regulatory",
                  "enforcement": "Mandatory",
                  "scope": "Organization"
                }
                """)
            #expect(created.status == 200 && created.body["events"] == ["policy.created"])
            let approved = try await stage.ask(
                "approve",
                """
                {
                  "policy_id": "550e8400-e29b-41d4-a716-446655440000",
                  "approved_by": "compliance-officer",
                  "approval_date": "2025-11-08T10:00:00Z"
                }
                """)
            #expect(approved.status == 200 && approved.body["version"] == 2)
            // Exemptions are from what is in force.
            let active = try await stage.ask(
                "activate", #"{"policy_id": "550e8400-e29b-41d4-a716-446655440000"}"#)
            #expect(active.status == 200)
            let granted = try await stage.ask(
                "grant_exemption",
                """
                {
                  "exemption_id": "650e8400-e29b-41d4-a716-446655440001",
                  "policy_id": "550e8400-e29b-41d4-a716-446655440000",
                  "entity_id": "750e8400-e29b-41d4-a716-446655440002",
                  "reason": "Legacy system migration",
                  "granted_by": "data-officer",
                  "expires_at": "2026-02-08T10:00:00Z"
                }
                """)
            #expect(granted.status == 200 && granted.body["kind"] == "exemption")
            try await stage.gateway.untilTold()
            let id = "550e8400-e29b-41d4-a716-446655440000"
            #expect(
                try await stage.told().map(\.subject) == [
                    "events.policy.\(id).PolicyCreated", "events.policy.\(id).PolicyApproved",
                    "events.policy.\(id).PolicyActivated",
                    "events.policy.650e8400-e29b-41d4-a716-446655440001.PolicyExemptionGranted",
                ])
            #expect(try await stage.gateway.compareEventStream(in: stage.caller.tenant).isSame)
            let events = try await stage.gateway.audit.events(
                in: stage.caller.tenant, after: 0, type: "policy.created", limit: 10)
            let bot = try await stage.gateway.serviceAccounts.account(named: "policy-bot", in: stage.caller.tenant)
            #expect(events.map(\.actor) == ["service_account:\(bot.id)"])
        }
        try await bench.gateway.close()
    }

    @Test("All eighteen commands are asked over NATS, and each is refused with what, where and how to mend it")
    func refusals() async throws {
        let server = try await MessagingStage.server(natsServers[0])
        defer { server.stop() }
        try await MessagingStage.run(server) { stage in
            for name in GovernanceCommand.names + GovernanceCommand.furtherNames + ["import"] {
                let answer = try await stage.ask(name, "{}")
                #expect(answer.status == 400 && !answer.code.isEmpty, "\(name): \(answer)")
            }
            let id = PolicyID(high: 1, low: 1)
            let creation = MessagingStage.creation(id)
            let cases: [(String, String, [(name: String, value: String)], Int, String)] = [
                ("destroy", "{}", [], 404, "command.unknown"),
                ("create", "", [], 400, "command.malformed"), ("create", "[]", [], 400, "command.malformed"),
                ("create", #"{"a":1,"a":2}"#, [], 400, "command.malformed"),
                ("create", creation, [("Idempotency-Key", "x")], 400, "command.malformed"),
                ("create", creation, [("If-Match", "abc")], 400, "command.malformed"),
                ("approve", #"{"policy_id": "\#(id)"}"#, [], 404, "governance.not_found"),
                ("create.UAAA", creation, [], 401, "command.unauthenticated"),
                (
                    "create.\(try NKeyPair.generate(.user).publicKey.text)", creation, [], 401,
                    "command.unauthenticated"
                ),
            ]
            for (command, payload, headers, status, code) in cases {
                let answer = try await stage.ask(command, payload, headers: headers)
                #expect(answer.status == status && answer.code == code, "\(command) \(payload): \(answer)")
            }
            #expect(try await stage.gateway.count("policy.created", in: stage.caller.tenant) == 0)
            // What is larger than any command is not even read.
            let large = try await stage.ask("create", #"{"name": "\#(String(repeating: "x", count: 70_000))"}"#)
                .status
            #expect(large == 413)
        }
    }

    @Test("A command id has one effect, however often it is asked, and a version that was not seen none")
    func exactlyOnce() async throws {
        let server = try await MessagingStage.server(natsServers[0])
        defer { server.stop() }
        try await MessagingStage.run(server) { stage in
            let (id, key) = (PolicyID(high: 1, low: 1), CommandID.random(at: stage.gateway.clock()).description)
            let headers = [(name: "Idempotency-Key", value: key)]
            let creation = MessagingStage.creation(id)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await stage.ask("create", creation, headers: headers).status == 200 }
                }
                for try await isDone in group { #expect(isDone) }
            }
            let again = try await stage.ask("create", creation, headers: [("Idempotency-Key", "\"\(key)\"")])
            #expect(again.status == 200 && again.body["repetition"] == true)
            #expect(try await stage.gateway.count("policy.created", in: stage.caller.tenant) == 1)
            let other = try await stage.ask(
                "approve", #"{"policy_id": "\#(id)"}"#, headers: [("Idempotency-Key", key)])
            #expect(other.status == 422 && other.code == "governance.command_reused")
            let stale = try await stage.ask("approve", #"{"policy_id": "\#(id)"}"#, headers: [("If-Match", "\"7\"")])
            #expect(stale.status == 412)
            let seen = try await stage.ask("approve", #"{"policy_id": "\#(id)"}"#, headers: [("If-Match", "1")])
            #expect(seen.status == 200)
        }
    }

    @Test("Who has no permission is refused, and so is who nobody is named for")
    func permissions() async throws {
        let server = try await MessagingStage.server(natsServers[0])
        defer { server.stop() }
        try await MessagingStage.run(server) { stage in
            let creation = MessagingStage.creation(PolicyID(high: 1, low: 1))
            let (gateway, caller) = (stage.gateway, stage.caller)
            let bot = try await gateway.serviceAccounts.account(named: "policy-bot", in: caller.tenant)
            for assignment in try await gateway.roles.assignments(in: caller.tenant, of: .serviceAccount(bot.id)) {
                try await gateway.roles.revoke(assignment.id, by: caller)
            }
            let refused = try await stage.ask("create", creation)
            #expect(refused.status == 403 && refused.code == "management.forbidden")
            try await gateway.serviceAccounts.setDisabled(bot.id, true, by: caller)
            #expect(try await stage.ask("create", creation).status == 403)
        }
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        let lines = "nats: { messaging: { url: \"nats://127.0.0.1:\(server.port)\" } }"
        try await bench.run(lines) { gateway, caller in
            try await MessagingStage.speaking(gateway) {
                let client = try MessagingConnection(
                    MessagingConfiguration(servers: [try MessagingServer("nats://127.0.0.1:\(server.port)")]))
                try await client.untilConnected()
                let answer = try await MessagingStage.ask(client, "policy.commands.create", "{}")
                #expect(answer.status == 401 && answer.code == "command.unauthenticated")
            }
        }
    }

    @Test("A command whose answer nobody waits for, or that would go to a command, an event or a server, is none")
    func deputies() async throws {
        let server = try await MessagingStage.server(natsServers[0])
        defer { server.stop() }
        try await MessagingStage.run(server) { stage in
            #expect(try await stage.ask("create", MessagingStage.creation(PolicyID(high: 1, low: 1))).status == 200)
            try await stage.gateway.untilTold()
            let asker = try NatsConnection(port: server.port)
            _ = try asker.signIn(token: "", sign: nil)
            let payload = MessagingStage.creation(PolicyID(high: 1, low: 2))
            let replies: [String?] = [
                nil, "policy.commands.approve", "events.policy.x.PolicyCreated", "$JS.API.STREAM.DELETE.POLICY_EVENTS",
            ]
            for reply in replies { _ = try asker.publish("policy.commands.create", payload, reply: reply) }
            try await stage.gateway.until { $0.commands?.unanswerable ?? 0 >= 4 }
            #expect(try await stage.gateway.count("policy.created", in: stage.caller.tenant) == 1)
            #expect(try await stage.told().count == 1)
        }
    }

    @Test("Of two gateways in one group one answers each request")
    func groups() async throws {
        let server = try await MessagingStage.server(natsServers[0])
        defer { server.stop() }
        // A stream has the events of one journal: the second tells none.
        try await MessagingStage.run(server) { first in
            try await MessagingStage.run(server, "events: { enabled: false }") { second in
                for number: UInt64 in 1...40 {
                    let answer = try await first.ask("create", MessagingStage.creation(PolicyID(high: 1, low: number)))
                    #expect(answer.status == 200)
                }
                let counts = [
                    try await first.gateway.count("policy.created", in: first.caller.tenant),
                    try await second.gateway.count("policy.created", in: second.caller.tenant),
                ]
                #expect(counts[0] + counts[1] == 40 && counts.allSatisfy { $0 > 0 }, "\(counts)")
            }
        }
    }

    @Test(
        "Nothing is lost and nothing doubled while the server is killed and started under load", arguments: natsServers)
    func kills(executable: String) async throws {
        let server = try await MessagingStage.server(executable)
        defer { server.stop() }
        try await MessagingStage.run(server) { stage in
            let (gateway, caller) = (stage.gateway, stage.caller)
            let load = Task {
                for number: UInt64 in 1...400 {
                    let caller = Caller(
                        tenant: caller.tenant, actor: caller.actor, command: .random(at: gateway.clock()))
                    _ = try await gateway.governance.execute(
                        "create", GovernanceBench.creation(PolicyID(high: 2, low: number)), by: caller)
                    if number % 3 == 0 {
                        _ = try await gateway.governance.execute(
                            "approve", ["policy_id": .string(PolicyID(high: 2, low: number).description)],
                            by: Caller(
                                tenant: caller.tenant, actor: caller.actor, command: .random(at: gateway.clock())))
                    }
                    try await Task.sleep(for: .milliseconds(8))
                }
            }
            for _ in 1...4 {
                try await Task.sleep(for: .milliseconds(400))
                server.crash()
                try await Task.sleep(for: .milliseconds(200))
                try await server.restart()
            }
            try await load.value
            try await stage.gateway.untilTold()
            let told = try await stage.told()
            #expect(try await stage.journalled() == told.compactMap(\.messageID))
            #expect(told.count == 400 + 133)
            let comparison = try await gateway.compareEventStream(in: caller.tenant)
            #expect(comparison.isSame && comparison.same == 400 && comparison.foreign == 0)
        }
    }

    @Test("Without a server everything works as before, and what was journalled is told when one is there")
    func away() async throws {
        let port = try LoopbackPort.free()
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run("nats: { messaging: { url: \"nats://127.0.0.1:\(port)\" } }") { gateway, caller in
            try await MessagingStage.speaking(gateway) {
                try await Task.sleep(for: .milliseconds(300))
                _ = try await gateway.governance.execute(
                    "create", GovernanceBench.creation(PolicyID(high: 1, low: 1)), by: caller)
                let status = try #require(try await gateway.messengerStatus())
                #expect(status.connection?.state == .connecting && status.lag > 0)
                let names = try await gateway.metrics().map(\.name)
                #expect(names.contains("gatehouse_nats_stream_lag") && names.contains("gatehouse_nats_connected"))
                var code: String?
                do { _ = try await gateway.compareEventStream(in: caller.tenant) } catch let fault as Fault {
                    code = fault.code
                }
                #expect(code == "nats.stream.unavailable")
            }
        }
    }

    @Test("Others' messages in the stream, and older copies of ours, change nothing of what it folds to")
    func foreign() async throws {
        let server = try await MessagingStage.server(natsServers[0])
        defer { server.stop() }
        try await MessagingStage.run(server) { stage in
            let id = PolicyID(high: 1, low: 1)
            #expect(try await stage.ask("create", MessagingStage.creation(id)).status == 200)
            try await stage.gateway.untilTold()
            let first = try #require(try await stage.told().first)
            _ = try await stage.client.request("events.policy.\(id).PolicyRevoked", Array("{}".utf8))
            _ = try await stage.client.request(
                first.subject, first.payload, headers: try MessageHeaders([("Gatehouse-Position", "1")]))
            // One that reads as ours, and that no policy could have written.
            let forged = String(decoding: first.payload, as: UTF8.self).replacing(
                "\"version\":1", with: "\"version\":2")
            _ = try await stage.client.request(
                first.subject, Array(forged.utf8), headers: try MessageHeaders([("Gatehouse-Position", "1")]))
            #expect(try await stage.ask("approve", #"{"policy_id": "\#(id)"}"#).status == 200)
            try await stage.gateway.untilTold()
            let comparison = try await stage.gateway.compareEventStream(in: stage.caller.tenant)
            #expect(comparison.isSame && comparison.messages == 5 && comparison.foreign == 2)
            // And nobody may take anything away.
            let purged = try await stage.client.request("$JS.API.STREAM.PURGE.POLICY_EVENTS", [])
            #expect(String(decoding: purged.payload, as: UTF8.self).contains("error"))
        }
    }

    @Test("What has aged out of the stream is not missed", arguments: natsServers)
    func ageing(executable: String) async throws {
        let server = try await MessagingStage.server(executable)
        defer { server.stop() }
        try await MessagingStage.run(server, "events: { enabled: false }") { stage in
            let (gateway, tenant) = (stage.gateway, stage.caller.tenant)
            let subjects = MessagingSubjects(prefix: "")
            var definition = StreamDefinition(name: "SHORT", subjects: subjects.eventPatterns)
            definition.maximumAge = .seconds(8)
            let stream = try EventStream(stage.client, definition)
            let feed = JournalFeed(store: gateway.store, tenant: tenant, stream: "SHORT", subjects: subjects)
            let relay = EventRelay(stream, feed.source)
            let running = Task { await relay.run() }
            defer { running.cancel() }
            let keeper = SnapshotKeeper(
                store: gateway.store, tenant: tenant, stream: "SHORT", age: .seconds(8), clock: gateway.clock)
            for number: UInt64 in 1...20 {
                #expect(
                    try await stage.ask("create", MessagingStage.creation(PolicyID(high: 1, low: number))).status == 200
                )
            }
            let deadline = ContinuousClock.now + .seconds(40)
            var comparison = EventComparison()
            while ContinuousClock.now < deadline {
                try await keeper.publishWhatIsDue()
                relay.wake()
                try await Task.sleep(for: .milliseconds(300))
                guard try await stream.state()?.firstSequence ?? 0 > 20 else { continue }
                comparison = try await EventComparer(feed: feed).compare(stream)
                break
            }
            #expect(comparison.isSame && comparison.same == 20, "\(comparison)")
        }
    }
}
