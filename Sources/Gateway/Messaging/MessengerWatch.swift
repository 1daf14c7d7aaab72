import Logging
import Messaging

/// Says in the log when servers of NATS come and go, and what keeps events from being told: once for each new reason.
struct MessengerWatch: Sendable {
    let link: MessengerLink
    let logger: Logger
    private static let interval: Duration = .seconds(1)

    /// Watches until the task is cancelled.
    func run() async {
        var (connection, relay) = ("", "")
        while !Task.isCancelled {
            say(&connection, link.connection.status)
            if let status = link.relay?.status { say(&relay, status) }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func say(_ last: inout String, _ status: ConnectionStatus) {
        let isThere = status.state == .connected
        let now =
            isThere ? "\(status.server ?? "")" : "\(status.state.rawValue) \(status.lastTrouble?.description ?? "")"
        guard now != last else { return }
        last = now
        if isThere {
            logger.info("servers of NATS are reached", metadata: ["server": "\(now)"])
        } else if let trouble = status.lastTrouble {
            logger.notice("servers of NATS are away", metadata: ["trouble": "\(trouble)"])
        }
    }

    private func say(_ last: inout String, _ status: RelayStatus) {
        guard case .waiting(let trouble) = status else {
            if case .upToDate = status { last = "" }
            return
        }
        guard "\(trouble)" != last else { return }
        last = "\(trouble)"
        // A connection that is away was said above.
        if trouble != .disconnected {
            logger.warning("events of the journal wait to be told over NATS", metadata: ["trouble": "\(trouble)"])
        }
    }
}
