import Testing

@testable @_spi(SAMLDebugging) import SAML

@Suite("What a response proves")
struct ResponseVerificationTests {
    @Test("A response proves what it says, however it is signed and encrypted")
    func accepted() throws {
        for signed in Honest.Signed.allCases {
            for encrypted in [nil, SAMLEncryption.Options()] {
                let bytes = try Honest().bytes(signed, encrypted: encrypted)
                let verified = try UnverifiedResponse(base64: SAMLBase64.encode(bytes)).verified(
                    by: try Honest.expectation())
                #expect(
                    verified.nameID?.value == Honest.name && verified.issuer == Honest.issuer
                        && verified.id == "_assertion1")
                #expect(verified.attributes.map(\.texts) == [["alice"], ["staff", "wheel"]])
                #expect(verified.sessionIndex == "_s1" && verified.inResponseTo == Honest.request)
                #expect(verified.notOnOrAfter.description == "2026-11-21T12:05:00Z")
                #expect(verified.authnContextClass?.hasSuffix("PasswordProtectedTransport") == true)
            }
        }
        #expect(try UnverifiedResponse(try Honest().bytes()).claimedIssuer() == Honest.issuer)
    }

    @Test("The signature that is demanded is there, and every signature that is there holds")
    func requirements() throws {
        for signed in Honest.Signed.allCases {
            let bytes = try Honest().bytes(signed)
            for wanted in ResponseExpectation.SignatureRequirement.allCases {
                let isEnough = wanted == .either || signed == .both || signed.rawValue == wanted.rawValue
                #expect(
                    try Honest.refusals(bytes, try Honest.expectation(signature: wanted))
                        == (isEnough ? [] : ["SIG_MISSING"]))
            }
        }
        var half = try XMLReader.parse(try Honest().bytes(.both))
        half.change("Assertion") {
            $0.change("SignatureValue") { $0.setText(SAMLBase64.encode([UInt8](repeating: 1, count: 256))) }
        }
        #expect(try Honest.refusals(try XMLWriter.bytes(of: half)) == ["SIG_INVALID"])
        let unsigned = try XMLWriter.bytes(of: Honest.response(around: [Honest.assertion]))
        #expect(try Honest.refusals(unsigned) == ["SIG_MISSING"])
        let encrypted = try SAMLEncryption.encrypt(Honest.assertion, as: .assertion, for: TestKey.service.verification)
        #expect(try Honest.refusals(try XMLWriter.bytes(of: Honest.response(around: [encrypted]))) == ["SIG_MISSING"])
        #expect(
            try Honest.refusals(try Honest().bytes(), try Honest.expectation(keys: [.stranger])) == [
                "SIG_INVALID"
            ])
        #expect(try Honest.refusals(try Honest().bytes(), try Honest.expectation(keys: [])) == ["KEY"])
    }

    @Test("Where somebody is known by an attribute no name has to be there, and one that is there is whole")
    func withoutName() throws {
        let allowed = try Honest.expectation(allowsMissingName: true)
        var honest = Honest()
        honest.changeAssertion = { $0.change("Subject") { $0.remove("NameID") } }
        let bytes = try honest.bytes()
        #expect(try Honest.refusals(bytes) == ["NAMEID"])
        let verified = try UnverifiedResponse(bytes).verified(by: allowed)
        #expect(verified.nameID == nil && verified.inResponseTo == Honest.request)
        #expect(try UnverifiedResponse(try Honest().bytes()).verified(by: allowed).nameID?.value == Honest.name)
        let faults: [(inout XMLElement) -> Void] = [
            { $0.change("NameID") { $0.setText(" ") } },
            { $0.change("NameID") { $0.children.append(.element(Honest.saml("x"))) } },
            { subject in subject.change("Subject") { $0.children.append(.element(Honest.saml("NameID", text: "two"))) }
            },
            { $0.change("NameID") { $0.name = XMLName(XMLNamespace.assertion, "BaseID") } },
        ]
        for fault in faults {
            honest.changeAssertion = { fault(&$0) }
            #expect(try Honest.refusals(try honest.bytes(), allowed) == ["NAMEID"])
        }
        honest.changeAssertion = { $0.change("Subject") { $0.remove("SubjectConfirmation") } }
        #expect(try Honest.refusals(try honest.bytes(), allowed) == ["CONFIRMATION"])
        honest.changeAssertion = { $0.remove("Subject") }
        #expect(try Honest.refusals(try honest.bytes(), allowed) == ["NAMEID"])
    }

    @Test("What is compared is compared exactly")
    func comparisons() throws {
        let bytes = try Honest().bytes()
        #expect(try Honest.refusals(bytes, try Honest.expectation(issuer: Honest.issuer + "/")) == ["ISSUER"])
        #expect(
            try Honest.refusals(bytes, try Honest.expectation(audience: "https://SP.example.org/metadata")) == [
                "AUDIENCE"
            ])
        #expect(
            try Honest.refusals(bytes, try Honest.expectation(recipient: Honest.recipient + "?")) == [
                "DESTINATION", "CONFIRMATION",
            ])
        #expect(
            try Honest.refusals(bytes, try Honest.expectation(request: .answers("_other"))) == [
                "INRESPONSETO", "CONFIRMATION",
            ])
        #expect(
            try Honest.refusals(bytes, try Honest.expectation(request: .unsolicited)) == [
                "INRESPONSETO", "CONFIRMATION",
            ])
    }

    @Test("A response that nobody asked for says so itself")
    func unsolicited() throws {
        var honest = Honest()
        honest.change = { $0.setAttribute("InResponseTo", nil) }
        honest.changeAssertion = { $0.change("SubjectConfirmationData") { $0.setAttribute("InResponseTo", nil) } }
        #expect(try Honest.refusals(try honest.bytes(), try Honest.expectation(request: .unsolicited)) == [])
        #expect(try Honest.refusals(try honest.bytes()) == ["CONFIRMATION"])
    }

    @Test("Every bound of time holds to the second, both ways, with the allowance for clocks")
    func times() throws {
        let bytes = try Honest().bytes()
        func at(_ time: String, _ skew: Int64 = 0) throws -> [String] {
            try Honest.refusals(bytes, try Honest.expectation(now: SAMLTime(time)!, skew: skew))
        }
        #expect(try at("2026-11-21T11:58:59Z") == ["NOT_YET_VALID"] && at("2026-11-21T11:59:00Z") == [])
        #expect(try at("2026-11-21T12:04:59Z") == [] && at("2026-11-21T12:05:00Z") == ["CONFIRMATION"])
        #expect(
            try at("2026-11-21T12:09:59Z") == ["CONFIRMATION"]
                && at("2026-11-21T12:10:00Z") == ["EXPIRED", "CONFIRMATION"])
        #expect(try at("2026-11-21T19:59:59Z").contains("SESSION_EXPIRED") == false)
        #expect(try at("2026-11-21T20:00:00Z").contains("SESSION_EXPIRED"))
        #expect(try at("2026-11-21T11:56:00Z", 180) == [] && at("2026-11-21T11:55:59Z", 180) == ["NOT_YET_VALID"])
        #expect(try at("2026-11-21T12:07:59Z", 180) == [] && at("2026-11-21T12:08:00Z", 180) == ["CONFIRMATION"])
        #expect(try at("2026-11-21T12:09:59Z", 9_000) == [] && at("2026-11-21T12:10:00Z", 9_000) == ["CONFIRMATION"])
    }

    @Test("One fault, one reason", arguments: Fault.all)
    func faults(fault: Fault) throws {
        var honest = Honest()
        honest.change = fault.response
        honest.changeAssertion = fault.assertion
        for signed in Honest.Signed.allCases {
            #expect(try Honest.refusals(try honest.bytes(signed)) == [fault.reason], "\(fault.name), \(signed)")
        }
    }

    @Test("A signed response says where it was sent to; an unsigned one around a signed assertion need not")
    func destination() throws {
        var honest = Honest()
        honest.change = { $0.setAttribute("Destination", nil) }
        #expect(try Honest.refusals(try honest.bytes(.response)) == ["DESTINATION"])
        #expect(try Honest.refusals(try honest.bytes(.both)) == ["DESTINATION"])
        #expect(try Honest.refusals(try honest.bytes(.assertion)) == [])
    }

    @Test("A refusal of the identity provider is a refusal, signed or not, and its words are kept")
    func refused() throws {
        var response = Honest.response(around: [])
        response.change("StatusCode") {
            $0.setAttribute("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
            $0.children.append(
                .element(
                    Honest.samlp("StatusCode", [XMLAttribute("Value", "urn:oasis:names:tc:SAML:2.0:status:NoPassive")]))
            )
        }
        let judged = UnverifiedResponse(try XMLWriter.bytes(of: response)).judged(by: try Honest.expectation())
        #expect(judged.refusals.map(\.reason) == [.status] && judged.refusals[0].detail.contains("NoPassive"))
        #expect(try Honest.refusals(try SAMLSignatures.sign(response, with: TestKey.provider.signing)) == ["STATUS"])
    }

    @Test("Names and attributes that are encrypted are opened, and whole")
    func encryptedParts() throws {
        var honest = Honest()
        honest.changeAssertion = { assertion in
            let subject = try #require(assertion.child(XMLNamespace.assertion, "Subject"))
            let name = try #require(subject.child(XMLNamespace.assertion, "NameID"))
            let sealed = try SAMLEncryption.encrypt(name, as: .nameID, for: TestKey.service.verification)
            assertion.change("Subject") { $0.children[0] = .element(sealed) }
            try assertion.change("AttributeStatement") {
                guard case .element(let first) = $0.children[0] else { return }
                $0.children[0] = .element(
                    try SAMLEncryption.encrypt(first, as: .attribute, for: TestKey.service.verification))
            }
        }
        let verified = try UnverifiedResponse(try honest.bytes()).verified(by: try Honest.expectation())
        #expect(verified.nameID?.value == Honest.name && verified.attributes[0].texts == ["alice"])
    }

    @Test("Text is whole around comments and sections, and a name within a value is a name")
    func texts() throws {
        let text = String(decoding: try Honest().bytes(), as: UTF8.self)
        let commented = text.replacing("alice@example.org", with: "alice@example.org<!-- -->.evil.example")
        #expect(try Honest.refusals(Array(commented.utf8)) == ["SIG_INVALID"])
        // Canonicalization takes comments out, so that the signature holds; what is read is the whole name.
        let harmless = text.replacing("alice@example.org", with: "alice<!-- -->@example<![CDATA[.org]]>")
        #expect(
            try UnverifiedResponse(Array(harmless.utf8)).verified(by: try Honest.expectation()).nameID?.value
                == Honest.name
        )
        var honest = Honest()
        honest.changeAssertion = {
            $0.change("AttributeValue") { $0.children = [.element(Honest.saml("NameID", text: "pairwise"))] }
        }
        let verified = try UnverifiedResponse(try honest.bytes()).verified(by: try Honest.expectation())
        #expect(verified.attributes[0].texts == ["pairwise"])
    }
}

