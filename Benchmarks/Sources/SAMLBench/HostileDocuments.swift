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
        let names = (1...63).map { "xmlns:n\($0)=\"urn:n\($0)\"" }.joined(separator: " ")
        let plain = (1...64).map { "a\($0)=\"\"" }.joined(separator: " ")
        let deep = String(repeating: "<b>", count: 30), up = String(repeating: "</b>", count: 30)
        let spaced = (1...30).map { level in
            "<b \((1...2).map { "xmlns:p\(level)x\($0)=\"u:\(level)x\($0)\"" }.joined(separator: " "))>"
        }.joined()
        return [
            ("one long text", with("<a>" + String(repeating: "x", count: bytes - signed.utf8.count - 10) + "</a>")),
            ("text to be escaped", with("<a>" + fill({ _ in "&amp;&lt;" }, 100_000) + "</a>")),
            ("nine thousand elements", with(fill { _ in "<a/>" })),
            ("nine thousand elements, thirty deep", with(deep + fill { _ in "<a></a>" } + up)),
            ("tags with 64 attributes", with(fill { _ in "<a \(plain)/>" })),
            ("tags with 63 namespaces, used", with(fill { _ in "<n1:a \(names)/>" })),
            (
                "namespaces of thirty levels, and elements in them",
                with(spaced + fill { "<p1x\($0 % 2 + 1):a p30x1:b=\"\"/>" } + up)
            ),
            (
                "attributes in namespaces of thirty levels",
                with(spaced + fill { _ in "<a \((1...30).map { "p\($0)x1:b=\"\"" }.joined(separator: " "))/>" } + up)
            ),
            ("comments", with(fill { _ in "<!---->" })),
            ("many IDs", with(fill { "<a ID=\"i\($0)\"/>" })),
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
}

extension String {
    fileprivate func range(ofLast word: String) -> Index? {
        var found: Index?
        for range in ranges(of: word) { found = range.lowerBound }
        return found
    }
}
