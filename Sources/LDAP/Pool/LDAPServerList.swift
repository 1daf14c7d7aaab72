import Synchronization

/// Equal servers in order of preference. A failing one is left alone for a while and returned to when it works again
/// (`CircuitBreaker`); what one pool learns of a server serves the others that share the list.
public final class LDAPServerList: Sendable {
    public let configurations: [LDAPConfiguration]

    private struct State {
        var breakers: [CircuitBreaker]
        var lastFailure: String?
    }

    private let state: Mutex<State>
    private let start = ContinuousClock.now

    /// - Parameter breaker: how long each server is left alone after a failure.
    public init(_ configurations: [LDAPConfiguration], breaker: CircuitBreaker = CircuitBreaker()) {
        self.configurations = configurations
        state = Mutex(State(breakers: configurations.map { _ in breaker }))
    }

    /// True when every server is being left alone.
    public var isDown: Bool { state.withLock { state in !state.breakers.contains(where: \.isClosed) } }

    /// Each server in the order of the list, with where its circuit stands.
    public var conditions: [(endpoint: LDAPEndpoint, condition: CircuitBreaker.Condition)] {
        let breakers = state.withLock(\.breakers)
        return zip(configurations, breakers).map { ($0.endpoint, $1.condition) }
    }

    /// The server that is asked first at present; nil when all are being left alone.
    public var preferred: LDAPEndpoint? {
        state.withLock { $0.breakers.firstIndex(where: \.isClosed) }.map { configurations[$0].endpoint }
    }

    /// What the latest failing server said.
    public var lastFailure: String? { state.withLock(\.lastFailure) }

    /// Asks `body` of each permitted server in order, until one does not fail as a connection.
    ///
    /// - Throws: what `body` threw, or `LDAPError.noServerAvailable`.
    func first<Value: Sendable>(_ body: (_ server: Int) async throws -> Value) async throws -> Value {
        for server in configurations.indices where state.withLock({ $0.breakers[server].permits(at: now) }) {
            do {
                let value = try await body(server)
                state.withLock { $0.breakers[server].succeeded() }
                return value
            } catch let error as LDAPError where error.isConnectionFailure {
                failed(server, error)
            } catch {
                learned(server, from: error)
                throw error
            }
        }
        throw LDAPError.noServerAvailable(lastFailure: lastFailure)
    }

    private var now: Duration { ContinuousClock.now - start }

    private func failed(_ server: Int, _ error: LDAPError) {
        state.withLock { state in
            state.breakers[server].failed(at: now)
            // An unreachable server's error names it already.
            let names = if case .unreachable = error { "" } else { "\(configurations[server].endpoint): " }
            state.lastFailure = "\(names)\(error)"
        }
    }

    /// An answer, even a refusing one, shows that the server is there; anything else shows nothing.
    private func learned(_ server: Int, from error: any Error) {
        state.withLock { state in
            switch error as? LDAPError {
            case .failed, .serviceBindRefused: state.breakers[server].succeeded()
            default: state.breakers[server].learnedNothing(at: now)
            }
        }
    }
}
