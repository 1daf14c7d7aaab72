/// Reads definite-length BER elements (X.690 §8.1) one after the other. Anything else is nil, never a trap.
struct BERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// The content of the next element when its tag is `tag`; otherwise nil, and nothing is consumed.
    mutating func value(tag: UInt8) -> ArraySlice<UInt8>? {
        guard rest.first == tag, let (header, length) = Self.length(of: rest.dropFirst()) else { return nil }
        let start = rest.startIndex + 1 + header
        guard length <= rest.endIndex - start else { return nil }
        let content = rest[start..<(start + length)]
        rest = rest[(start + length)...]
        return content
    }

    /// How many bytes the length takes and what it says; at most four bytes of length are read.
    static func length(of bytes: ArraySlice<UInt8>) -> (header: Int, length: Int)? {
        guard let first = bytes.first else { return nil }
        if first < 0x80 { return (1, Int(first)) }
        let count = Int(first & 0x7F)
        guard (1...4).contains(count), bytes.count > count else { return nil }
        let digits = bytes.dropFirst().prefix(count)
        return (1 + count, digits.reduce(0) { $0 << 8 | Int($1) })
    }
}
