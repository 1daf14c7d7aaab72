/// What the response and its assertion say, read from what was signed (SAML Profiles §4.1.4).
extension ResponseVerification {
    /// - Throws: when a check failed that others stand on.
    func judge(_ assertion: XMLElement, _ response: XMLElement, isSigned: Bool) throws -> VerifiedAssertion? {
        checkHeader(response, assertion, isSigned: isSigned)
        checkAnswer(response)
        let conditions = checkConditions(assertion)
        let subject = checkSubject(assertion, response)
        let statement = checkStatement(assertion)
        let attributes = list.note(.duplicateAttribute, "the attributes are whole, and each is there once") {
            try VerifiedAssertion.Attribute.read(assertion, decryption)
        }
        guard list.isClean, let conditions, let subject, let statement, let attributes else { return nil }
        return VerifiedAssertion(
            verifiedElement: assertion, response: response, subject: subject, conditions: conditions,
            statement: statement, attributes: attributes)
    }

    private var clock: ClockWindow? {
        expectation.now.map { ClockWindow(now: $0, skew: expectation.clockSkew) }
    }

    private func checkHeader(_ response: XMLElement, _ assertion: XMLElement, isSigned: Bool) {
        let expectation = expectation
        list.note(.schema, "both say when they were issued") {
            for element in [response, assertion] { _ = try element.time("IssueInstant", isRequired: true) }
        }
        list.note(.issuer, "the issuer is who was asked") {
            let own = try assertion.issuer()
            guard let own else { throw SAMLError(.issuer, "the assertion has no Issuer") }
            if let expected = expectation.issuer, !Exact.same(own, expected) {
                throw SAMLError(.issuer, "the assertion's Issuer is \(own.quoted), and not \(expected.quoted)")
            }
            if let outer = try response.issuer(), !Exact.same(outer, expectation.issuer ?? own) {
                throw SAMLError(
                    .issuer, "the response's Issuer is \(outer.quoted), and not \((expectation.issuer ?? own).quoted)")
            }
        }
        guard let recipient = expectation.recipient else {
            return list.skip(.destination, "the destination is ours", "no address was given")
        }
        list.note(.destination, "the destination is ours") {
            try response.requireDestination(
                recipient, isRequired: isSigned && !expectation.allowsMissingDestination)
        }
    }

    private func checkAnswer(_ response: XMLElement) {
        let subject = "it answers the request that was made"
        let said = response.attribute("InResponseTo")
        switch expectation.request {
        case .answers(let id), .answersOrUnsolicited(let id):
            list.note(.inResponseTo, subject) {
                // The assertion says it once more, and there it has to be said.
                if let said, !Exact.same(said, id) {
                    throw SAMLError(.inResponseTo, "the response is to \(said.quoted), and not to \(id.quoted)")
                }
            }
        case .unsolicited:
            list.note(.inResponseTo, subject) {
                if let said {
                    throw SAMLError(.inResponseTo, "no request is open, and the response is to \(said.quoted)")
                }
            }
        case .notCompared: list.skip(.inResponseTo, subject, "no request was given")
        }
    }

    private func checkConditions(_ assertion: XMLElement) -> AssertionConditions? {
        let found = list.note(.conditions, "there are conditions, and all are known") {
            try AssertionConditions(assertion)
        }
        guard let found else { return nil }
        if let clock {
            list.note(.notYetValid, "the assertion is valid already") {
                if let time = found.notBefore, clock.isBefore(time) {
                    throw SAMLError(.notYetValid, "the assertion is valid from \(time) on, and it is \(clock.now)")
                }
            }
            list.note(.expired, "the assertion is still valid") {
                if let time = found.notOnOrAfter, clock.isOnOrAfter(time) {
                    throw SAMLError(.expired, "the assertion was valid until \(time), and it is \(clock.now)")
                }
            }
        } else {
            list.skip(.expired, "the assertion is valid now", "no time was given")
        }
        if let audience = expectation.audience {
            list.note(.audience, "the assertion is for us") { try found.require(audience: audience) }
        } else {
            list.skip(.audience, "the assertion is for us", "no entity id was given")
        }
        return found
    }

