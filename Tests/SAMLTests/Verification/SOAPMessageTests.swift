import Testing

@testable @_spi(SAMLDebugging) import SAML

@Suite("Signed messages in envelopes")
struct SOAPMessageTests {
    private let keys: [SAMLVerificationKey]

    init() throws { keys = [try TestKey.provider.verification] }
    private static let destination = "https://sp.example.org/saml/slo"

    private static func envelope(_ kind: SAMLMessageKind, key: TestKey? = .provider, headers: [XMLElement] = []) throws
        -> [UInt8]
    {
        try SOAPEnvelope.bytes(
            around: MessageVerificationTests.message(kind), headers: headers, signedWith: key?.signing)
    }

    /// What is changed in an envelope that was signed.
    private static func changed(_ bytes: [UInt8], _ body: (inout XMLElement) throws -> Void) throws -> [UInt8] {
        try XMLWriter.bytes(of: try XMLReader.parse(bytes).with(body))
    }

    private func codes(_ bytes: [UInt8], _ kind: SAMLMessageKind = .logoutRequest) throws -> [String] {
        SOAPMessage(bytes).judged(
            as: kind,
            by: MessageExpectation(
                issuer: Honest.issuer, keys: keys, destination: Self.destination, requestID: "_q",
                decryptionKeys: [], clockSkew: 0, now: Honest.now)
        ).refusals.map(\.reason.rawValue)
    }

