import Testing

@testable @_spi(SAMLDebugging) import SAML

/// A response that was fetched by an artifact, with the answer around it.
@Suite("Responses out of artifact responses")
struct ArtifactAnswerTests {
    private static let question = "_resolve1"

    private static func answer(
        around message: XMLElement?, status: Status = .success, key: TestKey? = .provider,
        _ change: (inout XMLElement) -> Void = { _ in }
    ) throws -> [UInt8] {
        let header = MessageHeader(
            id: "_answer1", issueInstant: 1_795_262_400, issuer: Honest.issuer, inResponseTo: question)
        var element = try ArtifactResponse(header, status: status, message: message).element()
        change(&element)
        return try SOAPEnvelope.bytes(around: element, signedWith: key?.signing)
    }

    private static var unsigned: XMLElement { Honest.response(around: [Honest.assertion]) }

    private func judge(
        _ bytes: [UInt8], _ expectation: ResponseExpectation? = nil, id: String = question
    ) throws -> SAMLJudgement<VerifiedAssertion> {
        SOAPMessage(bytes).judgedResponse(toResolve: id, by: try expectation ?? Honest.expectation())
    }

    private func codes(
        _ bytes: [UInt8], _ expectation: ResponseExpectation? = nil, id: String = question
    ) throws -> [String] {
        let judged = try judge(bytes, expectation, id: id)
        return judged.verified == nil
            ? judged.refusals.map(\.reason.rawValue) + (judged.refusals.isEmpty ? ["?"] : []) : []
    }

    @Test("A response is believed by its own signature, its assertion's, or that of the answer around it")
    func accepted() throws {
        for signed in Honest.Signed.allCases {
            for encrypted in [nil, SAMLEncryption.Options()] {
                let response = try XMLReader.parse(try Honest().bytes(signed, encrypted: encrypted))
                for key in [nil, TestKey.provider] {
                    let verified = try judge(try Self.answer(around: response, key: key)).get()
                    #expect(verified.nameID?.value == Honest.name && verified.inResponseTo == Honest.request)
                }
            }
        }
        #expect(try judge(try Self.answer(around: Self.unsigned)).get().nameID?.value == Honest.name)
        let sealed = try SAMLEncryption.encrypt(Honest.assertion, as: .assertion, for: TestKey.service.verification)
        #expect(try codes(try Self.answer(around: Honest.response(around: [sealed]))) == [])
        #expect(try codes(try Self.answer(around: Self.unsigned), try Honest.expectation(signature: .response)) == [])
        #expect(
            try codes(try Self.answer(around: Self.unsigned), try Honest.expectation(signature: .assertion)) == [
                "SIG_MISSING"
            ])
        #expect(try codes(try Self.answer(around: Self.unsigned, key: nil)) == ["SIG_MISSING"])
    }

    @Test("The answer is to our question, by whom was asked, and holds one response")
    func comparisons() throws {
        let response = try XMLReader.parse(try Honest().bytes())
        #expect(try codes(try Self.answer(around: response), id: "_other") == ["INRESPONSETO"])
        #expect(
            try codes(try Self.answer(around: response) { $0.setAttribute("InResponseTo", nil) }) == ["INRESPONSETO"])
        #expect(try codes(try Self.answer(around: response) { $0.change("Issuer") { $0.setText("x") } }) == ["ISSUER"])
        #expect(try codes(try Self.answer(around: nil)) == ["ARTIFACT"])
        #expect(try codes(try Self.answer(around: nil, status: Status(.responder, .requestDenied))) == ["STATUS"])
        #expect(
            try codes(try Self.answer(around: response, key: nil) { $0.children.append(.element(Self.unsigned)) }) == [
                "DUP_ID"
            ])
        let second = Self.unsigned.with {
            $0.setAttribute("ID", "_evil")
            $0.change("Assertion") { $0.setAttribute("ID", "_evil2") }
        }
        #expect(try codes(try Self.answer(around: response) { $0.children.append(.element(second)) }) == ["ARTIFACT"])
        #expect(try codes(try Self.answer(around: Honest.assertion)) == ["ARTIFACT"])
        let other = MessageVerificationTests.message(.authnRequest)
        #expect(try codes(try Self.answer(around: other)) == ["ARTIFACT"])
        #expect(try codes(try SOAPEnvelope.bytes(around: response, signedWith: nil)) == ["ROOT"])
        #expect(
            try codes(try Self.answer(around: response), try Honest.expectation(keys: [.stranger])) == [
                "SIG_INVALID"
            ])
    }

    @Test("Another's signature on the answer spoils what is signed rightly within")
    func outerSignature() throws {
        let response = try XMLReader.parse(try Honest().bytes())
        #expect(try codes(try Self.answer(around: response, key: .stranger)) == ["SIG_INVALID"])
        let changed = try XMLReader.parse(try Self.answer(around: Self.unsigned)).with {
            $0.change("NameID") { $0.setText("mallory") }
        }
        #expect(try codes(try XMLWriter.bytes(of: changed)) == ["SIG_INVALID"])
        // Within an answer that is not signed nothing but the response's own signature counts.
        let inner = response.with { $0.change("NameID") { $0.setText("mallory") } }
        #expect(try codes(try Self.answer(around: inner, key: nil)) == ["SIG_INVALID"])
        #expect(try codes(try Self.answer(around: inner)) == ["SIG_INVALID"])
    }

    @Test("No wrapping brings anybody in but the one who is signed", arguments: Honest.Signed.allCases, [false, true])
    func wrapping(signed: Honest.Signed, isEncrypted: Bool) throws {
        let response = try XMLReader.parse(
            try Honest().bytes(signed, encrypted: isEncrypted ? SAMLEncryption.Options() : nil))
        var count = 0
        for (label, attack) in WrappingTests.attacks(on: response) {
            count += 1
            // Signed around it, whoever signs vouches for what is in it: so only the response's own signature is asked here.
            let judged = try judge(try Self.answer(around: attack, key: nil))
            if let verified = judged.verified { #expect(verified.nameID?.value == Honest.name, "\(label)") }
        }
        #expect(count >= 80, "\(count)")
        // The signed answer moved away, and another put in its place.
        let whole = try XMLReader.parse(try Self.answer(around: Self.unsigned))
        let original = try #require(whole.child(.soap("Body"))?.elements.first)
        let evil = original.with {
            $0.setAttribute("ID", "_evil")
            $0.change("Response") { $0.setAttribute("ID", "_evil1") }
            $0.change("Assertion") { $0.setAttribute("ID", "_evil2") }
            $0.change("NameID") { $0.setText(WrappingTests.evil) }
            $0.remove("Signature")
        }
        let places: [(inout XMLElement) -> Void] = [
            { $0.children.append(.element(original)) },
            { $0.children.insert(.element(XMLElement(.samlp("Extensions"), children: [.element(original)])), at: 1) },
            {
                $0.change("Status") {
                    $0.children.append(.element(XMLElement(.samlp("StatusDetail"), children: [.element(original)])))
                }
            },
            { $0.change("Response") { $0.children.append(.element(original)) } },
            {
                $0.change("Assertion") {
                    $0.children.append(.element(XMLElement(.saml("Advice"), children: [.element(original)])))
                }
            },
        ]
        for place in places {
            let made = SOAPEnvelope.element(around: evil.with { place(&$0) })
            #expect(try judge(try XMLWriter.bytes(of: made)).verified == nil)
        }
    }
}
