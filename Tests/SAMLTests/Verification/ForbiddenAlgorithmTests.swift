import Testing

@testable import SAML

// IIP-ALG08: what somebody forbids is neither made nor believed, whatever a peer says that it takes.
@Suite("Algorithms that are forbidden") struct ForbiddenAlgorithmTests {
    private static func policy(_ names: String...) throws -> AlgorithmPolicy {
        try AlgorithmPolicy(without: Set(names))
    }

    private static func plain(_ key: SAMLSigningKey) throws -> SAMLSigningKey { try key.signing(by: AlgorithmPolicy()) }

    private static func algorithms(of document: [UInt8]) throws -> [String] {
        let signature = try #require(try XMLReader.parse(document).child(XMLNamespace.signature, "Signature"))
        let info = try #require(signature.child(XMLNamespace.signature, "SignedInfo"))
        let reference = try #require(info.child(XMLNamespace.signature, "Reference"))
        return [
            info.child(XMLNamespace.signature, "SignatureMethod"),
            reference.child(XMLNamespace.signature, "DigestMethod"),
        ].compactMap { $0?.attribute("Algorithm") }
    }

    @Test("A key signs by what is left, documents and addresses; where nothing is left for its kind it is said")
    func signing() throws {
        let message = MessageVerificationTests.message(.authnRequest)
        let key = try TestKey.provider.signing.signing(by: Self.policy(Algorithm.rsaSHA256, Algorithm.sha256))
        #expect(
            try Self.algorithms(of: SAMLSignatures.sign(message, with: key)) == [Algorithm.rsaSHA384, Algorithm.sha384])
        let departure = try SAMLDeparture(
            message, kind: .request, relayState: nil, by: .redirect, to: "https://idp.example/sso", signedWith: key)
        guard case .address(let address) = departure else { throw MessageFault(.binding, "no address") }
        let query = try RedirectBinding.read(query: String(address.split(separator: "?")[1])).query
        #expect(query.algorithm == Algorithm.rsaSHA384)
        try query.verify(keys: [key.verificationKey])
        // Without a word about it everything is as it was.
        let usual = try TestKey.p384.signing.signing(by: AlgorithmPolicy())
        #expect(
            try Self.algorithms(of: SAMLSignatures.sign(message, with: usual))[0] == usual.kind.usualAlgorithm.rawValue)
        let curves = try Self.policy(Algorithm.ecdsaSHA256, Algorithm.ecdsaSHA384, Algorithm.ecdsaSHA512)
        #expect(throws: MessageFault.self) { try TestKey.p384.signing.signing(by: curves) }
        #expect(throws: Never.self) { try TestKey.provider.signing.signing(by: curves) }
    }

    @Test("Signatures by a forbidden algorithm or digest hold nothing, in documents, envelopes and addresses")
    func verifying() throws {
        let message = MessageVerificationTests.message(.authnRequest)
        let signer = try Self.plain(TestKey.provider.signing)
        let keys = [signer.verificationKey]
        let bytes = try SAMLSignatures.sign(message, with: signer)
        let envelope = try SOAPEnvelope.bytes(around: message, signedWith: signer)
        let outgoing = RedirectBinding.Outgoing(
            try XMLWriter.bytes(of: message), kind: .request, relayState: nil,
            signatureAlgorithm: Algorithm.rsaSHA256)
        let address = try outgoing.address(
            at: "https://idp.example/sso",
            signature: signer.signature(over: Array(outgoing.octets.utf8), .rsaSHA256))
        let query = String(address.split(separator: "?")[1])
        func seen(_ policy: AlgorithmPolicy) throws -> [ArrivalSignature] {
            let believed = policy.believed
            return [
                try UnverifiedMessage(bytes, kind: .authnRequest).examined(keys: keys, policy: believed).signature,
                try ArrivedMessage(envelope: envelope, kind: .request)
                    .examined(as: .authnRequest, keys: keys, policy: believed).signature,
                try SOAPMessage(envelope).examined(as: .authnRequest, keys: keys, policy: believed).signature,
                try ArrivedMessage(query: query).examined(as: .authnRequest, keys: keys, policy: believed).signature,
            ]
        }
        func codes(_ policy: AlgorithmPolicy) throws -> [MessageFault.Code?] {
            try seen(policy).map { $0.fault(keysOf: "peer")?.code }
        }
        #expect(try seen(AlgorithmPolicy()) == Array(repeating: .verified, count: 4))
        #expect(try codes(Self.policy(Algorithm.rsaSHA256)) == Array(repeating: .signatureAlgorithm, count: 4))
        // An address has no digest of a reference.
        #expect(
            try codes(Self.policy(Algorithm.sha256)) == [
                .signatureAlgorithm, .signatureAlgorithm, .signatureAlgorithm, nil,
            ])
        #expect(try seen(Self.policy(Algorithm.rsaSHA512)) == Array(repeating: .verified, count: 4))
        // Answers about people are held to it as well.
        let answer = try Honest().bytes(.response)
        func refusals(_ policy: AlgorithmPolicy) -> [SAMLError.Reason] {
            UnverifiedResponse(answer).judged(
                by: ResponseExpectation(
                    issuer: Honest.issuer, keys: keys, audience: Honest.audience, recipient: Honest.recipient,
                    request: .answers(Honest.request), now: Honest.now, algorithms: policy)
            ).refusals.map(\.reason)
        }
        #expect(refusals(AlgorithmPolicy()) == [])
        #expect(try refusals(Self.policy(Algorithm.rsaSHA256)) == [.signatureAlgorithm])
    }

    @Test("What is encrypted by a forbidden cipher, transport or digest is not opened, and none is chosen")
    func encryption() throws {
        let sealed = try SAMLEncryption.encrypt(
            Honest.assertion, as: .assertion, for: TestKey.service.verification,
            options: .init(cipher: .aes256GCM, transport: .oaep(digest: .sha256, mask: .sha1)))
        let keys = try [TestKey.service].map { try SAMLDecryptionKey(pem: $0.privatePEM) }
        func opens(_ policy: AlgorithmPolicy) -> SAMLError.Reason? {
            reason { _ = try SAMLEncryption.decrypt(sealed, keys: keys, policy: policy.believed) }
        }
        #expect(opens(AlgorithmPolicy()) == nil)
        for name in [Algorithm.aes256GCM, Algorithm.oaep11, Algorithm.sha256] {
            #expect(try opens(Self.policy(name)) == .encryptionAlgorithm, "\(name)")
        }
        #expect(try opens(Self.policy(Algorithm.aes128GCM, Algorithm.oaepMGF1, Algorithm.sha1)) == nil)
        let peer = [try Federation.key(.service)]
        let choice = try Self.policy(Algorithm.aes256GCM, Algorithm.oaepMGF1, Algorithm.sha1).encryption(to: peer)
        #expect(choice?.content == Algorithm.aes128GCM && choice?.keyTransport == Algorithm.oaep11)
        #expect(choice?.digest == Algorithm.sha256)
        var set = peer
        set[0].encryptionMethods = [.init(Algorithm.oaepMGF1, digest: Algorithm.sha1), .init(Algorithm.aes256GCM)]
        #expect(try Self.policy(Algorithm.sha1).encryption(to: set) == nil)
        #expect(try Self.policy(Algorithm.aes256GCM).encryption(to: set) == nil)
    }

    @Test("Whatever has a name here can be forbidden, sound or not, and what is left is published")
    func names() throws {
        #expect(AlgorithmPolicy.named.count == 7 + 4 + 7 + 3)
        #expect(
            AlgorithmPolicy.named.isSuperset(of: [Algorithm.rsaSHA512, Algorithm.sha1, SAMLCipher.aes128CBC.rawValue]))
        #expect(!AlgorithmPolicy.named.contains("http://www.w3.org/2001/04/xmlenc#SHA256"))
        let published = try Self.policy(Algorithm.sha512, Algorithm.aes128GCM)
        #expect(published.published.digests == [Algorithm.sha256, Algorithm.sha384])
        #expect(!published.publishedEncryption.map(\.algorithm).contains(Algorithm.aes128GCM))
    }
}

