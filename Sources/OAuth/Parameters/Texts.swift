/// What the grammars of RFC 6749 appendix A let stand in a value.
enum Texts {
    /// `VSCHAR`: what is visible in ASCII, and the blank.
    static func isVisible(_ text: String, upTo limit: Int) -> Bool {
        text.utf8.count <= limit && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Not empty, and nothing but `VSCHAR`.
    static func isName(_ text: String, upTo limit: Int) -> Bool { !text.isEmpty && isVisible(text, upTo: limit) }

    /// Byte for byte. `==` holds texts for equal whose Unicode is equivalent (U+212A and `K`), which no comparison of a
    /// protocol may.
    static func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    /// Whether the list holds the text, byte for byte.
    static func holds(_ list: [String], _ text: String) -> Bool { list.contains { same($0, text) } }

    /// Words separated by single blanks, each not empty; nil otherwise, and for more than `limit` of them.
    static func words(_ text: String, limit: Int) -> [String]? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        return words.count <= limit && words.allSatisfy { isName($0, upTo: 256) } ? words : nil
    }
}

/// Compares without stopping at the first difference. Lengths are not secret: unequal lengths return early.
func equalInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
}
