import CNATS

/// What keeps a connection from being there, or ended the last one.
public struct ConnectionTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds, by stable words.
    public enum Kind: String, Sendable, CaseIterable {
        /// Refused, unresolvable or not answering as a server of NATS.
        case unreachable
        case timedOut = "timed_out"
        /// The certificate is not believed, is for another name, or the handshake failed.
        case tlsFailed = "tls_failed"
        /// TLS is required here, and the server does not offer it.
        case tlsNotOffered = "tls_not_offered"
        /// The server does not believe the credentials, or no more.
        case authenticationFailed = "authentication_failed"
        /// The connection ended.
        case connectionLost = "connection_lost"
        /// The server said another error and ended the connection.
        case refusedByServer = "refused_by_server"
        /// The library or the configuration.
        case library
    }

    public let kind: Kind
    /// What the library or the server said: shortened, without control characters and secrets.
    public let text: String
    /// The server's address, as configured.
    public let server: String

    public var description: String { "\(server): \(kind.rawValue)\(text.isEmpty ? "" : " (\(text))")" }

    init(_ kind: Kind, _ text: String, server: String) {
        self.kind = kind
        self.text = safe(text)
        self.server = server
    }

    init(_ status: natsStatus, _ text: String, server: String, fallback: Kind = .library) {
        let lower = text.lowercased()
        let isAuthentication =
            ["authorization", "authentication", "revoked", "credential"].contains { lower.contains($0) }
        let kind: Kind =
            switch status {
            case NATS_CONNECTION_AUTH_FAILED: .authenticationFailed
            case _ where isAuthentication: .authenticationFailed
            case NATS_SSL_ERROR: .tlsFailed
            case NATS_SECURE_CONNECTION_WANTED: .tlsNotOffered
            case NATS_TIMEOUT: .timedOut
            case NATS_NO_SERVER, NATS_IO_ERROR, NATS_ADDRESS_MISSING, NATS_PROTOCOL_ERROR: .unreachable
            case NATS_CONNECTION_CLOSED, NATS_STALE_CONNECTION: .connectionLost
            case NATS_ERR: .refusedByServer
            default: fallback
            }
        self.init(kind, text, server: server)
    }
}

/// A connection at one moment, for health and metrics.
public struct ConnectionStatus: Sendable, Hashable {
    /// Where it is.
    public enum State: String, Sendable, CaseIterable {
        /// None was there yet; it is being tried.
        case connecting
        case connected
        /// One was there; another is being tried.
        case reconnecting
        /// Closed by its owner, for good.
        case closed
    }

    public internal(set) var state = State.connecting
    /// The server of the present connection, as configured.
    public internal(set) var server: String?
    /// Why the last attempt failed or the last connection ended; kept while connected, for the curious.
    public internal(set) var lastTrouble: ConnectionTrouble?
    /// How many connections there were.
    public internal(set) var connections = 0
    /// How many attempts failed since the last of them.
    public internal(set) var failedAttempts = 0
    /// Longest payload that the server takes, in bytes; 0 before the first connection.
    public internal(set) var payloadLimit = 0
}

/// Counts of a connection since it was made.
public struct ConnectionMetrics: Sendable, Hashable {
    public internal(set) var sent = 0
    public internal(set) var received = 0
    /// Messages that waited to be sent and were given up at the end of the connection.
    public internal(set) var dropped = 0
    /// Requests whose answer is being waited for.
    public internal(set) var waiting = 0
    /// Bytes that wait to be sent, near enough.
    public internal(set) var bufferedBytes = 0
}

/// A stranger's text as it may stand in a log: short, and nothing in it that moves a cursor.
func safe(_ text: String) -> String {
    let head = text.unicodeScalars.prefix(200).map {
        $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "?" : Character($0)
    }
    return String(head)
}