    @Test("Every kind is verified in its envelope as it is by itself, and says whose it is")
    func kinds() throws {
        for kind in SAMLMessageKind.allCases {
            let bytes = try Self.envelope(kind)
            let message = SOAPMessage(bytes)
            #expect(try message.kind() == kind)
            #expect(try message.claimedIssuer(of: kind) == Honest.issuer)
            let examined = try message.examined(as: kind, keys: keys)
            #expect(examined.signature == .verified && examined.message == MessageVerificationTests.message(kind))
            #expect(try examined.headers == [] && codes(bytes, kind) == [])
            let stranger = try message.examined(as: kind, keys: [TestKey.stranger.verification]).signature
            #expect(stranger.fault(keysOf: "peer")?.code == .unsigned)
            #expect(try SOAPMessage(Self.envelope(kind, key: nil)).examined(as: kind, keys: keys).signature == .none)
            #expect(try codes(try Self.envelope(kind, key: nil), kind) == ["SIG_MISSING"])
            for other in SAMLMessageKind.allCases where other != kind { #expect(try codes(bytes, other) == ["ROOT"]) }
            // By itself it is another document.
            #expect(reason { _ = try UnverifiedMessage(bytes, kind: kind).examined(keys: keys) } == .root)
        }
    }

    @Test("Namespaces that the envelope declares, under whatever prefixes, are the message's as well")
    func inheritedNamespaces() throws {
        let signed = String(decoding: try Self.envelope(.logoutRequest), as: UTF8.self)
        // Exclusive canonicalization writes a declaration where its prefix is used, wherever it stands.
        let names = [
            ("samlp", XMLNamespace.protocols), ("saml", XMLNamespace.assertion), ("ds", XMLNamespace.signature),
        ]
        var moved = signed
        for (prefix, name) in names { moved = moved.replacing(" xmlns:\(prefix)=\"\(name)\"", with: "") }
        let declarations = names.map { " xmlns:\($0.0)=\"\($0.1)\"" }.joined() + " xmlns:other=\"urn:other\""
        moved = moved.replacing("<soap11:Envelope", with: "<soap11:Envelope" + declarations)
        #expect(try moved != signed && codes(Array(moved.utf8)) == [])
        let examined = try SOAPMessage(Array(moved.utf8)).examined(as: .logoutRequest, keys: keys)
        #expect(examined.message == MessageVerificationTests.message(.logoutRequest))
        // Another prefix is another document.
        let renamed = signed.replacing("samlp:", with: "p:").replacing("xmlns:samlp=", with: "xmlns:p=")
        #expect(try codes(Array(renamed.utf8)) == ["SIG_INVALID"])
    }

    @Test("A signature elsewhere in the envelope, two messages, and a message beside the Body are refused")
    func wrapping() throws {
        let bytes = try Self.envelope(.logoutRequest)
        let original = try #require(try XMLReader.parse(bytes).child(.soap("Body"))?.elements.first)
        let evil = original.with {
            $0.setAttribute("ID", "_evil")
            $0.change("NameID") { $0.setText("mallory") }
        }
        let bare = evil.with { $0.remove("Signature") }
        func body(_ inside: [XMLElement]) -> XMLElement { XMLElement(XMLNamespace.soap11, "Body", [], inside) }
        func header(_ inside: [XMLElement]) -> XMLElement { XMLElement(XMLNamespace.soap11, "Header", [], inside) }
        func made(_ inside: [XMLElement]) throws -> [String] {
            try codes(try XMLWriter.bytes(of: XMLElement(XMLNamespace.soap11, "Envelope", [], inside)))
        }
        #expect(try made([body([original])]) == [])
        #expect(try made([body([original]), body([bare])]) == ["SOAP"])
        #expect(try made([body([bare]), body([original])]) == ["SOAP"])
        #expect(try made([body([bare, original])]) == ["SOAP"])
        #expect(try made([body([original, bare])]) == ["SOAP"])
        #expect(try made([body([])]) == ["SOAP"])
        #expect(try made([]) == ["SOAP"])
        #expect(try made([body([original]), header([])]) == ["SOAP"])
        #expect(try made([header([]), header([]), body([original])]) == ["SOAP"])
        #expect(try made([header([original]), body([bare])]) == ["SOAP"])
        #expect(try made([body([original]), XMLElement(XMLName("urn:other", "Other"))]) == ["SOAP"])
        // The original within something that nobody has to understand.
        let block = XMLElement(XMLName("urn:other", "Block"), children: [.element(original)])
        #expect(try made([header([block]), body([bare])]) == ["SIG_PLACEMENT"])
        #expect(try made([header([block]), body([evil])]) == ["SIG_PLACEMENT"])
        #expect(try made([body([evil])]) == ["SIG_REF"])
        let same = evil.with { $0.setAttribute("ID", original.attribute("ID")) }
        #expect(try made([body([same])]) == ["SIG_INVALID"])
        let inner = bare.with {
            $0.children.append(.element(XMLElement(.samlp("Extensions"), children: [.element(original)])))
        }
        #expect(try made([body([inner])]) == ["SIG_PLACEMENT"])
    }

    @Test("What has to be understood and is not refuses the whole, and what is understood is handed over")
    func headers() throws {
        let name = XMLName("urn:other", "Block")
        func block(_ value: String) -> XMLElement {
            XMLElement(name, attributes: [XMLAttribute(XMLName(XMLNamespace.soap11, "mustUnderstand"), value)])
        }
        for value in ["1", "true"] {
            let bytes = try Self.envelope(.logoutRequest, headers: [block(value)])
            #expect(try codes(bytes) == ["SOAP"])
            let examined = try SOAPMessage(bytes, understood: [name]).examined(as: .logoutRequest, keys: keys)
            #expect(examined.signature == .verified && examined.headers == [block(value)])
        }
        #expect(try codes(try Self.envelope(.logoutRequest, headers: [block("0")])) == [])
    }

    @Test("Faults, text, document types and what is too long are refused")
    func documents() throws {
        let fault = try XMLWriter.bytes(of: SOAPEnvelope.fault(.server, "no"))
        #expect(try codes(fault) == ["STATUS"])
        let signed = String(decoding: try Self.envelope(.logoutRequest), as: UTF8.self)
        #expect(try codes(Array(("<!DOCTYPE x>" + signed).utf8)) == ["XML_DTD"])
        #expect(try codes(Array(signed.replacing("<soap11:Body>", with: "<soap11:Body>text").utf8)) == ["SOAP"])
        let headed = "<soap11:Header>text</soap11:Header><soap11:Body>"
        #expect(try codes(Array(signed.replacing("<soap11:Body>", with: headed).utf8)) == ["SOAP"])
        // Beside the Header and the Body SimpleSAMLphp writes one, and nobody reads it.
        let stray = signed.replacing("<soap11:Body>", with: "\\\n <soap11:Header/><soap11:Body>")
        #expect(stray.contains("\\\n"))
        #expect(try codes(Array(stray.utf8)) == [])
        let twice = signed.replacing("<soap11:Body>", with: "<soap11:Body Id=\"_m1\">")
        #expect(try codes(Array(twice.utf8)) == ["DUP_ID"])
        let limit = XMLLimits.message.bytes - signed.utf8.count
        func padded(_ count: Int) -> [UInt8] {
            Array(signed.replacing("<soap11:Body>", with: "<soap11:Body>" + String(repeating: " ", count: count)).utf8)
        }
        #expect(try codes(padded(limit)) == [])
        #expect(try codes(padded(limit + 1)) == ["LIMIT"])
    }

    @Test("A Destination is the address where there is one")
    func destination() throws {
        let message = MessageVerificationTests.message(.logoutRequest)
        for (value, wanted) in [(nil, []), ("https://elsewhere.example", ["DESTINATION"])] as [(String?, [String])] {
            let bytes = try SOAPEnvelope.bytes(
                around: message.with { $0.setAttribute("Destination", value) }, signedWith: TestKey.provider.signing)
            #expect(try codes(bytes) == wanted)
        }
    }

    @Test("What an enhanced client carries: its channels, and no header block of the service provider's")
    func carried() throws {
        let channel = ChannelBinding(kind: "tls-server-end-point", octets: [1, 2, 3])
        let request = try AuthnRequest(Federation.header(Federation.service)).element()
        func marked(_ element: XMLElement) -> XMLElement {
            var made = element
            made.attributes.append(XMLAttribute(XMLName(XMLNamespace.soap11, "mustUnderstand"), "1"))
            return made
        }
        func arrived(_ headers: [XMLElement]) throws -> (message: ArrivedMessage, channels: [ChannelBinding]) {
            try ECPEnvelope.arrived(XMLWriter.bytes(of: SOAPEnvelope.element(around: request, headers: headers)))
        }
        let plain = try arrived([])
        #expect(plain.channels.isEmpty && plain.message.binding == .soap)
        let bound = try arrived([marked(channel.element)])
        #expect(bound.channels == [channel])
        #expect(try bound.message.claimedIssuer(of: .authnRequest) == Federation.service)
        #expect(try bound.message.examined(as: .authnRequest, keys: []).signature == .none)
        let asking = Markup.element(XMLName(XMLNamespace.paos, "Request"))
        #expect(try arrived([asking]).channels.isEmpty)
        #expect(reason { _ = try arrived([marked(asking)]) } == .envelope)
        let unreadable = [
            Markup.text(ChannelBinding.elementName, "AQID"),
            Markup.text(ChannelBinding.elementName, "%", ["Type": "x"]),
            Markup.text(ChannelBinding.elementName, "", ["Type": "x"]),
            ChannelBinding(kind: "x", octets: [UInt8](repeating: 1, count: ChannelBinding.limit.octets + 1)).element,
        ]
        for element in unreadable { #expect(fault { _ = try arrived([element]) } == .malformed, "\(element)") }
        let most = ChannelBinding(kind: "x", octets: [UInt8](repeating: 1, count: ChannelBinding.limit.octets))
        let many = [XMLElement](repeating: most.element, count: ChannelBinding.limit.count)
        #expect(try arrived(many).channels.count == ChannelBinding.limit.count)
        #expect(fault { _ = try arrived(many + [most.element]) } == .malformed)
    }
}
