/// What was seen of a message's signature.
public enum ArrivalSignature: Sendable, Hashable {
    case none
    /// It verifies under a key of the peer's metadata.
    case verified
    case invalid
}

/// How a message came.
public struct MessageArrival: Sendable, Hashable {
    /// The address it came to.
    public var location: String
    public var binding: Binding
    public var signature: ArrivalSignature
    /// A request with this ID of this issuer was not seen before.
    public var isFirstShowing: Bool
    /// By SOAP: the channels by which the client says it speaks to the service provider.
    public var channels: [ChannelBinding]

    public init(
        location: String, binding: Binding, signature: ArrivalSignature, isFirstShowing: Bool = true,
        channels: [ChannelBinding] = []
    ) {
        self.location = location
        self.binding = binding
        self.signature = signature
        self.isFirstShowing = isFirstShowing
        self.channels = channels
    }
}
