import Testing

@testable @_spi(SAMLDebugging) import SAML

@Suite("Messages other than responses")
struct MessageVerificationTests {
    private static let destination = "https://sp.example.org/saml/slo"

    static func message(_ kind: SAMLMessageKind) -> XMLElement {
        var message = Honest.samlp(
            kind.rawValue,
            [
                XMLAttribute("ID", "_m1"), XMLAttribute("Version", "2.0"),
                XMLAttribute("IssueInstant", "2026-11-21T12:00:00Z"),
                XMLAttribute("Destination", destination),
            ], [Honest.saml("Issuer", text: Honest.issuer)])
        switch kind {
        case .authnRequest: break
        case .artifactResolve:
            message.children.append(.element(XMLElement(XMLNamespace.protocols, "Artifact", text: "AAQ=")))
        case .logoutRequest:
            message.setAttribute("NotOnOrAfter", "2026-11-21T12:05:00Z")
            message.children += [
                .element(Honest.saml("NameID", text: Honest.name)),
                .element(XMLElement(XMLNamespace.protocols, "SessionIndex", text: "_s1")),
            ]
        case .logoutResponse, .artifactResponse:
            message.setAttribute("InResponseTo", "_q")
            message.children.append(
                .element(
                    Honest.samlp(
                        "Status", [], [Honest.samlp("StatusCode", [XMLAttribute("Value", SAMLStatus.success)])])))
        }
        return message
    }

    private func judge(
        _ message: XMLElement, _ kind: SAMLMessageKind, signed: Bool = true,
        signature: MessageExpectation.SignatureRequirement = .embedded, now: String = "2026-11-21T12:00:00Z",
        requestID: String? = "_q"
    ) throws -> SAMLJudgement<VerifiedMessage> {
        let bytes =
            signed ? try SAMLSignatures.sign(message, with: TestKey.provider.signing) : try XMLWriter.bytes(of: message)
        return UnverifiedMessage(bytes, kind: kind).judged(
            by: MessageExpectation(
                issuer: Honest.issuer, keys: [try TestKey.provider.verification], destination: Self.destination,
                requestID: requestID, signature: signature, decryptionKeys: [try TestKey.service.decryption],
                clockSkew: 0,
                now: SAMLTime(now)!))
    }

    private func codes(_ judgement: SAMLJudgement<VerifiedMessage>) -> [String] {
        judgement.refusals.map(\.reason.rawValue)
    }

    @Test("Each kind is taken for itself only, signed or where its signature was verified around it")
    func kinds() throws {
        for kind in SAMLMessageKind.allCases {
            let message = Self.message(kind)
            let verified = try judge(message, kind).get()
            #expect(verified.isSigned && verified.issuer == Honest.issuer && verified.element == message)
            #expect(try judge(message, kind, signed: false, signature: .outside).get().isSigned == false)
            #expect(codes(try judge(message, kind, signed: false)) == ["SIG_MISSING"])
            for other in SAMLMessageKind.allCases where other != kind {
                #expect(codes(try judge(message, other)) == ["ROOT"])
            }
        }
        #expect(
            try judge(Self.message(.authnRequest), .authnRequest, signed: false, signature: .optional).verified != nil)
    }

    @Test("A logout request names whom it is about, and holds until its time")
    func logoutRequest() throws {
        let message = Self.message(.logoutRequest)
        let verified = try judge(message, .logoutRequest).get()
        #expect(verified.nameID?.value == Honest.name && verified.sessionIndexes == ["_s1"])
        #expect(try judge(message, .logoutRequest, now: "2026-11-21T12:04:59Z").verified != nil)
        #expect(codes(try judge(message, .logoutRequest, now: "2026-11-21T12:05:00Z")) == ["EXPIRED"])
        #expect(codes(try judge(message.with { $0.remove("NameID") }, .logoutRequest)) == ["NAMEID"])
        let sealed = try message.with {
            let name = $0.child(XMLNamespace.assertion, "NameID")!
            $0.children[1] = .element(try SAMLEncryption.encrypt(name, as: .nameID, for: TestKey.service.verification))
        }
        #expect(try judge(sealed, .logoutRequest).get().nameID?.value == Honest.name)
    }

    @Test("An answer is to the request that was made, and says that it is done")
    func logoutResponse() throws {
        let message = Self.message(.logoutResponse)
        #expect(codes(try judge(message, .logoutResponse, requestID: "_other")) == ["INRESPONSETO"])
        #expect(codes(try judge(message.with { $0.remove("Status") }, .logoutResponse)) == ["STATUS"])
        let failed = message.with {
            $0.change("StatusCode") { $0.setAttribute("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder") }
        }
        #expect(codes(try judge(failed, .logoutResponse)) == ["STATUS"])
    }

    @Test("Issuer and destination are compared, and a signature that is there holds")
    func comparisons() throws {
        for kind in SAMLMessageKind.allCases {
            let message = Self.message(kind)
            #expect(codes(try judge(message.with { $0.change("Issuer") { $0.setText("x") } }, kind)) == ["ISSUER"])
            #expect(codes(try judge(message.with { $0.remove("Issuer") }, kind)) == ["ISSUER"])
            #expect(codes(try judge(message.with { $0.setAttribute("Destination", "x") }, kind)) == ["DESTINATION"])
            #expect(codes(try judge(message.with { $0.setAttribute("Destination", nil) }, kind)) == ["DESTINATION"])
            #expect(codes(try judge(message.with { $0.setAttribute("Version", "1.1") }, kind)) == ["VERSION"])
            var signed = try XMLReader.parse(try SAMLSignatures.sign(message, with: TestKey.provider.signing))
            signed.setAttribute("IssueInstant", "2026-11-21T12:00:01Z")
            for signature in [MessageExpectation.SignatureRequirement.outside, .optional, .embedded] {
                #expect(codes(try judge(signed, kind, signed: false, signature: signature)) == ["SIG_INVALID"])
            }
        }
    }
}

