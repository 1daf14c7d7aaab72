/// Takes DEFLATE apart (RFC 1951), within bounds: what a peer sends costs no more than the bounds say, whatever it says of
/// itself.
public enum Inflate {
    /// No message is longer, in octets.
    public static let byteLimit = 262_144
    /// No message is this many times longer than what it came in; what is short may be as long as `ratioFloor`.
    public static let ratioLimit = 100
    static let ratioFloor = 4_096
    /// Blocks of a message. Each may bring tables of its own, which cost more than the seven octets that they come in.
    static let blockLimit = 512

    /// - Throws: `too_large` beyond the bounds (octets, blocks), `malformed` for what is no DEFLATE and for octets behind its end.
    public static func bytes(_ compressed: [UInt8], limit: Int = byteLimit) throws(MessageFault) -> [UInt8] {
        let bound = min(limit, max(compressed.count * ratioLimit, ratioFloor))
        var inflater = Inflater(input: compressed, limit: bound)
        try inflater.run()
        return inflater.output
    }
}

private struct Inflater {
    let input: [UInt8]
    let limit: Int
    var output: [UInt8] = []
    private var place = 0
    private var held: UInt32 = 0
    private var heldBits: UInt32 = 0

    init(input: [UInt8], limit: Int) {
        self.input = input
        self.limit = limit
    }

    mutating func run() throws(MessageFault) {
        var isLast = false
        var blocks = 0
        while !isLast {
            blocks += 1
            guard blocks <= Inflate.blockLimit else {
                throw MessageFault(.tooLarge, "the message is compressed in more than \(Inflate.blockLimit) blocks")
            }
            isLast = try bits(1) == 1
            switch try bits(2) {
            case 0: try stored()
            case 1: try coded(literals: .fixedLiterals, distances: .fixedDistances)
            case 2:
                let (literals, distances) = try tables()
                try coded(literals: literals, distances: distances)
            default: throw Self.malformed
            }
        }
        // Octets behind the end would be read by one and not by another.
        guard place == input.count else { throw Self.malformed }
    }

    private static let malformed = MessageFault(.malformed, "the message is not compressed by DEFLATE as it has to be")

    private mutating func bits(_ count: UInt32) throws(MessageFault) -> UInt32 {
        while heldBits < count {
            guard place < input.count else { throw Self.malformed }
            held |= UInt32(input[place]) << heldBits
            place += 1
            heldBits += 8
        }
        let value = held & ((1 << count) - 1)
        held >>= count
        heldBits -= count
        return value
    }

    private mutating func append(_ byte: UInt8) throws(MessageFault) {
        guard output.count < limit else {
            throw MessageFault(.tooLarge, "the message is longer than \(limit) octets when it is taken apart")
        }
        output.append(byte)
    }

    private mutating func stored() throws(MessageFault) {
        (held, heldBits) = (0, 0)
        guard place + 4 <= input.count else { throw Self.malformed }
        let length = Int(input[place]) | Int(input[place + 1]) << 8
        guard length == ~(Int(input[place + 2]) | Int(input[place + 3]) << 8) & 0xFFFF,
            place + 4 + length <= input.count
        else { throw Self.malformed }
        for byte in input[(place + 4)..<(place + 4 + length)] { try append(byte) }
        place += 4 + length
    }

    private mutating func symbol(_ table: HuffmanTable) throws(MessageFault) -> Int {
        var (code, first, index) = (0, 0, 0)
        for length in 1...15 {
            code |= Int(try bits(1))
            let count = table.counts[length]
            if code - first < count { return table.symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw Self.malformed
    }

    private mutating func coded(literals: HuffmanTable, distances: HuffmanTable) throws(MessageFault) {
        while true {
            let symbol = try symbol(literals)
            if symbol < 256 {
                try append(UInt8(symbol))
                continue
            }
            guard symbol != 256 else { return }
            guard symbol <= 285 else { throw Self.malformed }
            let length = DeflateCodes.lengths[symbol - 257] + Int(try bits(DeflateCodes.lengthBits[symbol - 257]))
            let code = try self.symbol(distances)
            guard code < 30 else { throw Self.malformed }
            let distance = DeflateCodes.distances[code] + Int(try bits(DeflateCodes.distanceBits[code]))
            guard distance <= output.count else { throw Self.malformed }
            for _ in 0..<length { try append(output[output.count - distance]) }
        }
    }

    private mutating func tables() throws(MessageFault) -> (HuffmanTable, HuffmanTable) {
        let literalCount = Int(try bits(5)) + 257
        let distanceCount = Int(try bits(5)) + 1
        let lengthCount = Int(try bits(4)) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw Self.malformed }
        var lengths = [Int](repeating: 0, count: 19)
        for place in 0..<lengthCount { lengths[DeflateCodes.order[place]] = Int(try bits(3)) }
        guard let codes = HuffmanTable(lengths, mayBeIncomplete: false) else { throw Self.malformed }
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            let symbol = try symbol(codes)
            switch symbol {
            case 0...15: all.append(symbol)
            case 16:
                guard let last = all.last else { throw Self.malformed }
                all += [Int](repeating: last, count: 3 + Int(try bits(2)))
            case 17: all += [Int](repeating: 0, count: 3 + Int(try bits(3)))
            default: all += [Int](repeating: 0, count: 11 + Int(try bits(7)))
            }
        }
        guard all.count == literalCount + distanceCount, all[256] != 0,
            let literals = HuffmanTable(Array(all[..<literalCount]), mayBeIncomplete: true),
            let distances = HuffmanTable(Array(all[literalCount...]), mayBeIncomplete: true)
        else { throw Self.malformed }
        return (literals, distances)
    }
}

/// Codes by their lengths (RFC 1951 §3.2.2).
private struct HuffmanTable {
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int] = []

    /// Nil for more codes than there can be; and for fewer, but for a single one where that is allowed (§3.2.7).
    init?(_ lengths: [Int], mayBeIncomplete: Bool) {
        for length in lengths { counts[length] += 1 }
        counts[0] = 0
        var left = 1
        for length in 1...15 {
            left = left << 1 - counts[length]
            guard left >= 0 else { return nil }
        }
        let used = counts.reduce(0, +)
        guard left == 0 || mayBeIncomplete && used <= 1 else { return nil }
        for length in 1...15 {
            symbols += lengths.indices.filter { lengths[$0] == length }
        }
    }

    /// Codes that are known to be whole.
    private init(whole lengths: [Int]) {
        for length in lengths { counts[length] += 1 }
        for length in 1...15 { symbols += lengths.indices.filter { lengths[$0] == length } }
    }

    static let fixedLiterals = HuffmanTable(whole: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = HuffmanTable(whole: [Int](repeating: 5, count: 32))
}

/// Numbers of RFC 1951 §3.2.5 and §3.2.7.
enum DeflateCodes {
    static let lengths = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    static let lengthBits: [UInt32] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    static let distances = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025, 1_537, 2_049, 3_073,
        4_097,
        6_145, 8_193, 12_289, 16_385, 24_577,
    ]
    static let distanceBits: [UInt32] = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
}
