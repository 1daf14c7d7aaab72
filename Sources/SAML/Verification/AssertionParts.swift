/// SAML Core §2.5: when and for whom an assertion is valid.
struct AssertionConditions {
    let notBefore: SAMLTime?
    let notOnOrAfter: SAMLTime?
    /// Each restriction has to have us in it.
    let audiences: [[String]]
    /// How often it may be passed on; nil where nothing is said.
    let proxyCount: Int?

    /// - Throws: `SAMLError`: `CONDITIONS` for none, two, or one that we do not know (§2.5.1: then validity is not known);
    ///   `SCHEMA`, `AUDIENCE` for an audience that is not text.
    init(_ assertion: XMLElement) throws {
        let element = try assertion.requireOne("Conditions", .conditions)
        notBefore = try element.time("NotBefore")
        notOnOrAfter = try element.time("NotOnOrAfter")
        if let notBefore, let notOnOrAfter, notBefore >= notOnOrAfter {
            throw SAMLError(.conditions, "the conditions end before they begin")
        }
        var audiences: [[String]] = []
        var count: Int?
        for child in element.elements {
            guard Exact.same(child.name.namespace, XMLNamespace.assertion) else { throw Self.unknown(child) }
            switch child.name.local {
            case "AudienceRestriction":
                audiences.append(try child.children(XMLNamespace.assertion, "Audience").map { try $0.trimmedText() })
            case "OneTimeUse": break
            case "ProxyRestriction":
                guard let said = child.attribute("Count") else { continue }
                guard let number = Int(said), number >= 0, count == nil else {
                    throw SAMLError(.conditions, "ProxyRestriction is malformed, or there twice")
                }
                count = number
            default: throw Self.unknown(child)
            }
        }
        self.audiences = audiences
        proxyCount = count
    }

    private static func unknown(_ element: XMLElement) -> SAMLError {
        SAMLError(.conditions, "the condition \("\(element.name)".quoted) is not known")
    }

    func require(audience: String) throws {
        guard !audiences.isEmpty else { throw SAMLError(.audience, "the assertion does not say for whom it is") }
        for restriction in audiences where !Exact.holds(restriction, audience) {
            let said = restriction.prefix(4).map(\.quoted).joined(separator: ", ")
            throw SAMLError(
                .audience, "the assertion is for \(said.isEmpty ? "nobody" : said), and not for \(audience.quoted)")
        }
    }
}

/// Who is meant, and by what right somebody brings it.
struct AssertionSubject {
    let name: VerifiedAssertion.Name?
    let confirmation: BearerConfirmation
}

/// SAML Profiles §4.1.4.2: a bearer confirmation for us, now, for this request.
struct BearerConfirmation {
    let notOnOrAfter: SAMLTime
    let inResponseTo: String?
    let address: String?

    private static let method = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

    /// The first that holds.
    ///
    /// - Throws: `SAMLError` with `CONFIRMATION`: why the last of them does not.
    static func find(
        in subject: XMLElement, recipient: String?, request: ResponseExpectation.Request, response: String?,
        clock: ClockWindow?
    ) throws -> BearerConfirmation {
        var last = SAMLError(.confirmation, "there is no bearer confirmation")
        for element in subject.children(XMLNamespace.assertion, "SubjectConfirmation")
        where Exact.same(element.attribute("Method"), method) {
            do {
                return try BearerConfirmation(element, recipient, request, response, clock)
            } catch let error as SAMLError { last = SAMLError(.confirmation, error.detail) }
        }
        throw last
    }

    private init(
        _ element: XMLElement, _ recipient: String?, _ request: ResponseExpectation.Request, _ response: String?,
        _ clock: ClockWindow?
    ) throws {
        func refuse(_ detail: String) -> SAMLError { SAMLError(.confirmation, detail) }
        let data = try element.requireOne("SubjectConfirmationData", .confirmation)
        guard let said = data.attribute("Recipient") else { throw refuse("the confirmation has no Recipient") }
        if let recipient, !Exact.same(said, recipient) {
            throw refuse("the Recipient is \(said.quoted), and not \(recipient.quoted)")
        }
        guard data.attribute("NotBefore") == nil else { throw refuse("the confirmation has a NotBefore") }
        guard let end = try data.time("NotOnOrAfter") else { throw refuse("the confirmation has no NotOnOrAfter") }
        if let clock, clock.isOnOrAfter(end) {
            throw refuse("the confirmation was valid until \(end), and it is \(clock.now)")
        }
        notOnOrAfter = end
        inResponseTo = data.attribute("InResponseTo")
        address = data.attribute("Address")
        try Self.check(inResponseTo, response, request)
    }

    private static func check(_ said: String?, _ response: String?, _ request: ResponseExpectation.Request) throws {
        switch request {
        case .answers(let id):
            guard let said else {
                throw SAMLError(.confirmation, "the confirmation does not say which request it is to")
            }
            guard Exact.same(said, id) else {
                throw SAMLError(.confirmation, "the confirmation is to \(said.quoted), and not to \(id.quoted)")
            }
        case .unsolicited:
            if let said {
                throw SAMLError(.confirmation, "no request is open, and the confirmation is to \(said.quoted)")
            }
        case .answersOrUnsolicited(let id):
            if let said, !Exact.same(said, id) {
                throw SAMLError(.confirmation, "the confirmation is to \(said.quoted), and not to \(id.quoted)")
            }
        case .notCompared: break
        }
    }
}

/// SAML Core §2.7.2: how and when somebody signed in there.
struct AuthenticationStatement {
    let instant: SAMLTime
    let sessionIndex: String?
    let sessionNotOnOrAfter: SAMLTime?
    let contextClass: String?
    let authorities: [String]

    /// - Throws: `SAMLError` with `AUTHNSTATEMENT` or `SCHEMA`. Of several the first is meant, and all have to be whole.
    init(_ assertion: XMLElement) throws {
        let found = assertion.children(XMLNamespace.assertion, "AuthnStatement")
        guard !found.isEmpty else { throw SAMLError(.authnStatement, "there is no AuthnStatement") }
        let statements = try found.map { try AuthenticationStatement(reading: $0) }
        self = statements[0]
    }

    private init(reading element: XMLElement) throws {
        guard let instant = try element.time("AuthnInstant", isRequired: true) else {
            throw SAMLError(.authnStatement, "AuthnStatement has no AuthnInstant")
        }
        self.instant = instant
        sessionIndex = element.attribute("SessionIndex")
        guard (sessionIndex?.utf8.count ?? 0) <= 1_024 else { throw SAMLError(.schema, "SessionIndex is too long") }
        sessionNotOnOrAfter = try element.time("SessionNotOnOrAfter")
        let context = try element.requireOne("AuthnContext", .authnStatement)
        contextClass = try context.onlyChild(XMLName(XMLNamespace.assertion, "AuthnContextClassRef"))?.trimmedText()
        authorities = try context.children(XMLNamespace.assertion, "AuthenticatingAuthority").map {
            try $0.trimmedText()
        }
    }
}
