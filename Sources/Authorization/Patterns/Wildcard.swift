/// Texts in which `*` stands for any run of bytes, also none. Everything else stands for itself.
enum Wildcard {
    /// Cost: at most `pattern × text` bytes; both are bounded by their readers.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        var pattern = pattern
        var text = text
        return pattern.withUTF8 { pattern in text.withUTF8 { matches(pattern, $0) } }
    }

    private static func matches(_ pattern: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var (at, place) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if at < pattern.count, pattern[at] == 0x2A {
                star = (at + 1, place)
                at += 1
            } else if at < pattern.count, pattern[at] == text[place] {
                at += 1
                place += 1
            } else if let last = star {
                // The newest star takes one byte more; an older one never needs to.
                star = (last.pattern, last.text + 1)
                at = last.pattern
                place = last.text + 1
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == 0x2A { at += 1 }
        return at == pattern.count
    }
}
