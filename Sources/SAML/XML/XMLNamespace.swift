/// The namespaces that SAML documents are made of, and the prefix that each is written with.
public enum XMLNamespace {
    public static let protocols = "urn:oasis:names:tc:SAML:2.0:protocol"
    public static let assertion = "urn:oasis:names:tc:SAML:2.0:assertion"
    public static let metadata = "urn:oasis:names:tc:SAML:2.0:metadata"
    public static let signature = "http://www.w3.org/2000/09/xmldsig#"
    public static let encryption = "http://www.w3.org/2001/04/xmlenc#"
    public static let encryption11 = "http://www.w3.org/2009/xmlenc11#"
    public static let exclusiveCanonicalization = "http://www.w3.org/2001/10/xml-exc-c14n#"
    public static let userInterface = "urn:oasis:names:tc:SAML:metadata:ui"
    public static let entityAttributes = "urn:oasis:names:tc:SAML:metadata:attribute"
    public static let registration = "urn:oasis:names:tc:SAML:metadata:rpi"
    public static let algorithms = "urn:oasis:names:tc:SAML:metadata:algsupport"
    public static let discovery = "urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol"
    public static let requestInitiator = "urn:oasis:names:tc:SAML:profiles:SSO:request-init"
    public static let shibboleth = "urn:mace:shibboleth:metadata:1.0"
    public static let ecp = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
    public static let asynchronousLogout = "urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo"
    public static let paos = "urn:liberty:paos:2003-08"
    public static let soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
    public static let schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
    public static let schema = "http://www.w3.org/2001/XMLSchema"
    public static let xml = "http://www.w3.org/XML/1998/namespace"

    /// The prefix that a namespace is written with; nil for namespaces that have no prefix of their own here.
    static func prefix(of namespace: String) -> String? { prefixes[namespace] }

    /// The namespace that a prefix stands for where we write; the other way round.
    static func namespace(of prefix: String) -> String? { prefixes.first { $0.value == prefix }?.key }

    private static let prefixes: [String: String] = [
        protocols: "samlp", assertion: "saml", metadata: "md", signature: "ds", encryption: "xenc",
        encryption11: "xenc11", exclusiveCanonicalization: "ec", userInterface: "mdui", entityAttributes: "mdattr",
        registration: "mdrpi", algorithms: "alg", discovery: "idpdisc", requestInitiator: "init",
        shibboleth: "shibmd", ecp: "ecp", channelBinding: "cb",
        generatedKey: "samlec", asynchronousLogout: "aslo", paos: "paos", soap11: "soap11",
        schemaInstance: "xsi", schema: "xs",
    ]
}
