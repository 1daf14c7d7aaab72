import CNATS
import Dispatch
import NKeys
import Synchronization

/// What the library calls, on threads of its own.
extension ConnectionWorker {
    func lose(_ trouble: ConnectionTrouble) {
        state.withLock { state in if state.lost == nil { state.lost = trouble } }
        wake.signal()
    }

    func count(received: Int) { state.withLock { $0.metrics.received += received } }

    func refuse(_ text: String) {
        // Permissions Violation for Publish to "subject"
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count >= 2, text.lowercased().contains("publish to") else { return }
        replies.refuse(subject: String(parts[1]))
    }

    var inboxRegistration: Registration {
        Registration(subject: inbox + "*", queue: nil, messageLimit: 65_536, byteLimit: 64 * 1_048_576) {
            [weak self, length = inbox.utf8.count] message in
            guard let self else { return }
            let incoming = IncomingMessage(message)
            guard let number = UInt64(incoming.subject.dropFirst(length), radix: 36) else { return }
            count(received: 1)
            let isNobody = natsMsg_IsNoResponders(message)
            replies.finish(number, isNobody ? .failure(.noResponders) : .success(incoming))
        }
    }
}

/// What the library calls for one connection.
struct ConnectionCallbacks: Sendable {
    let numbers: [UInt]

    init(_ worker: ConnectionWorker, _ configuration: MessagingConfiguration, _ server: MessagingServer) {
        let name = server.description
        let closed = CallbackTable.add(
            .closed { [weak worker] status, text in
                worker?.lose(ConnectionTrouble(status, text, server: name, fallback: .connectionLost))
            })
        let trouble = CallbackTable.add(
            .trouble { [weak worker] status, text in if status == NATS_NOT_PERMITTED { worker?.refuse(text) } })
        var numbers = [closed, trouble]
        if case .user(let jwt, let pair) = configuration.credentials.kind {
            numbers.append(CallbackTable.add(.credentials(jwt: jwt) { try? pair.sign($0) }))
        }
        self.numbers = numbers
    }

    func remove() { for number in numbers { CallbackTable.remove(number) } }

    func connect(_ configuration: MessagingConfiguration, _ server: MessagingServer) -> ConnectAttempt.Outcome {
        do throws(ConnectionTrouble) {
            let options = try ConnectionOptions(
                configuration, server, credentials: numbers.last ?? 0, closed: numbers[0], trouble: numbers[1])
            var connection: OpaquePointer?
            let status = natsConnection_Connect(&connection, options.pointer)
            guard status == NATS_OK, let connection else {
                return .failed(ConnectionTrouble(status, lastErrorText(status), server: server.description))
            }
            return .connected(ConnectAttempt.Connection(pointer: connection))
        } catch {
            return .failed(error)
        }
    }
}
