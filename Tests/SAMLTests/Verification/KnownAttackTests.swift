import Testing

@testable @_spi(SAMLDebugging) import SAML

/// What others fell for, made again for ours.
@Suite("Attacks that others fell for")
struct KnownAttackTests {
    private func text(_ signed: Honest.Signed = .response) throws -> String {
        String(decoding: try Honest().bytes(signed), as: UTF8.self)
    }

    private func refusals(_ text: String) throws -> [String] { try Honest.refusals(Array(text.utf8)) }

    @Test("CVE-2024-45409: a forged digest elsewhere is not the Reference's")
    func forgedDigest() throws {
        for place in ["StatusDetail", "StatusMessage"] {
            let document = try XMLReader.parse(try Honest().bytes(.assertion))
            let signature = try #require(
                document.child(XMLNamespace.assertion, "Assertion")?.child(XMLNamespace.signature, "Signature"))
            let forged = document.with {
                $0.change("NameID") { $0.setText(WrappingTests.evil) }
                $0.change("Status") {
                    let info = signature.child(XMLNamespace.signature, "SignedInfo")!
                    $0.children.append(.element(XMLElement(XMLNamespace.protocols, place, [], [info])))
                }
            }
            #expect(try Honest.refusals(try XMLWriter.bytes(of: forged)) == ["SIG_INVALID"])
        }
    }

    @Test("CVE-2025-25291: a document type that hides a comment is refused before anything is read")
    func hiddenDocumentType() throws {
        let honest = try text()
        #expect(try refusals("<!DOCTYPE r SYSTEM 'x\"><!--'>" + honest) == ["XML_DTD"])
        #expect(try refusals("<!DOCTYPE r [<!ENTITY x SYSTEM \"\"><!-- '>]><!---->" + honest) == ["XML_DTD"])
        let between = honest.replacing("<samlp:Status>", with: "<samlp:Status><![CDATA[<!DOCTYPE r>]]>")
        #expect(try refusals(between) == ["SIG_INVALID"])
    }

    @Test("CVE-2025-25292: a namespace that readers understand differently is refused")
    func strangeNamespace() throws {
        for name in [
            "http://example.com\u{80}", "http://example.com/\u{85}", "urn:a b", "relative", "./", "1:x", "#x", "//a",
        ] {
            let changed = try text().replacing("<samlp:Response ", with: "<samlp:Response xmlns:e=\"\(name)\" ")
            #expect(try refusals(changed) == ["XML_MALFORMED"], "\(name)")
        }
    }

    @Test("CVE-2025-23369: an ID that an entity makes is not made")
    func entityInID() throws {
        let honest = try text()
        #expect(
            try refusals(
                "<!DOCTYPE r [<!ENTITY i \"_response1\">]>" + honest.replacing("ID=\"_response1\"", with: "ID=\"&i;\""))
                == ["XML_DTD"])
        #expect(try refusals(honest.replacing("ID=\"_response1\"", with: "ID=\"&i;\"")) == ["XML_MALFORMED"])
        // The characters of a name may be written by their numbers; that is the same name.
        #expect(try refusals(honest.replacing("ID=\"_response1\"", with: "ID=\"&#x5F;response1\"")) == [])
    }

    @Test("CVE-2025-66475, CVE-2025-66568: what canonicalizes to nothing is not signed by the digest of nothing")
    func voidCanonicalization() throws {
        let empty = SAMLBase64.encode(try SAMLDigestAlgorithm.sha256.hash([]))
        #expect(empty.hasPrefix("47DEQpj8"))
        let document = try XMLReader.parse(try Honest().bytes())
        let forged = document.with {
            $0.change("NameID") { $0.setText(WrappingTests.evil) }
            $0.change("DigestValue") { $0.setText(empty) }
        }
        let written = String(decoding: try XMLWriter.bytes(of: forged), as: UTF8.self)
        #expect(try refusals(written) == ["SIG_INVALID"])
        for name in ["1", "relative", "?x", ""] {
            #expect(
                try refusals(written.replacing("<samlp:Response ", with: "<samlp:Response xmlns:ns1=\"\(name)\" ")) == [
                    "XML_MALFORMED"
                ])
        }
    }

    @Test("CVE-2026-2092: encryption is no signature, and a signed response does not vouch for what was put beside it")
    func unsignedEncrypted() throws {
        let forged = Honest.assertion.with { $0.change("NameID") { $0.setText(WrappingTests.evil) } }
        let sealed = try SAMLEncryption.encrypt(forged, as: .assertion, for: TestKey.service.verification)
        #expect(try Honest.refusals(try XMLWriter.bytes(of: Honest.response(around: [sealed]))) == ["SIG_MISSING"])
        for signed in Honest.Signed.allCases {
            let document = try XMLReader.parse(try Honest().bytes(signed, encrypted: .init()))
            let swapped = document.with {
                $0.remove("EncryptedAssertion")
                $0.children.append(.element(sealed))
            }
            let found = try Honest.refusals(try XMLWriter.bytes(of: swapped))
            #expect(found == (signed == .assertion ? ["SIG_MISSING"] : ["SIG_INVALID"]), "\(signed)")
        }
    }

    @Test("CVE-2026-16443: no key is no permission")
    func noKeys() throws {
        #expect(try Honest.refusals(try Honest().bytes(), try Honest.expectation(keys: [])) == ["KEY"])
        let unsigned = try XMLWriter.bytes(of: Honest.response(around: [Honest.assertion]))
        #expect(try Honest.refusals(unsigned, try Honest.expectation(keys: [])) == ["SIG_MISSING"])
    }

    @Test("CVE-2025-29774, CVE-2025-29775, CVE-2025-47949: two SignedInfo, comments in digests")
    func signedInfo() throws {
        let document = try XMLReader.parse(try Honest().bytes())
        let double = document.with { $0.change("Signature") { $0.children.insert($0.children[0], at: 0) } }
        #expect(try Honest.refusals(try XMLWriter.bytes(of: double)) == ["SIG_STRUCT"])
        let honest = try text()
        let start = try #require(honest.firstRange(of: "<ds:DigestValue>")?.upperBound)
        let commented = honest[..<start] + "<!--forged-->" + honest[start...]
        #expect(try refusals(String(commented)) == ["SIG_STRUCT"])
    }

    @Test("The key of a message's own KeyInfo is nobody's, and HMAC has no key of ours")
    func keysOfTheMessage() throws {
        var honest = Honest()
        honest.key = TestKey.stranger
        #expect(try Honest.refusals(try honest.bytes()) == ["SIG_INVALID"])
        let signed = try text()
        for algorithm in [
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "urn:x",
        ] {
            #expect(
                try refusals(signed.replacing(SAMLSignatureAlgorithm.rsaSHA256.rawValue, with: algorithm)) == [
                    "SIG_ALG"
                ])
        }
    }

    @Test(
        "Five things that libxmlsec1 would do are not asked of it",
        arguments: [
            ("file:///etc/hostname", "SIG_REF"), ("#xpointer(/*)", "SIG_REF"), ("#_zz') | id('_response1", "SIG_REF"),
            ("http://127.0.0.1:1/x", "SIG_REF"), ("", "SIG_REF"),
        ])
    func references(uri: String, code: String) throws {
        let document = try XMLReader.parse(try Honest().bytes())
        let changed = document.with { $0.change("Reference") { $0.setAttribute("URI", uri) } }
        #expect(try Honest.refusals(try XMLWriter.bytes(of: changed)) == [code])
        // And an ID that is made for the injection is no name.
        let injected = changed.with { $0.setAttribute("ID", String(uri.dropFirst())) }
        #expect(
            try Honest.refusals(try XMLWriter.bytes(of: injected)).first.map { ["NO_ID", "SIG_REF"].contains($0) }
                == true)
    }

    @Test(
        "Transforms that compute are refused",
        arguments: [
            "http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/2002/06/xmldsig-filter2",
            "http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/2000/09/xmldsig#base64",
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
            "http://www.w3.org/2006/12/xml-c14n11",
        ])
    func transforms(name: String) throws {
        let document = try XMLReader.parse(try Honest().bytes())
        let transform = XMLElement(XMLNamespace.signature, "Transform", [XMLAttribute("Algorithm", name)])
        func transforms(_ change: (inout XMLElement) -> Void) throws -> [String] {
            try Honest.refusals(try XMLWriter.bytes(of: document.with { $0.change("Transforms", change) }))
        }
        #expect(try transforms { $0.children.append(.element(transform)) } == ["SIG_TRANSFORM"])
        #expect(try transforms { $0.children[1] = .element(transform) } == ["SIG_TRANSFORM"])
        #expect(try transforms { $0.children = [.element(transform)] } == ["SIG_TRANSFORM"])
        #expect(try transforms { $0.children.reverse() } == ["SIG_TRANSFORM"])
        let method = document.with { $0.change("CanonicalizationMethod") { $0.setAttribute("Algorithm", name) } }
        #expect(try Honest.refusals(try XMLWriter.bytes(of: method)) == ["SIG_TRANSFORM"])
    }

    @Test("Signed metadata is no response")
    func signedMetadata() throws {
        let metadata = XMLElement(
            XMLNamespace.metadata, "EntityDescriptor",
            [XMLAttribute("ID", "_m"), XMLAttribute("entityID", Honest.issuer)])
        let bytes = try SAMLSignatures.sign(metadata, with: TestKey.provider.signing)
        #expect(try Honest.refusals(bytes) == ["ROOT"])
        let signed = try XMLReader.parse(bytes)
        let around = Honest.response(around: [Honest.assertion]).with { $0.children.insert(.element(signed), at: 1) }
        #expect(try Honest.refusals(try XMLWriter.bytes(of: around)) == ["SIG_PLACEMENT"])
    }

    @Test("IDs are in no namespace, and once")
    func ids() throws {
        let honest = try text()
        #expect(
            try refusals(honest.replacing(" ID=\"_response1\"", with: " samlp:ID=\"_response1\"")) == ["ATTR_POLLUTION"]
        )
        #expect(
            try refusals(honest.replacing(" ID=\"_response1\"", with: " ID=\"_response1\" samlp:ID=\"_x\"")) == [
                "ATTR_POLLUTION"
            ])
        #expect(try refusals(honest.replacing("ID=\"_assertion1\"", with: "ID=\"_response1\"")) == ["DUP_ID"])
        #expect(try refusals(honest.replacing(" ID=\"_response1\"", with: "")) == ["NO_ID"])
    }
}