/// Something that is wrong with a response, and the one code it is refused by.
struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let reason: String
    var response: @Sendable (inout XMLElement) -> Void = { _ in }
    var assertion: @Sendable (inout XMLElement) -> Void = { _ in }

    var testDescription: String { name }

    private static func data(_ name: String, _ value: String?) -> @Sendable (inout XMLElement) -> Void {
        { $0.change("SubjectConfirmationData") { $0.setAttribute(name, value) } }
    }

    static let all: [Fault] = [
        Fault(name: "another version", reason: "VERSION", response: { $0.setAttribute("Version", "1.1") }),
        Fault(
            name: "an assertion of another version", reason: "VERSION", assertion: { $0.setAttribute("Version", "2.1") }
        ),
        Fault(name: "no status", reason: "STATUS", response: { $0.remove("Status") }),
        Fault(name: "no time of issue", reason: "SCHEMA", response: { $0.setAttribute("IssueInstant", nil) }),
        Fault(
            name: "a time of issue that is none", reason: "SCHEMA",
            assertion: { $0.setAttribute("IssueInstant", "2026-13-01T00:00:00Z") }),
        Fault(
            name: "another issuer of the response", reason: "ISSUER",
            response: { $0.change("Issuer") { $0.setText("https://evil.example") } }),
        Fault(
            name: "another issuer of the assertion", reason: "ISSUER",
            assertion: { $0.change("Issuer") { $0.setText("https://evil.example") } }),
        Fault(
            name: "an issuer that is no entity", reason: "ISSUER",
            assertion: { $0.change("Issuer") { $0.setAttribute("Format", "urn:x") } }),
        Fault(name: "an empty destination", reason: "DESTINATION", response: { $0.setAttribute("Destination", "") }),
        Fault(
            name: "another destination", reason: "DESTINATION",
            response: { $0.setAttribute("Destination", "https://evil.example") }),
        Fault(name: "another request", reason: "INRESPONSETO", response: { $0.setAttribute("InResponseTo", "_x") }),
        Fault(name: "no conditions", reason: "CONDITIONS", assertion: { $0.remove("Conditions") }),
        Fault(
            name: "a condition that nobody knows", reason: "CONDITIONS",
            assertion: { $0.change("Conditions") { $0.children.append(.element(XMLElement("urn:x", "Condition"))) } }),
        Fault(name: "no audience", reason: "AUDIENCE", assertion: { $0.change("Conditions") { $0.children = [] } }),
        Fault(
            name: "an audience for nobody", reason: "AUDIENCE",
            assertion: { $0.change("AudienceRestriction") { $0.children = [] } }),
        Fault(
            name: "a second restriction without us", reason: "AUDIENCE",
            assertion: {
                $0.change("Conditions") {
                    $0.children.append(
                        .element(Honest.saml("AudienceRestriction", [], [Honest.saml("Audience", text: "x")])))
                }
            }),
        Fault(name: "no subject", reason: "NAMEID", assertion: { $0.remove("Subject") }),
        Fault(name: "no name", reason: "NAMEID", assertion: { $0.change("Subject") { $0.remove("NameID") } }),
        Fault(name: "an empty name", reason: "NAMEID", assertion: { $0.change("NameID") { $0.setText(" ") } }),
        Fault(
            name: "a name with an element in it", reason: "NAMEID",
            assertion: { $0.change("NameID") { $0.children.append(.element(XMLElement("", "b"))) } }),
        Fault(
            name: "a name that is too long", reason: "NAMEID",
            assertion: { $0.change("NameID") { $0.setText(String(repeating: "x", count: 2_049)) } }),
        Fault(
            name: "two names", reason: "NAMEID",
            assertion: { $0.change("Subject") { $0.children.insert($0.children[0], at: 0) } }),
        Fault(
            name: "a name for somebody else", reason: "SPNAMEQUALIFIER",
            assertion: { $0.change("NameID") { $0.setAttribute("SPNameQualifier", "https://other.example") } }),
        Fault(
            name: "another method of confirmation", reason: "CONFIRMATION",
            assertion: {
                $0.change("SubjectConfirmation") {
                    $0.setAttribute("Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")
                }
            }),
        Fault(
            name: "no confirmation", reason: "CONFIRMATION",
            assertion: { $0.change("Subject") { $0.remove("SubjectConfirmation") } }),
        Fault(
            name: "a confirmation without data", reason: "CONFIRMATION",
            assertion: { $0.change("SubjectConfirmation") { $0.children = [] } }),
        Fault(name: "no recipient", reason: "CONFIRMATION", assertion: data("Recipient", nil)),
        Fault(name: "another recipient", reason: "CONFIRMATION", assertion: data("Recipient", "https://evil.example")),
        Fault(name: "a confirmation without end", reason: "CONFIRMATION", assertion: data("NotOnOrAfter", nil)),
        Fault(
            name: "a confirmation with a beginning", reason: "CONFIRMATION",
            assertion: data("NotBefore", "2026-11-21T11:00:00Z")),
        Fault(name: "a confirmation of another request", reason: "CONFIRMATION", assertion: data("InResponseTo", "_x")),
        Fault(name: "a confirmation of no request", reason: "CONFIRMATION", assertion: data("InResponseTo", nil)),
        Fault(name: "no statement", reason: "AUTHNSTATEMENT", assertion: { $0.remove("AuthnStatement") }),
        Fault(
            name: "a session that ended", reason: "SESSION_EXPIRED",
            assertion: {
                $0.change("AuthnStatement") { $0.setAttribute("SessionNotOnOrAfter", "2026-11-21T12:00:00Z") }
            }),
        Fault(
            name: "an attribute twice", reason: "DUP_ATTR",
            assertion: { $0.change("AttributeStatement") { $0.children.append($0.children[0]) } }),
        Fault(
            name: "an attribute twice in two statements", reason: "DUP_ATTR",
            assertion: { $0.children.append($0.children[4]) }),
        Fault(
            name: "two assertions", reason: "NUM_ASSERTIONS",
            response: { $0.children.append(.element(XMLElement(XMLNamespace.assertion, "EncryptedAssertion"))) }),
    ]
}
