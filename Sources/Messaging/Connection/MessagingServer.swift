/// The address of a server: `nats://host:port` or `tls://host:port`; 4222 where no port is said.
public struct MessagingServer: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int
    /// Whether it is `tls://`: then nothing is said to it before TLS is there.
    public let requiresTLS: Bool

    /// Reads an address. A name or password in it is refused: addresses are logged.
    ///
    /// - Throws: `MessagingError.invalidConfiguration`.
    public init(_ text: String) throws(MessagingError) {
        let wrong = MessagingError.invalidConfiguration("a server is written nats://host:4222 or tls://host:4222")
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "nats" || parts[0] == "tls" else { throw wrong }
        var rest = parts[1]
        if rest.last == "/" { rest.removeLast() }
        guard !rest.contains("@") else {
            throw .invalidConfiguration("a server's address has a name or password in it; these are configured apart")
        }
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw wrong }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
            guard host.utf8.allSatisfy({ ":.0123456789abcdefABCDEF".utf8.contains($0) }) else { throw wrong }
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
            let isName: (Unicode.Scalar) -> Bool = {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "-._".unicodeScalars.contains($0))
            }
            guard host.unicodeScalars.allSatisfy(isName) else { throw wrong }
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { throw wrong }
        if rest.isEmpty {
            port = 4_222
        } else {
            guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else { throw wrong }
            port = Int(number)
        }
        requiresTLS = parts[0] == "tls"
    }

    public var description: String {
        "\(requiresTLS ? "tls" : "nats")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.allSatisfy { $0 == "." || $0.isNumber }
    }
}
