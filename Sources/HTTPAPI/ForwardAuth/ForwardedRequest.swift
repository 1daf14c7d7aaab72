import HTTPTypes
import Vocabulary

/// The request a reverse proxy holds while it asks `/auth/verify`: believed only from a trusted proxy, and only whole.
public struct ForwardedRequest: Sendable, Equatable {
    public let method: String
    public let isSecure: Bool
    /// Lower case, without port.
    public let host: String
    public let uri: OriginalURI
    /// The address of the browser as the trusted proxy saw it.
    public let client: IPAddress

    /// Why a question is refused; all of them are answered 403, with `code` in the log.
    public enum Refusal: Error, Sendable, Equatable {
        case untrustedPeer
        case missing(String)
        case repeated(String)
        case malformed(String)
        case uri(OriginalURI.Refusal)

        public var code: String {
            switch self {
            case .untrustedPeer: "forward_auth.untrusted_peer"
            case .missing(let name): "forward_auth.missing.\(name.lowercased())"
            case .repeated(let name): "forward_auth.repeated.\(name.lowercased())"
            case .malformed(let name): "forward_auth.malformed.\(name.lowercased())"
            case .uri(let reason): "forward_auth.uri.\(reason.rawValue)"
            }
        }
    }

    /// Reads `X-Original-Method`, `X-Original-URI`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-For`.
    ///
    /// - Throws: `ForwardedRequest.Refusal`; something unparsable is a refusal, never a value left out
    ///   (CVE-2024-47070).
    public init(headers: HTTPFields, peer: IPAddress?, trusted: TrustedProxies) throws(Refusal) {
        guard trusted.contains(peer) else { throw .untrustedPeer }
        method = try Self.one(headers, "X-Original-Method")
        guard (1...16).contains(method.utf8.count), method.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else {
            throw .malformed("X-Original-Method")
        }
        switch try Self.one(headers, "X-Forwarded-Proto") {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw .malformed("X-Forwarded-Proto")
        }
        guard let host = Self.hostName(try Self.one(headers, "X-Forwarded-Host")) else {
            throw .malformed("X-Forwarded-Host")
        }
        self.host = host
        let target = try Self.one(headers, "X-Original-URI")
        do throws(OriginalURI.Refusal) { uri = try OriginalURI(target) } catch { throw .uri(error) }
        client = try Self.client(try Self.one(headers, "X-Forwarded-For"), trusted: trusted)
    }

    private static func one(_ headers: HTTPFields, _ name: String) throws(Refusal) -> String {
        let values = headers[values: HTTPField.Name(name)!]
        guard let value = values.first, !value.isEmpty else { throw .missing(name) }
        guard values.count == 1 else { throw .repeated(name) }
        return value
    }

    /// The nearest address that is not itself a trusted proxy, read from the right: what stands further left was
    /// written by whoever liked to.
    private static func client(_ value: String, trusted: TrustedProxies) throws(Refusal) -> IPAddress {
        let parts = value.split(separator: ",", maxSplits: 32, omittingEmptySubsequences: false)
        var addresses: [IPAddress] = []
        for part in parts {
            guard let address = IPAddress(part.trimmingSpaces()) else { throw .malformed("X-Forwarded-For") }
            addresses.append(address)
        }
        guard let nearest = addresses.last(where: { !trusted.contains($0) }) ?? addresses.first else {
            throw .malformed("X-Forwarded-For")
        }
        return nearest
    }

    /// A DNS name or IPv4 address with an optional port; user information, lists and empty labels are nil.
    static func hostName(_ text: String) -> String? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard let port = Int(parts[1]), (1...65_535).contains(port), parts[1].utf8.allSatisfy(ASCII.isDigit) else {
                return nil
            }
        }
        let name = parts[0].lowercased()
        guard (1...253).contains(name.utf8.count) else { return nil }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isValid = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.first != 0x2D && label.utf8.last != 0x2D
                && label.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D }
        }
        return isValid ? name : nil
    }
}
