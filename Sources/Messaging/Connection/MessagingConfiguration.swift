/// Which servers, who we are there, and how much may wait.
public struct MessagingConfiguration: Sendable {
    /// Tried in this order, each time from the first one on after the last that worked.
    public var servers: [MessagingServer]
    public var credentials = MessagingCredentials.none
    public var tls = MessagingTLS()
    /// What the server's lists of connections call us.
    public var clientName = "gatehouse"
    /// What answers come to: `PREFIX.…`. Users with few rights have one of their own that they may subscribe to.
    public var inboxPrefix = "_INBOX"
    /// For reaching a server and being let in, TLS included.
    public var connectTimeout: Duration = .seconds(5)
    /// Servers are asked at this interval whether they are there; two that are not answered end the connection.
    public var pingInterval: Duration = .seconds(15)
    /// For a server to take what is written to it.
    public var writeTimeout: Duration = .seconds(5)
    /// First and longest wait between attempts; each is twice the one before, shortened by up to half at random.
    public var reconnectWait: ClosedRange<Duration> = .milliseconds(100) ... .seconds(10)
    /// Whether messages wait for a millisecond, so that several go out together: a relay then publishes half as many again in a
    /// second, and a request and its answer take two milliseconds longer.
    public var gathersWrites = false
    /// What `publish` keeps while there is no connection, or the server is slow, in bytes. Requests are not kept.
    public var bufferByteLimit = 8 * 1_048_576
    /// Requests that wait for their answers.
    public var waitingLimit = 8_192

    public init(servers: [MessagingServer]) { self.servers = servers }

    /// What cannot work, said before anything is tried.
    func check() throws(MessagingError) {
        guard !servers.isEmpty, servers.count <= 64 else { throw .invalidConfiguration("1 to 64 servers are needed") }
        guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
            throw .invalidConfiguration("a client's certificate and its key come together")
        }
        _ = try OutgoingMessage(inboxPrefix, [], [])
        guard inboxPrefix.utf8.count <= 128 else { throw .invalidConfiguration("the prefix of inboxes is too long") }
        guard reconnectWait.lowerBound > .zero else { throw .invalidConfiguration("attempts need a wait between them") }
        guard credentials.needsSecrecy, !tls.isRequired else { return }
        if let server = servers.first(where: { !$0.requiresTLS && !$0.isLoopback }) {
            throw .invalidConfiguration("a password or token would go to \(server) in the clear; require TLS")
        }
    }
}

/// How servers are believed, and we are by our certificate. Names are always checked: the host of the server's address.
public struct MessagingTLS: Sendable, Hashable {
    /// Whether a server that offers no TLS is left again. Without it a server may still ask for TLS, and is held to the rest.
    public var isRequired = false
    /// PEM file of the authorities that are believed instead of the system's.
    public var authorityFile: String?
    /// PEM files of our own certificate, with its chain, and its key.
    public var certificateFile: String?
    public var keyFile: String?

    public init() {}
}
