import Synchronization

/// One connection to one server, opened when it is first needed, used by one operation at a time.
///
/// Operations wait in a bounded queue for the connection's own thread and never block the caller's. Cancelling a task
/// abandons its operation. Once the connection has failed, or a bind was given up, every further operation throws
/// `LDAPError.connectionLost`: an object that was bound never turns into one that is not.
public final class LDAPConnection: Sendable {
    public let configuration: LDAPConfiguration
    private let worker: LDAPWorker
    private let reservation = Mutex(Reservation.none)

    /// What a pool permits with a connection it hands out.
    enum Reservation: Sendable {
        case none
        /// Somebody else was bound before: nothing but a bind until one is accepted.
        case bindFirst
        /// Bound as the service account, or as nobody, and stays so.
        case fixed
    }

    /// Starts the connection's thread; nothing is sent yet.
    public init(_ configuration: LDAPConfiguration) throws(LDAPError) {
        self.configuration = configuration
        worker = LDAPWorker(configuration)
        guard worker.start() else { throw .limitExceeded(.queue) }
    }

    deinit { worker.stop() }

    /// Ends the thread and the connection. Waiting operations throw `LDAPError.closed`.
    public func close() { worker.stop() }

    /// False when there is no connection, or the server has closed it or said something nobody asked for. Asks the
    /// system alone, and means something only while no operation runs.
    public var isHealthy: Bool { worker.socket.isQuiet }

    func reserve(_ reservation: Reservation) { self.reservation.withLock { $0 = reservation } }

    /// Before a bind.
    func checkMayBind() throws(LDAPError) {
        guard case .fixed = reservation.withLock(\.self) else { return }
        throw .invalidRequest("this connection keeps the identity it has")
    }

    /// After an accepted bind.
    func bindWasAccepted() { reserve(.none) }

    /// Before anything that acts as whoever is bound.
    func checkIsBound() throws(LDAPError) {
        guard case .bindFirst = reservation.withLock(\.self) else { return }
        throw .invalidRequest("this connection has to be bound first")
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

    /// Runs `body` on this connection's thread with the handle of another one as well, which meanwhile does nothing else.
    func run<Value: Sendable>(
        with other: LDAPConnection,
        _ body: @escaping @Sendable (LDAPHandle, _ lent: LDAPHandle, CancellationFlag) throws(LDAPError) -> Value
    ) async throws(LDAPError) -> Value {
        try await run { [lender = other.worker] own, cancellation throws(LDAPError) in
            try lender.handle.use { lent throws(LDAPError) in try body(own, lent, cancellation) }
        }
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
