import BenchTable
import Fixtures
import Foundation
import Gateway
import Identity
import Logging
import Messaging
import Vocabulary

/// A gateway in this process, a server of NATS beside it, and somebody who asks over it.
struct NATSStage {
    let gateway: Gateway
    let tenant: TenantID
    let server: NatsServer
    let client: MessagingConnection

    var caller: Caller {
        Caller(tenant: tenant, actor: .operatingSystemUser(getuid()), command: .random(at: gateway.clock()))
    }

    /// Everything runs while the body does, and is gone afterwards.
    ///
    /// - Parameter prepare: what is done before anything is spoken with the server.
    static func run(
        _ executable: String, prepare: (Gateway, TenantID) async throws -> Void = { _, _ in },
        _ body: (NATSStage) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "nats-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await NatsServer.start(executable) { "jetstream { store_dir: \"\($0)/js\" }\n" }
        defer { server.stop() }
        _ = try Installation.makeMasterKey(at: folder + "/master.key")
        let configuration = try ConfigurationLoader.parse(
            text(server), file: "bench", folder: folder, environment: [:])
        let gateway = try await Gateway.open(
            configuration, logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }))
        guard let tenant = gateway.tenants.defaultTenant?.id else { throw BenchFailure("There is no tenant.") }
        try await prepare(gateway, tenant)
        let housekeeping = Task { try await Housekeeping(gateway).run() }
        let client = try MessagingConnection(
            MessagingConfiguration(servers: [try MessagingServer("nats://127.0.0.1:\(server.port)")]))
        try await client.untilConnected()
        let stage = NATSStage(gateway: gateway, tenant: tenant, server: server, client: client)
        try await stage.makeAsker()
        try await body(stage)
        await client.close(within: .seconds(1))
        housekeeping.cancel()
        _ = try? await housekeeping.value
        try await gateway.close()
    }

    private static func text(_ server: NatsServer) -> String {
        """
        version: 1
        server: { listen: "127.0.0.1:0", public_url: "https://gate.example.org" }
        storage: { directory: data }
        keys: { master_key_file: master.key }
        tenants: [{ slug: main }]
        passwords: { block_list: false }
        roles: [{ name: policy-admin, permissions: [{ action: "*", type: governance }] }]
        nats: { messaging: { url: "nats://127.0.0.1:\(server.port)", commands: { unsigned_as: policy-bot } } }
        """
    }

    private func makeAsker() async throws {
        let bot = try await gateway.serviceAccounts.create(name: "policy-bot", description: nil, by: caller)
        let role = try await gateway.roles.role(named: "policy-admin", in: tenant)
        _ = try await gateway.roles.assign(role.id, to: .serviceAccount(bot.id), expiresAt: nil, by: caller)
    }

    static func creation(_ number: Int) -> AttributeValue {
        [
            "policy_id": .string(PolicyID(high: 0xBE, low: UInt64(number)).description),
            "name": .string("Policy \(number)"), "description": "All customer data must be retained for 7 years",
            "policy_type": "Regulatory", "enforcement": "Mandatory", "scope": "Organization",
        ]
    }
}

/// How many a second, and how many at once.
struct Flow {
    let rate: Double
    let seconds: Double

    /// Does something `count` times, `width` at once.
    static func run(
        _ count: Int, width: Int, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Flow {
        let clock = ContinuousClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<width {
                group.addTask { for number in stride(from: lane, to: count, by: width) { try await body(number) } }
            }
            try await group.waitForAll()
        }
        let seconds = (clock.now - start) / .seconds(1)
        return Flow(rate: Double(count) / seconds, seconds: seconds)
    }
}
