import Vocabulary

/// A mail server that takes messages: over TLS from the first byte, over STARTTLS that it has to offer, or in the clear
/// on loopback where that was said.
public struct MailServer: Sendable {
    /// How the connection is protected.
    public enum Protection: Sendable, Hashable {
        /// `smtps`: TLS from the first byte (RFC 8314 §3.3).
        case tls
        /// STARTTLS (RFC 3207); a server that does not offer it gets no message.
        case startTLS
        /// None; loopback only.
        case plain
    }

    public let host: String
    public let port: Int
    public let protection: Protection
    /// A PEM file that replaces the system's certification authorities; nil for the system's.
    public var certificateAuthorityFile: String?
    public var credentials: MailCredentials?
    /// From the connection to the last answer.
    public var timeout: Duration = .seconds(30)

    /// `smtps://host[:465]` or `smtp://host[:587]`; nil for anything else.
    ///
    /// - Parameter allowsPlain: lets a server on loopback do without TLS. Any other host needs it all the same.
    public init?(_ url: String, allowsPlain: Bool = false) {
        guard let separator = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<separator.lowerBound].lowercased()
        let authority = url[separator.upperBound...]
        guard ["smtp", "smtps"].contains(scheme), let (host, port) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port ?? (scheme == "smtps" ? 465 : 587)
        let isLoopback = ["localhost", "127.0.0.1", "[::1]"].contains(host)
        guard isLoopback || !allowsPlain else { return nil }
        protection = scheme == "smtps" ? .tls : allowsPlain ? .plain : .startTLS
    }

    private static func split(_ authority: Substring) -> (String, Int?)? {
        var (host, port): (Substring, Int?) = (authority, nil)
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            (host, port) = (authority[..<colon], number)
        }
        let isLiteral = host.hasPrefix("[") && host.hasSuffix("]")
        let isFit = host.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || isLiteral && [0x3A, 0x5B, 0x5D].contains(byte)
        }
        return !host.isEmpty && isFit && host.utf8.count <= 255 ? (host.lowercased(), port) : nil
    }

    /// As libcurl reads it.
    var url: String { (protection == .tls ? "smtps" : "smtp") + "://\(host):\(port)" }
}

/// Who speaks to a mail server (RFC 4954).
public struct MailCredentials: Sendable {
    public let username: String
    public let password: SecretText

    /// A name and the password that proves it.
    public init(username: String, password: SecretText) {
        (self.username, self.password) = (username, password)
    }
}
