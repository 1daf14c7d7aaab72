/// A service provider's wish that somebody be signed in (SAML Core §3.4.1).
public struct AuthnRequest: Sendable, Hashable {
    /// Where the answer is wanted.
    public enum Consumer: Sendable, Hashable {
        /// The service provider's default.
        case preferred
        case index(Int)
        /// By address, binding or both.
        case endpoint(url: String?, binding: String?)
    }

    public var header: MessageHeader
    public var consumer: Consumer = .preferred
    public var attributeServiceIndex: Int?
    public var forcesAuthn = false
    public var isPassive = false
    public var nameIDPolicy: NameIDPolicy?
    public var authnContext: RequestedAuthnContext?
    public var scoping: Scoping?
    /// Shown to people where nothing better is known; what a request says of itself.
    public var providerName: String?
    /// It names whom it wants: nobody is answered for who is not that person, and this side does not look (IIP-SSO07).
    public var namesSubject = false
    /// The channels by which the service provider says it speaks to the client (SAML V2.0 Channel Binding Extensions).
    public var channels: [ChannelBinding] = []

    public init(_ header: MessageHeader) { self.header = header }
}

/// What kind of name the answer should carry (SAML Core §3.4.1.1).
public struct NameIDPolicy: Sendable, Hashable, Codable {
    public var format: String?
    public var spNameQualifier: String?
    public var allowsCreation: Bool

    public init(format: String? = nil, spNameQualifier: String? = nil, allowsCreation: Bool = false) {
        self.format = format
        self.spNameQualifier = spNameQualifier
        self.allowsCreation = allowsCreation
    }
}

/// How somebody has to have proved who they are (SAML Core §3.3.2.2.1).
public struct RequestedAuthnContext: Sendable, Hashable, Codable {
    /// How what was reached is held against what was asked for.
    public enum Comparison: String, Sendable, Hashable, Codable, CaseIterable {
        case exact
        case minimum
        case maximum
        case better
    }

    public var classes: [String]
    public var comparison: Comparison
    /// Declarations, which nobody here knows the order or the meaning of.
    public var declarations: [String]

    public init(_ classes: [String], comparison: Comparison = .exact, declarations: [String] = []) {
        self.classes = classes
        self.comparison = comparison
        self.declarations = declarations
    }

    static let limit = 64
}

/// Whom a proxy may ask, and how far (SAML Core §3.4.1.2).
public struct Scoping: Sendable, Hashable, Codable {
    /// How many more may be asked on; nil for any.
    public var proxyCount: Int?
    /// Identity providers by entity ID.
    public var identityProviders: [String]
    public var requesters: [String]

    public init(proxyCount: Int? = nil, identityProviders: [String] = [], requesters: [String] = []) {
        self.proxyCount = proxyCount
        self.identityProviders = identityProviders
        self.requesters = requesters
    }

    static let limit = 256
}

extension AuthnRequest {
    static let elementName = XMLName.samlp("AuthnRequest")

    /// The message. Nothing in it comes from whoever asked: of extensions there are channels alone.
    ///
    /// - Throws: `forbidden_character`, `malformed`.
    public func element() throws(MessageFault) -> XMLElement {
        var (url, binding, index): (String?, String?, Int?) = (nil, nil, nil)
        switch consumer {
        case .preferred: break
        case .index(let number): index = number
        case .endpoint(let address, let way): (url, binding) = (address, way)
        }
        return try header.element(
            Self.elementName,
            [
                "ForceAuthn": Markup.flag(forcesAuthn, unless: false),
                "IsPassive": Markup.flag(isPassive, unless: false),
                "AssertionConsumerServiceURL": url, "ProtocolBinding": binding,
                "AssertionConsumerServiceIndex": index.map(String.init),
                "AttributeConsumingServiceIndex": attributeServiceIndex.map(String.init),
                "ProviderName": providerName,
            ],
            [
                channels.isEmpty ? nil : Markup.element(.samlp("Extensions"), [:], channels.map(\.element)),
                nameIDPolicy?.element, authnContext?.element, scoping?.element,
            ])
    }

    /// Reads a request that came: everything in it is somebody's wish, and nothing of it is verified.
    ///
    /// - Throws: `malformed`, `version`, `issuer`.
    public init(reading element: XMLElement) throws(MessageFault) {
        guard element.name == Self.elementName else {
            throw MessageFault(.malformed, "the message is \(element.name.local), not AuthnRequest")
        }
        self.init(try MessageHeader(reading: element))
        forcesAuthn = try Self.flag("ForceAuthn", of: element)
        isPassive = try Self.flag("IsPassive", of: element)
        consumer = try Self.consumer(of: element)
        attributeServiceIndex = try Self.index("AttributeConsumingServiceIndex", of: element)
        providerName = element.attribute("ProviderName")
        namesSubject = element.child(.saml("Subject")) != nil
        nameIDPolicy = try element.child(.samlp("NameIDPolicy")).map(NameIDPolicy.init(reading:))
        authnContext = try element.child(.samlp("RequestedAuthnContext")).map(RequestedAuthnContext.init(reading:))
        scoping = try element.child(.samlp("Scoping")).map(Scoping.init(reading:))
        channels = try ChannelBinding.read(among: element.children(.samlp("Extensions")).flatMap(\.elements))
    }

