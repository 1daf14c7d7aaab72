import JOSE

/// What a receiver says of its stream (SSF 1.0 §8.1.1): members that are the receiver's to say. Those of the transmitter may
/// stand beside them, where they are right.
public struct EventStreamRequest: Sendable, Hashable {
    /// How events reach the receiver (SSF §6.1).
    public enum Delivery: Sendable, Hashable {
        case push(endpoint: String, authorization: String?)
        case poll

        /// RFC 8935 and RFC 8936.
        public static let pushMethod = "urn:ietf:rfc:8935"
        public static let pollMethod = "urn:ietf:rfc:8936"
    }

    public static let descriptionByteLimit = 256
    public static let endpointByteLimit = 2_048
    public static let authorizationByteLimit = 4_096

    public let streamID: String?
    /// Nil where nothing is said of them. What is not known here is read over (§8.1.1).
    public let events: Set<SecurityEvent.EventType>?
    /// Nil where nothing is said of it.
    public let delivery: Delivery?
    public let description: String?

    /// Reads a request.
    ///
    /// - Parameter allowsLoopback: whether plain HTTP to this very machine is an endpoint; for administrators.
    /// - Throws: `invalid_request`.
    public init(_ json: JSONObject, allowsLoopback: Bool = false) throws(OAuthError) {
        streamID = try Self.text(json, "stream_id", limit: 64)
        // A transmitter may cut it (§8.1.1).
        description = try Self.text(json, "description", limit: 8_192).map {
            String(decoding: $0.utf8.prefix(Self.descriptionByteLimit), as: UTF8.self)
        }
        if let value = json["events_requested"] {
            guard let names = value.texts, names.count <= 100 else {
                throw OAuthError(.invalidRequest, "events_requested is not a list of event types")
            }
            events = Set(names.compactMap(SecurityEvent.EventType.init)).intersection(SecurityEvent.EventType.supported)
        } else {
            events = nil
        }
        delivery = try json["delivery"].map { value throws(OAuthError) in
            guard let object = value.object else { throw OAuthError(.invalidRequest, "delivery is not an object") }
            return try Self.delivery(object, allowsLoopback)
        }
    }

    private static func text(_ json: JSONObject, _ name: String, limit: Int) throws(OAuthError) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.text, text.utf8.count <= limit else {
            throw OAuthError(.invalidRequest, "\(name) is not text of at most \(limit) bytes")
        }
        return text
    }

    private static func delivery(_ json: JSONObject, _ allowsLoopback: Bool) throws(OAuthError) -> Delivery {
        switch json["method"]?.text {
        case Delivery.pollMethod: return .poll
        case Delivery.pushMethod: break
        default: throw OAuthError(.invalidRequest, "delivery.method is neither push nor poll")
        }
        guard let endpoint = try text(json, "endpoint_url", limit: endpointByteLimit),
            isEndpoint(endpoint, allowsLoopback)
        else { throw OAuthError(.invalidRequest, "delivery.endpoint_url is not an https address") }
        let authorization = try text(json, "authorization_header", limit: authorizationByteLimit)
        guard authorization.map(isHeader) ?? true else {
            throw OAuthError(.invalidRequest, "delivery.authorization_header holds what no header may")
        }
        return .push(endpoint: endpoint, authorization: authorization)
    }

    /// Whether events may be pushed to an address: by TLS, or to this very machine where that is allowed.
    public static func isEndpoint(_ text: String, _ allowsLoopback: Bool) -> Bool {
        guard let address = WebAddress(text) else { return false }
        return address.isSecure
            || allowsLoopback && address.isScheme("http") && address.isLoopbackLiteral && address.fragment == nil
    }

    /// RFC 9110 §5.5, and nothing beyond ASCII.
    public static func isHeader(_ text: String) -> Bool {
        (1...authorizationByteLimit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Members that are the transmitter's to say: they may be repeated, and have to be right (§8.1.1.3).
    ///
    /// - Throws: `invalid_request`, naming the first that is not.
    public static func check(_ json: JSONObject, against present: JSONObject) throws(OAuthError) {
        for name in ["iss", "aud", "events_supported", "events_delivered", "min_verification_interval"] {
            guard let said = json[name], said != present[name] else { continue }
            throw OAuthError(.invalidRequest, "\(name) is the transmitter's to say, and another")
        }
    }
}

extension SecurityEvent {
    /// What a transmitter tells of itself (SSF 1.0 §7.1).
    public static func transmitter(issuer: String, keys: String, endpoints: String) -> JSONObject {
        [
            "spec_version": "1_0", "issuer": .string(issuer), "jwks_uri": .string(keys),
            "delivery_methods_supported": [
                .string(EventStreamRequest.Delivery.pushMethod), .string(EventStreamRequest.Delivery.pollMethod),
            ],
            "configuration_endpoint": .string(endpoints + "/stream"),
            "status_endpoint": .string(endpoints + "/status"),
            "verification_endpoint": .string(endpoints + "/verify"),
            "authorization_schemes": [["spec_urn": "urn:ietf:rfc:6749"]],
            "default_subjects": "ALL",
        ]
    }
}
