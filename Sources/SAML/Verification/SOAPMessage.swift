import CXMLSec

/// A protocol message that came in an envelope of SOAP 1.1 (SAML Bindings §3.2). Its signature is the message's own, held to
/// what every signature is held to; what is read is read from what was signed. The envelope itself proves nothing, and
/// neither do its header blocks.
public struct SOAPMessage: Sendable {
    let bytes: [UInt8]
    private let place: MessagePlace

    /// The document's bytes.
    ///
    /// - Parameter understood: header blocks that the caller deals with; another one that has to be understood refuses the
    ///   whole (SOAP 1.1 §4.2.3).
    public init(_ bytes: [UInt8], understood: Set<XMLName> = []) {
        self.bytes = bytes
        place = .envelope(understood: understood)
    }

    /// What the Body holds; nil for what is none of these. Proves nothing.
    ///
    /// - Throws: `SAMLError`: as `XMLReader.parse`, `ROOT`, `SOAP`, `STATUS` for a fault.
    public func kind() throws -> SAMLMessageKind? {
        let document = try XMLDocument.parse(bytes, .message)
        let message = try structure(document).message
        return withExtendedLifetime(document) {
            SAMLMessageKind.allCases.first { XMLNodes.isElement(message, XMLNamespace.protocols, $0.rawValue) }
        }
    }

    /// Who it says made it: for finding the keys it is to be checked with. Proves nothing.
    ///
    /// - Throws: `SAMLError`: as `XMLReader.parse`, `ROOT`, `SOAP`, `STATUS` for a fault, `VERSION`, `NO_ID`.
    public func claimedIssuer(of kind: SAMLMessageKind) throws -> String? {
        let document = try XMLDocument.parse(bytes, .message)
        let message = try place.message(kind, in: document)
        return withExtendedLifetime(document) {
            XMLNodes.elements(of: message, XMLNamespace.assertion, "Issuer").first.flatMap(XMLNodes.textOnly)?
                .trimmingXMLSpace()
        }
    }

    /// The header blocks, which nothing vouches for.
    ///
    /// - Throws: `SAMLError`: as `XMLReader.parse`, `ROOT`, `SOAP`, `STATUS` for a fault.
    func headers() throws -> [XMLElement] {
        let document = try XMLDocument.parse(bytes, .message)
        var builder = XMLTreeBuilder()
        let headers = try structure(document).headers
        return withExtendedLifetime(document) { headers.map { builder.element($0) } }
    }

    /// What came, and what came of its signature.
    public struct Examined: Sendable, Hashable {
        /// Read from what is signed, where it is.
        public let message: XMLElement
        public let signature: ArrivalSignature
        /// The header blocks, which nothing vouches for.
        public let headers: [XMLElement]
    }

    /// The message's tree, read from what is signed where it is signed, and what came of its signature: as
    /// `ArrivedMessage.examined`. Blocks for less than a millisecond, 20 at most: for threads of `SAMLExecutor`.
    ///
    /// - Parameter keys: of the one who is said to have made it.
    /// - Throws: `SAMLError`: as `claimedIssuer`.
    public func examined(
        as kind: SAMLMessageKind, keys: [SAMLVerificationKey], policy: SAMLAlgorithmPolicy = .strict
    ) throws -> Examined {
        let document = try XMLDocument.parse(bytes, .message)
        let (message, signature) = try place.examined(kind, in: document, keys: keys, policy: policy)
        var builder = XMLTreeBuilder()
        let headers = try structure(document).headers
        return withExtendedLifetime(document) {
            Examined(message: message, signature: signature, headers: headers.map { builder.element($0) })
        }
    }

    /// Holds the message to what is expected, as `UnverifiedMessage.judged`; a `Destination` has to be the address where
    /// there is one.
    public func judged(
        as kind: SAMLMessageKind, by expectation: MessageExpectation
    ) -> SAMLJudgement<VerifiedMessage> {
        let verification = MessageVerification(kind: kind, expectation: expectation, place: place)
        let verified = try? verification.verify(bytes)
        return SAMLJudgement(
            verified: verification.list.isClean ? verified : nil, checks: verification.list.checks)
    }

    private func structure(_ document: XMLDocument) throws -> SOAPStructure {
        guard case .envelope(let understood) = place else { throw SAMLError(.library, "a message without envelope") }
        return try SOAPStructure(document, understood)
    }
}

extension SOAPMessage {
    /// Holds the answer to an `ArtifactResolve`, and the response in it, to what is expected of both (SAML Profiles
    /// §4.1.4.5): the answer is to that request, and the response is signed by itself or with the answer around it.
    ///
    /// - Parameter id: of the `ArtifactResolve`.
    public func judgedResponse(
        toResolve id: String, by expectation: ResponseExpectation
    ) -> SAMLJudgement<VerifiedAssertion> {
        let verification = ResponseVerification(expectation)
        let verified = try? verification.verifyArtifact(bytes, resolve: id, place)
        return SAMLJudgement(verified: verification.list.isClean ? verified : nil, checks: verification.list.checks)
    }
}
