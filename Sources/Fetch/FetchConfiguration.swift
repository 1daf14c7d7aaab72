import Vocabulary

/// Where requests may go and how much they may cost. Nothing is taken from the environment: `http_proxy`, `no_proxy`,
/// `.netrc` and `SSL_CERT_FILE` of whoever started the process do not apply.
public struct FetchConfiguration: Sendable {
    /// Whether `http://` is ever spoken. TLS is the rule; loopback exists for tests and sidecars.
    public enum PlainHTTP: Sendable, Hashable {
        case never
        /// Only when every resolved address is a loopback address (which `allowedNetworks` must also hold).
        case loopbackOnly
    }

    /// Special-purpose networks (private, loopback, link-local …) that may be reached all the same; public addresses
    /// need no entry.
    public var allowedNetworks: [CIDR] = []
    public var plainHTTP: PlainHTTP = .never
    /// A PEM file that replaces the system's certification authorities; nil for the system's.
    public var certificateAuthorityFile: String?
    public var proxy: FetchProxy?
    /// Threads, each with its own kept connections: 1…64.
    public var threadCount = 4
    /// Requests waiting for a thread; one more is refused with `fetch.overloaded`.
    public var queueLimit = 64
    /// Longest accepted request body, in bytes.
    public var requestBodyLimit = 16 * 1_048_576
    public var userAgent = "gatehouse"
    /// Turns a name into addresses on a fetch thread; the system's resolver unless a test hands in its own.
    public var resolve: @Sendable (_ host: String) throws -> [IPAddress] = SystemResolver.addresses

    public init() {}
}

/// An HTTP proxy that every request tunnels through (`CONNECT` to the address that the guard has approved).
public struct FetchProxy: Sendable {
    /// `http://host:port` or `https://host:port`, without userinfo.
    public let url: String
    /// `user:password`, when the proxy asks for Basic authentication.
    public let credentials: SecretText?

    public init(url: String, credentials: SecretText? = nil) {
        self.url = url
        self.credentials = credentials
    }
}
