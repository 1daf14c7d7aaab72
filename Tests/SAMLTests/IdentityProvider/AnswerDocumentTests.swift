import Testing

@testable import SAML

@Suite("Answers as documents") struct AnswerDocumentTests {
    private static let now = Federation.now

    private static func verified(_ bytes: [UInt8], at time: Int64 = now, request: String = "_r1") throws
        -> VerifiedAssertion
    {
        try UnverifiedResponse(bytes).verified(
            by: ResponseExpectation(
                issuer: Federation.provider, keys: [TestKey.provider.verification], audience: Federation.service,
                recipient: Federation.consumer, request: .answers(request),
                decryptionKeys: [TestKey.service.decryption],
                now: SAMLTime(seconds: time)))
    }

    static let policies: [ServiceProviderPolicy] = [
        ServiceProviderPolicy(), ServiceProviderPolicy(signsAssertion: true),
        ServiceProviderPolicy(signsResponse: false, signsAssertion: true),
        ServiceProviderPolicy(encryption: .never), ServiceProviderPolicy(signsAssertion: true, encryption: .never),
        ServiceProviderPolicy(signsResponse: false, signsAssertion: true, encryption: .never),
    ]

    @Test(
        "Every way to sign and encrypt is verified by our own service provider, and signs in who was meant",
        arguments: 0..<6)
    func throughTheOtherSide(index: Int) throws {
        let plan = try AnswerPlanTests.plan(Self.policies[index])
        let bytes = try plan.document(signingWith: TestKey.provider.signing)
        let assertion = try Self.verified(bytes)
        let said = VerifiedSignIn(assertion)
        #expect(said.nameID.map { $0.isSame(as: AnswerPlanTests.content.nameID ?? NameID("")) } == true)
        #expect(
            said.attributes == [AnswerPlanTests.content.attributes[0]] && said.authorities == ["https://up.example"])
        #expect(said.sessionIndex == "s-1" && said.authnInstant == Self.now - 5 && said.notOnOrAfter == Self.now + 300)
        #expect(said.contextClass == AuthnContextClass.passwordProtectedTransport)
        var settings = Federation.settings
        settings.subjectRules = [.attribute(name: "urn:oid:1", nameFormat: AttributeNameFormat.uri), .subjectID]
        let planned = try settings.plan(SignInWish(), at: Federation.identityProvider(), id: "_r1", now: Self.now)
        let facts = SignInFacts(
            outstanding: planned.outstanding, isFirstShowing: true, consumer: Federation.consumer,
            metadataIsVouchedFor: true)
        // Transient, and nothing else: nobody to know again.
        #expect(
            try settings.decide(said, facts: facts, peer: Federation.identityProvider(), now: Self.now)
                == .refused([.subject]))
        #expect(reason { _ = try Self.verified(bytes, at: Self.now + 300 + 180) } != nil)
        #expect(reason { _ = try Self.verified(bytes, request: "_other") } == .inResponseTo)
    }

    @Test("Encrypted, nothing of it can be read on its way")
    func sealed() throws {
        let bytes = try AnswerPlanTests.plan().document(signingWith: TestKey.provider.signing)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("ada@example.org") && !text.contains("NameID") && text.contains("EncryptedAssertion"))
        let open = try AnswerPlanTests.plan(ServiceProviderPolicy(encryption: .never)).document(
            signingWith: TestKey.provider.signing)
        #expect(String(decoding: open, as: UTF8.self).contains("&lt;&amp;\"&gt;"))
    }

    @Test("Keys that say OAEP of XML Encryption 1.1 are written to so")
    func modern() throws {
        let peer = try Federation.serviceProvider {
            $0.role.keys[0].encryptionMethods = [
                .init(Algorithm.aes128GCM), .init(Algorithm.oaep11, digest: Algorithm.sha256),
            ]
        }
        let bytes = try AnswerPlanTests.plan(peer: peer).document(signingWith: TestKey.provider.signing)
        #expect(String(decoding: bytes, as: UTF8.self).contains(Algorithm.oaep11))
        #expect(try Self.verified(bytes).issuer == Federation.provider)
    }

    /// The answer that an enhanced client carries: its header blocks, and the assertion as the service provider reads it.
    private static func carried(
        _ policy: ServiceProviderPolicy = ServiceProviderPolicy(), wasSigned: Bool = true,
        channels: [ChannelBinding] = []
    ) throws -> (headers: [XMLElement], assertion: XMLElement) {
        let peer = try Federation.serviceProvider()
        var request = AuthnRequest(Federation.header(Federation.service))
        request.channels = channels
        let reading = Federation.issuing.read(
            request, from: peer,
            arrival: MessageArrival(
                location: Federation.signOn, binding: .soap, signature: wasSigned ? .verified : .none,
                channels: channels), now: now)
        guard case .accepted(let accepted) = reading else { throw MessageFault(.consumer, "\(reading)") }
        var content = AnswerPlanTests.content
        content.generatedKey = [UInt8](repeating: 7, count: 32)
        let plan = try Federation.issuing.answer(
            accepted, with: content, peer: peer, policy: policy, key: .rsa(bits: 2_048),
            ids: AnswerIDs(response: "_resp", assertion: "_assert"), now: now)
        #expect(plan.binding == .paos && plan.location == Federation.consumer + "/ecp")
        let envelope = try XMLReader.parse(plan.envelope(signingWith: TestKey.provider.signing, wasSigned: wasSigned))
        let (message, headers) = try SOAPEnvelope.read(
            envelope, understood: [.ecp("Response"), ChannelBinding.elementName])
        let response = try SAMLSignatures.verify(
            XMLWriter.bytes(of: message), keys: [TestKey.provider.verification])
        let sealed = response.child(.saml("EncryptedAssertion"))
        let opened = try sealed.map { try SAMLEncryption.decrypt($0, keys: [TestKey.service.decryption]) }
        guard let assertion = opened ?? response.child(.saml("Assertion")) else {
            throw MessageFault(.malformed, "there is no assertion")
        }
        return (headers, assertion)
    }

    @Test(
        "An enhanced client is told where it goes, and shares a key with the service provider that nobody else can read"
    )
    func carriedAnswer() throws {
        let channel = ChannelBinding(kind: "tls-server-end-point", octets: [1, 2, 3])
        let both = try Self.carried(channels: [channel])
        #expect(
            both.headers.map(\.name.local) == ["Response", "RequestAuthenticated", "ChannelBindings", "GeneratedKey"])
        #expect(both.headers[0].attribute("AssertionConsumerServiceURL") == Federation.consumer + "/ecp")
        // Schema: Advice stands behind Conditions.
        let parts = both.assertion.elements.map(\.name.local)
        #expect(parts.prefix(5) == ["Issuer", "Subject", "Conditions", "Advice", "AuthnStatement"], "\(parts)")
        let advice = try #require(both.assertion.child(.saml("Advice"))).elements
        #expect(
            try ChannelBinding.read(among: advice) == [channel] && ChannelBinding.read(among: both.headers) == [channel]
        )
        #expect(advice.last?.text == both.headers.last?.text && advice.last?.name == both.headers.last?.name)
        #expect(SAMLBase64.decode(advice.last?.text ?? "") == [UInt8](repeating: 7, count: 32))
        let confirmation = both.assertion.child(.saml("Subject"))?.child(.saml("SubjectConfirmation"))
        #expect(confirmation?.attribute("Method") == "urn:oasis:names:tc:SAML:2.0:cm:bearer")
        let data = confirmation?.child(.saml("SubjectConfirmationData"))
        #expect(data?.attribute("Recipient") == Federation.consumer + "/ecp")
        // Whoever could read the assertion would have the key: in the open there is none, in neither place.
        let open = try Self.carried(ServiceProviderPolicy(encryption: .never), wasSigned: false)
        #expect(open.headers.map(\.name.local) == ["Response"] && open.assertion.child(.saml("Advice")) == nil)
    }

    @Test("An error is signed and is not a sign-in")
    func errors() throws {
        let peer = try Federation.serviceProvider()
        let plan = try Federation.issuing.answer(
            Status(.responder, .noPassive), at: AnswerPlanTests.request(peer).answerPlace, peer: peer,
            key: .rsa(bits: 2_048), id: "_e", now: Self.now)
        let bytes = try plan.document(signingWith: TestKey.provider.signing)
        #expect(reason { _ = try Self.verified(bytes) } == .status)
        #expect(try SAMLSignatures.verify(bytes, keys: [TestKey.provider.verification]).attribute("ID") == "_e")
    }
}
