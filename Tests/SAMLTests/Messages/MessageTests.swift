import Testing

@testable import SAML

@Suite("Messages as values") struct MessageTests {
    private static let now = Federation.now

    static var fullRequest: AuthnRequest {
        var request = AuthnRequest(Federation.header(Federation.service, Federation.signOn))
        request.consumer = .endpoint(url: Federation.consumer + "?a=1&b=<2>", binding: Binding.post.rawValue)
        request.attributeServiceIndex = 4
        (request.forcesAuthn, request.isPassive) = (true, false)
        request.nameIDPolicy = NameIDPolicy(
            format: NameIDFormat.persistent, spNameQualifier: "urn:group", allowsCreation: true)
        request.authnContext = RequestedAuthnContext(["urn:a", "urn:b"], comparison: .minimum)
        request.scoping = Scoping(
            proxyCount: 2, identityProviders: ["https://a.example", "https://b.example"], requesters: ["urn:r"])
        request.providerName = "Name & \"Co\""
        return request
    }

    @Test("A request with everything in it is read as it was written")
    func request() throws {
        let request = Self.fullRequest
        #expect(try AuthnRequest(reading: Federation.reread(request.element())) == request)
        var plain = AuthnRequest(Federation.header(Federation.service))
        #expect(try AuthnRequest(reading: Federation.reread(plain.element())) == plain)
        plain.consumer = .index(7)
        plain.nameIDPolicy = NameIDPolicy(allowsCreation: true)
        let element = try plain.element()
        #expect(try AuthnRequest(reading: Federation.reread(element)) == plain)
        // IIP-SP03: a policy without a format, and none at all.
        #expect(element.child(.samlp("NameIDPolicy"))?.attribute("Format") == nil)
        plain.nameIDPolicy = nil
        #expect(try plain.element().child(.samlp("NameIDPolicy")) == nil)
        #expect(element.elements.map(\.name.local) == ["Issuer", "NameIDPolicy"])
    }

