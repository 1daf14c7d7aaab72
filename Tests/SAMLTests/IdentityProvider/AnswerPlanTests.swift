import Testing

@testable import SAML

@Suite("What an identity provider answers") struct AnswerPlanTests {
    private static let now = Federation.now

    static func request(_ peer: EntityDescriptor, _ change: (inout AuthnRequest) -> Void = { _ in }) throws
        -> AcceptedRequest
    {
        var request = AuthnRequest(Federation.header(Federation.service, Federation.signOn))
        request.consumer = .endpoint(url: Federation.consumer, binding: nil)
        change(&request)
        let reading = Federation.issuing.read(
            request, from: peer,
            arrival: MessageArrival(location: Federation.signOn, binding: .redirect, signature: .none),
            now: now)
        guard case .accepted(let accepted) = reading else { throw MessageFault(.consumer, "not accepted: \(reading)") }
        return accepted
    }

    static let content = AssertionContent(
        nameID: NameIDMaking.transient(
            random: [UInt8](repeating: 9, count: 16), issuer: Federation.provider, for: Federation.service),
        authn: ProvenAuthn(
            contextClass: AuthnContextClass.passwordProtectedTransport, instant: now - 5,
            authorities: ["https://up.example"]),
        attributes: [
            SAMLAttribute(
                "urn:oid:0.9.2342.19200300.100.1.3", friendlyName: "mail", values: ["ada@example.org", "<&\">"]),
            SAMLAttribute("urn:empty"),
        ], sessionIndex: "s-1", sessionNotOnOrAfter: now + 3_600)

    static func plan(
        _ policy: ServiceProviderPolicy = ServiceProviderPolicy(), peer: EntityDescriptor? = nil,
        settings: IdentityProviderSettings = Federation.issuing, key: MetadataKey.Kind = .rsa(bits: 2_048)
    ) throws -> AnswerPlan {
        let peer = try peer ?? Federation.serviceProvider()
        return try settings.answer(
            try request(peer), with: content, peer: peer, policy: policy, key: key,
            ids: AnswerIDs(response: "_resp", assertion: "_assert"), now: now)
    }

    @Test("The response is signed and its assertion encrypted, unless something else was settled or is wanted")
    func protection() throws {
        let usual = try Self.plan()
        #expect(usual.signsResponse && !usual.signsAssertion && usual.encryption?.content == Algorithm.aes256GCM)
        #expect(usual.encryption?.keyTransport == Algorithm.oaepMGF1 && usual.encryption?.digest == Algorithm.sha1)
        #expect(usual.signatureAlgorithm == Algorithm.rsaSHA256 && usual.digest == Algorithm.sha256)
        #expect(try Self.plan(peer: Federation.serviceProvider { $0.wantsSignedAssertions = true }).signsAssertion)
        #expect(try Self.plan(ServiceProviderPolicy(signsAssertion: true)).signsAssertion)
        // One of them at least is signed, whatever was settled.
        let neither = try Self.plan(ServiceProviderPolicy(signsResponse: false, signsAssertion: false))
        #expect(neither.signsAssertion && !neither.signsResponse)
        #expect(try Self.plan(ServiceProviderPolicy(encryption: .never)).encryption == nil)
        let keyless = try Federation.serviceProvider { $0.role.keys = [] }
        #expect(try Self.plan(peer: keyless).encryption == nil)
        #expect(fault { _ = try Self.plan(ServiceProviderPolicy(encryption: .always), peer: keyless) } == .unsupported)
        #expect(try Self.plan(key: .ellipticCurve(bits: 256)).signatureAlgorithm == Algorithm.ecdsaSHA256)
    }

