extension XMLNamespace {
    static let signature11 = "http://www.w3.org/2009/xmldsig11#"
    /// SAML V2.0 Channel Binding Extensions.
    static let channelBinding = "urn:oasis:names:tc:SAML:protocol:ext:channel-binding"
    /// SAML Enhanced Client SASL and GSS-API Mechanisms, §5.3.1: the generated key.
    static let generatedKey = "urn:ietf:params:xml:ns:samlec"
}

extension XMLName {
    static func saml(_ local: String) -> XMLName { XMLName(XMLNamespace.assertion, local) }
    static func samlp(_ local: String) -> XMLName { XMLName(XMLNamespace.protocols, local) }
    static func md(_ local: String) -> XMLName { XMLName(XMLNamespace.metadata, local) }
    static func ds(_ local: String) -> XMLName { XMLName(XMLNamespace.signature, local) }
    static func alg(_ local: String) -> XMLName { XMLName(XMLNamespace.algorithms, local) }
    static func mdui(_ local: String) -> XMLName { XMLName(XMLNamespace.userInterface, local) }
    static func soap(_ local: String) -> XMLName { XMLName(XMLNamespace.soap11, local) }
    static func ecp(_ local: String) -> XMLName { XMLName(XMLNamespace.ecp, local) }
}
