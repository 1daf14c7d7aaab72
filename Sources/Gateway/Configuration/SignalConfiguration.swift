import OAuth
import Vocabulary

/// `oauth.signals`: who hears of security events.
public struct SignalConfiguration: Sendable {
    /// Whether endpoints that receivers name by themselves may stand in the operator's own network.
    public var allowsPrivateReceivers = false
    public var streams: [SignalStreamConfiguration] = []

    init(_ section: ConfigurationSection?, tenant: String) {
        guard let section else { return }
        allowsPrivateReceivers = section.bool("allow_private_receivers", default: false)
        streams = section.sections("streams", limit: 100).map { SignalStreamConfiguration($0, tenant: tenant) }
        let names = streams.map { "\($0.tenant)/\($0.client)" }
        if Set(names).count != names.count { section.report("streams", "must name each client once.") }
        section.finish()
    }
}

/// One of `oauth.signals.streams`: one for a client.
public struct SignalStreamConfiguration: Sendable {
    public var tenant: String
    /// The receiver's `client_id`.
    public var client: String
    /// Where events are pushed; nil where the receiver polls.
    public var endpoint: String?
    public var header: SecretSource?
    public var events: Set<SecurityEvent.EventType>
    public var isAboutEverybody: Bool
    public var description: String?

    private static let words: KeyValuePairs<String, SecurityEvent.EventType> = [
        "session-revoked": .sessionRevoked, "credential-change": .credentialChange,
    ]

    init(_ section: ConfigurationSection, tenant fallback: String) {
        tenant = section.text("tenant", default: fallback)
        client = section.text("client")
        endpoint = section.optionalText("endpoint_url")
        if let endpoint,
            endpoint.utf8.count > EventStreamRequest.endpointByteLimit
                || !EventStreamRequest.isEndpoint(endpoint, true)
        {
            section.report("endpoint_url", "must be an https address.")
        }
        header = section.secret("authorization_header_file")
        if header != nil, endpoint == nil {
            section.report("authorization_header_file", "is for a stream that is pushed; `endpoint_url` is missing.")
        }
        let names = section.has("events") ? section.texts("events", limit: 10) : Self.words.map(\.key)
        events = Set(names.compactMap { name in Self.words.first { $0.key == name }?.value })
        if events.count != Set(names).count || events.isEmpty {
            section.report("events", "must be some of \(Self.words.map(\.key).joined(separator: ", ")).")
        }
        isAboutEverybody = section.bool("everybody", default: false)
        description = section.optionalText("description")
        if let description, description.utf8.count > EventStreamRequest.descriptionByteLimit {
            section.report("description", "must be at most \(EventStreamRequest.descriptionByteLimit) bytes.")
        }
        section.finish()
    }
}
