extension String {
    /// The most marks that stand on one letter of any text (Stream-Safe Text Format, UAX #15 §13).
    static let markLimit = 30

    /// The text of bytes in UTF-8 whose letters carry no more marks than that; nil for any other. Texts are compared and
    /// hashed by their canonical form, for which such a run is sorted by insertion: twenty thousand marks on a letter, 48 kB,
    /// take a quarter of a second each time that the text is looked at. So what a stranger sent is read by this.
    public init?(streamSafe bytes: some Sequence<UInt8>) {
        guard let text = String(validating: bytes, as: UTF8.self), text.hasFewMarks else { return nil }
        self = text
    }

    /// Whether no letter carries more marks than any text has.
    public var hasFewMarks: Bool {
        // Below U+0300 nothing is a mark: most texts are looked at byte by byte, and no more.
        guard utf8.contains(where: { $0 >= 0xCC }) else { return true }
        var run = 0
        for scalar in unicodeScalars {
            let isMark = scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
            run = isMark ? run + 1 : 0
            guard run <= Self.markLimit else { return false }
        }
        return true
    }
}
