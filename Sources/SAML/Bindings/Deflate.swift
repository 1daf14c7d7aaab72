/// Makes DEFLATE (RFC 1951) with its fixed codes and repeats found by their first three octets: short enough for an
/// address, and small enough to be read.
public enum Deflate {
    /// Compresses a message.
    public static func bytes(_ message: [UInt8]) -> [UInt8] {
        var writer = BitWriter()
        writer.bits(1, 1)  // the last block
        writer.bits(1, 2)  // fixed codes
        var seen: [UInt32: Int] = [:]
        var place = 0
        while place < message.count {
            let (length, distance) = longestRepeat(message, at: place, seen: seen)
            if length >= 3 {
                write(length: length, distance: distance, to: &writer)
            } else {
                writer.literal(Int(message[place]))
            }
            for covered in place..<(place + max(1, length >= 3 ? length : 1)) {
                if let key = key(message, covered) { seen[key] = covered }
            }
            place += length >= 3 ? length : 1
        }
        writer.literal(256)
        return writer.finished
    }

    private static let window = 32_768

    private static func key(_ message: [UInt8], _ place: Int) -> UInt32? {
        guard place + 2 < message.count else { return nil }
        return UInt32(message[place]) << 16 | UInt32(message[place + 1]) << 8 | UInt32(message[place + 2])
    }

    private static func longestRepeat(_ message: [UInt8], at place: Int, seen: [UInt32: Int]) -> (Int, Int) {
        guard let key = key(message, place), let before = seen[key], place - before <= window else { return (0, 0) }
        var length = 3
        while length < 258, place + length < message.count, message[before + length] == message[place + length] {
            length += 1
        }
        return (length, place - before)
    }

    private static func write(length: Int, distance: Int, to writer: inout BitWriter) {
        let lengthCode = DeflateCodes.lengths.lastIndex { $0 <= length } ?? 0
        writer.literal(257 + lengthCode)
        writer.bits(UInt32(length - DeflateCodes.lengths[lengthCode]), DeflateCodes.lengthBits[lengthCode])
        let distanceCode = DeflateCodes.distances.lastIndex { $0 <= distance } ?? 0
        writer.code(UInt32(distanceCode), 5)
        writer.bits(UInt32(distance - DeflateCodes.distances[distanceCode]), DeflateCodes.distanceBits[distanceCode])
    }

    private struct BitWriter {
        private var bytes: [UInt8] = []
        private var held: UInt64 = 0
        private var heldBits: UInt64 = 0

        mutating func bits(_ value: UInt32, _ count: UInt32) {
            held |= UInt64(value) << heldBits
            heldBits += UInt64(count)
            while heldBits >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: held))
                held >>= 8
                heldBits -= 8
            }
        }

        /// Codes stand with their highest bit first (§3.1.1).
        mutating func code(_ value: UInt32, _ count: UInt32) {
            for place in (0..<count).reversed() { bits(value >> place & 1, 1) }
        }

        mutating func literal(_ symbol: Int) {
            switch symbol {
            case ..<144: code(UInt32(0x30 + symbol), 8)
            case ..<256: code(UInt32(0x190 + symbol - 144), 9)
            case ..<280: code(UInt32(symbol - 256), 7)
            default: code(UInt32(0xC0 + symbol - 280), 8)
            }
        }

        var finished: [UInt8] { heldBits > 0 ? bytes + [UInt8(truncatingIfNeeded: held)] : bytes }
    }
}
