/// A request that was held to its service provider's metadata: to be kept at the server while somebody signs in.
public struct AcceptedRequest: Sendable, Hashable, Codable {
    /// Nil where nobody asked.
    public let requestID: String?
    public let serviceProvider: String
    /// Where the answer goes: an address of the metadata, octet by octet.
    public let consumer: String
    public let answerBinding: Binding
    public let forcesAuthn: Bool
    public let isPassive: Bool
    public let nameIDPolicy: NameIDPolicy?
    public let authnContext: RequestedAuthnContext?
    public let scoping: Scoping?
    public let attributeServiceIndex: Int?
    /// It was signed by its service provider.
    public let isSigned: Bool
    /// The channels that the client and the service provider described alike; nil where neither described one.
    public var channels: [ChannelBinding]? = nil
}

/// Where an answer may go.
public struct AnswerPlace: Sendable, Hashable {
    public let location: String
    public let binding: Binding
    public let inResponseTo: String?
}

/// What becomes of a request.
public enum RequestReading: Sendable, Hashable {
    case accepted(AcceptedRequest)
    /// The service provider is told, at a place that is known to be its own (IIP-IDP05).
    case answered(Status, AnswerPlace)
    /// Nobody is sent anywhere: it is not known that the place is right.
    case page(MessageFault)
}