    @Test("What a request may not be")
    func wrongRequests() throws {
        let right = try Self.fullRequest.element()
        func code(_ change: (inout XMLElement) -> Void) -> MessageFault.Code? {
            var element = right
            change(&element)
            return fault { _ = try AuthnRequest(reading: element) }
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.setAttribute("Version", "2.1") } == .version)
        #expect(code { $0.setAttribute("Version", nil) } == .version)
        for id in [nil, "", "1a", "a b", "ä", String(repeating: "a", count: 257)] {
            #expect(code { $0.setAttribute("ID", id) } == .malformed, "\(id ?? "nil")")
        }
        #expect(code { $0.setAttribute("ID", String(repeating: "a", count: 256)) } == nil)
        #expect(code { $0.setAttribute("IssueInstant", "2027-01-15T08:00:00") } == .malformed)
        #expect(code { $0.setAttribute("ForceAuthn", "yes") } == .malformed)
        #expect(code { $0.setAttribute("AssertionConsumerServiceIndex", "1") } == .malformed)
        #expect(code { $0.setAttribute("AttributeConsumingServiceIndex", "65536") } == .malformed)
        #expect(code { $0.name = .samlp("LogoutRequest") } == .malformed)
        #expect(code { $0.name = XMLName("urn:x", "AuthnRequest") } == .malformed)
        #expect(code { $0.children.removeFirst() } == .issuer)
        #expect(code { $0.children.append($0.children[0]) } == .issuer)
        #expect(code { $0.children[0] = .element(Markup.text(.saml("Issuer"), "x", ["Format": "urn:x"])) } == .issuer)
        let context = Markup.element(.samlp("RequestedAuthnContext"), ["Comparison": "exactly"], [])
        #expect(code { $0.children = [$0.children[0], .element(context)] } == .malformed)
        let many = RequestedAuthnContext((0..<65).map { "urn:\($0)" })
        var request = Self.fullRequest
        request.authnContext = many
        #expect(fault { _ = try AuthnRequest(reading: request.element()) } == .malformed)
        request.authnContext?.classes.removeLast()
        #expect(fault { _ = try AuthnRequest(reading: request.element()) } == nil)
        request.scoping?.requesters = (0..<257).map { "urn:\($0)" }
        #expect(fault { _ = try AuthnRequest(reading: request.element()) } == .malformed)
    }

    @Test("Extensions of others are passed over, wherever they stand")
    func extensions() throws {
        var element = try Self.fullRequest.element()
        let foreign = Markup.element(XMLName("urn:x", "Anything"), ["ID": "y"], [Markup.text(XMLName("", "z"), "z")])
        element.children.insert(.element(Markup.element(.samlp("Extensions"), [:], [foreign])), at: 1)
        element.attributes.append(XMLAttribute(XMLName("urn:x", "ID"), "other"))
        #expect(try AuthnRequest(reading: element) == Self.fullRequest)
    }

    @Test("Characters that XML cannot hold are refused, and said where; all others arrive as they are")
    func characters() throws {
        let odd = "a\u{9}\u{A}<b>&amp;\"'\u{E000}\u{1F600}\u{D}ß e\u{301} \u{85}\u{2028}"
        let name = NameID(odd, format: "urn:x", nameQualifier: odd, spNameQualifier: odd, spProvidedID: odd)
        let request = LogoutRequest(Federation.header(Federation.service), subject: name, sessionIndexes: [odd])
        let read = try LogoutRequest(reading: Federation.reread(request.element()))
        #expect(read.subject.value.utf8.elementsEqual(odd.utf8) && read.subject.isSame(as: name))
        #expect(read.sessionIndexes[0].utf8.elementsEqual(odd.utf8))
        for bad in ["\u{0}", "\u{1}", "\u{8}", "\u{B}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"] {
            let refused = LogoutRequest(Federation.header(Federation.service), subject: NameID("a" + bad))
            #expect(fault { _ = try refused.element() } == .forbiddenCharacter)
        }
        // IIP-G02: 256 characters of any kind.
        let long = String(repeating: "\u{10FFFD}", count: 256)
        let kept = LogoutRequest(Federation.header(Federation.service), subject: NameID(long))
        #expect(try LogoutRequest(reading: Federation.reread(kept.element())).subject.value == long)
    }

    @Test("A name is whole or none")
    func names() throws {
        var element = NameID("ada").element
        element.children.append(.element(Markup.element(.saml("x"))))
        #expect(fault { _ = try NameID(reading: element) } == .malformed)
        #expect(fault { _ = try NameID(reading: Markup.text(.saml("NameID"), " \n")) } == .malformed)
        #expect(fault { _ = try NameID(reading: NameID(String(repeating: "a", count: 4_097)).element) } == .malformed)
        #expect(fault { _ = try NameID(reading: NameID(String(repeating: "a", count: 4_096)).element) } == nil)
        #expect(!NameID("\u{E9}").isSame(as: NameID("e\u{301}")))
        #expect(!NameID("a", nameQualifier: "q").isSame(as: NameID("a")))
    }

    @Test("Logout: sessions, reason, time, and that nobody waits")
    func logout() throws {
        let request = LogoutRequest(
            Federation.header(Federation.provider, "https://sp.example/slo"),
            subject: NameID("n", format: NameIDFormat.transient, nameQualifier: "a", spNameQualifier: "b"),
            sessionIndexes: ["s1", "s2"], notOnOrAfter: Self.now + 60, reason: .user, isAsynchronous: true)
        let element = try request.element()
        #expect(try LogoutRequest(reading: Federation.reread(element)) == request)
        #expect(
            element.elements.map(\.name.local) == ["Issuer", "Extensions", "NameID", "SessionIndex", "SessionIndex"])
        var many = request
        many.sessionIndexes = (0..<257).map { "s\($0)" }
        #expect(fault { _ = try LogoutRequest(reading: many.element()) } == .malformed)
        var two = element
        two.children.append(.element(NameID("m").element))
        #expect(fault { _ = try LogoutRequest(reading: two) } == .malformed)
        var sealed = element
        sealed.children[2] = .element(Markup.element(.saml("EncryptedID")))
        #expect(fault { _ = try LogoutRequest(reading: sealed) } == .unsupported)
        #expect(try LogoutRequest(reading: sealed, decrypted: NameID("m")).subject == NameID("m"))
        let answer = LogoutResponse(
            MessageHeader(
                id: "_a", issueInstant: Self.now, issuer: "i", destination: "https://d.example", inResponseTo: "_r1"),
            status: Status(.success, .partialLogout, message: "two of three"))
        #expect(try LogoutResponse(reading: Federation.reread(answer.element())) == answer)
    }

    @Test("A status is one of four, with codes below it and no deeper than eight")
    func status() throws {
        var status = Status(.responder, .noPassive)
        status.details += (1..<8).map { "urn:\($0)" }
        #expect(try Status(reading: status.element) == status && status.detail == .noPassive)
        status.details.append("urn:8")
        #expect(fault { _ = try Status(reading: status.element) } == .malformed)
        let wrong = Markup.element(.samlp("Status"), [:], [Markup.element(.samlp("StatusCode"), ["Value": "urn:x"])])
        #expect(fault { _ = try Status(reading: wrong) } == .malformed)
        #expect(Status.success.isWholeSuccess && !Status(.success, .partialLogout).isWholeSuccess)
    }

    @Test("Artifacts are asked for and answered, and an envelope carries one message")
    func artifacts() throws {
        let resolve = ArtifactResolve(Federation.header(Federation.service), artifact: "AAQ=")
        let enveloped = SOAPEnvelope.element(around: try resolve.element())
        let (message, headers) = try SOAPEnvelope.read(Federation.reread(enveloped))
        #expect(try ArtifactResolve(reading: message) == resolve && headers == [])
        let inner = try AuthnRequest(Federation.header(Federation.service, id: "_inner")).element()
        for content in [inner, nil] {
            let answer = ArtifactResponse(Federation.header(Federation.provider), status: .success, message: content)
            #expect(try ArtifactResponse(reading: Federation.reread(answer.element())) == answer)
        }
        var two = try ArtifactResponse(Federation.header("i"), status: .success, message: inner).element()
        two.children.append(.element(inner))
        #expect(fault { _ = try ArtifactResponse(reading: two) } == .malformed)
        var body = enveloped
        body.children.append(contentsOf: enveloped.children)
        #expect(fault { _ = try SOAPEnvelope.read(body) } == .malformed)
        #expect(fault { _ = try SOAPEnvelope.read(SOAPEnvelope.fault(.client, "no")) } == .malformed)
        #expect(fault { _ = try SOAPEnvelope.read(resolve.element()) } == .malformed)
        let strange = Markup.element(XMLName("urn:x", "Header"))
        var strict = strange
        strict.attributes = [XMLAttribute(XMLName(XMLNamespace.soap11, "mustUnderstand"), "1")]
        let element = try resolve.element()
        #expect(fault { _ = try SOAPEnvelope.read(SOAPEnvelope.element(around: element, headers: [strange])) } == nil)
        #expect(
            fault { _ = try SOAPEnvelope.read(SOAPEnvelope.element(around: element, headers: [strict])) }
                == .unsupported)
        #expect(
            fault {
                _ = try SOAPEnvelope.read(
                    SOAPEnvelope.element(around: element, headers: [strict]), understood: [strict.name])
            }
                == nil)
    }

    @Test("ECP: what a client carries to us, and what it is told to carry back")
    func ecp() throws {
        var request = AuthnRequest(Federation.header(Federation.service))
        let channel = ChannelBinding(kind: "tls-server-end-point", octets: [1, 2, 3])
        request.channels = [channel]
        #expect(try AuthnRequest(reading: Federation.reread(request.element())) == request)
        let answer = ECPEnvelope.answer(
            try ResponseMessage(Federation.header(Federation.provider), status: Status(.responder)).element(),
            consumer: Federation.consumer, wasSigned: true, generatedKey: [UInt8](repeating: 7, count: 32),
            channels: [channel])
        let headers = try Federation.reread(answer).child(.soap("Header"))?.elements ?? []
        #expect(headers.map(\.name.local) == ["Response", "RequestAuthenticated", "ChannelBindings", "GeneratedKey"])
        #expect(try ChannelBinding.read(among: headers) == [channel])
        #expect(headers[0].attribute("AssertionConsumerServiceURL") == Federation.consumer)
        #expect(headers[0].attribute(XMLName(XMLNamespace.soap11, "mustUnderstand")) == "1")
        let asking = try ECPEnvelope.request(request, consumer: Federation.consumer, relayState: RelayState("h"))
        #expect(asking.child(.soap("Header"))?.elements.map(\.name.local) == ["Request", "Request", "RelayState"])
    }

    @Test("A response asserts where it says success, and only there")
    func responses() throws {
        let header = Federation.header(Federation.provider, Federation.consumer)
        #expect(fault { _ = try ResponseMessage(header, status: .success).element() } == .malformed)
        let assertion = Markup.element(.saml("Assertion"))
        #expect(
            fault { _ = try ResponseMessage(header, status: Status(.requester)).element(containing: assertion) }
                == .malformed)
        #expect(
            fault {
                _ = try ResponseMessage(header, status: .success).element(containing: Markup.element(.saml("Advice")))
            } == .malformed)
        #expect(try ResponseMessage(header, status: .success).element(containing: assertion).elements.count == 3)
    }
}