    private static func consumer(of element: XMLElement) throws(MessageFault) -> Consumer {
        let url = element.attribute("AssertionConsumerServiceURL")
        let binding = element.attribute("ProtocolBinding")
        guard let index = try index("AssertionConsumerServiceIndex", of: element) else {
            return url == nil && binding == nil ? .preferred : .endpoint(url: url, binding: binding)
        }
        // §3.4.1: the index and the other two exclude one another.
        guard url == nil, binding == nil else {
            throw MessageFault(
                .malformed,
                "AuthnRequest: AssertionConsumerServiceIndex stands beside AssertionConsumerServiceURL or ProtocolBinding"
            )
        }
        return .index(index)
    }

    private static func index(_ local: String, of element: XMLElement) throws(MessageFault) -> Int? {
        guard element.attribute(local) != nil else { return nil }
        guard let index = element.index(local) else {
            throw MessageFault(.malformed, "AuthnRequest: \(local) is not a number from 0 to 65535")
        }
        return index
    }

    static func flag(_ local: String, of element: XMLElement) throws(MessageFault) -> Bool {
        guard element.attribute(local) != nil else { return false }
        guard let flag = element.flag(local) else {
            throw MessageFault(.malformed, "\(element.name.local): \(local) is neither true nor false")
        }
        return flag
    }
}

extension NameIDPolicy {
    fileprivate var element: XMLElement {
        Markup.element(
            .samlp("NameIDPolicy"),
            [
                "Format": format, "SPNameQualifier": spNameQualifier,
                "AllowCreate": Markup.flag(allowsCreation, unless: false),
            ])
    }

    fileprivate init(reading element: XMLElement) throws(MessageFault) {
        self.init(
            format: element.attribute("Format")?.trimmingXMLSpace(),
            spNameQualifier: element.attribute("SPNameQualifier"),
            allowsCreation: try AuthnRequest.flag("AllowCreate", of: element))
    }
}

extension RequestedAuthnContext {
    fileprivate var element: XMLElement {
        Markup.element(
            .samlp("RequestedAuthnContext"), ["Comparison": comparison.rawValue],
            classes.map { Markup.text(.saml("AuthnContextClassRef"), $0) }
                + declarations.map { Markup.text(.saml("AuthnContextDeclRef"), $0) })
    }

    fileprivate init(reading element: XMLElement) throws(MessageFault) {
        let classes = element.children(.saml("AuthnContextClassRef")).map { $0.text.trimmingXMLSpace() }
        let declarations = element.children(.saml("AuthnContextDeclRef")).map { $0.text.trimmingXMLSpace() }
        guard classes.count + declarations.count <= Self.limit, !classes.isEmpty || !declarations.isEmpty else {
            throw MessageFault(
                .malformed, "RequestedAuthnContext: names no class or declaration, or more than \(Self.limit)")
        }
        guard let comparison = Comparison(rawValue: element.attribute("Comparison") ?? "exact") else {
            throw MessageFault(.malformed, "RequestedAuthnContext: Comparison is none of the four")
        }
        self.init(classes, comparison: comparison, declarations: declarations)
    }
}

extension Scoping {
    fileprivate var element: XMLElement {
        let entries = identityProviders.map { Markup.element(.samlp("IDPEntry"), ["ProviderID": $0]) }
        return Markup.element(
            .samlp("Scoping"), ["ProxyCount": proxyCount.map(String.init)],
            [entries.isEmpty ? nil : Markup.element(.samlp("IDPList"), [:], entries)]
                + requesters.map { Markup.text(.samlp("RequesterID"), $0) })
    }

    fileprivate init(reading element: XMLElement) throws(MessageFault) {
        var count: Int?
        if let text = element.attribute("ProxyCount")?.trimmingXMLSpace() {
            guard let number = Int(text), number >= 0 else {
                throw MessageFault(.malformed, "Scoping: ProxyCount is no number from 0 on")
            }
            count = number
        }
        let entries = element.child(.samlp("IDPList"))?.children(.samlp("IDPEntry")) ?? []
        let requesters = element.children(.samlp("RequesterID"))
        guard entries.count <= Self.limit, requesters.count <= Self.limit else {
            throw MessageFault(.malformed, "Scoping: names more than \(Self.limit) providers")
        }
        self.init(
            proxyCount: count, identityProviders: entries.compactMap { $0.attribute("ProviderID") },
            requesters: requesters.map { $0.text.trimmingXMLSpace() })
    }
}
