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

let natsServers: [String] = NatsServer.executables

/// A gateway that answers and tells over a server of NATS, and somebody who asks it.
struct MessagingStage {
    let gateway: Gateway
    let caller: Caller
    let client: MessagingConnection

    /// A server with JetStream that lets everybody in.
    static func server(_ executable: String) async throws -> NatsServer {
        try await NatsServer.start(executable) { folder in "jetstream { store_dir: \"\(folder)/js\" }\n" }
    }

    /// What a gateway is configured with that speaks with it.
    static func lines(_ server: NatsServer, _ more: String = "") -> String {
        """
        roles: [{ name: policy-admin, permissions: [{ action: "*", type: governance }] }]
        nats:
          messaging:
            url: "nats://127.0.0.1:\(server.port)"
            commands: { unsigned_as: policy-bot }
            \(more)
        """
    }

    /// Runs for as long as `body` takes.
    static func run(
        _ server: NatsServer, _ more: String = "", _ body: (MessagingStage) async throws -> Void
    ) async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run(lines(server, more)) { gateway, caller in
            try await run(gateway, caller, server, body)
        }
    }

    static func run(
        _ gateway: Gateway, _ caller: Caller, _ server: NatsServer, _ body: (MessagingStage) async throws -> Void
    ) async throws {
        let bot = try await gateway.serviceAccounts.create(name: "policy-bot", description: nil, by: caller)
        let role = try await gateway.roles.role(named: "policy-admin", in: caller.tenant)
        _ = try await gateway.roles.assign(role.id, to: .serviceAccount(bot.id), expiresAt: nil, by: caller)
        try await speaking(gateway) {
            let client = try MessagingConnection(
                MessagingConfiguration(servers: [try MessagingServer("nats://127.0.0.1:\(server.port)")]))
            try await client.untilConnected()
            try await body(MessagingStage(gateway: gateway, caller: caller, client: client))
            await client.close(within: .seconds(1))
        }
    }

    /// The messenger runs while the body does.
    static func speaking(_ gateway: Gateway, _ body: () async throws -> Void) async throws {
        let messenger = try #require(gateway.messenger)
        let task = Task { await messenger.run() }
        defer { task.cancel() }
        do { try await body() } catch {
            task.cancel()
            await task.value
            throw error
        }
        task.cancel()
        await task.value
    }

    // MARK: Asking

    struct Answer {
        let status: Int
        let body: AttributeValue

        var code: String { body["error"]?["code"]?.string ?? "" }
    }

    func ask(
        _ command: String, _ payload: String, headers: [(name: String, value: String)] = []
    ) async throws -> Answer {
        try await Self.ask(client, "policy.commands.\(command)", payload, headers: headers)
    }

    static func ask(
        _ client: MessagingConnection, _ subject: String, _ payload: String,
        headers: [(name: String, value: String)] = []
    ) async throws -> Answer {
        // The service listens a moment after the server is there.
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                let answer = try await client.request(
                    subject, Array(payload.utf8), headers: try MessageHeaders(headers), timeout: .seconds(20))
                return Answer(
                    status: Int(answer.headers["Nats-Service-Error-Code"] ?? "200") ?? 0,
                    body: try JSONColumn.decode(
                        AttributeValue.self, String(decoding: answer.payload, as: UTF8.self)))
            } catch MessagingError.noResponders where ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    static func creation(_ id: PolicyID, _ name: String = "Password Policy") -> String {
        """
        {"policy_id": "\(id)", "name": "\(name)", "policy_type": "Security", "enforcement": "Mandatory", \
        "scope": "Organization"}
        """
    }

    // MARK: What was told

    /// Every message of the stream, in order.
    func told() async throws -> [StoredMessage] {
        let stream = try #require(gateway.messengerDesk.link?.stream)
        var (reader, messages): (StreamReader, [StoredMessage]) = (StreamReader(stream), [])
        while true {
            let items = try await reader.next(limit: 500)
            guard !items.isEmpty else { return messages }
            for case .message(let message) in items { messages.append(message) }
        }
    }

    /// Ids of everything governed in the journal, in order.
    func journalled() async throws -> [String] {
        try await gateway.store.read { [tenant = caller.tenant] sql in
            try sql.query(
                "SELECT event FROM journal_event WHERE tenant = ?1 AND stream_kind LIKE 'governed.%' ORDER BY position",
                [.id(tenant)]
            ).map { (try $0.id(0) as EventID).description }
        }
    }
}

extension Gateway {
    /// Waits until the stream has everything that is journalled.
    func untilTold(within limit: Duration = .seconds(60)) async throws {
        try await until(limit) { $0.lag == 0 && $0.head > 0 && $0.relay == .upToDate }
    }

    /// Waits until it stands so with NATS.
    func until(_ limit: Duration = .seconds(60), _ isTrue: (MessengerStatus) -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let status = try await messengerStatus(), isTrue(status) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("It does not come to that: \(String(describing: try await messengerStatus()))")
    }
}
