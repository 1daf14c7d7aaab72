/// Asks for the message that an artifact stands for (SAML Core §3.5.1).
public struct ArtifactResolve: Sendable, Hashable {
    public var header: MessageHeader
    public var artifact: String

    public init(_ header: MessageHeader, artifact: String) {
        self.header = header
        self.artifact = artifact
    }

    /// - Throws: `forbidden_character`, `malformed`.
    public func element() throws(MessageFault) -> XMLElement {
        try header.element(.samlp("ArtifactResolve"), [:], [Markup.text(.samlp("Artifact"), artifact)])
    }

    /// Reads a request that came; nothing of it is verified.
    ///
    /// - Throws: `malformed`, `version`, `issuer`.
    public init(reading element: XMLElement) throws(MessageFault) {
        let artifacts = element.children(.samlp("Artifact"))
        guard element.name == .samlp("ArtifactResolve"), artifacts.count == 1, !artifacts[0].holdsElements else {
            throw MessageFault(.malformed, "ArtifactResolve: has to name one artifact")
        }
        self.init(try MessageHeader(reading: element), artifact: artifacts[0].text.trimmingXMLSpace())
    }
}

/// The message that an artifact stands for, or none (SAML Core §3.5.2).
public struct ArtifactResponse: Sendable, Hashable {
    public var header: MessageHeader
    public var status: Status
    /// Success with nothing within says that the artifact stands for nothing (§3.5.3).
    public var message: XMLElement?

    public init(_ header: MessageHeader, status: Status, message: XMLElement? = nil) {
        self.header = header
        self.status = status
        self.message = message
    }

    /// - Throws: `forbidden_character`, `malformed`.
    public func element() throws(MessageFault) -> XMLElement {
        try header.element(.samlp("ArtifactResponse"), [:], [status.element, message])
    }

    /// Reads an answer that came; nothing of it is verified. The message within is any element but those that the answer
    /// has for itself.
    ///
    /// - Throws: `malformed`, `version`, `issuer`.
    public init(reading element: XMLElement) throws(MessageFault) {
        guard element.name == .samlp("ArtifactResponse"), let status = element.child(.samlp("Status")) else {
            throw MessageFault(.malformed, "ArtifactResponse: Status is missing, or it is another message")
        }
        let own: [XMLName] = [.saml("Issuer"), .ds("Signature"), .samlp("Extensions"), .samlp("Status")]
        let others = element.elements.filter { !own.contains($0.name) }
        guard others.count <= 1 else { throw MessageFault(.malformed, "ArtifactResponse: holds more than one message") }
        self.init(try MessageHeader(reading: element), status: try Status(reading: status), message: others.first)
    }
}
