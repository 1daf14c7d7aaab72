import Foundation

/// A Swift service's way to the gateway: is this token good, and may this be done?
///
/// Every failure throws; there is no answer that means "probably". Share one client per process: it holds the cache.
public final class GatehouseClient: Sendable {
    /// The realm, addresses and bounds the client was made with.
    public let configuration: ClientConfiguration
    private let transport: HTTPTransport
    private let cache: IntrospectionCache
    private let clock = ContinuousClock()

    /// Bytes of a token at most; a longer one cannot be ours.
    public static let tokenLimit = 4_096

    /// - Parameter transport: how requests are sent; by default over `URLSession`, which trusts the certificate
    ///   authorities of the system or, where the environment variable `SSL_CERT_FILE` is set at the process's start,
    ///   those in that PEM file.
    public init(configuration: ClientConfiguration, transport: HTTPTransport? = nil) {
        self.configuration = configuration
        self.transport = transport ?? URLSessionTransport.make()
        cache = IntrospectionCache(limit: configuration.cacheEntries)
    }

    /// What the gateway says about a token now, or said within the cache bound (RFC 7662 §2).
    ///
    /// Only active answers are remembered, and never beyond the token's own end. What does not look like a token is
    /// inactive without asking.
    ///
    /// - Throws: `GatehouseError` `transport.…` or `gateway.…`.
    public func introspect(_ token: String) async throws -> Introspection {
        guard Self.isToken(token) else { return .inactive }
        if let known = cache.find(token, now: clock.now) { return known }
        let asked = clock.now
        let answer = try await post(
            "/oauth2/introspect", type: "application/x-www-form-urlencoded",
            body: Data("token=\(Self.formEncoded(token))&token_type_hint=access_token".utf8))
        let introspection = try Self.decode(Introspection.self, answer)
        remember(introspection, of: token, asked: asked)
        return introspection.isActive ? introspection : .inactive
    }

    /// Asks for one decision (AuthZEN Authorization API 1.0 §6, Access Evaluation).
    ///
    /// - Throws: `GatehouseError`; treat it as a refusal.
    public func decide(
        subject: Subject, action: Action, resource: Resource, context: [String: JSONValue] = [:]
    ) async throws -> Decision {
        let question = Question(
            subject: subject, action: action, resource: resource, context: context.isEmpty ? nil : context)
        let answer = try await post("/access/v1/evaluation", type: Self.json, body: try Self.encoded(question))
        return try Self.decode(Decision.self, answer)
    }

    private func remember(_ introspection: Introspection, of token: String, asked: ContinuousClock.Instant) {
        guard introspection.isActive else { return }
        var life = configuration.cacheBound
        if let end = introspection.expiresAt { life = min(life, .seconds(end.timeIntervalSinceNow)) }
        // The bound counts from the question, not the answer: what was revoked meanwhile is not seen in it.
        if life > .zero { cache.insert(introspection, for: token, until: asked + life, now: clock.now) }
    }

    // MARK: Asking

    static let json = "application/json"

    static func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    func post(_ path: String, type: String, body: Data) async throws -> Data {
        try Self.body(of: try await send("POST", path, type: type, body: body), path)
    }

    func get(_ path: String) async throws -> Data {
        try Self.body(of: try await send("GET", path, type: nil, body: Data()), path)
    }

    func send(_ method: String, _ path: String, type: String?, body: Data) async throws -> TransportAnswer {
        guard let url = configuration.endpoint(path) else {
            throw GatehouseError("configuration.issuer", "The issuer makes no URL with \(path).")
        }
        var headers = ["Authorization": "Bearer \(configuration.apiKey.value)", "Accept": Self.json]
        headers["Content-Type"] = type
        return try await transport(TransportRequest(method: method, url: url, headers: headers, body: body))
    }

    static func body(of answer: TransportAnswer, _ path: String) throws -> Data {
        switch answer.status {
        case 200: return answer.body
        case 401, 403: throw GatehouseError("gateway.refused_us", "The gateway answered \(answer.status) to our key.")
        default: throw GatehouseError("gateway.status", "The gateway answered \(answer.status) at \(path).")
        }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do { return try JSONDecoder().decode(type, from: data) } catch {
            throw GatehouseError("gateway.answer", "The gateway's answer is not the JSON it has to be.")
        }
    }

    /// RFC 6750 §2.1, b64token.
    static func isToken(_ token: String) -> Bool {
        let body = token.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return token.utf8.count <= tokenLimit && !body.isEmpty
            && body.allSatisfy { isPlain($0) || $0 == 0x2B || $0 == 0x2F }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    static func formEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            isPlain(byte) ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
