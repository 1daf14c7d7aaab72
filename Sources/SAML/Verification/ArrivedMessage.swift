import CXMLSec

/// A protocol message as it came, by whichever binding, with the signature that came around it.
public struct ArrivedMessage: Sendable {
    public let binding: Binding
    public let kind: MessageKind
    public let relayState: RelayState?
    private let bytes: [UInt8]
    private let query: SignedQuery?
    /// Header blocks of an envelope that are gone by.
    private let understood: Set<XMLName>

    /// A message within an address.
    ///
    /// - Parameter query: what is behind the question mark, as it came.
    /// - Throws: as `RedirectBinding.read`.
    public init(query: String) throws(MessageFault) {
        let read = try RedirectBinding.read(query: query)
        (binding, kind, relayState) = (.redirect, read.kind, read.relayState)
        (bytes, self.query, understood) = (read.message, read.query, [])
    }

    /// A message within a form.
    ///
    /// - Throws: as `PostBinding.read`.
    public init(fields: [(name: String, value: String)]) throws(MessageFault) {
        let read = try PostBinding.read(fields)
        (binding, kind, relayState) = (.post, read.kind, read.relayState)
        (bytes, query, understood) = (read.message, nil, [])
    }

    /// A message within an envelope of SOAP (SAML Bindings §3.2).
    ///
    /// - Parameter understood: header blocks that the caller deals with; another one that has to be understood refuses the
    ///   whole (SOAP 1.1 §4.2.3).
    public init(envelope: [UInt8], kind: MessageKind, understood: Set<XMLName> = []) {
        (binding, self.kind, relayState) = (.soap, kind, nil)
        (bytes, query, self.understood) = (envelope, nil, understood)
    }

    private func unverified(_ kind: SAMLMessageKind) -> UnverifiedMessage {
        UnverifiedMessage(bytes, kind: kind, place: binding == .soap ? .envelope(understood: understood) : .document)
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
    /// - Parameters:
    ///   - keys: of the one who is said to have made it.
    ///   - policy: what it may be signed by.
    /// - Throws: `SAMLError`: as `XMLReader.parse`, `ROOT`.
    public func examined(
        as kind: SAMLMessageKind, keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy = .strict
    ) throws -> (message: XMLElement, signature: ArrivalSignature) {
        let (message, inner) = try unverified(kind).examined(keys: keys, policy: policy)
        if case .invalid = inner { return (message, inner) }
        guard let query, query.algorithm != nil else { return (message, inner) }
        do {
            try query.verify(keys: keys, policy: policy)
            return (message, .verified)
        } catch {
            return (message, .invalid(error as? SAMLError ?? .unexplained))
        }
    }
}

extension UnverifiedMessage {
    /// As `ArrivedMessage.examined`, of the signature within the document alone.
    public func examined(
        keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy = .strict
    ) throws -> (message: XMLElement, signature: ArrivalSignature) {
        let document = try XMLDocument.parse(bytes, .message)
        return try place.examined(kind, in: document, keys: keys, policy: policy)
    }
}

/// Where in a document a message is.
enum MessagePlace: Hashable {
    /// It is the document.
    case document
    /// It is in the Body of an envelope; header blocks of these names are gone by.
    case envelope(understood: Set<XMLName>)

    /// The message's element, which is of that kind.
    ///
    /// - Throws: `SAMLError`: `ROOT`, `VERSION`, `NO_ID`, and as `SOAPStructure`.
    func message(_ kind: SAMLMessageKind, in document: XMLDocument) throws -> xmlNodePtr {
        switch self {
        case .document: try ResponseStructure.root(document, kind.rawValue)
        case .envelope(let understood):
            try ResponseStructure.message(SOAPStructure(document, understood).message, kind.rawValue)
        }
    }

    func examined(
        _ kind: SAMLMessageKind, in document: XMLDocument, keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy
    ) throws -> (message: XMLElement, signature: ArrivalSignature) {
        let node = try message(kind, in: document)
        var builder = XMLTreeBuilder()
        do {
            try SignaturePlaces(carriers: [node]).check(document.root)
            let signed = try SignedDocument.verify(node, in: document, keys: keys, policy: policy, limits: .message)
            return (builder.element(signed?.document.root ?? node), signed == nil ? .none : .verified)
        } catch {
            return (builder.element(node), .invalid(error as? SAMLError ?? .unexplained))
        }
    }
}

extension SAMLError {
    fileprivate static let unexplained = SAMLError(.library, "an operation failed")
}
