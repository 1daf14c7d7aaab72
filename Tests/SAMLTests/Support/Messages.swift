@testable @_spi(SAMLDebugging) import SAML

/// Responses that an honest identity provider makes, to be changed by tests.
struct Honest {
    static let issuer = "https://idp.example.org/metadata"
    static let audience = "https://sp.example.org/metadata"
    static let recipient = "https://sp.example.org/saml/acs"
    static let request = "_request1"
    static let name = "alice@example.org"
    static let now = SAMLTime("2026-11-21T12:00:00Z")!

    enum Signed: String, CaseIterable { case response, assertion, both }

    var key = TestKey.provider
    var change: (inout XMLElement) throws -> Void = { _ in }
    var changeAssertion: (inout XMLElement) throws -> Void = { _ in }

    static func saml(_ local: String, _ attributes: [XMLAttribute] = [], _ inside: [XMLElement] = []) -> XMLElement {
        XMLElement(XMLNamespace.assertion, local, attributes, inside)
    }

    static func saml(_ local: String, text: String, _ attributes: [XMLAttribute] = []) -> XMLElement {
        XMLElement(XMLNamespace.assertion, local, attributes, text: text)
    }

    static func samlp(_ local: String, _ attributes: [XMLAttribute] = [], _ inside: [XMLElement] = []) -> XMLElement {
        XMLElement(XMLNamespace.protocols, local, attributes, inside)
    }

    static var subject: XMLElement {
        saml(
            "Subject", [],
            [
                saml(
                    "NameID", text: name,
                    [XMLAttribute("Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")]),
                saml(
                    "SubjectConfirmation", [XMLAttribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")],
                    [
                        saml(
                            "SubjectConfirmationData",
                            [
                                XMLAttribute("NotOnOrAfter", "2026-11-21T12:05:00Z"),
                                XMLAttribute("Recipient", recipient),
                                XMLAttribute("InResponseTo", request),
                            ])
                    ]),
            ])
    }

    static var conditions: XMLElement {
        saml(
            "Conditions",
            [XMLAttribute("NotBefore", "2026-11-21T11:59:00Z"), XMLAttribute("NotOnOrAfter", "2026-11-21T12:10:00Z")],
            [
                saml("AudienceRestriction", [], [saml("Audience", text: audience)])
            ])
    }

    static var assertion: XMLElement {
        saml(
            "Assertion",
            [
                XMLAttribute("ID", "_assertion1"), XMLAttribute("Version", "2.0"),
                XMLAttribute("IssueInstant", "2026-11-21T12:00:00Z"),
            ],
            [
                saml("Issuer", text: issuer), subject, conditions,
                saml(
                    "AuthnStatement",
                    [
                        XMLAttribute("AuthnInstant", "2026-11-21T11:59:30Z"), XMLAttribute("SessionIndex", "_s1"),
                        XMLAttribute("SessionNotOnOrAfter", "2026-11-21T20:00:00Z"),
                    ],
                    [
                        saml(
                            "AuthnContext", [],
                            [
                                saml(
                                    "AuthnContextClassRef",
                                    text: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport")
                            ])
                    ]),
                saml(
                    "AttributeStatement", [],
                    [
                        saml("Attribute", [XMLAttribute("Name", "uid")], [saml("AttributeValue", text: "alice")]),
                        saml(
                            "Attribute", [XMLAttribute("Name", "groups")],
                            [saml("AttributeValue", text: "staff"), saml("AttributeValue", text: "wheel")]),
                    ]),
            ])
    }

    static func response(around inside: [XMLElement]) -> XMLElement {
        samlp(
            "Response",
            [
                XMLAttribute("ID", "_response1"), XMLAttribute("Version", "2.0"),
                XMLAttribute("IssueInstant", "2026-11-21T12:00:00Z"),
                XMLAttribute("Destination", recipient), XMLAttribute("InResponseTo", request),
            ],
            [
                saml("Issuer", text: issuer),
                samlp("Status", [], [samlp("StatusCode", [XMLAttribute("Value", SAMLStatus.success)])]),
            ] + inside)
    }

    static let part = SAMLSignatures.Part.child(XMLName(XMLNamespace.assertion, "Assertion"))

    /// The response's bytes.
    func bytes(_ signed: Signed = .response, encrypted: SAMLEncryption.Options? = nil) throws -> [UInt8] {
        var assertion = Self.assertion
        try changeAssertion(&assertion)
        var response = Self.response(around: [assertion])
        try change(&response)
        guard let encrypted else {
            let parts: [SAMLSignatures.Part] =
                switch signed {
                case .response: [.root]
                case .assertion: [Self.part]
                case .both: [.root, Self.part]
                }
            return try SAMLSignatures.sign(response, parts: parts, with: key.signing)
        }
        let plain =
            signed == .response
            ? try XMLWriter.bytes(of: assertion) : try SAMLSignatures.sign(assertion, with: key.signing)
        response.children.removeLast()
        response.children.append(
            .element(
                try SAMLEncryption.encrypt(plain, as: .assertion, for: TestKey.service.verification, options: encrypted)
            ))
        return signed == .assertion
            ? try XMLWriter.bytes(of: response) : try SAMLSignatures.sign(response, with: key.signing)
    }

    static func expectation(
        request: ResponseExpectation.Request = .answers(Honest.request),
        signature: ResponseExpectation.SignatureRequirement = .either,
        now: SAMLTime = Honest.now, skew: Int64 = 0, keys: [TestKey] = [.provider],
        issuer: String = Honest.issuer, audience: String = Honest.audience, recipient: String = Honest.recipient,
        allowsMissingName: Bool = false
    ) throws -> ResponseExpectation {
        try ResponseExpectation(
            issuer: issuer, keys: keys.map { try $0.verification }, audience: audience, recipient: recipient,
            request: request,
            signature: signature,
            decryptionKeys: [TestKey.service2, .service].map { try $0.decryption }, clockSkew: skew, now: now,
            allowsMissingName: allowsMissingName)
    }

    /// The codes of what is wrong with bytes; empty where nothing is.
    static func refusals(_ bytes: [UInt8], _ expectation: ResponseExpectation? = nil) throws -> [String] {
        let judged = UnverifiedResponse(bytes).judged(by: try expectation ?? Honest.expectation())
        return judged.verified == nil
            ? judged.refusals.map(\.reason.rawValue) + (judged.refusals.isEmpty ? ["?"] : []) : []
    }
}

extension XMLElement {
    /// Changes the first element of this name, wherever it is.
    @discardableResult
    mutating func change(_ local: String, _ body: (inout XMLElement) throws -> Void) rethrows -> Bool {
        if name.local == local {
            try body(&self)
            return true
        }
        for place in children.indices {
            guard case .element(var child) = children[place], try child.change(local, body) else { continue }
            children[place] = .element(child)
            return true
        }
        return false
    }

    /// Takes every element of this name that is directly inside away.
    mutating func remove(_ local: String) {
        children.removeAll { if case .element(let child) = $0 { child.name.local == local } else { false } }
    }

    mutating func setText(_ text: String) { children = [.text(text)] }

    func with(_ body: (inout XMLElement) throws -> Void) rethrows -> XMLElement {
        var copy = self
        try body(&copy)
        return copy
    }
}
