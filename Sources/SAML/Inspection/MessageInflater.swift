/// DEFLATE (RFC 1951) of the redirect binding, into no more than a message may have, and no more than a hundred times what
/// came.
enum MessageInflater {
    private static let ratioLimit = 100

    /// - Throws: `SAMLError`: `LIMIT`, `ENCODING`.
    static func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
        var inflater = Inflation(bytes, limit: min(XMLLimits.message.bytes, max(bytes.count * ratioLimit, 4_096)))
        return try inflater.run()
    }
}

private struct Inflation {
    private let input: [UInt8]
    private let limit: Int
    private var at = 0
    private var held: UInt32 = 0
    private var bits = 0
    private var output: [UInt8] = []

    init(_ input: [UInt8], limit: Int) {
        self.input = input
        self.limit = limit
    }

    private static let malformed = SAMLError(.encoding, "the message is not DEFLATE")

    mutating func run() throws -> [UInt8] {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try coded(HuffmanCode.fixedLiterals, HuffmanCode.fixedDistances)
            case 2:
                let (literals, distances) = try codes()
                try coded(literals, distances)
            default: throw Self.malformed
            }
        }
        guard at == input.count else { throw Self.malformed }
        return output
    }

    private mutating func take(_ count: Int) throws -> Int {
        while bits < count {
            guard at < input.count else { throw Self.malformed }
            held |= UInt32(input[at]) << bits
            at += 1
            bits += 8
        }
        defer {
            held >>= count
            bits -= count
        }
        return Int(held & (1 << count - 1))
    }

    private mutating func put(_ byte: UInt8) throws {
        guard output.count < limit else { throw SAMLError(.limit, "the message has more than \(limit) bytes inflated") }
        output.append(byte)
    }

    private mutating func stored() throws {
        (held, bits) = (0, 0)
        guard at + 4 <= input.count else { throw Self.malformed }
        let length = Int(input[at]) | Int(input[at + 1]) << 8
        guard length ^ 0xFFFF == Int(input[at + 2]) | Int(input[at + 3]) << 8, at + 4 + length <= input.count else {
            throw Self.malformed
        }
        for byte in input[(at + 4)..<(at + 4 + length)] { try put(byte) }
        at += 4 + length
    }

    private mutating func symbol(_ code: HuffmanCode) throws -> Int {
        var value = 0, first = 0, index = 0
        for length in 1..<16 {
            value |= try take(1)
            if value - first < code.counts[length] { return code.symbols[index + value - first] }
            index += code.counts[length]
            first = (first + code.counts[length]) << 1
            value <<= 1
        }
        throw Self.malformed
    }

    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025, 1_537, 2_049, 3_073, 4_097,
        6_145, 8_193, 12_289, 16_385, 24_577,
    ]

    private mutating func coded(_ literals: HuffmanCode, _ distances: HuffmanCode) throws {
        while true {
            let value = try symbol(literals)
            if value < 256 {
                try put(UInt8(value))
                continue
            }
            if value == 256 { return }
            guard value <= 285 else { throw Self.malformed }
            let extra = value < 265 || value == 285 ? 0 : (value - 261) / 4
            let length = Self.lengthBase[value - 257] + (try take(extra))
            let code = try symbol(distances)
            guard code < 30 else { throw Self.malformed }
            let distance = Self.distanceBase[code] + (try take(code < 4 ? 0 : code / 2 - 1))
            guard distance <= output.count else { throw Self.malformed }
            for _ in 0..<length { try put(output[output.count - distance]) }
        }
    }

    private mutating func codes() throws -> (HuffmanCode, HuffmanCode) {
        let literalCount = try take(5) + 257, distanceCount = try take(5) + 1, lengthCount = try take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw Self.malformed }
        var lengths = [Int](repeating: 0, count: 19)
        for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(lengthCount) {
            lengths[place] = try take(3)
        }
        let code = try HuffmanCode(lengths)
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            switch try symbol(code) {
            case let length where length < 16: all.append(length)
            case 16:
                guard let last = all.last else { throw Self.malformed }
                all += [Int](repeating: last, count: 3 + (try take(2)))
            case 17: all += [Int](repeating: 0, count: 3 + (try take(3)))
            default: all += [Int](repeating: 0, count: 11 + (try take(7)))
            }
        }
        guard all.count == literalCount + distanceCount, all[256] != 0 else { throw Self.malformed }
        return (try HuffmanCode(Array(all[..<literalCount])), try HuffmanCode(Array(all[literalCount...])))
    }
}

/// Codes by the lengths of their symbols (RFC 1951 §3.2.2).
private struct HuffmanCode {
    var counts = [Int](repeating: 0, count: 16)
    var symbols: [Int] = []

    init(_ lengths: [Int]) throws {
        for length in lengths where length > 0 { counts[length] += 1 }
        var left = 1
        for length in 1..<16 {
            left = left << 1 - counts[length]
            guard left >= 0 else { throw SAMLError(.encoding, "the message is not DEFLATE") }
        }
        for length in 1..<16 { symbols += lengths.indices.filter { lengths[$0] == length } }
    }

    private init(fixed lengths: [Int]) {
        for length in lengths { counts[length] += 1 }
        for length in 1..<16 { symbols += lengths.indices.filter { lengths[$0] == length } }
    }

    static let fixedLiterals = HuffmanCode(
        fixed: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = HuffmanCode(fixed: [Int](repeating: 5, count: 30))
}
