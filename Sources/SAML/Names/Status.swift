/// What became of a request: a code of the first level, and one that says more (SAML Core §3.2.2.2).
public struct Status: Sendable, Hashable {
    /// The codes of the first level; every other one stands below one of these.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case success = "urn:oasis:names:tc:SAML:2.0:status:Success"
        case requester = "urn:oasis:names:tc:SAML:2.0:status:Requester"
        case responder = "urn:oasis:names:tc:SAML:2.0:status:Responder"
        case versionMismatch = "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch"
    }

    /// The codes of the second level that are said here; of others only the text is kept.
    public enum Detail: String, Sendable, Hashable, CaseIterable {
        case authnFailed = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
        case invalidAttribute = "urn:oasis:names:tc:SAML:2.0:status:InvalidAttrNameOrValue"
        case invalidNameIDPolicy = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy"
        case noAuthnContext = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext"
        case noAvailableIDP = "urn:oasis:names:tc:SAML:2.0:status:NoAvailableIDP"
        case noPassive = "urn:oasis:names:tc:SAML:2.0:status:NoPassive"
        case noSupportedIDP = "urn:oasis:names:tc:SAML:2.0:status:NoSupportedIDP"
        case partialLogout = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
        case proxyCountExceeded = "urn:oasis:names:tc:SAML:2.0:status:ProxyCountExceeded"
        case requestDenied = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
        case requestUnsupported = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported"
        case unknownPrincipal = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"
        case unsupportedBinding = "urn:oasis:names:tc:SAML:2.0:status:UnsupportedBinding"
    }

    public var code: Code
    /// The codes below, from the second level on.
    public var details: [String]
    /// For people who look at messages; never a secret, never what somebody sent.
    public var message: String?

    public init(_ code: Code, _ detail: Detail? = nil, message: String? = nil) {
        self.code = code
        details = detail.map { [$0.rawValue] } ?? []
        self.message = message
    }

    public static let success = Status(.success)

    /// Whether the request was fulfilled wholly: success with nothing below it.
    public var isWholeSuccess: Bool { code == .success && details.isEmpty }

    /// The first code of the second level, where it is one that is known.
    public var detail: Detail? { details.first.flatMap(Detail.init) }

    /// How deep codes may stand in one another.
    static let depthLimit = 8
}

extension Status {
    var element: XMLElement {
        let below = details.reversed().reduce(nil as XMLElement?) { inner, code in
            Markup.element(.samlp("StatusCode"), ["Value": code], [inner])
        }
        return Markup.element(
            .samlp("Status"), [:],
            [
                Markup.element(.samlp("StatusCode"), ["Value": code.rawValue], [below]),
                message.map { Markup.text(.samlp("StatusMessage"), $0) },
            ])
    }

    init(reading element: XMLElement) throws(MessageFault) {
        let codes = element.children(.samlp("StatusCode"))
        guard codes.count == 1, let value = codes[0].attribute("Value"), let code = Code(rawValue: value) else {
            throw MessageFault(.malformed, "Status: the StatusCode of the first level is missing or none of the four")
        }
        self.code = code
        details = []
        var below = codes[0].child(.samlp("StatusCode"))
        while let next = below {
            guard let value = next.attribute("Value"), details.count < Self.depthLimit else {
                throw MessageFault(.malformed, "Status: a StatusCode has no Value, or they stand too deep")
            }
            details.append(value)
            below = next.child(.samlp("StatusCode"))
        }
        message = element.child(.samlp("StatusMessage"))?.text
    }
}