    private func checkSubject(_ assertion: XMLElement, _ response: XMLElement) -> AssertionSubject? {
        let expectation = expectation
        guard let element = list.note(.schema, "there is one subject", { try assertion.requireOne("Subject", .nameID) })
        else { return nil }
        let isNamed = !expectation.allowsMissingName || VerifiedAssertion.Name.isThere(element)
        let read = list.note(.nameID, "the subject has a whole name") {
            isNamed ? try VerifiedAssertion.Name.read(element, decryption) : nil
        }
        let name = read ?? nil
        if let qualifier = name?.spNameQualifier, let audience = expectation.audience {
            list.note(.spNameQualifier, "the name is for us") {
                guard Exact.same(qualifier, audience) else {
                    throw SAMLError(
                        .spNameQualifier, "the name is for \(qualifier.quoted), and not for \(audience.quoted)")
                }
            }
        }
        let clock = clock
        let confirmation = list.note(.confirmation, "whoever brought it may") {
            try BearerConfirmation.find(
                in: element, recipient: expectation.recipient, request: expectation.request,
                response: response.attribute("InResponseTo"), clock: clock)
        }
        guard read != nil, let confirmation else { return nil }
        return AssertionSubject(name: name, confirmation: confirmation)
    }

    private func checkStatement(_ assertion: XMLElement) -> AuthenticationStatement? {
        let found = list.note(.authnStatement, "it says how and when the person signed in") {
            try AuthenticationStatement(assertion)
        }
        if let found, let end = found.sessionNotOnOrAfter, let clock {
            list.note(.sessionExpired, "the session there still lasts") {
                if clock.isOnOrAfter(end) {
                    throw SAMLError(.sessionExpired, "the session there ended at \(end), and it is \(clock.now)")
                }
            }
        }
        return found
    }
}

extension XMLElement {
    /// A time in an attribute.
    func time(_ local: String, isRequired: Bool = false) throws -> SAMLTime? {
        guard let text = attribute(local) else {
            guard !isRequired else { throw SAMLError(.schema, "\(name) has no \(local)") }
            return nil
        }
        guard let time = SAMLTime(text.trimmingXMLSpace()) else {
            throw SAMLError(.schema, "\(local) of \(name) is no time in UTC")
        }
        return time
    }

    /// The issuer, an entity id; nil where there is none.
    func issuer() throws -> String? {
        guard let issuer = try onlyChild(XMLName(XMLNamespace.assertion, "Issuer")) else { return nil }
        let format = issuer.attribute("Format")
        guard format == nil || format == "urn:oasis:names:tc:SAML:2.0:nameid-format:entity" else {
            throw SAMLError(.issuer, "the Issuer of \(name) is no entity")
        }
        let text = try issuer.trimmedText()
        guard !text.isEmpty, text.utf8.count <= 1_024 else {
            throw SAMLError(.issuer, "the Issuer of \(name) is empty or too long")
        }
        return text
    }

    /// SAML Bindings §3.5.5.2: exactly the address that it was sent to.
    func requireDestination(_ expected: String, isRequired: Bool) throws {
        guard let said = attribute("Destination") else {
            guard !isRequired else { throw SAMLError(.destination, "\(name) is signed and has no Destination") }
            return
        }
        guard Exact.same(said, expected) else {
            throw SAMLError(.destination, "the Destination is \(said.quoted), and not \(expected.quoted)")
        }
    }

    func requireOne(_ local: String, _ reason: SAMLError.Reason) throws -> XMLElement {
        let found = children(XMLNamespace.assertion, local)
        guard found.count == 1 else {
            throw SAMLError(reason, "\(name) has \(found.count) of \(local), where it has one")
        }
        return found[0]
    }
}

extension String {
    /// For sentences: cut short, without what would drive a terminal.
    var quoted: String {
        let plain = unicodeScalars.filter {
            $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
        }
        return "`" + plain.prefix(200).map(String.init).joined() + "`"
    }
}
