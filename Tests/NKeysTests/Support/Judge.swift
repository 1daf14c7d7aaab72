import Fixtures
import NKeys
import Testing

/// A real server that holds an operator's accounts, and what it says to clients.
struct Judge {
    let server: NatsServer

    /// A server with the accounts of a scene, and further ones, out of its configuration.
    static func memory(
        _ executable: String, _ scene: Scene, more: [NATSToken] = [], configuration extra: String = ""
    ) async throws -> Judge {
        try await start(
            executable, scene, [scene.systemToken(), scene.accountToken()] + more, extra
        ) { _ in .memory }
    }

    /// A server that is told of accounts while it runs; it begins with the system's and the scene's.
    static func full(_ executable: String, _ scene: Scene) async throws -> Judge {
        try await start(executable, scene, [scene.systemToken(), scene.accountToken()], "") {
            .full(directory: $0 + "/jwt")
        }
    }

    private static func start(
        _ executable: String, _ scene: Scene, _ accounts: [NATSToken], _ extra: String,
        _ resolver: @escaping @Sendable (String) -> ServerConfiguration.Resolver
    ) async throws -> Judge {
        let token = try scene.operatorToken()
        _ = try ServerConfiguration(operator: token, accounts: accounts, resolver: resolver("x")).text
        let server = try await NatsServer.start(executable) { folder in
            let text = try? ServerConfiguration(operator: token, accounts: accounts, resolver: resolver(folder)).text
            return extra.replacing("FOLDER", with: folder) + "\n" + (text ?? "")
        }
        return Judge(server: server)
    }

    /// What the server says to a client that shows these credentials; nil when it lets the client in.
    func refusal(_ credentials: Credentials) throws -> String? { try enter(credentials).refusal }

    /// The same for a token as text, with or without a key that signs.
    func refusal(token: String, _ pair: NKeyPair?) throws -> String? {
        let connection = try NatsConnection(port: server.port)
        return try connection.signIn(token: token, sign: pair.map { pair in { try pair.sign($0) } })
    }

    /// A connection of somebody who is let in.
    func connection(_ credentials: Credentials) throws -> NatsConnection {
        let (connection, refusal) = try enter(credentials)
        try #require(refusal == nil, "\(server.log.suffix(600))")
        return connection
    }

    private func enter(_ credentials: Credentials) throws -> (connection: NatsConnection, refusal: String?) {
        let connection = try NatsConnection(port: server.port)
        let refusal = try connection.signIn(token: credentials.token.text) { try credentials.pair.sign($0) }
        return (connection, refusal)
    }
}

extension NatsConnection {
    /// The payload of the next message; nil when none comes soon.
    func payload(within limit: Duration = .seconds(2)) throws -> String? {
        guard case .message(_, _, let payload)? = try next(within: limit) else { return nil }
        return payload
    }
}

extension NatsConnection {
    /// What the server complains about next.
    func complaint() throws -> String? {
        guard case .error(let text)? = try next(within: .seconds(2)) else { return nil }
        return text
    }
}

extension SubjectRights {
    /// How many warnings a user's token with these rights has.
    var warnings: Int {
        get throws {
            UserClaims(CommonClaims(try NKeyPair.generate(.user).publicKey, name: "u"), rights: UserRights(self))
                .faults().count { $0.severity == .warning }
        }
    }
}
