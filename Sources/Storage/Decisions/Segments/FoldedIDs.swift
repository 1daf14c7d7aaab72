import Vocabulary

/// The ids that were handed out for the decisions of one fold, after the first: each as its difference to the one
/// before. Ids that one shard made within a moment lie close together, so most take two or three bytes.
struct FoldedIDs: Sendable, Hashable {
    /// A fold with more bytes of ids than this is written, and another one begun.
    static let byteLimit = 64 << 10

    private(set) var encoded: [UInt8] = []

    init() {}
    init(encoded: [UInt8]) { self.encoded = encoded }

    var isFull: Bool { encoded.count >= Self.byteLimit }

    mutating func append(_ id: DecisionID, after last: DecisionID) {
        number(Self.zigzag(id.low &- last.low))
        // The milliseconds of a version 7 id stand above sixteen bits that seldom differ: turned, they are small.
        let high = id.high &- last.high
        number(Self.zigzag(high >> 16 | high << 48))
    }

    /// Whether the id is among them. Throws `decisions.malformed`.
    func contains(_ wanted: DecisionID, after first: DecisionID) throws -> Bool {
        var reader = SegmentBytesReader(encoded[...])
        var (high, low) = (first.high, first.low)
        while !reader.isAtEnd {
            low = low &+ Self.unzigzag(try reader.number())
            let turned = Self.unzigzag(try reader.number())
            high = high &+ (turned << 16 | turned >> 48)
            if high == wanted.high, low == wanted.low { return true }
        }
        return false
    }

    private static func zigzag(_ value: UInt64) -> UInt64 { value << 1 ^ (0 &- (value >> 63)) }
    private static func unzigzag(_ value: UInt64) -> UInt64 { value >> 1 ^ (0 &- (value & 1)) }

    private mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        encoded.append(UInt8(rest))
    }
}
