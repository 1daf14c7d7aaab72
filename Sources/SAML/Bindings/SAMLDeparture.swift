/// A browser's way to somebody with a message.
public enum SAMLDeparture: Sendable, Hashable {
    case address(String)
    /// A form that the browser posts there.
    case form(PostBinding.Form)

    /// Writes a message for the binding that it goes by, signed as that has it: within a form by the document itself, within an
    /// address over the octets. Blocks: for threads of `SAMLExecutor`.
    ///
    /// - Parameter key: nil leaves it unsigned.
    /// - Throws: `SAMLError` for what cannot be signed, `MessageFault` for what cannot be written.
    public init(
        _ element: XMLElement, kind: MessageKind, relayState: RelayState?, by binding: Binding, to location: String,
        signedWith key: SAMLSigningKey?
    ) throws {
        guard binding == .redirect else {
            let bytes = try key.map { try SAMLSignatures.sign(element, with: $0) } ?? XMLWriter.bytes(of: element)
            self = .form(PostBinding.Form(bytes, kind: kind, relayState: relayState, at: location))
            return
        }
        let algorithm = key?.algorithm
        let outgoing = RedirectBinding.Outgoing(
            try XMLWriter.bytes(of: element), kind: kind, relayState: relayState,
            signatureAlgorithm: algorithm?.rawValue)
        let signature = try key.map { try $0.signature(over: Array(outgoing.octets.utf8), algorithm) }
        self = .address(try outgoing.address(at: location, signature: signature))
    }
}
