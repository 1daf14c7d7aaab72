import Vocabulary

/// One HTTP request with its own limits. Descriptions of it never show header values, query or body.
public struct FetchRequest: Sendable, CustomStringConvertible {
    /// The methods that are sent; a redirect is never followed by any of them.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    public var method: Method
    /// Absolute, `https` (or `http` where the configuration allows it), without userinfo.
    public var url: String
    /// In order; `Host`, `Content-Length` and the connection's own fields are the client's business and refused.
    public var headers: [FetchHeader]
    public var body: [UInt8]
    /// Speak over this unix-domain socket instead of the network; the URL's host is then only a name. For the
    /// gateway's own control socket: never fill it from input.
    public var unixSocket: String?
    public var limits: FetchLimits
    /// SHA-256 of the server's public key (its SubjectPublicKeyInfo in DER), of any of these keys. Where there are some, one
    /// of them is what is trusted in place of every authority and name: over TLS, on a connection of its own.
    public var serverKeys: [[UInt8]] = []

    public init(
        _ method: Method = .get, url: String, headers: [FetchHeader] = [], body: [UInt8] = [],
        unixSocket: String? = nil, limits: FetchLimits = FetchLimits()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.unixSocket = unixSocket
        self.limits = limits
    }

    public var description: String { "\(method.rawValue) request with \(headers.count) headers" }
}

/// A header field; the value may be a credential, so it is not described.
public struct FetchHeader: Sendable, CustomStringConvertible, CustomReflectable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public var description: String { "\(name): ‹value›" }
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// What one request may cost before it is abandoned.
public struct FetchLimits: Sendable, Hashable {
    /// Until the connection, TLS included, stands.
    public var connectTimeout: Duration = .seconds(5)
    /// From the call to the last byte, waiting for a thread included.
    public var totalTimeout: Duration = .seconds(15)
    /// Longest response body, in bytes.
    public var responseBytes = 1_048_576
    /// All header fields together, interim responses and trailers included, in bytes.
    public var headerBytes = 32_768
    public var headerCount = 100

    public init() {}
}

/// What came back. A redirect is an answer like any other: it is never followed.
public struct FetchResponse: Sendable {
    public let status: Int
    public let headers: [FetchHeader]
    public let body: [UInt8]

    public init(status: Int, headers: [FetchHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first field of that name, case-insensitively.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
