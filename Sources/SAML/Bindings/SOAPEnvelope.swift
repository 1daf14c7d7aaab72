/// A message within an envelope of SOAP 1.1 (SAML Bindings §3.2).
public enum SOAPEnvelope {
    /// The media type of requests and answers.
    public static let mediaType = "text/xml"
    /// What `SOAPAction` says (§3.2.2.1).
    public static let action = "http://www.oasis-open.org/committees/security"

    /// An envelope around a message, with header blocks where there are some.
    public static func element(around message: XMLElement, headers: [XMLElement] = []) -> XMLElement {
        Markup.element(
            .soap("Envelope"), [:],
            [
                headers.isEmpty ? nil : Markup.element(.soap("Header"), [:], headers),
                Markup.element(.soap("Body"), [:], [message]),
            ])
    }

    /// A message in an envelope, signed by itself where there is a key: what is around it is not signed.
    ///
    /// - Throws: `SAMLError`, as `SAMLSignatures.sign` and `XMLWriter.bytes`.
    public static func bytes(
        around message: XMLElement, headers: [XMLElement] = [], signedWith key: SAMLSigningKey?
    ) throws -> [UInt8] {
        let ready = try key.map { try XMLReader.parse(SAMLSignatures.sign(message, with: $0)) } ?? message
        return try XMLWriter.bytes(of: element(around: ready, headers: headers))
    }

    /// Whose fault it is (SOAP 1.1 §4.4.1).
    public enum FaultCode: String, Sendable, Hashable {
        case client = "soap11:Client"
        case server = "soap11:Server"
        case mustUnderstand = "soap11:MustUnderstand"
        case versionMismatch = "soap11:VersionMismatch"
    }

    /// An envelope that tells of a fault.
    public static func fault(_ code: FaultCode, _ text: String) -> XMLElement {
        let parts = [("faultcode", code.rawValue), ("faultstring", text)].map { Markup.text(XMLName("", $0), $1) }
        return element(around: Markup.element(.soap("Fault"), [:], parts))
    }

    /// The message in an envelope, and the header blocks before it.
    ///
    /// - Parameter understood: the header blocks that are gone by; another one that has to be understood refuses the whole
    ///   (SOAP 1.1 §4.2.3).
    /// - Throws: `malformed` for what is no envelope, for a fault, and for more than one message.
    public static func read(_ root: XMLElement, understood: Set<XMLName> = []) throws(MessageFault)
        -> (message: XMLElement, headers: [XMLElement])
    {
        let bodies = root.children(.soap("Body"))
        guard root.name == .soap("Envelope"), bodies.count == 1, root.children(.soap("Header")).count <= 1 else {
            throw MessageFault(.malformed, "the message is no envelope of SOAP 1.1 with one Body")
        }
        let headers = root.child(.soap("Header"))?.elements ?? []
        for header in headers where !understood.contains(header.name) {
            guard header.attribute(XMLName(XMLNamespace.soap11, "mustUnderstand")) != "1" else {
                throw MessageFault(.unsupported, "a header block has to be understood that is not known here")
            }
        }
        let inside = bodies[0].elements
        guard inside.count == 1, inside[0].name != .soap("Fault") else {
            throw MessageFault(.malformed, "the Body holds a fault, nothing, or more than one message")
        }
        return (inside[0], headers)
    }
}
