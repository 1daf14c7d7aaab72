/// Counts marks that stand on one letter: characters with a combining class. Text has a few at a time, and the Stream-Safe
/// Text Format (UAX #15 §13) no more than 30. Swift compares and hashes texts by their canonical form, for which it sorts such
/// a run by insertion: sixty thousand marks on a letter, 120 kB, take seconds each time that the text is looked at.
struct MarkRun {
    let limit: Int
    private var length = 0

    init(limit: Int) { self.limit = limit }

    static let refusal = "more marks stand on one letter than any text has"

    /// Goes on over a text in UTF-8 that ends with a zero.
    ///
    /// - Returns: false where the run has become too long.
    mutating func take(_ text: UnsafePointer<UInt8>?) -> Bool {
        guard let text else { return true }
        var index = 0
        while text[index] != 0 {
            // Below U+0300 nothing is a mark.
            guard text[index] >= 0xCC else {
                length = 0
                index += 1
                while text[index] & 0xC0 == 0x80 { index += 1 }
                continue
            }
            let scalar = Self.scalar(text, &index)
            guard let scalar, scalar.properties.canonicalCombiningClass != .notReordered else {
                length = 0
                continue
            }
            length += 1
            guard length <= limit else { return false }
        }
        return true
    }

    /// The parser has found it to be UTF-8.
    private static func scalar(_ text: UnsafePointer<UInt8>, _ index: inout Int) -> Unicode.Scalar? {
        let first = UInt32(text[index])
        var value = first < 0xE0 ? first & 0x1F : first < 0xF0 ? first & 0x0F : first & 0x07
        index += 1
        while text[index] & 0xC0 == 0x80 {
            value = value << 6 | UInt32(text[index] & 0x3F)
            index += 1
        }
        return Unicode.Scalar(value)
    }
}