    @Test("Algorithms are those that the peer says it takes, and never others than ours")
    func algorithms() throws {
        func signature(_ methods: [AlgorithmSupport.SigningMethod], _ digests: [String] = []) throws -> AnswerPlan {
            try Self.plan(
                peer: Federation.serviceProvider {
                    $0.role.algorithms = AlgorithmSupport(digests: digests, signatures: methods)
                })
        }
        #expect(
            try signature([.init(Algorithm.rsaSHA512)], [Algorithm.sha512]).signatureAlgorithm == Algorithm.rsaSHA512)
        #expect(try signature([], [Algorithm.sha512]).digest == Algorithm.sha512)
        #expect(fault { _ = try signature([.init("http://www.w3.org/2000/09/xmldsig#rsa-sha1")]) } == .unsupported)
        #expect(fault { _ = try signature([], [Algorithm.sha1]) } == .unsupported)
        #expect(fault { _ = try signature([.init(Algorithm.ecdsaSHA256)]) } == .unsupported)
        #expect(fault { _ = try signature([.init(Algorithm.rsaSHA256, minimumBits: 2_049)]) } == .unsupported)
        #expect(
            fault { _ = try signature([.init(Algorithm.rsaSHA256, minimumBits: 2_048, maximumBits: 2_048)]) } == nil)
        var without = Federation.issuing
        without.algorithms = try AlgorithmPolicy(without: [Algorithm.rsaSHA256, Algorithm.aes256GCM])
        #expect(try Self.plan(settings: without).signatureAlgorithm == Algorithm.rsaSHA384)
        #expect(try Self.plan(settings: without).encryption?.content == Algorithm.aes128GCM)
        #expect(fault { _ = try AlgorithmPolicy(without: [Algorithm.aes128GCM, Algorithm.aes256GCM]) } == .unsupported)
        #expect(fault { _ = try AlgorithmPolicy(without: [Algorithm.aes128GCM]) } == nil)
    }

    @Test("Keys: what each says it opens, and the next where nothing sound is said")
    func encryption() throws {
        func choice(_ methods: [[MetadataKey.EncryptionMethod]]) throws -> AlgorithmPolicy.EncryptionChoice? {
            let keys = try zip(methods, [TestKey.service, .service2]).map { methods, key in
                var made = try Federation.key(key)
                made.encryptionMethods = methods
                return made
            }
            return AlgorithmPolicy().encryption(to: keys)
        }
        let cbc = "http://www.w3.org/2001/04/xmlenc#aes128-cbc", old = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
        #expect(try choice([[.init(Algorithm.aes128GCM)]])?.content == Algorithm.aes128GCM)
        #expect(
            try choice([[.init(cbc), .init(old)]]) == nil && choice([[.init(cbc)]]) == nil
                && choice([[.init(old)]]) == nil)
        #expect(try choice([[.init(cbc)], []])?.key.kind == .rsa(bits: 3_072))
        let modern = try choice([[.init(Algorithm.oaep11, digest: Algorithm.sha256)]])
        #expect(modern?.keyTransport == Algorithm.oaep11 && modern?.digest == Algorithm.sha256)
        #expect(AlgorithmPolicy().encryption(to: [try Federation.key(.p256)]) == nil)
    }

    @Test("What is said, to whom, until when, and nothing that is empty")
    func content() throws {
        let plan = try Self.plan()
        let assertion = try #require(plan.assertion)
        #expect(
            assertion.conditions.audiences == [Federation.service]
                && assertion.confirmation.recipient == Federation.consumer)
        #expect(assertion.confirmation.inResponseTo == "_r1" && assertion.confirmation.notOnOrAfter == Self.now + 300)
        #expect(assertion.attributes.map(\.name) == ["urn:oid:0.9.2342.19200300.100.1.3"])
        let element = try assertion.element()
        #expect(
            element.elements.map(\.name.local) == [
                "Issuer", "Subject", "Conditions", "AuthnStatement", "AttributeStatement",
            ])
        var nameless = assertion
        nameless.subject = nil
        let subject = try #require(try nameless.element().child(.saml("Subject")))
        #expect(subject.elements.map(\.name.local) == ["SubjectConfirmation"])
        nameless.conditions.audiences = []
        #expect(fault { _ = try nameless.element() } == .malformed)
    }

    @Test("An error is told where it was asked, signed, and asserts nothing")
    func errors() throws {
        let peer = try Federation.serviceProvider()
        let place = try Self.request(peer).answerPlace
        let plan = try Federation.issuing.answer(
            Status(.responder, .noPassive), at: place, peer: peer, key: .rsa(bits: 2_048), id: "_e", now: Self.now)
        #expect(plan.signsResponse && plan.assertion == nil && plan.location == Federation.consumer)
        let element = try plan.response.element()
        #expect(
            element.attribute("InResponseTo") == "_r1" && element.elements.map(\.name.local) == ["Issuer", "Status"])
    }
}
