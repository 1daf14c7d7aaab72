/// Envelopes of the Enhanced Client or Proxy Profile (SAML Profiles §4.2, ECP Profile Version 2.0): a client that is no
/// browser carries a request to the identity provider and its answer back.
public enum ECPEnvelope {
    /// The actor of every header block: the next one who reads it.
    static let actor = "http://schemas.xmlsoap.org/soap/actor/next"

    /// The identity provider's answer (§2.3.6.2 of Version 2.0): where the client has to take it, which the client holds
    /// against what the service provider said.
    ///
    /// - Parameters:
    ///   - wasSigned: the request was authenticated by its signature, and the client may know.
    ///   - generatedKey: 32 random octets that client and service provider will share (SAML-EC §5.3.1); it goes into the
    ///     header here, and encrypted into the assertion.
    public static func answer(
        _ response: XMLElement, consumer: String, wasSigned: Bool, generatedKey: [UInt8]? = nil
    ) -> XMLElement {
        var headers = [block(.ecp("Response"), ["AssertionConsumerServiceURL": consumer])]
        if wasSigned { headers.append(block(.ecp("RequestAuthenticated"), [:], mustUnderstand: false)) }
        if let generatedKey {
            var key = block(XMLName(XMLNamespace.generatedKey, "GeneratedKey"), [:], mustUnderstand: false)
            key.children = [.text(SAMLBase64.encode(generatedKey))]
            headers.append(key)
        }
        return SOAPEnvelope.element(around: response, headers: headers)
    }

    /// The service provider's request by reverse SOAP (§4.2.4.2): what the client is told, and what it carries on.
    public static func request(
        _ request: AuthnRequest, consumer: String, relayState: RelayState? = nil, providerName: String? = nil,
        identityProviders: [String] = []
    ) throws(MessageFault) -> XMLElement {
        let entries = identityProviders.map { Markup.element(.samlp("IDPEntry"), ["ProviderID": $0]) }
        var asked = block(.ecp("Request"), ["ProviderName": providerName, "IsPassive": Markup.flag(request.isPassive)])
        asked.children = [.element(Markup.text(.saml("Issuer"), request.header.issuer))]
        if !entries.isEmpty { asked.children.append(.element(Markup.element(.samlp("IDPList"), [:], entries))) }
        var headers = [
            block(
                XMLName(XMLNamespace.paos, "Request"),
                ["responseConsumerURL": consumer, "service": XMLNamespace.ecp, "messageID": request.header.id]), asked,
        ]
        if let relayState {
            var state = block(.ecp("RelayState"), [:])
            state.children = [.text(relayState.text)]
            headers.append(state)
        }
        return SOAPEnvelope.element(around: try request.element(), headers: headers)
    }

    /// The request that a client brought, with the channels it says it came by (`cb:ChannelBindings`), which are to be held
    /// against the connection (IIP-IDP13).
    ///
    /// - Throws: `malformed`, `unsupported`.
    public static func read(_ root: XMLElement) throws(MessageFault) -> Request {
        let channel = XMLName(XMLNamespace.channelBinding, "ChannelBindings")
        let (message, headers) = try SOAPEnvelope.read(root, understood: [channel])
        let bindings = try headers.filter { $0.name == channel }.map { header throws(MessageFault) in
            guard let kind = header.attribute("Type"), let octets = SAMLBase64.decode(header.text) else {
                throw MessageFault(.malformed, "ChannelBindings: has no Type, or is not Base64")
            }
            return ChannelBinding(kind: kind, octets: octets)
        }
        return Request(message: message, channelBindings: bindings)
    }

    /// What a client brought.
    public struct Request: Sendable, Hashable {
        /// The `AuthnRequest`, to be verified and judged as any other.
        public let message: XMLElement
        public let channelBindings: [ChannelBinding]
    }

    /// A channel by its kind and what is peculiar to it (RFC 5929).
    public struct ChannelBinding: Sendable, Hashable {
        /// `tls-server-end-point`, for example.
        public let kind: String
        public let octets: [UInt8]

        /// A channel by its kind and what is peculiar to it.
        public init(kind: String, octets: [UInt8]) {
            self.kind = kind
            self.octets = octets
        }
    }

    private static func block(
        _ name: XMLName, _ attributes: KeyValuePairs<String, String?>, mustUnderstand: Bool = true
    ) -> XMLElement {
        var made = Markup.element(name, attributes)
        if mustUnderstand {
            made.attributes.append(XMLAttribute(XMLName(XMLNamespace.soap11, "mustUnderstand"), "1"))
        }
        made.attributes.append(XMLAttribute(XMLName(XMLNamespace.soap11, "actor"), actor))
        return made
    }
}
