/// A protocol message as it came, by whichever binding, with the signature that came around it.
public struct ArrivedMessage: Sendable {
    public let binding: Binding
    public let kind: MessageKind
    public let relayState: RelayState?
    private let bytes: [UInt8]
    private let query: SignedQuery?

    /// A message within an address.
    ///
    /// - Parameter query: what is behind the question mark, as it came.
    /// - Throws: as `RedirectBinding.read`.
    public init(query: String) throws(MessageFault) {
        let read = try RedirectBinding.read(query: query)
        (binding, kind, relayState) = (.redirect, read.kind, read.relayState)
        (bytes, self.query) = (read.message, read.query)
    }

    /// A message within a form.
    ///
    /// - Throws: as `PostBinding.read`.
    public init(fields: [(name: String, value: String)]) throws(MessageFault) {
        let read = try PostBinding.read(fields)
        (binding, kind, relayState) = (.post, read.kind, read.relayState)
        (bytes, query) = (read.message, nil)
    }

    /// A message within an envelope of SOAP (SAML Bindings §3.2).
    public init(envelope: [UInt8], kind: MessageKind) {
        (binding, self.kind, relayState) = (.soap, kind, nil)
        (bytes, query) = (envelope, nil)
    }

    private func unverified(_ kind: SAMLMessageKind) -> UnverifiedMessage {
        binding == .soap ? UnverifiedMessage(envelope: bytes, kind: kind) : UnverifiedMessage(bytes, kind: kind)
    }

    /// Who it says made it: for finding the keys it is to be checked with. Proves nothing.
    ///
    /// - Throws: as `UnverifiedMessage.claimedIssuer`.
    public func claimedIssuer(of kind: SAMLMessageKind) throws -> String? {
        try unverified(kind).claimedIssuer()
    }

    /// The message's tree, read from what is signed where the document is signed, and what came of its signature. Blocks for
    /// less than a millisecond, 20 at most: for threads of `SAMLExecutor`.
    ///
    /// - Parameter keys: of the one who is said to have made it.
    /// - Throws: `SAMLError`: as `XMLReader.parse`, `ROOT`.
    public func examined(
        as kind: SAMLMessageKind, keys: [SAMLVerificationKey]
    ) throws -> (message: XMLElement, signature: ArrivalSignature) {
        let (message, inner) = try unverified(kind).examined(keys: keys)
        guard let query, query.algorithm != nil, inner != .invalid else { return (message, inner) }
        do {
            try query.verify(keys: keys)
            return (message, .verified)
        } catch {
            return (message, .invalid)
        }
    }
}

extension UnverifiedMessage {
    /// As `ArrivedMessage.examined`, of the signature within the document alone.
    public func examined(
        keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy = .strict
    ) throws -> (message: XMLElement, signature: ArrivalSignature) {
        let document = try XMLDocument.parse(bytes, .message)
        let root = try message(in: document)
        var builder = XMLTreeBuilder()
        do {
            try SignaturePlaces(carriers: [root]).check(document.root)
            let signed = try SignedDocument.verify(root, in: document, keys: keys, policy: policy, limits: .message)
            return (builder.element(signed?.document.root ?? root), signed == nil ? .none : .verified)
        } catch {
            return (builder.element(root), .invalid)
        }
    }
}
