import Testing

@testable import SAML

/// The sign of kelvin (U+212A) is by Unicode's rules the letter K, and Swift's own comparison takes one for the other. libxml2
/// and other products do not.
@Suite("What is compared is compared to the letter")
struct ExactnessTests {
    private static let kelvin = "\u{212A}"

    @Test("A name with another letter that looks the same is another name")
    func names() throws {
        #expect(XMLName("urn:a", "K") != XMLName("urn:a", Self.kelvin))
        let text = "<a xmlns:ds='\(XMLNamespace.signature)'><ds:\(Self.kelvin)eyInfo/><b \(Self.kelvin)='1'/></a>"
        let root = try XMLReader.parse(Array(text.utf8))
        #expect(root.child(XMLNamespace.signature, "KeyInfo") == nil && root.elements.count == 2)
        #expect(!root.elements[0].is(XMLNamespace.signature, "KeyInfo") && root.elements[1].attribute("K") == nil)
        #expect(XMLElement("", "a", text: "K") != XMLElement("", "a", text: Self.kelvin))
        #expect(XMLElement("", "a", [XMLAttribute("b", "é")]) != XMLElement("", "a", [XMLAttribute("b", "e\u{301}")]))
    }

    @Test(
        "An entity and an address are who they are by their letters",
        arguments: [
            ("Issuer", "ISSUER"), ("Audience", "AUDIENCE"), ("Destination", "DESTINATION"),
            ("Recipient", "CONFIRMATION"), ("SPNameQualifier", "SPNAMEQUALIFIER"),
        ])
    func values(place: String, code: String) throws {
        let (ours, theirs) = ("https://us.example/K", "https://us.example/\(Self.kelvin)")
        func bytes(_ value: String) throws -> [UInt8] {
            try Honest(
                change: { response in
                    if place == "Destination" { response.setAttribute(place, value) }
                    if place == "Issuer" { response.remove(place) }
                },
                changeAssertion: { assertion in
                    switch place {
                    case "Issuer", "Audience": assertion.change(place) { $0.setText(value) }
                    case "Recipient": assertion.change("SubjectConfirmationData") { $0.setAttribute(place, value) }
                    case "SPNameQualifier": assertion.change("NameID") { $0.setAttribute(place, value) }
                    default: break
                    }
                }
            ).bytes()
        }
        func refusals(_ value: String) throws -> [String] {
            let isEntity = place == "Audience" || place == "SPNameQualifier"
            let isPlace = place == "Destination" || place == "Recipient"
            let expectation = try Honest.expectation(
                issuer: place == "Issuer" ? ours : Honest.issuer, audience: isEntity ? ours : Honest.audience,
                recipient: isPlace ? ours : Honest.recipient)
            return try Honest.refusals(try bytes(value), expectation)
        }
        // Another place is not ours then, which is told as well.
        let (same, other) = (try refusals(ours), try refusals(theirs))
        #expect(!same.contains(code), "\(same)")
        #expect(other.contains(code), "\(other)")
    }

    @Test("A query is written in ASCII: what follows an ampersand cannot make another letter of it")
    func queries() throws {
        #expect(try SignedQuery("SAMLRequest=QUFB&x=%CC%81").parameter == "SAMLRequest")
        for query in ["SAMLRequest=QUFB&\u{301}SAMLRequest=QUFC", "SAMLRequest=\u{301}QUFB", "SAMLRequest=QUFB&é=1"] {
            #expect(reason { _ = try SignedQuery(query) } == .malformed)
        }
    }
}
