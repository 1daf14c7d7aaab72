import Logging
import Messaging
import NKeys
import Storage
import Vocabulary

/// Tells servers of NATS about accounts whose tokens have changed, so that whoever was revoked is put out of them: as the
/// gateway's own user of each operator's system account, at the servers that the operator names.
///
/// Servers that are not there keep nobody waiting: they are told when they are. After each new connection they are told of
/// everything again, for they may have lost it.
public struct NATSPusher: Sendable {
    let store: Store
    let tenants: TenantTable
    let bell: Bell
    let tls: MessagingTLS
    let clock: @Sendable () -> Timestamp
    let logger: Logger

    /// Looked at again after so long, though nothing was rung: servers come back by themselves.
    private static let interval: Duration = .seconds(2)

    /// A connection to an operator's servers, and what they were told over it.
    private struct Link {
        let connection: MessagingConnection
        /// By whose token and at which servers: another of either is another connection.
        let user: String
        let servers: [String]
        var connections = 0
        var told: [NATSEntityID: String] = [:]
    }

    /// What is kept from one round to the next, by operator.
    private struct Desk {
        var errands: [Errand] = []
        /// How often the bell had been rung when the errands were read; nil where some could not be.
        var rings: Int?
        var links: [NATSEntityID: Link] = [:]
        /// What was last complained of.
        var complaints: [NATSEntityID: String] = [:]
    }

    /// What an operator's servers are told.
    private struct Errand: Sendable {
        let owner: NATSOperator
        let accounts: [NATSAccount]
        let credentials: Credentials
    }

    /// Tells until the task is cancelled.
    public func run() async {
        var desk = Desk()
        await bell.follow(clock: clock) {
            // Looking after servers that are away takes no look at thousands of users.
            if self.bell.rings != desk.rings { await self.read(into: &desk) }
            for id in Set(desk.links.keys).subtracting(desk.errands.map(\.owner.id)) {
                await desk.links.removeValue(forKey: id)?.connection.close(within: .seconds(1))
            }
            for errand in desk.errands { await self.carryOut(errand, &desk) }
            return desk.errands.isEmpty ? nil : self.clock() + Self.interval
        }
        for link in desk.links.values { await link.connection.close(within: .seconds(1)) }
    }

    private func read(into desk: inout Desk) async {
        let rings = bell.rings
        var found: [Errand] = []
        desk.rings = rings
        for tenant in tenants.all {
            do {
                found += try await store.read { [store] sql in try Self.errands(in: tenant.id, store.keys, sql) }
            } catch {
                desk.rings = nil
                logger.warning("operators of NATS cannot be read", metadata: ["reason": "\(error)"])
            }
        }
        desk.errands = found
    }

    private static func errands(in tenant: TenantID, _ ring: KeyRing, _ sql: any SQLConnection) throws -> [Errand] {
        let tree = try NATSTree(try sql.natsEntities(in: tenant))
        let keys = NATSKeyStore(keys: ring, tenant: tenant, sql: sql)
        return try tree.operators.filter { !$0.settings.servers.isEmpty }.compactMap { owner in
            let accounts = tree.accounts(of: owner.id)
            guard let system = accounts.first(where: \.isSystem), let user = tree.users(of: system.id).first else {
                return nil
            }
            let credentials = try Credentials(
                try NATSToken(user.stored.token), try keys.pair(of: user.id, .identity))
            return Errand(owner: owner, accounts: accounts, credentials: credentials)
        }
    }

    private func carryOut(_ errand: Errand, _ desk: inout Desk) async {
        let id = errand.owner.id
        do {
            var link = try await link(for: errand, &desk.links)
            defer { desk.links[id] = link }
            let status = link.connection.status
            guard status.state == .connected else {
                return complain(status.state.rawValue, status.lastTrouble, of: id, &desk)
            }
            if status.connections != link.connections { (link.connections, link.told) = (status.connections, [:]) }
            for account in errand.accounts where link.told[account.id] != account.token {
                try await tell(of: account, over: link.connection)
                link.told[account.id] = account.token
                logger.debug("servers of NATS were told of an account", metadata: ["account": "\(account.id)"])
            }
            desk.complaints[id] = nil
        } catch {
            complain("\(error)", desk.links[id]?.connection.status.lastTrouble, of: id, &desk)
        }
    }

    private func link(for errand: Errand, _ links: inout [NATSEntityID: Link]) async throws -> Link {
        let (user, servers) = (errand.credentials.token.text, errand.owner.settings.servers)
        if let known = links[errand.owner.id] {
            if known.user == user, known.servers == servers { return known }
            links[errand.owner.id] = nil
            await known.connection.close(within: .seconds(1))
        }
        var configuration = MessagingConfiguration(servers: try servers.map { try MessagingServer($0) })
        configuration.credentials = .user(errand.credentials)
        configuration.tls = tls
        configuration.clientName = "gatehouse-accounts"
        let link = Link(connection: try MessagingConnection(configuration), user: user, servers: servers)
        links[errand.owner.id] = link
        return link
    }

    private func tell(of account: NATSAccount, over connection: MessagingConnection) async throws {
        let answer = try await connection.request(NKeys.ServerConfiguration.updateSubject, Array(account.token.utf8))
        let code = (try? StrictAnswer.code(answer.payload)) ?? nil
        guard code == 200 else {
            throw Fault(
                "nats.not_taken", .peer, "A server of NATS did not take the token of an account.",
                remedy: "It keeps accounts in a folder (resolver type full) to be told of them.")
        }
    }

    /// Once for each new reason: a server that is away for a night is no reason for a thousand lines.
    private func complain(
        _ reason: String, _ trouble: ConnectionTrouble?, of owner: NATSEntityID, _ desk: inout Desk
    ) {
        guard desk.complaints[owner] != reason else { return }
        desk.complaints[owner] = reason
        logger.notice(
            "servers of NATS wait to be told of accounts",
            metadata: [
                "operator": "\(owner)", "reason": "\(reason)", "trouble": "\(trouble.map { "\($0)" } ?? "none")",
            ])
    }
}

/// What a server answers to a token: `{"server": …, "data": {"code": 200, …}}`.
private enum StrictAnswer {
    static func code(_ payload: [UInt8]) throws -> Int64? {
        let text = String(decoding: payload.prefix(65_536), as: UTF8.self)
        return try JSONColumn.decode(AttributeValue.self, text)["data"]?["code"]?.integer
    }
}
