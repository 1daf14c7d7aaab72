/// The base URL under which browsers reach a tenant or an application: `https`, a host, an optional port and path,
/// no query, no trailing slash. Links are built from it, never from a request's `Host`.
public struct PublicURL: Sendable, Hashable, CustomStringConvertible {
    public let scheme: String
    /// Lower case, without port.
    public let host: String
    public let port: Int?
    /// Empty, or begins with a slash and does not end with one.
    public let path: String

    /// Reads `https://host[:port][/path]`; `http` is accepted for loopback hosts only.
    public init?(_ text: String) {
        guard text.utf8.count <= 2_048, let separator = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        var path = String(rest.dropFirst(authority.count))
        while path.hasSuffix("/") { path.removeLast() }
        guard !path.contains(where: { "?#\\%".contains($0) || !$0.isASCII }), !authority.contains("@") else {
            return nil
        }
        guard let (host, port) = Self.split(authority) else { return nil }
        let isLoopback = host == "localhost" || host.hasSuffix(".localhost") || host == "127.0.0.1" || host == "[::1]"
        guard scheme == "https" || (scheme == "http" && isLoopback) else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            host = authority[..<colon]
            port = number
        }
        let lowered = host.lowercased()
        let name = lowered.hasPrefix("[") ? lowered.dropFirst().dropLast() : lowered[...]
        let allowed = name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x3A
        }
        return !name.isEmpty && allowed ? (lowered, port) : nil
    }

    /// `https://host[:port]`, the form of an `Origin` header (RFC 6454 §6.2).
    public var origin: String {
        let standard = scheme == "https" ? 443 : 80
        return "\(scheme)://\(host)" + (port.map { $0 == standard ? "" : ":\($0)" } ?? "")
    }

    public var description: String { origin + path }

    /// The URL of a path below this base; `path` begins with a slash.
    public func appending(_ path: String) -> String { description + path }
}