@Suite("What is wrong with a signature is told as what it is") struct ArrivalSignatureTests {
    private static let keys = "peer"

    @Test("a wrong key, a refused algorithm and a broken form are three things")
    func reasons() throws {
        let message = MessageVerificationTests.message(.logoutRequest)
        let good = try SAMLSignatures.sign(message, with: TestKey.provider.signing)
        func code(_ bytes: [UInt8], _ keys: [SAMLVerificationKey]) throws -> MessageFault.Code? {
            try UnverifiedMessage(bytes, kind: .logoutRequest).examined(keys: keys).signature
                .fault(keysOf: Self.keys)?.code
        }
        func changed(_ before: String, _ after: String) -> [UInt8] {
            Array(String(decoding: good, as: UTF8.self).replacing(before, with: after).utf8)
        }
        let own = try [TestKey.provider].map { try SAMLVerificationKey(pem: $0.certificatePEM) }
        #expect(try code(good, own) == nil && code(good, []) == .unsigned)
        #expect(try code(good, [TestKey.stranger.verification]) == .unsigned)
        #expect(try code(changed("_s1", "_s2"), own) == .unsigned)
        let sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
        #expect(try code(changed(Algorithm.rsaSHA256, sha1), own) == .signatureAlgorithm)
        #expect(try code(good, [TestKey.p256.verification]) == .signatureAlgorithm)
        #expect(try code(changed("URI=\"#_m1\"", "URI=\"\""), own) == .signatureStructure)
        #expect(try code(changed("#enveloped-signature", "#base64"), own) == .signatureStructure)
        #expect(ArrivalSignature.none.fault(keysOf: Self.keys) == nil)
        #expect(ArrivalSignature.verified.fault(keysOf: Self.keys) == nil)
        let told = try UnverifiedMessage(changed(Algorithm.rsaSHA256, sha1), kind: .logoutRequest)
            .examined(keys: own).signature.fault(keysOf: Self.keys)
        #expect(told?.detail.contains("`rsa-sha1` is refused") == true)
    }
}
