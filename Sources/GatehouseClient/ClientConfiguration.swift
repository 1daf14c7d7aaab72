import Foundation

/// A secret of this process: it can be sent, but neither printed, logged nor reflected.
public struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let value: String

    public init(_ value: String) { self.value = value }

    public var description: String { "APIKey" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where the gateway is, who this service is to it, and how long an answer may be believed.
public struct ClientConfiguration: Sendable {
    /// The issuer, such as `https://id.example.org` or `https://id.example.org/t/acme`.
    public let issuer: URL
    let apiKey: APIKey
    /// How long after a revocation this service may at most still accept a token.
    public let cacheBound: Duration
    /// Introspections remembered at once.
    public let cacheEntries: Int

    /// The longest `cacheBound`: a revocation has to be felt within a minute.
    public static let longestCacheBound = Duration.seconds(60)
    /// The most `cacheEntries`.
    public static let mostCacheEntries = 100_000

    /// - Parameters:
    ///   - issuer: an https URL without query, fragment and user; plain http only to this machine (`127.0.0.1`, `::1`,
    ///     `localhost`), because the API key is sent along.
    ///   - apiKey: the service account's key.
    ///   - cacheBound: zero to `longestCacheBound`; zero asks every time.
    ///   - cacheEntries: 1 to `mostCacheEntries`.
    /// - Throws: `GatehouseError` `configuration.issuer`, `configuration.api_key` or `configuration.cache`.
    public init(
        issuer: String, apiKey: APIKey, cacheBound: Duration = .seconds(5), cacheEntries: Int = 10_000
    ) throws(GatehouseError) {
        guard let url = Self.issuer(issuer) else {
            throw GatehouseError("configuration.issuer", "The issuer must be an https URL, or http on this machine.")
        }
        guard (1...4_000).contains(apiKey.value.utf8.count),
            apiKey.value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw GatehouseError("configuration.api_key", "The API key must be printable ASCII without spaces.") }
        guard cacheBound >= .zero, cacheBound <= Self.longestCacheBound,
            (1...Self.mostCacheEntries).contains(cacheEntries)
        else {
            throw GatehouseError("configuration.cache", "Cache 0 to 60 seconds and 1 to 100000 entries.")
        }
        self.issuer = url
        self.apiKey = apiKey
        self.cacheBound = cacheBound
        self.cacheEntries = cacheEntries
    }

    private static func issuer(_ text: String) -> URL? {
        guard text.utf8.count <= 2_048, let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            parts.query == nil, parts.fragment == nil, parts.user == nil, parts.password == nil
        else { return nil }
        let isHere = ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host.lowercased())
        guard parts.scheme == "https" || (parts.scheme == "http" && isHere) else { return nil }
        return URL(string: text.hasSuffix("/") ? String(text.dropLast()) : text)
    }

    func endpoint(_ path: String) -> URL? { URL(string: issuer.absoluteString + path) }
}

/// What kept the gateway from answering. Whoever catches it has no answer and must not go on as if there were one.
public struct GatehouseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Stable: `configuration.…`, `transport.…` or `gateway.…`.
    public let code: String
    /// For the log; holds no token and no key.
    public let message: String

    public init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message)" }
}