@Suite("Signed queries")
struct SignedQueryTests {
    private let keys: [SAMLVerificationKey]

    init() throws { keys = try [TestKey.provider, .p256].map { try $0.verification } }

    private func query(_ octets: String, _ key: TestKey = .provider) throws -> String {
        let signature = SAMLBase64.encode(try key.signing.signature(over: Array(octets.utf8)))
        return octets + "&Signature="
            + signature.replacing("+", with: "%2B").replacing("/", with: "%2f").replacing("=", with: "%3D")
    }

    private static let algorithm = "SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256"

    @Test("The octets count as they came, in the order of the specification")
    func octets() throws {
        for octets in [
            "SAMLRequest=a%2bB%2f&RelayState=x+y%20&\(Self.algorithm)", "SAMLResponse=a%2BB%2F&\(Self.algorithm)",
        ] {
            let signed = try query(octets)
            let read = try SignedQuery(signed)
            try read.verify(keys: keys)
            #expect(read.message == "a+B/")
            // Another order on the way is put right; another escape is another octet.
            let parts = signed.split(separator: "&").reversed().joined(separator: "&")
            try SignedQuery("other=1&" + parts).verify(keys: keys)
            let escaped = signed.replacing("a%2bB", with: "a%2BB").replacing("a%2BB%2F", with: "a%2BB%2f")
            #expect(reason { try SignedQuery(escaped).verify(keys: keys) } == .signatureInvalid)
            #expect(reason { try SignedQuery(signed + "&RelayState=z").verify(keys: keys) } != nil)
            #expect(reason { try read.verify(keys: [TestKey.stranger.verification]) } == .signatureInvalid)
            #expect(reason { try read.verify(keys: [TestKey.p256.verification]) } == .signatureAlgorithm)
            #expect(reason { try read.verify(keys: []) } == .key)
        }
        let curve = Self.algorithm.replacing("rsa-sha256", with: "ecdsa-sha256")
        try SignedQuery(try query("SAMLRequest=a&\(curve)", .p256)).verify(keys: keys)
    }

    @Test(
        "Parameters are there once, under their own names",
        arguments: [
            "SAMLRequest=a&SAMLRequest=b", "SAMLRequest=a&SAMLResponse=b", "", "RelayState=x",
            "SAMLRequest=a&SAML%52equest=b",
            "SAML%52equest=a", "SAMLRequest=a&RelayState=1&RelayState=2",
            "SAMLRequest=a&SigAlg=x&SigAlg=x&Signature=AAAA",
            "SAMLRequest=a&SigAlg=x&Signature=AAAA&Signature=AAAA",
        ])
    func pollution(query: String) { #expect(reason { _ = try SignedQuery(query) } == .parameterPollution) }

    @Test("Half a signature, none, and one that is no base64 are refused")
    func halves() throws {
        #expect(reason { _ = try SignedQuery("SAMLRequest=a&SigAlg=x") } == .signatureStructure)
        #expect(reason { _ = try SignedQuery("SAMLRequest=a&Signature=AAAA") } == .signatureStructure)
        #expect(reason { _ = try SignedQuery("SAMLRequest=a&SigAlg=x&Signature=%20!") } == .signatureStructure)
        #expect(reason { _ = try SignedQuery("SAMLRequest=%zz") } == .malformed)
        #expect(reason { try SignedQuery("SAMLRequest=a").verify(keys: keys) } == .signatureMissing)
        #expect(
            reason {
                try SignedQuery("SAMLRequest=a&SigAlg=http://www.w3.org/2000/09/xmldsig%23rsa-sha1&Signature=AAAA")
                    .verify(keys: keys)
            } == .signatureAlgorithm)
        #expect(
            reason { _ = try SignedQuery("SAMLRequest=" + String(repeating: "a", count: SignedQuery.byteLimit)) }
                == .limit)
    }
}
