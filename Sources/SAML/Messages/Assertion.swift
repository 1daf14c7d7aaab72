/// What an identity provider says of somebody to one service provider (SAML Core §2.3.3), to be written.
public struct Assertion: Sendable, Hashable {
    public var id: String
    /// Seconds since 1970, as every time here.
    public var issueInstant: Int64
    public var issuer: String
    /// Nil for somebody who is known by attributes only (IIP-IDP11).
    public var subject: NameID?
    public var confirmation: Confirmation
    public var conditions: Conditions
    public var authn: AuthnStatement
    public var attributes: [SAMLAttribute] = []
    public var advice = Advice()

    public init(
        id: String, issueInstant: Int64, issuer: String, subject: NameID?, confirmation: Confirmation,
        conditions: Conditions, authn: AuthnStatement, attributes: [SAMLAttribute] = [], advice: Advice = Advice()
    ) {
        self.id = id
        self.issueInstant = issueInstant
        self.issuer = issuer
        self.subject = subject
        self.confirmation = confirmation
        self.conditions = conditions
        self.authn = authn
        self.attributes = attributes
        self.advice = advice
    }

    /// What goes with it for an enhanced client's service provider (§2.6.1; ECP Profile Version 2.0 §2.3.6.2).
    public struct Advice: Sendable, Hashable {
        /// The channels that both ends described alike.
        public var channels: [ChannelBinding]
        /// Random octets that the client is told too (SAML-EC §5.3.1): only in an assertion that is encrypted.
        public var generatedKey: [UInt8]?

        public init(channels: [ChannelBinding] = [], generatedKey: [UInt8]? = nil) {
            self.channels = channels
            self.generatedKey = generatedKey
        }
    }

    /// Whoever bears it is meant (SAML Profiles §4.1.4.2).
    public struct Confirmation: Sendable, Hashable {
        public var recipient: String
        public var notOnOrAfter: Int64
        public var inResponseTo: String?

        public init(recipient: String, notOnOrAfter: Int64, inResponseTo: String?) {
            self.recipient = recipient
            self.notOnOrAfter = notOnOrAfter
            self.inResponseTo = inResponseTo
        }
    }

    /// §2.5.1.
    public struct Conditions: Sendable, Hashable {
        public var notBefore: Int64
        public var notOnOrAfter: Int64
        public var audiences: [String]
        /// How many may pass it on; nil says nothing (§2.5.1.6).
        public var proxyCount: Int?

        public init(notBefore: Int64, notOnOrAfter: Int64, audiences: [String], proxyCount: Int? = nil) {
            self.notBefore = notBefore
            self.notOnOrAfter = notOnOrAfter
            self.audiences = audiences
            self.proxyCount = proxyCount
        }
    }

    /// §2.7.2.
    public struct AuthnStatement: Sendable, Hashable {
        public var instant: Int64
        public var sessionIndex: String
        public var sessionNotOnOrAfter: Int64?
        public var contextClass: String
        /// Who else took part in it, from the nearest on.
        public var authorities: [String]

        public init(
            instant: Int64, sessionIndex: String, sessionNotOnOrAfter: Int64? = nil, contextClass: String,
            authorities: [String] = []
        ) {
            self.instant = instant
            self.sessionIndex = sessionIndex
            self.sessionNotOnOrAfter = sessionNotOnOrAfter
            self.contextClass = contextClass
            self.authorities = authorities
        }
    }
}

extension Assertion {
    /// The assertion, unsigned.
    ///
    /// - Throws: `forbidden_character`, `malformed`.
    public func element() throws(MessageFault) -> XMLElement {
        guard MessageHeader.isName(id) else { throw MessageFault(.malformed, "ID: is no NCName") }
        guard !conditions.audiences.isEmpty else { throw MessageFault(.malformed, "Assertion: is for nobody") }
        let made = Markup.element(
            .saml("Assertion"), ["ID": id, "Version": "2.0", "IssueInstant": SchemaTime.text(issueInstant)],
            [
                Markup.text(.saml("Issuer"), issuer), subjectElement, conditions.element, advice.element,
                authn.element,
                attributes.isEmpty ? nil : Markup.element(.saml("AttributeStatement"), [:], attributes.map(\.element)),
            ])
        return try Markup.checked(made)
    }

    private var subjectElement: XMLElement {
        let data = Markup.element(
            .saml("SubjectConfirmationData"),
            [
                "NotOnOrAfter": SchemaTime.text(confirmation.notOnOrAfter), "Recipient": confirmation.recipient,
                "InResponseTo": confirmation.inResponseTo,
            ])
        let confirmation = Markup.element(
            .saml("SubjectConfirmation"), ["Method": "urn:oasis:names:tc:SAML:2.0:cm:bearer"], [data])
        return Markup.element(.saml("Subject"), [:], [subject?.element, confirmation])
    }
}

extension Assertion.Conditions {
    fileprivate var element: XMLElement {
        Markup.element(
            .saml("Conditions"),
            ["NotBefore": SchemaTime.text(notBefore), "NotOnOrAfter": SchemaTime.text(notOnOrAfter)],
            [
                Markup.element(
                    .saml("AudienceRestriction"), [:], audiences.map { Markup.text(.saml("Audience"), $0) }),
                proxyCount.map { Markup.element(.saml("ProxyRestriction"), ["Count": String($0)]) },
            ])
    }
}

extension Assertion.Advice {
    fileprivate var element: XMLElement? {
        let parts = channels.map(\.element) + [generatedKey.map(ECPEnvelope.key)].compactMap(\.self)
        return parts.isEmpty ? nil : Markup.element(.saml("Advice"), [:], parts)
    }
}

extension Assertion.AuthnStatement {
    fileprivate var element: XMLElement {
        let context = Markup.element(
            .saml("AuthnContext"), [:],
            [Markup.text(.saml("AuthnContextClassRef"), contextClass)]
                + authorities.map { Markup.text(.saml("AuthenticatingAuthority"), $0) })
        return Markup.element(
            .saml("AuthnStatement"),
            [
                "AuthnInstant": SchemaTime.text(instant), "SessionIndex": sessionIndex,
                "SessionNotOnOrAfter": sessionNotOnOrAfter.map(SchemaTime.text),
            ], [context])
    }
}
