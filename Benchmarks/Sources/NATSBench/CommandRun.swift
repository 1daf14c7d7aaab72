import BenchTable
import Foundation
import Gateway
import Messaging
import Vocabulary

/// Commands over request and reply: decided, journalled and durable before they are answered. Beside them, in the same run, what
/// request and reply take by themselves, and what the commands take without NATS.
struct CommandRun {
    let table: BenchTable
    private static let count = 12_000
    private static let width = 128

    func run(_ stage: NATSStage) async throws {
        let (client, gateway, tenant) = (stage.client, stage.gateway, stage.tenant)
        try await untilListening(stage)
        let echo = try RequestService(
            client, ServiceConfiguration(subject: "bench.echo", queueGroup: nil)
        ) { ServiceAnswer($0.payload) }
        let payloads = (0..<Self.count).map { number in
            (try? JSONEncoder().encode(NATSStage.creation(number))).map { Array($0) } ?? []
        }
        let bare = try await Flow.run(Self.count, width: Self.width) { number in
            _ = try await client.request("bench.echo", payloads[number], timeout: .seconds(30))
        }
        await echo.stop()
        let direct = try await Flow.run(Self.count, width: Self.width) { number in
            let caller = Caller(
                tenant: tenant, actor: .operatingSystemUser(0), command: .random(at: gateway.clock()))
            _ = try await gateway.governance.execute(
                "create", NATSStage.creation(1_000_000 + number), by: caller)
        }
        let spent = Processor.processSeconds
        let asked = try await Flow.run(Self.count, width: Self.width) { number in
            let answer = try await client.request("policy.commands.create", payloads[number], timeout: .seconds(30))
            guard answer.headers["Nats-Service-Error"] == nil else {
                throw BenchFailure("refused: \(String(decoding: answer.payload, as: UTF8.self))")
            }
        }
        let cost = (Processor.processSeconds - spent) / Double(Self.count) * 1e6
        say(
            "requests and answers alone: \(Int(bare.rate))/s; commands in this process: \(Int(direct.rate))/s; "
                + "a command over NATS takes \(Int(cost)) us of this process, its asker and the relay included")
        table.least("commands over NATS, durable, \(Self.width) at once", asked.rate, 3_000, "/s")
        table.least("commands over NATS, of those in this process", asked.rate / direct.rate, 0.5, "x")
    }

    private func untilListening(_ stage: NATSStage) async throws {
        for _ in 0..<500 {
            do {
                _ = try await stage.client.request("policy.commands.none", [])
                return
            } catch MessagingError.noResponders { try await Task.sleep(for: .milliseconds(20)) }
        }
        throw BenchFailure("Nobody answers commands.")
    }
}
