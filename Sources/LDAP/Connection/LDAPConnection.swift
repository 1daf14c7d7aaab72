import Synchronization

/// One connection to one server, opened when it is first needed, used by one operation at a time.
///
/// Operations wait in a bounded queue for the connection's own thread and never block the caller's. Cancelling a task
/// abandons its operation. After an error that `LDAPError.isConnectionFailure` names, the next operation opens a new
/// connection, which is anonymous until it is bound.
public final class LDAPConnection: Sendable {
    public let configuration: LDAPConfiguration
    private let worker: LDAPWorker

    /// Starts the connection's thread; nothing is sent yet.
    public init(_ configuration: LDAPConfiguration) throws(LDAPError) {
        self.configuration = configuration
        worker = LDAPWorker(configuration)
        guard worker.start() else { throw .limitExceeded(.queue) }
    }

    deinit { worker.stop() }

    /// Ends the thread and the connection. Waiting operations throw `LDAPError.closed`.
    public func close() { worker.stop() }

    /// False when the connection is known to be broken without asking the server.
    public func isHealthy() async -> Bool {
        (try? await run { handle, _ in handle.isHealthy() }) ?? false
    }

    /// Runs `body` on the connection's thread.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (LDAPHandle, CancellationFlag) throws(LDAPError) -> Value
    ) async throws(LDAPError) -> Value {
        let cancellation = CancellationFlag()
        let result: Result<Value, LDAPError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let acceptance = worker.enqueue { handle in
                    continuation.resume(returning: Self.perform(body, handle, cancellation))
                }
                switch acceptance {
                case .accepted: break
                case .full: continuation.resume(returning: .failure(.limitExceeded(.queue)))
                case .stopped: continuation.resume(returning: .failure(.closed))
                }
            }
        } onCancel: {
            cancellation.set()
        }
        return try result.get()
    }

    private static func perform<Value>(
        _ body: (LDAPHandle, CancellationFlag) throws(LDAPError) -> Value, _ handle: LDAPHandle?,
        _ cancellation: CancellationFlag
    ) -> Result<Value, LDAPError> {
        guard let handle else { return .failure(.closed) }
        guard !cancellation.isSet else { return .failure(.cancelled) }
        do throws(LDAPError) {
            return .success(try body(handle, cancellation))
        } catch {
            return .failure(error)
        }
    }
}
