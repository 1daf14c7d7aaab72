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
    "Who asks over NATS, and as whom the gateway answers",
    .enabled(if: !natsServers.isEmpty, "SKIPPED: without nats-server nobody judges"))
struct MessengerIdentityTests {
    private static let lines = """
        roles: [{ name: policy-author, permissions: [{ action: create, type: governance }] }]
        nats: { messaging: { user: policy-service } }
        """

    private func connect(_ stage: NATSStage, _ user: String, _ server: NatsServer) async throws -> MessagingConnection {
        var configuration = MessagingConfiguration(servers: [try MessagingServer("nats://127.0.0.1:\(server.port)")])
        configuration.credentials = .user(try await stage.credentials(user))
        let connection = try MessagingConnection(configuration)
        try await connection.untilConnected()
        return connection
    }

    /// A server of the seed's operator, at which the gateway answers as `policy-service`.
    private func scene(
        _ executable: String, _ body: (NATSStage, NatsServer) async throws -> Void
    ) async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(Self.lines) { gateway, caller in
            let stage = NATSStage(gateway: gateway, caller: caller)
            _ = try await stage.bootstrap()
            _ = try await stage.service.changeUser(
                "policy-service", ["policy_service": true, "publish": [], "subscribe": []], expecting: nil, by: caller)
            for user in ["audio-service", "organization-service"] {
                _ = try await stage.service.changeUser(user, ["policy_commands": ["*"]], expecting: nil, by: caller)
                let person = try await gateway.people.person(named: user, in: caller.tenant)
                let role = try await gateway.roles.role(named: "policy-author", in: caller.tenant)
                _ = try await gateway.roles.assign(role.id, to: .person(person.id), expiresAt: nil, by: caller)
            }
            let server = try await stage.server(executable)
            defer { server.stop() }
            _ = try await stage.service.changeOperator(
                "thecowboyai", ["servers": [.string("nats://127.0.0.1:\(server.port)")]], expecting: nil, by: caller)
            try await MessagingStage.speaking(gateway) { try await body(stage, server) }
        }
    }

    @Test(
        "A user asks in its person's name, from its own account and from another, and in nobody else's",
        arguments: natsServers)
    func identity(executable: String) async throws {
        try await scene(executable) { stage, server in
            let (gateway, tenant) = (stage.gateway, stage.caller.tenant)
            let root = "thecowboyai.org.policy.commands"
            // One of the service's own account, and one of another, whose requests are imported there.
            for (number, user) in ["organization-service", "audio-service"].enumerated() {
                let client = try await connect(stage, user, server)
                let key = try await stage.credentials(user).pair.publicKey.text
                let id = PolicyID(high: 1, low: UInt64(number + 1))
                let answer = try await MessagingStage.ask(
                    client, "\(root).create.\(key)", MessagingStage.creation(id))
                #expect(answer.status == 200, "\(user): \(answer)")
                let person = try await gateway.people.person(named: user, in: tenant)
                let events = try await gateway.audit.events(in: tenant, after: 0, type: "policy.created", limit: 10)
                #expect(events.last?.actor == "person:\(person.id)")
                // The same core decides: the role gives one command.
                let approval = try await MessagingStage.ask(
                    client, "\(root).approve.\(key)", #"{"policy_id": "\#(id)"}"#)
                #expect(approval.status == 403 && approval.code == "management.forbidden")
                // Neither in another's name nor in nobody's.
                let other = try await stage.credentials("git-service").pair.publicKey.text
                for subject in ["\(root).create.\(other)", "\(root).create"] {
                    var refusal: MessagingError?
                    do { _ = try await client.request(subject, [], timeout: .seconds(2)) } catch {
                        refusal = error as? MessagingError
                    }
                    #expect(refusal == .notPermitted(subject: subject), "\(subject): \(String(describing: refusal))")
                }
                await client.close(within: .seconds(1))
            }
            try await gateway.untilTold()
            #expect(try await gateway.compareEventStream(in: tenant).isSame)
        }
    }

    @Test("Whoever may publish everything may still ask as nobody else", arguments: natsServers)
    func broad(executable: String) async throws {
        try await scene(executable) { stage, server in
            let victim = try await stage.credentials("organization-service").pair.publicKey.text
            _ = try await stage.service.changeUser(
                "agent-service", ["publish": ["thecowboyai.org.>"]], expecting: nil, by: stage.caller)
            try await stage.push(to: server)
            let client = try await connect(stage, "agent-service", server)
            let subject = "thecowboyai.org.policy.commands.create.\(victim)"
            var refusal: MessagingError?
            do {
                _ = try await client.request(
                    subject, Array(MessagingStage.creation(PolicyID(high: 1, low: 1)).utf8), timeout: .seconds(2))
            } catch { refusal = error as? MessagingError }
            #expect(refusal == .notPermitted(subject: subject))
            #expect(try await stage.gateway.count("policy.created", in: stage.caller.tenant) == 0)
            // And it is not settled for one user to have both.
            let fault = try await stage.gateway.refusal {
                _ = try await stage.service.changeUser(
                    "agent-service", ["policy_commands": ["create"]], expecting: nil, by: stage.caller)
            }
            #expect(fault?.code == "nats.malformed")
        }
    }

    @Test("The service's own credentials may do what the service does, and nothing else", arguments: natsServers)
    func service(executable: String) async throws {
        try await scene(executable) { stage, server in
            let own = try await stage.connection("policy-service", to: server)
            for subject in [
                "thecowboyai.org.policy.other", "thecowboyai.org.policy.commands.create", "thecowboyai.org.person.x",
                "$JS.API.STREAM.DELETE.POLICY_EVENTS", "$JS.API.STREAM.PURGE.POLICY_EVENTS",
            ] {
                let errors = try own.publish(subject, "{}")
                #expect(!errors.isEmpty, "\(subject)")
            }
            for subject in ["thecowboyai.org.policy.>", "thecowboyai.org.organization.>", "thecowboyai.org.person.>"] {
                let errors = try own.subscribe(subject)
                #expect(!errors.isEmpty, "\(subject)")
            }
        }
    }

    // S0-78
    @Test("Credentials that change are taken up while it runs")
    func rotation() async throws {
        try await scene(natsServers[0]) { stage, server in
            let (gateway, caller) = (stage.gateway, stage.caller)
            try await gateway.until { $0.connection?.state == .connected }
            _ = try await stage.service.rotateUser("policy-service", by: caller)
            try await stage.push(to: server)
            _ = try await gateway.governance.execute(
                "create", GovernanceBench.creation(PolicyID(high: 1, low: 1)), by: caller)
            try await gateway.untilTold()
            #expect(try await gateway.compareEventStream(in: caller.tenant).isSame)
        }
    }
}
