import Testing

@testable @_spi(SAMLDebugging) import SAML

/// Signature wrapping: what was signed is moved to where a verifier finds it, and something else put where a reader looks.
@Suite("Wrapped signatures")
struct WrappingTests {
    /// Where the original goes, relative to the forgery; SAML Raider's eight permutations are among them.
    enum Place: String, CaseIterable {
        case before, after, first, last, behindIssuer, inSignature, inObject, inExtensions, inAdvice, inStatus,
            inKeyInfo
    }

    static let evil = "mallory@evil.example"

    private static func forged(_ element: XMLElement, id: String?, keepsSignature: Bool) -> XMLElement {
        element.with {
            $0.change("NameID") { $0.setText(evil) }
            $0.change("EncryptedAssertion") { $0.change("CipherValue") { $0.setText("AAAA") } }
            if let id { $0.setAttribute("ID", id) }
            if !keepsSignature { $0.remove("Signature") }
        }
    }

    private static func object(_ element: XMLElement) -> XMLChild {
        .element(XMLElement(XMLNamespace.signature, "Object", [], [element]))
    }

    /// The forgery with the original somewhere in it.
    private static func wrap(_ original: XMLElement, in forgery: XMLElement, _ place: Place) -> XMLElement? {
        let inner = XMLChild.element(original)
        var made = forgery
        var isPlaced = true
        switch place {
        case .before, .after: return nil
        case .first: made.children.insert(inner, at: 0)
        case .last: made.children.append(inner)
        case .behindIssuer: made.children.insert(inner, at: 1)
        case .inSignature: isPlaced = made.change("Signature") { $0.children.append(inner) }
        case .inObject: isPlaced = made.change("Signature") { $0.children.append(object(original)) }
        case .inKeyInfo: isPlaced = made.change("KeyInfo") { $0.children.append(inner) }
        case .inExtensions:
            made.children.insert(.element(XMLElement(XMLNamespace.protocols, "Extensions", [], [original])), at: 1)
        case .inAdvice: made.children.append(.element(XMLElement(XMLNamespace.assertion, "Advice", [], [original])))
        case .inStatus:
            isPlaced = made.change("Status") {
                $0.children.append(.element(XMLElement(XMLNamespace.protocols, "StatusDetail", [], [original])))
            }
        }
        return isPlaced ? made : nil
    }

    /// Every document that can be made of a signed one this way.
    static func attacks(on signed: XMLElement) -> [(String, XMLElement)] {
        var found: [(String, XMLElement)] = []
        for id in [nil, "_evil"] as [String?] {
            for keeps in [true, false] {
                for strips in [true, false] {
                    for place in Place.allCases {
                        let label = "\(place) id=\(id ?? "same") keeps=\(keeps) strips=\(strips)"
                        // The whole response.
                        let original = strips ? signed.with { $0.remove("Signature") } : signed
                        if let made = wrap(original, in: forged(signed, id: id, keepsSignature: keeps), place) {
                            found.append(("response \(label)", made))
                        }
                        found += assertions(signed, id, keeps, strips, place).map { ("assertion \(label)", $0) }
                    }
                }
            }
        }
        return found
    }

    private static func assertions(
        _ signed: XMLElement, _ id: String?, _ keeps: Bool, _ strips: Bool, _ place: Place
    ) -> [XMLElement] {
        let carriers = ["Assertion", "EncryptedAssertion"]
        guard
            let index = signed.children.firstIndex(where: {
                if case .element(let child) = $0 { carriers.contains(child.name.local) } else { false }
            }),
            case .element(let assertion) = signed.children[index]
        else { return [] }
        let original = strips ? assertion.with { $0.remove("Signature") } : assertion
        let forgery = forged(assertion, id: id, keepsSignature: keeps)
        var made = signed
        switch place {
        case .before: made.children.replaceSubrange(index...index, with: [.element(original), .element(forgery)])
        case .after: made.children.replaceSubrange(index...index, with: [.element(forgery), .element(original)])
        case .inExtensions, .inStatus:
            made.children[index] = .element(forgery)
            guard let outer = wrap(original, in: made, place) else { return [] }
            return [outer]
        default:
            guard let wrapped = wrap(original, in: forgery, place) else { return [] }
            made.children[index] = .element(wrapped)
        }
        return [made]
    }

    @Test("No wrapping brings anybody in but the one who is signed", arguments: Honest.Signed.allCases, [false, true])
    func wrapping(signed: Honest.Signed, isEncrypted: Bool) throws {
        let bytes = try Honest().bytes(signed, encrypted: isEncrypted ? SAMLEncryption.Options() : nil)
        let document = try XMLReader.parse(bytes)
        // What is written again is what was signed, so that refusals below are not for that.
        #expect(try Honest.refusals(try XMLWriter.bytes(of: document)) == [])
        var count = 0
        for (label, attack) in Self.attacks(on: document) {
            count += 1
            let judged = UnverifiedResponse(try XMLWriter.bytes(of: attack)).judged(by: try Honest.expectation())
            if let verified = judged.verified { #expect(verified.nameID?.value == Honest.name, "\(label)") }
        }
        #expect(count >= 80, "\(count)")
    }
}
