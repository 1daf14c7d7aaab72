import Testing

@testable import SAML

@Suite("Documents, read strictly")
struct XMLReaderTests {
    private func refusal(_ text: String, _ limits: XMLLimits = .message) -> SAMLError.Reason? {
        reason { _ = try XMLReader.parse(Array(text.utf8), limits: limits) }
    }

    @Test("Names are read with their namespaces, text whole, comments not at all")
    func values() throws {
        let text = """
            <?xml version='1.0' encoding="utf-8"?><!-- in front -->
            <a:R xmlns:a="urn:a" xmlns="urn:d" x="1" a:x="2"><b>one<!-- c -->two<![CDATA[<3>]]>&amp;</b><b xmlns=""/></a:R>
            """
        let root = try XMLReader.parse(Array(text.utf8))
        #expect(root.name == XMLName("urn:a", "R"))
        #expect(root.attribute("x") == "1" && root.attribute(XMLName("urn:a", "x")) == "2")
        #expect(try root.child("urn:d", "b")?.simpleText() == "onetwo<3>&")
        #expect(root.children.count == 2 && root.child("", "b") != nil)
    }

    @Test("A name with elements in it is not a text")
    func elementInText() throws {
        let root = try XMLReader.parse(Array("<n>admin<x/>@example.org</n>".utf8))
        #expect(reason { _ = try root.simpleText() } == .schema)
    }

    @Test(
        "Document types, entities and instructions are refused",
        arguments: [
            ("<!DOCTYPE a><a/>", "XML_DTD"), ("<!DOCTYPE r SYSTEM 'x\"><!--'><a/>", "XML_DTD"),
            ("<a><!ENTITY x 'y'></a>", "XML_DTD"), ("<!ELEMENT a ANY><a/>", "XML_DTD"), ("<a>&x;</a>", "XML_MALFORMED"),
            ("<a b='&x;'/>", "XML_MALFORMED"), ("<a><?php x?></a>", "XML_MALFORMED"),
            ("<?xml-stylesheet href='a'?><a/>", "XML_MALFORMED"), ("<a/><?x?>", "XML_MALFORMED"),
        ])
    func constructs(text: String, code: String) { #expect(refusal(text)?.rawValue == code) }

    @Test(
        "What is not well-formed is refused, whatever a parser would make of it",
        arguments: [
            "", " ", "a", "<a", "<a>", "<a></b>", "<a/><b/>", "<a/>text", "<a b=1/>", "<a b='1' b='2'/>", "<p:a/>",
            "<a p:b='1'/>", "<a ::b='1'/>", "<a xmlns:p=''/>", "<a xmlns:p='relative'><p:b/></a>", "<a xmlns='../x'/>",
            "<a xmlns:e='http://example.com\u{80}'/>", "<a xmlns:e='urn: x'/>", "<a xmlns:p='//host/x'/>",
            "<a>\u{1}</a>",
            "<a><!-- -- --></a>", "<a>]]></a><", "<a>&#0;</a>", "<a:b:c xmlns:a='urn:a'/>", "</a>", "<a><![CDATA[x</a>",
            "<a xmlns:xml='urn:other'/>", "<a xmlns:xmlns='urn:other'/>", "<a b='<'/>",
        ])
    func malformed(text: String) { #expect(refusal(text) == .malformed) }

    @Test("Only UTF-8 is read")
    func encodings() {
        #expect(refusal("<?xml version='1.0' encoding='UTF-16'?><a/>") == .malformed)
        #expect(refusal("<?xml version='1.0' encoding='ISO-8859-1'?><a/>") == .malformed)
        #expect(refusal("<?xml version='1.0' encoding='UTF-7'?><a/>") == .malformed)
        #expect(refusal("<?xml version='1.0' encoding='UTF-8'?><a/>") == nil)
        #expect(refusal("\u{FEFF}<a/>") == .malformed)
        #expect(refusal("\u{FEFF}<a/>", .metadata) == nil)
        let wide: [UInt8] = [0xFF, 0xFE] + "<a/>".utf8.flatMap { [$0, 0] }
        #expect(reason { _ = try XMLReader.parse(wide) } == .malformed)
        #expect(reason { _ = try XMLReader.parse([0x3C, 0x00, 0x61, 0x00, 0x2F, 0x00, 0x3E, 0x00]) } != nil)
        #expect(
            reason { _ = try XMLReader.parse(Array("<a>".utf8) + [0xC0, 0xAF] + Array("</a>".utf8)) } == .malformed)
        #expect(
            reason { _ = try XMLReader.parse(Array("<a>".utf8) + [0xED, 0xA0, 0x80] + Array("</a>".utf8)) }
                == .malformed)
        #expect(reason { _ = try XMLReader.parse(Array("<a/>".utf8) + [0]) } == .malformed)
    }

