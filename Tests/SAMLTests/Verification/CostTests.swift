import Testing

@testable import SAML

/// What can be sent to make a service work is bounded by counts, which are held here; what they come to in milliseconds is
/// held by the benchmark.
@Suite("What a message may cost")
struct CostTests {
    private func refusal(_ text: String) -> SAMLError.Reason? { reason { _ = try XMLReader.parse(Array(text.utf8)) } }

    private static func marks(_ count: Int) -> String {
        // Of two classes by turns, so that there is something to put in order.
        String(String.UnicodeScalarView((0..<count).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
    }

    @Test(
        "Thirty marks stand on a letter, and not one more, wherever they are and whatever stands between them",
        arguments: [
            "<a>e%</a>", "<a b='e%'/>", "<ae%/>", "<a be%='x'/>", "<a><![CDATA[e%]]></a>",
            "<a><b/>e<!-- c -->%</a>", "<a><b>e</b>%</a>", "<a ID='e%'/>",
        ])
    func marks(form: String) {
        func document(_ count: Int) -> String { form.replacing("%", with: Self.marks(count)) }
        #expect(refusal(document(30)) == nil)
        #expect(refusal(document(31)) == .limit)
    }

    @Test("Marks that are written by their numbers, or in pieces, are counted together")
    func writtenMarks() {
        let numbered = String(repeating: "&#x301;&#790;", count: 15)
        #expect(refusal("<a>e\(numbered)</a>") == nil && refusal("<a>e\(numbered)&#x301;</a>") == .limit)
        #expect(refusal("<a b='e\(numbered)&#x301;'/>") == .limit)
        let piece = Self.marks(20)
        for between in ["<!-- c -->", "<![CDATA[]]>", "<b/>", "<b c='d'/>"] {
            #expect(refusal("<a>e\(piece)\(between)\(piece)</a>") == .limit, "\(between)")
        }
        #expect(refusal("<a>e\(piece)e\(piece)</a>") == nil && refusal("<a b='\(piece)' c='\(piece)'/>") == nil)
        #expect(refusal("<a>\u{4E00}\u{1F600}e\u{301} שָׁלוֹם नमस्ते</a>") == nil)
    }

    @Test("Attributes and declarations are nodes as elements are")
    func nodes() {
        func document(_ count: Int) -> String {
            "<a>" + String(repeating: "<b c='' xmlns:d='urn:d'/>", count: count) + "</a>"
        }
        #expect(refusal(document(3_333)) == nil)
        #expect(refusal(document(3_334)) == .limit)
    }

    @Test("The prefixes of a canonicalization are few where the document is large")
    func prefixes() throws {
        func refusals(_ prefixes: Int, elements: Int) throws -> [String] {
            let signed = String(decoding: try Honest().bytes(), as: UTF8.self)
            let list = (0..<prefixes).map { "x\($0)" }.joined(separator: " ")
            let inside =
                "<i:InclusiveNamespaces xmlns:i=\"\(XMLNamespace.exclusiveCanonicalization)\" PrefixList=\"\(list)\"/>"
            let transform = "<ds:Transform Algorithm=\"\(XMLNamespace.exclusiveCanonicalization)\""
            let changed = signed.replacing("\(transform)/>", with: "\(transform)>\(inside)</ds:Transform>")
                .replacing(
                    "</saml:AttributeStatement>",
                    with: String(repeating: "<a/>", count: elements) + "</saml:AttributeStatement>")
            #expect(changed.contains("PrefixList"))
            return try Honest.refusals(Array(changed.utf8))
        }
        // Looked at and found to be changed, or not looked at.
        #expect(try refusals(2, elements: 9_000) == ["SIG_INVALID"])
        #expect(try refusals(3, elements: 9_000) == ["SIG_TRANSFORM"])
        #expect(try refusals(90, elements: 0) == ["SIG_INVALID"])
        #expect(try refusals(90, elements: 400) == ["SIG_TRANSFORM"])
    }

    @Test("A message is compressed in 512 blocks, and not in one more")
    func blocks() throws {
        func empty(_ count: Int) -> [UInt8] {
            (1...count).flatMap { [$0 == count ? 1 : 0, 0, 0, 0xFF, 0xFF] as [UInt8] }
        }
        #expect(try Inflate.bytes(empty(512)) == [])
        #expect(fault { _ = try Inflate.bytes(empty(513)) } == .tooLarge)
    }

    @Test("As many keys are tried on a signature as can be afforded")
    func verificationKeys() throws {
        func count(_ key: TestKey) throws -> Int {
            SAMLVerificationKey.affordable(Array(repeating: try key.verification, count: 16)).count
        }
        #expect(try count(.provider) == 16 && count(.large) == 16 && count(.slow) == 16 && count(.p256) == 16)
        #expect(try count(.p384) == 7 && count(.p521) == 10)
        #expect(try TestKey.slow.verification.material.exponentBits == 64)
        #expect(try TestKey.provider.verification.material.exponentBits == 17)
        let bytes = try Honest(key: .p384).bytes()
        for (others, codes) in [(6, []), (7, ["SIG_INVALID"])] {
            let keys = Array(repeating: TestKey.otherP384, count: others) + [.p384]
            #expect(try Honest.refusals(bytes, try Honest.expectation(keys: keys)) == codes)
        }
    }
}

@Suite("What a message may cost to decrypt")
struct DecryptionCostTests {
    private static func sealed(
        _ element: XMLElement = Honest.assertion, for key: TestKey, _ recipient: String? = nil,
        as content: SAMLEncryption.Content = .assertion
    ) throws -> XMLElement {
        try SAMLEncryption.encrypt(
            element, as: content, for: key.verification, options: .init(recipient: recipient))
    }

    private static func key(of sealed: XMLElement) throws -> XMLElement {
        try #require(
            sealed.child(XMLNamespace.encryption, "EncryptedData")?.child(XMLNamespace.signature, "KeyInfo")?.elements
                .first)
    }

    private static func with(_ keys: [XMLElement], _ sealed: XMLElement) -> XMLElement {
        sealed.with { $0.change("KeyInfo") { $0.children = keys.map { .element($0) } } }
    }

    /// What was tried on an element that nobody can open.
    private static func attempts(_ keys: [TestKey], _ sealed: [TestKey]) throws -> Int {
        let decryption = Decryption(keys: try keys.map { try $0.decryption }, policy: .strict)
        let wrapped = try sealed.map { try key(of: Self.sealed(for: $0)) }
        // The content's key is none of these.
        let element = with(wrapped, try Self.sealed(for: .stranger))
        #expect(reason { _ = try SAMLEncryption.open(element, decryption) } == .decryption)
        return decryption.attemptCount
    }

    @Test("Of four keys for eight of ours sixteen pairs are tried where they are short, and two where they are long")
    func pairs() throws {
        func many(_ key: TestKey, _ count: Int) -> [TestKey] { Array(repeating: key, count: count) }
        #expect(try Self.attempts(many(.service, 8), many(.service, 4)) == 16)
        #expect(try Self.attempts(many(.service2, 8), many(.service2, 4)) == 4)
        #expect(try Self.attempts(many(.large, 8), many(.large, 4)) == 2)
        // Both of two keys are tried (IIP-SP14), whatever their length.
        #expect(try Self.attempts([.service, .provider], [.stranger]) == 2)
        #expect(try Self.attempts([.large, .large2], many(.large, 1)) == 2)
        // A key is tried on what is as long as it is; where nothing is, on what there is.
        #expect(try Self.attempts([.large, .large2, .service], [.service, .stranger]) == 2)
        #expect(try Self.attempts([.service], [.large]) == 1)
    }

    @Test("A whole message costs no more than one and a half of its elements")
    func message() throws {
        let decryption = Decryption(
            keys: Array(repeating: try TestKey.service.decryption, count: 8), policy: .strict)
        let wrapped = try Self.key(of: Self.sealed(for: .service))
        let element = Self.with(Array(repeating: wrapped, count: 4), try Self.sealed(for: .stranger))
        for count in [16, 24, 24] {
            #expect(reason { _ = try SAMLEncryption.open(element, decryption) } == .decryption)
            #expect(decryption.attemptCount == count)
        }
        #expect(decryption.spent == Decryption.messageLimit)
    }

    @Test("With two long keys the assertion is opened by the second, and so is the name in it")
    func longKeys() throws {
        let name = Honest.saml("NameID", text: "inner")
        let sealed = try Self.sealed(name, for: .large2, as: .nameID)
        let assertion = Honest.assertion.with {
            $0.change("Subject") { $0.children[0] = .element(sealed) }
        }
        let signed = try SAMLSignatures.sign(assertion, with: TestKey.provider.signing)
        let response = Honest.response(around: [
            try SAMLEncryption.encrypt(signed, as: .assertion, for: TestKey.large2.verification)
        ])
        let expectation = ResponseExpectation(
            issuer: Honest.issuer, keys: [try TestKey.provider.verification], audience: Honest.audience,
            recipient: Honest.recipient, request: .answers(Honest.request),
            decryptionKeys: try [TestKey.large, .large2].map { try $0.decryption }, now: Honest.now)
        let verification = ResponseVerification(expectation)
        let verified = try verification.verify(try XMLWriter.bytes(of: response))
        #expect(verified?.nameID?.value == "inner" && verification.list.isClean)
        #expect(verification.decryption.attemptCount == 3 && verification.decryption.spent == Decryption.messageLimit)
    }

    @Test("A key that says that it is for us is tried before others")
    func recipients() throws {
        let ours = try Self.sealed(for: .large2, Honest.audience)
        let others = try (0..<3).map { try Self.key(of: Self.sealed(for: .large, "https://other.example/\($0)")) }
        let element = Self.with(others + [try Self.key(of: ours)], ours)
        func opened(_ recipient: String?) throws -> Int? {
            let decryption = Decryption(
                keys: try [TestKey.large, .large2].map { try $0.decryption }, policy: .strict, recipient: recipient)
            return (try? SAMLEncryption.open(element, decryption)).map { _ in decryption.attemptCount }
        }
        #expect(try opened(Honest.audience) == 2)
        #expect(try opened(nil) == nil)
    }

    @Test("Nothing is decrypted where the response has to be signed and is not")
    func order() throws {
        let response = try XMLWriter.bytes(
            of: Honest.response(around: [try Self.sealed(for: .service)]))
        for (wanted, count) in [(ResponseExpectation.SignatureRequirement.response, 0), (.both, 0), (.either, 1)] {
            let verification = ResponseVerification(try Honest.expectation(signature: wanted))
            _ = try? verification.verify(response)
            #expect(verification.decryption.attemptCount == count)
            #expect(verification.list.checks.last?.reason == .signatureMissing)
        }
    }
}
