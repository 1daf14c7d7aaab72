import LDAP
import Vocabulary

/// Kept connections to an ordered list of servers: at most `limit` in use, the first working server preferred, one that
/// fails left alone for a while (`CircuitBreaker`) and returned to when it works again.
actor ServerConnections {
    /// Callers that may wait for a connection; one more is refused.
    static let waitingLimit = 512

    private let configurations: [LDAPConfiguration]
    private let limit: Int
    /// Bound to at opening; nil leaves the connection anonymous.
    private let service: LDAPDirectorySettings.ServiceCredentials?
    private var idle: [[LDAPConnection]]
    private var breakers: [CircuitBreaker]
    private var inUse = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private let start = ContinuousClock.now
    private var lastFailure: String?

    init(
        _ configurations: [LDAPConfiguration], limit: Int, service: LDAPDirectorySettings.ServiceCredentials?
    ) {
        self.configurations = configurations
        self.limit = max(1, limit)
        self.service = service
        idle = configurations.map { _ in [] }
        breakers = configurations.map { _ in CircuitBreaker() }
    }

    /// Runs `body` on a connection; on a connection failure again on the next server, so `body` must bear repetition.
    ///
    /// - Throws: what `body` threw, or `LDAPError.noServerAvailable` and `.poolExhausted`.
    func use<Value: Sendable>(
        _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        try await enter()
        defer { leave() }
        for server in configurations.indices where breakers[server].permits(at: now) {
            do {
                let value = try await attempt(server, body)
                breakers[server].succeeded()
                return value
            } catch let error as LDAPError where error.isConnectionFailure {
                breakers[server].failed(at: now)
                lastFailure = LDAPFailure.text(error)
            } catch {
                // Whatever it answered, or whoever gave up: the server is there.
                breakers[server].succeeded()
                throw error
            }
        }
        throw LDAPError.noServerAvailable(lastFailure: lastFailure)
    }

    /// Whether every server is being left alone.
    var isDown: Bool { !breakers.contains(where: \.isClosed) }

    private var now: Duration { ContinuousClock.now - start }

    private func attempt<Value: Sendable>(
        _ server: Int, _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        if let kept = idle[server].popLast() {
            do {
                return try await run(kept, server, body)
            } catch LDAPError.connectionLost, LDAPError.closed {
                // The server had closed it while it rested; a fresh one may do.
            }
        }
        let fresh = try LDAPConnection(configurations[server])
        do {
            try await bindService(fresh)
        } catch {
            fresh.close()
            throw error
        }
        return try await run(fresh, server, body)
    }

    private func bindService(_ connection: LDAPConnection) async throws {
        guard let service else { return }
        let outcome = try await connection.bind(dn: service.dn, password: Array(service.password.reveal().utf8))
        if case .refused(let reason) = outcome { throw LDAPError.serviceBindRefused(reason) }
    }

    private func run<Value: Sendable>(
        _ connection: LDAPConnection, _ server: Int, _ body: @Sendable (LDAPConnection) async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await body(connection)
            idle[server].append(connection)
            return value
        } catch {
            // After these it is known where the connection stands; after any other it is not, so it goes.
            if case .failed(let code, _)? = error as? LDAPError, code != .busy, code != .unavailable {
                idle[server].append(connection)
            } else {
                connection.close()
            }
            throw error
        }
    }

    private func enter() async throws {
        if inUse < limit {
            inUse += 1
            return
        }
        guard waiting.count < Self.waitingLimit else { throw LDAPError.poolExhausted }
        // The place is handed over by `leave`, so `inUse` stays.
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { inUse -= 1 } else { waiting.removeFirst().resume() }
    }
}