    @Test("Every limit holds, one past it")
    func limits() throws {
        let limits = XMLLimits.message
        func deep(_ count: Int) -> String {
            String(repeating: "<a>", count: count) + String(repeating: "</a>", count: count)
        }
        #expect(refusal(deep(limits.depth)) == nil)
        #expect(refusal(deep(limits.depth + 1)) == .limit)
        #expect(
            refusal(
                String(deep(limits.depth).prefix(3 * limits.depth)) + "<b/>"
                    + String(repeating: "</a>", count: limits.depth)) == .limit)
        func wide(_ count: Int) -> String { "<a " + (1...count).map { "b\($0)='x'" }.joined(separator: " ") + "/>" }
        #expect(refusal(wide(limits.attributes)) == nil)
        #expect(refusal(wide(limits.attributes + 1)) == .limit)
        #expect(refusal("<a>" + String(repeating: "<b/>", count: limits.nodes - 1) + "</a>") == nil)
        #expect(refusal("<a>" + String(repeating: "<b/>", count: limits.nodes) + "</a>") == .limit)
        func declared(_ count: Int) -> String { (0..<count).map { "xmlns:n\($0)='urn:x'" }.joined(separator: "\n") }
        #expect(refusal("<a \(declared(60))><b \(declared(4))/><b \(declared(4))/></a>") == nil)
        #expect(refusal("<a \(declared(60))><b \(declared(5))/></a>") == .limit)
        #expect(refusal("<a \(declared(60))><b \(declared(4))><c xmlns='urn:c'/></b></a>") == .limit)
        // Fifty around each of 1,998 names beside their own, and one more.
        func named(_ count: Int) -> String {
            "<a \(declared(50))>" + String(repeating: "<b/>", count: count) + "</a>"
        }
        let most = limits.namespaceLookups / 50 - 51
        #expect(refusal(named(most)) == nil && refusal(named(most + 1)) == .limit)
        let frame = "<a></a>".utf8.count
        #expect(refusal("<a>" + String(repeating: "x", count: limits.bytes - frame) + "</a>") == nil)
        #expect(refusal("<a>" + String(repeating: "x", count: limits.bytes - frame + 1) + "</a>") == .limit)
    }

    @Test("An ID is in a message once, however it is written, and never in a namespace")
    func ids() {
        #expect(refusal("<a ID='x'><b Id='x'/></a>") == .duplicateID)
        #expect(refusal("<a ID='x'><b id='x'/></a>") == .duplicateID)
        #expect(refusal("<a ID='x'><b xml:id='x'/></a>") != nil)
        #expect(refusal("<a ID='x'><b ID='y'/></a>") == nil)
        #expect(refusal("<a xmlns:p='urn:p' p:ID='x'/>") == .attributePollution)
        #expect(refusal("<a xmlns:p='urn:p' p:id='x'/>") == .attributePollution)
        #expect(refusal("<a><b id='x'/><b id='x'/></a>", .metadata) == nil)
    }

    @Test("A comment or a section in a signature is refused")
    func commentsInSignatures() {
        let open = "<a xmlns:ds='\(XMLNamespace.signature)'><ds:Signature><ds:DigestValue>ab"
        let close = "</ds:DigestValue></ds:Signature><!-- fine --></a>"
        #expect(refusal(open + close) == nil)
        #expect(refusal(open + "<!-- x -->" + close) == .signatureStructure)
        #expect(refusal(open + "<![CDATA[x]]>" + close) == .signatureStructure)
    }

    @Test("A refusal says where")
    func positions() throws {
        do {
            _ = try XMLReader.parse(Array("<a>\n  <b></c>\n</a>".utf8))
            Issue.record("read")
        } catch let error as SAMLError {
            #expect(error.position?.line == 2)
            #expect(error.detail.contains("b"))
        }
    }
}

@Suite("Documents, written")
struct XMLWriterTests {
    @Test("What is written is read back the same, whatever the texts are")
    func roundTrip() throws {
        let hostile = "<script>\"'&amp;]]>\r\n\t\u{85}\u{10FFFF} é"
        let element = XMLElement(
            XMLNamespace.protocols, "Response",
            [XMLAttribute("ID", "_1"), XMLAttribute("Destination", hostile)],
            [
                XMLElement(XMLNamespace.assertion, "Issuer", text: hostile),
                XMLElement("urn:other:space", "Thing", [XMLAttribute(XMLName("urn:third", "x"), "y")]),
                XMLElement(
                    XMLNamespace.assertion, "AttributeValue",
                    [XMLAttribute(XMLName(XMLNamespace.schemaInstance, "type"), "xs:string")], text: "v"),
            ])
        let bytes = try XMLWriter.bytes(of: element)
        #expect(try XMLReader.parse(bytes) == element)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("<samlp:Response") && text.contains("xmlns:xs=") && text.contains("<ns1:Thing"))
    }

    @Test("What XML cannot hold is not written")
    func refusals() {
        func written(_ element: XMLElement) -> SAMLError.Reason? { reason { _ = try XMLWriter.bytes(of: element) } }
        #expect(written(XMLElement("", "a", text: "\u{0}")) == .schema)
        #expect(written(XMLElement("", "a", text: "\u{FFFE}")) == .schema)
        #expect(written(XMLElement("", "a b", text: "")) == .schema)
        #expect(written(XMLElement("", "a", [XMLAttribute("b", "\u{8}")])) == .schema)
        #expect(written(XMLElement("", "a", [XMLAttribute("b", "1"), XMLAttribute("b", "2")])) == .schema)
        #expect(written(XMLElement("relative", "a")) == .schema)
        let deep = (0..<70).reduce(XMLElement("", "a")) { inner, _ in XMLElement("", "a", [], [inner]) }
        #expect(written(deep) == .schema)
    }
}
