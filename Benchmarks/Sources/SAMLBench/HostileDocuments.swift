import SAML

/// Documents of 256 KiB that are made to cost as much as can be had within the limits, each with a signature that does not
/// hold, so that all of it is canonicalized and digested.
enum HostileDocuments {
    private static let bytes = 262_000

    static func all(_ stage: SAMLStage) -> [(String, [UInt8])] {
        let signed = String(decoding: stage.signed, as: UTF8.self)
        func with(_ padding: String) -> [UInt8] {
            // Inside the signed assertion, behind its attributes.
            guard let place = signed.range(ofLast: "</saml:AttributeStatement>") else { return [] }
            return Array((signed[..<place] + padding + signed[place...]).utf8)
        }
        func fill(_ unit: (Int) -> String, _ limit: Int = 9_000) -> String {
            var text = ""
            var count = 0
            while count < limit {
                let next = unit(count)
                guard text.utf8.count + next.utf8.count + signed.utf8.count < bytes else { break }
                text += next
                count += 1
            }
            return text
        }
        let names = (1...58).map { "xmlns:n\($0)=\"urn:n\($0)\"" }.joined(separator: " ")
        let plain = (1...64).map { "a\($0)=\"\"" }.joined(separator: " ")
        let deep = String(repeating: "<b>", count: 30), up = String(repeating: "</b>", count: 30)
        let spaced = Self.spaced, back = String(repeating: "</b>", count: 29)
        let marks = String(String.UnicodeScalarView((0..<60_000).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
        let few = String(String.UnicodeScalarView((0..<30).map { $0 % 2 == 0 ? "\u{301}" : "\u{316}" }))
        let canonical = "<ds:Transform Algorithm=\"\(XMLNamespace.exclusiveCanonicalization)\""
        func prefixed(_ text: [UInt8], _ count: Int) -> [UInt8] {
            let list = Array(repeating: "x", count: count).joined(separator: " ")
            let inside =
                "<i:InclusiveNamespaces xmlns:i=\"\(XMLNamespace.exclusiveCanonicalization)\" PrefixList=\"\(list)\"/>"
            return Array(
                String(decoding: text, as: UTF8.self)
                    .replacing("\(canonical)/>", with: "\(canonical)>\(inside)</ds:Transform>").utf8)
        }
        // As many as there may be: with what the response has itself, 10,000 nodes.
        return [
            ("one long text", with("<a>" + String(repeating: "x", count: bytes - signed.utf8.count - 10) + "</a>")),
            ("text to be escaped", with("<a>" + fill({ _ in "&amp;&lt;" }, 100_000) + "</a>")),
            ("text with thirty marks on each letter", with("<a>" + fill({ _ in "e" + few }, 100_000) + "</a>")),
            ("nine thousand elements", with(fill { _ in "<a/>" })),
            ("nine thousand elements, thirty deep", with(deep + fill { _ in "<a></a>" } + up)),
            ("tags with 64 attributes", with(fill({ _ in "<a \(plain)/>" }, 150))),
            // Of names times the namespaces around them there may be 100,000.
            ("tags with 58 namespaces, used", with(fill({ _ in "<n1:a \(names)/>" }, 26))),
            (
                "namespaces of 29 levels, and elements in them",
                with(spaced + fill({ "<p1x\($0 % 2 + 1):a p29x1:b=\"\"/>" }, 760) + back)
            ),
            (
                "ten namespaces, and as many elements in them as may be",
                with(
                    "<b \((1...7).map { "xmlns:p\($0)=\"u:\($0)\"" }.joined(separator: " "))>"
                        + fill({ "<p1:a p\($0 % 2 + 2):b=\"\"/>" }, 4_700) + "</b>")
            ),
            (
                "attributes in namespaces of 29 levels",
                with(
                    spaced
                        + fill({ _ in "<a \((1...29).map { "p\($0)x1:b=\"\"" }.joined(separator: " "))/>" }, 50) + back
                )
            ),
            ("prefixes, as many as may be", prefixed(with(spaced + fill({ _ in "<a/>" }, 1_500) + back), 2)),
            ("more prefixes", prefixed(with(spaced + fill({ _ in "<a/>" }, 1_500) + back), 8)),
            ("a letter with sixty thousand marks", with("<a b=\"e\(marks)\"/>")),
            ("comments", with(fill { _ in "<!---->" })),
            ("many IDs", with(fill({ "<a ID=\"i\($0)\"/>" }, 4_800))),
            (
                "a signature value of 100 KiB",
                Array(
                    signed.replacing(
                        "<ds:SignatureValue>", with: "<ds:SignatureValue>" + String(repeating: "A", count: 100_000)
                    ).utf8)
            ),
            (
                "certificates of 200 KiB",
                Array(
                    signed.replacing(
                        "<ds:X509Certificate>", with: "<ds:X509Certificate>" + String(repeating: "A", count: 200_000)
                    ).utf8)
            ),
            ("a tag of 200,000 bytes", with("<a b=\"" + String(repeating: "x", count: 200_000) + "\"/>")),
            ("quotes that do not end", with(String(repeating: "<a b='", count: 40_000))),
            (
                "attributes beyond the limit",
                Array(("<a " + (1...40_000).map { "b\($0)=''" }.joined(separator: " ") + "/>").utf8.prefix(bytes))
            ),
            ("tags that do not end", with(String(repeating: "<a>", count: 80_000))),
        ]
    }

    private static let spaced = (1...29).map { level in
        "<b \((1...2).map { "xmlns:p\(level)x\($0)=\"u:\(level)x\($0)\"" }.joined(separator: " "))>"
    }.joined()

    /// An assertion of nearly that length, to be encrypted, whose signature does not hold.
    static func worstWithin(_ stage: SAMLStage) throws -> XMLElement {
        var assertion = try XMLReader.parse(SAMLSignatures.sign(SAMLStage.assertion, with: stage.key))
        let unit = XMLElement("u:1", "a", [XMLAttribute(XMLName("u:2", "b"), "")])
        let filled = XMLElement(XMLName("u:1", "x"), children: Array(repeating: .element(unit), count: 4_700))
        let deep = (3..<8).reversed().reduce(filled) { inner, level in
            XMLElement(
                XMLName("u:\(level)", "b"), attributes: [XMLAttribute(XMLName("u:2", "b"), "")],
                children: [.element(inner)])
        }
        assertion.children.append(.element(deep))
        return assertion
    }

    /// Blocks with tables of their own, which say that nothing comes.
    static let manyBlocks: [UInt8] = {
        var bits: [UInt8] = []
        func put(_ value: Int, _ count: Int) { for place in 0..<count { bits.append(UInt8(value >> place & 1)) } }
        for block in 0..<20_000 {
            put(block == 19_999 ? 1 : 0, 1)
            put(2, 2)
            put(0, 10)
            put(14, 4)
            // Lengths of codes, in their order: of 18 and of 1.
            for place in 0..<18 { put(place == 2 || place == 17 ? 1 : 0, 3) }
            put(1, 1)
            put(127, 7)
            put(1, 1)
            put(107, 7)
            put(0, 3)
        }
        return stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<min(start + 8, bits.count)].enumerated().reduce(UInt8(0)) {
                $0 | $1.element << UInt8($1.offset)
            }
        }
    }()
}

extension String {
    fileprivate func range(ofLast word: String) -> Index? {
        var found: Index?
        for range in ranges(of: word) { found = range.lowerBound }
        return found
    }
}
