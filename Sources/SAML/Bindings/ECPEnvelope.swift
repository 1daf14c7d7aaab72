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
    ///   - generatedKey: random octets that client and service provider will share (SAML-EC §5.3.1); they stand in the
    ///     header here, and encrypted in the assertion.
    ///   - channels: those that both ends described alike.
    public static func answer(
        _ response: XMLElement, consumer: String, wasSigned: Bool, generatedKey: [UInt8]? = nil,
        channels: [ChannelBinding] = []
    ) -> XMLElement {
        var headers = [block(.ecp("Response"), ["AssertionConsumerServiceURL": consumer])]
        if wasSigned { headers.append(block(.ecp("RequestAuthenticated"), [:], mustUnderstand: false)) }
        headers += channels.map { marked($0.element) }
        if let generatedKey { headers.append(marked(Self.key(generatedKey), mustUnderstand: false)) }
        return SOAPEnvelope.element(around: response, headers: headers)
    }

    /// A key for a client and a service provider (SAML-EC §5.3.1).
    static func key(_ octets: [UInt8]) -> XMLElement {
        Markup.text(XMLName(XMLNamespace.generatedKey, "GeneratedKey"), SAMLBase64.encode(octets))
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

    /// The request that a client brought, to be verified and judged as any other, with the channels by which the client says
    /// it speaks to the service provider. No other header block may have to be understood: the client was to take away what
    /// the service provider put there (§2.3.4). Blocks as `ArrivedMessage.examined`.
    ///
    /// - Throws: `SAMLError` as `SOAPMessage`, `MessageFault` of `malformed`.
    public static func arrived(_ bytes: [UInt8]) throws -> (message: ArrivedMessage, channels: [ChannelBinding]) {
        let understood: Set<XMLName> = [ChannelBinding.elementName]
        let headers = try SOAPMessage(bytes, understood: understood).headers()
        return (
            ArrivedMessage(envelope: bytes, kind: .request, understood: understood),
            try ChannelBinding.read(among: headers)
        )
    }

    private static func block(
        _ name: XMLName, _ attributes: KeyValuePairs<String, String?>, mustUnderstand: Bool = true
    ) -> XMLElement {
        marked(Markup.element(name, attributes), mustUnderstand: mustUnderstand)
    }

    private static func marked(_ element: XMLElement, mustUnderstand: Bool = true) -> XMLElement {
        var made = element
        if mustUnderstand {
            made.attributes.append(XMLAttribute(XMLName(XMLNamespace.soap11, "mustUnderstand"), "1"))
        }
        made.attributes.append(XMLAttribute(XMLName(XMLNamespace.soap11, "actor"), actor))
        return made
    }
}
