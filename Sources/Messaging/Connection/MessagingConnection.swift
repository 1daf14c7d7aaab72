/// A connection to servers of NATS that is made again whenever it ends, until it is closed.
///
/// The first attempt is in the background as every later one: nothing here fails or waits because no server is there, and
/// `status` says what it is. Closing happens in bounded time, and by itself when the last reference goes.
public final class MessagingConnection: Sendable {
    let worker: ConnectionWorker

    /// Begins to connect.
    ///
    /// - Throws: `MessagingError.invalidConfiguration`.
    public init(_ configuration: MessagingConfiguration) throws(MessagingError) {
        try configuration.check()
        worker = ConnectionWorker(configuration)
        worker.start()
    }

    deinit { worker.close(by: .now + .seconds(1)) }

    /// How it is now.
    public var status: ConnectionStatus { worker.status }

    /// How it is now and after each change; ends when the connection is closed.
    public var updates: AsyncStream<ConnectionStatus> { worker.updates }

    /// Counts since the beginning.
    public var metrics: ConnectionMetrics { worker.metrics }

    /// Waits until there is a connection.
    ///
    /// - Throws: `MessagingError.closed`, or `CancellationError`.
    public func untilConnected() async throws {
        for await status in worker.updates where status.state == .connected { return }
        try Task.checkCancellation()
        throw MessagingError.closed
    }

    /// Sends a message without waiting for anything. Where no connection is there it is kept in the bounded buffer and sent on the
    /// next one; a server that ends may lose what was sent last.
    ///
    /// - Throws: `invalidMessage`, `payloadTooLarge`, `busy` when the buffer is full, `closed`.
    public func publish(_ subject: String, _ payload: [UInt8], headers: MessageHeaders = []) throws(MessagingError) {
        try worker.publish(OutgoingMessage(subject, payload, headers))
    }

    /// Sends a request and waits for its first answer.
    ///
    /// - Throws: `MessagingError`, or `CancellationError`. After `connectionLost` and `timedOut` it may have been done.
    public func request(
        _ subject: String, _ payload: [UInt8], headers: MessageHeaders = [], timeout: Duration = .seconds(5)
    ) async throws -> IncomingMessage {
        try Task.checkCancellation()
        let message = try OutgoingMessage(subject, payload, headers)
        let ticket = Ticket(worker.replies)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do throws(MessagingError) {
                    let number = try worker.request(message, timeout: timeout) { result in
                        if ticket.isCancelled {
                            continuation.resume(throwing: CancellationError())
                        } else {
                            continuation.resume(with: result.mapError { $0 })
                        }
                    }
                    ticket.begin(number)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            ticket.cancel()
        }
    }

    /// Sends what waits, lets the server see it, and closes; requests that still wait fail with `closed`. Returns by then in
    /// any case.
    public func close(within limit: Duration = .seconds(5)) async {
        let updates = worker.updates
        worker.close(by: .now + limit)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await status in updates where status.state == .closed { return } }
            // A library that hangs is left behind.
            group.addTask { try? await Task.sleep(for: limit + .seconds(1)) }
            await group.next()
            group.cancelAll()
        }
    }
}
