/// The parts of a TZif file that offsets need (RFC 9636 §3).
struct ZoneData {
    let transitions: [Int64]
    let offsets: [Int32]
    let initialOffset: Int32
    /// A POSIX TZ string for the time after the last transition.
    let footer: String?

    init?(_ bytes: [UInt8]) {
        guard let first = Header(bytes, at: 0), first.version >= 0x32 else { return nil }
        // The first block has 32-bit times and is there for readers of version 1 only.
        let start = Header.size + first.blockSize(timeSize: 4)
        guard let header = Header(bytes, at: start) else { return nil }
        var at = start + Header.size
        guard bytes.count >= at + header.blockSize(timeSize: 8), header.types > 0 else { return nil }
        var transitions: [Int64] = []
        for index in 0..<header.times { transitions.append(Int64(bitPattern: big(bytes, at + index * 8, 8))) }
        at += header.times * 8
        let indices = bytes[at..<at + header.times].map(Int.init)
        at += header.times
        let types = (0..<header.types).map { Int32(truncatingIfNeeded: big(bytes, at + $0 * 6, 4)) }
        guard indices.allSatisfy({ $0 < types.count }), zip(transitions, transitions.dropFirst()).allSatisfy(<) else {
            return nil
        }
        self.transitions = transitions
        offsets = indices.map { types[$0] }
        initialOffset = types[0]
        footer = Self.footer(bytes[(start + Header.size + header.blockSize(timeSize: 8))...])
    }

    private static func footer(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.first == 0x0A, let end = bytes.dropFirst().firstIndex(of: 0x0A) else { return nil }
        let text = bytes[bytes.index(after: bytes.startIndex)..<end]
        return text.isEmpty || text.count > 256 ? nil : String(validating: text, as: UTF8.self)
    }

    private struct Header {
        static let size = 44
        let version: UInt8
        let (leaps, times, types, characters, standards, universals): (Int, Int, Int, Int, Int, Int)

        init?(_ bytes: [UInt8], at start: Int) {
            guard bytes.count >= start + Self.size, Array(bytes[start..<start + 4]) == Array("TZif".utf8) else {
                return nil
            }
            version = bytes[start + 4]
            let counts = (0..<6).map { Int(big(bytes, start + 20 + $0 * 4, 4)) }
            (universals, standards, leaps) = (counts[0], counts[1], counts[2])
            (times, types, characters) = (counts[3], counts[4], counts[5])
            guard counts.allSatisfy({ $0 <= 65_536 }) else { return nil }
        }

        func blockSize(timeSize: Int) -> Int {
            times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standards + universals
        }
    }
}

/// A big-endian number of so many bytes.
private func big(_ bytes: [UInt8], _ start: Int, _ count: Int) -> UInt64 {
    bytes[start..<start + count].reduce(0) { $0 << 8 | UInt64($1) }
}
