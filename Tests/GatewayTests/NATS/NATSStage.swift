import Fixtures
import Foundation
import JOSE
import NKeys
import Storage
import Testing
import Vocabulary

@testable import Gateway

/// The seed's organization out of its bootstrap file, and a real server that is told of it.
struct NATSStage {
    let gateway: Gateway
    let caller: Caller

    var service: NATSService { gateway.nats }

    /// A gateway with the organization of the bootstrap file, for as long as `body` takes.
    static func run(_ body: (NATSStage, NATSBootstrapReport) async throws -> Void) async throws {
        let bench = try ConfigurationBench()
        defer { bench.remove() }
        try await bench.run { gateway, caller in
            let stage = NATSStage(gateway: gateway, caller: caller)
            try await body(stage, try await stage.bootstrap())
        }
    }

    /// `config/nats/clan-bootstrap.json`.
    static func document() throws -> AttributeValue {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("config/nats/clan-bootstrap.json")
        return try JSONDecoder().decode(AttributeValue.self, from: Data(contentsOf: file))
    }

    func bootstrap() async throws -> NATSBootstrapReport {
        try await service.bootstrap(try Self.document(), by: caller)
    }

    /// A server of the operator's, out of what an export says or is told while it runs.
    func server(_ executable: String) async throws -> NatsServer {
        let tenant = caller.tenant
        let texts = try await service.serverConfiguration(of: nil, directory: "FOLDER/jwt", in: tenant)
        return try await NatsServer.start(executable) { folder in
            "jetstream { store_dir: '\(folder)/js' }\n" + texts.replacing("FOLDER", with: folder)
        }
    }

    func credentials(_ user: String) async throws -> Credentials {
        try Credentials(parsing: await service.credentials(of: user, by: caller))
    }

    /// Tells a server of every account as it is now, as the gateway's own user.
    func push(to server: NatsServer) async throws {
        let own = try await connection(NATSService.ownUser, to: server)
        for account in try await service.overview(in: caller.tenant).accounts {
            let answer = try own.request(NKeys.ServerConfiguration.updateSubject, account.token)
            try #require(answer.contains("\"code\":200"), "\(account.name): \(answer)")
        }
    }

    func connection(_ user: String, to server: NatsServer) async throws -> NatsConnection {
        try Self.connection(try await credentials(user), to: server)
    }

    static func connection(_ credentials: Credentials, to server: NatsServer) throws -> NatsConnection {
        let connection = try NatsConnection(port: server.port)
        let refusal = try connection.signIn(token: credentials.token.text) { try credentials.pair.sign($0) }
        try #require(refusal == nil, "\(refusal ?? "") \(server.log.suffix(600))")
        return connection
    }

    /// What a server says to these credentials; nil when it lets them in.
    static func refusal(_ credentials: Credentials, by server: NatsServer) throws -> String? {
        try NatsConnection(port: server.port).signIn(token: credentials.token.text) {
            try credentials.pair.sign($0)
        }
    }
}

extension NatsConnection {
    /// The payload of the next message; nil when none comes soon.
    func payload(within limit: Duration = .milliseconds(400)) throws -> String? {
        guard case .message(_, _, let payload)? = try next(within: limit) else { return nil }
        return payload
    }
}

/// Somebody's unit, given by its id's text.
extension Gateway {
    func refusal(_ body: () async throws -> Void) async throws -> Fault? {
        do {
            try await body()
            return nil
        } catch let fault as Fault { return fault }
    }
}
