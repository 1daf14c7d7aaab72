/// What was seen of a message's signature.
public enum ArrivalSignature: Sendable, Hashable {
    case none
    /// It verifies under a key of the peer's metadata.
    case verified
    /// There is one, and it is not believed; why not.
    case invalid(SAMLError)

    /// What is wrong with a signature that is there: a refused algorithm or a broken form is no wrong key, and is mended by
    /// somebody else. Nil where there is none or it holds.
    ///
    /// - Parameter peer: whose keys it was held to, as people read it.
    public func fault(keysOf peer: String) -> MessageFault? {
        guard case .invalid(let error) = self else { return nil }
        switch error.reason {
        case .signatureInvalid:
            return MessageFault(.unsigned, "the signature verifies under no key of the \(peer)'s metadata")
        case .key: return MessageFault(.unsigned, "the \(peer)'s metadata has no key that the signature could be of")
        case .signatureAlgorithm: return MessageFault(.signatureAlgorithm, error.detail)
        default: return MessageFault(.signatureStructure, "the signature cannot be used: \(error.detail)")
        }
    }
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
