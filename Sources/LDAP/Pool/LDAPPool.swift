import Synchronization

/// The account a pool of searches is bound as.
public struct LDAPServiceAccount: Sendable, CustomStringConvertible, CustomReflectable {
    public let dn: String
    let password: [UInt8]

    public init(dn: String, password: [UInt8]) {
        self.dn = dn
        self.password = password
    }

    public var description: String { dn }
    public var customMirror: Mirror { Mirror(self, children: ["dn": dn]) }
}

/// How many connections a pool keeps, and for how long.
public struct LDAPPoolLimits: Sendable, Hashable {
    /// In use at once.
    public var connections: Int
    /// Callers that may wait for one; one more is refused.
    public var waiting: Int
    /// How long they wait.
    public var longestWait: Duration
    /// A connection unused for longer is closed instead of used.
    public var idleLifetime: Duration

    public init(
        connections: Int = 8, waiting: Int = 512, longestWait: Duration = .seconds(10),
        idleLifetime: Duration = .seconds(300)
    ) {
        self.connections = connections
        self.waiting = waiting
        self.longestWait = longestWait
        self.idleLifetime = idleLifetime
    }
}

/// Kept connections to a list of servers, each handed to one caller at a time.
///
/// Connections of a service account (or of nobody) refuse to be bound as another; those that serve binds refuse
/// everything else until their present user has bound. A connection goes back only when it is
/// known where it stands; after a failure, a timeout or a cancellation it is closed.
public final class LDAPPool: Sendable {
    public let servers: LDAPServerList
    public let limits: LDAPPoolLimits
    private let identity: Identity
    private let turnstile: Turnstile

    /// Whom the connections act as.
    public enum Identity: Sendable {
        case service(LDAPServiceAccount)
        /// Nobody, for directories that may be read so.
        case anonymous
        /// Whoever binds, for the length of one use.
        case perUse
    }

    private struct Resting {
        let connection: LDAPConnection
        let since: ContinuousClock.Instant
    }

    private struct State {
        var resting: [[Resting]]
        var isClosed = false
    }

    private let state: Mutex<State>

    public init(_ servers: LDAPServerList, identity: Identity, limits: LDAPPoolLimits = .init()) {
        self.servers = servers
        self.identity = identity
        self.limits = limits
        turnstile = Turnstile(
            places: limits.connections, waitingLimit: limits.waiting, longestWait: limits.longestWait)
        state = Mutex(State(resting: servers.configurations.map { _ in [] }))
    }

    deinit { close() }

    /// Runs `body` with a connection of its own; after a connection failure again, on a fresh connection or the next
    /// server, so `body` has to bear repetition.
    ///
    /// - Throws: what `body` threw; `LDAPError.poolExhausted`, `.noServerAvailable`, `.serviceBindRefused`, `.closed`.
    public func use<Value: Sendable>(
        _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        try await turnstile.enter()
        defer { turnstile.leave() }
        return try await servers.first { server in try await attempt(server, body) }
    }

    /// Closes what rests here; connections in use are closed when they come back, and nobody gets another.
    public func close() {
        let resting = state.withLock { state in
            state.isClosed = true
            defer { state.resting = state.resting.map { _ in [] } }
            return state.resting
        }
        for one in resting.joined() { one.connection.close() }
    }

    /// Connections in use now, connections that rest, callers that wait for one, and callers refused so far because too
    /// many waited or for too long.
    public var load: (inUse: Int, resting: Int, waiting: Int, refused: Int) {
        let load = turnstile.load
        return (load.inUse, restingCount, load.waiting, load.refused)
    }

    /// Connections that rest here now.
    public var restingCount: Int { state.withLock { $0.resting.reduce(0) { $0 + $1.count } } }

    private func attempt<Value: Sendable>(
        _ server: Int, _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        guard !state.withLock(\.isClosed) else { throw LDAPError.closed }
        while let kept = takeResting(server) {
            guard kept.isHealthy else {
                kept.close()
                continue
            }
            do { return try await run(kept, server, body) } catch LDAPError.connectionLost {
                // The server closed it between the look and the use; a fresh one may do.
            }
        }
        return try await run(try await open(server), server, body)
    }

    private func open(_ server: Int) async throws(LDAPError) -> LDAPConnection {
        let connection = try LDAPConnection(servers.configurations[server])
        guard case .service(let service) = identity else { return connection }
        do throws(LDAPError) {
            let outcome = try await connection.bind(dn: service.dn, password: service.password)
            if case .refused(let reason) = outcome { throw .serviceBindRefused(reason) }
        } catch {
            connection.close()
            throw error
        }
        return connection
    }

    private func run<Value: Sendable>(
        _ connection: LDAPConnection, _ server: Int, _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        prepare(connection)
        do {
            let value = try await body(connection)
            rest(connection, server)
            return value
        } catch {
            if case .failed(let code, _)? = error as? LDAPError, code != .busy, code != .unavailable {
                rest(connection, server)
            } else {
                connection.close()
            }
            throw error
        }
    }

    private func prepare(_ connection: LDAPConnection) {
        switch identity {
        case .service, .anonymous: connection.reserve(.fixed)
        case .perUse: connection.reserve(.bindFirst)
        }
    }

    /// The one used last, so that the others can age; those too old are closed.
    private func takeResting(_ server: Int) -> LDAPConnection? {
        let oldest = ContinuousClock.now - limits.idleLifetime
        let (found, expired) = state.withLock { state in
            var expired: [Resting] = []
            for index in state.resting.indices {
                expired += state.resting[index].filter { $0.since < oldest }
                state.resting[index].removeAll { $0.since < oldest }
            }
            return (state.resting[server].popLast(), expired)
        }
        for one in expired { one.connection.close() }
        return found?.connection
    }

    private func rest(_ connection: LDAPConnection, _ server: Int) {
        let isKept = state.withLock { state in
            guard !state.isClosed else { return false }
            state.resting[server].append(Resting(connection: connection, since: .now))
            return true
        }
        if !isKept { connection.close() }
    }
}
