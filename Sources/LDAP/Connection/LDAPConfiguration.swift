/// One directory server: a host, a port, and nothing about how it is trusted.
public struct LDAPEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// The name that the server's certificate has to carry.
    public let host: String
    public let port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String { "\(bracketedHost):\(port)" }
    var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

/// How a connection is protected. There is no default, and plaintext has to be asked for by name.
public enum LDAPTransport: Sendable, Hashable {
    /// TLS from the first byte.
    case ldaps(LDAPTrust)
    /// TLS after StartTLS (RFC 4511 §4.14), before anything else is sent.
    case startTLS(LDAPTrust)
    /// No protection; passwords travel readable.
    case allowPlaintext

    /// What the certificate is judged by; nil without TLS.
    public var trust: LDAPTrust? {
        switch self {
        case .ldaps(let trust), .startTLS(let trust): trust
        case .allowPlaintext: nil
        }
    }
}

/// What a server's certificate is judged by. Verification cannot be switched off.
public struct LDAPTrust: Sendable, Hashable {
    /// Debian's bundle of public certificate authorities.
    public static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    /// A PEM file with the authorities that are believed.
    public let authoritiesFile: String
    /// `sha256:` and the base64 digest of the server's public key (SubjectPublicKeyInfo), demanded as well when set.
    public let pin: String?

    public init(authoritiesFile: String = Self.systemAuthorities, pin: String? = nil) {
        self.authoritiesFile = authoritiesFile
        self.pin = pin
    }
}

/// Everything one connection needs to know.
public struct LDAPConfiguration: Sendable, Hashable {
    public let endpoint: LDAPEndpoint
    public let transport: LDAPTransport
    /// Connecting and the TLS handshake, together at most about twice this.
    public var connectTimeout: Duration
    /// From sending a request to its last answer; for a search, each page.
    public var operationTimeout: Duration
    /// Operations waiting for one connection; one more is refused.
    public var queueLimit: Int
    /// One message from the server; a longer one ends the connection.
    public var messageByteLimit: Int

    public init(
        endpoint: LDAPEndpoint, transport: LDAPTransport, connectTimeout: Duration = .seconds(5),
        operationTimeout: Duration = .seconds(10), queueLimit: Int = 64, messageByteLimit: Int = 64 << 20
    ) {
        self.endpoint = endpoint
        self.transport = transport
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.queueLimit = queueLimit
        self.messageByteLimit = messageByteLimit
    }

    var uri: String {
        let scheme = if case .ldaps = transport { "ldaps" } else { "ldap" }
        return "\(scheme)://\(endpoint.bracketedHost):\(endpoint.port)"
    }
}
