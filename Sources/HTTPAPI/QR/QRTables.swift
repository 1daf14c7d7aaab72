/// The parts of ISO/IEC 18004 tables 7 and 9 for level M, versions 1 to 15.
enum QRTables {
    static let maximumVersion = 15

    /// One row of table 9: error correction codewords per block, then (blocks, data codewords each) in two groups.
    struct Blocks {
        let correction: Int
        let first: (count: Int, data: Int)
        let second: (count: Int, data: Int)
    }

    private static let levelM: [Blocks] = [
        Blocks(correction: 10, first: (1, 16), second: (0, 0)), Blocks(correction: 16, first: (1, 28), second: (0, 0)),
        Blocks(correction: 26, first: (1, 44), second: (0, 0)), Blocks(correction: 18, first: (2, 32), second: (0, 0)),
        Blocks(correction: 24, first: (2, 43), second: (0, 0)), Blocks(correction: 16, first: (4, 27), second: (0, 0)),
        Blocks(correction: 18, first: (4, 31), second: (0, 0)), Blocks(correction: 22, first: (2, 38), second: (2, 39)),
        Blocks(correction: 22, first: (3, 36), second: (2, 37)),
        Blocks(correction: 26, first: (4, 43), second: (1, 44)),
        Blocks(correction: 30, first: (1, 50), second: (4, 51)),
        Blocks(correction: 22, first: (6, 36), second: (2, 37)),
        Blocks(correction: 22, first: (8, 37), second: (1, 38)),
        Blocks(correction: 24, first: (4, 40), second: (5, 41)),
        Blocks(correction: 24, first: (5, 41), second: (5, 42)),
    ]

    static func blocks(version: Int) -> Blocks { levelM[version - 1] }

    static func dataCodewords(version: Int) -> Int {
        let blocks = blocks(version: version)
        return blocks.first.count * blocks.first.data + blocks.second.count * blocks.second.data
    }

    /// The smallest version that holds so many bytes: 4 bits of mode, 8 or 16 of count, the bytes.
    static func version(forBytes count: Int) -> Int? {
        (1...maximumVersion).first { version in
            4 + countBits(version: version) + 8 * count <= 8 * dataCodewords(version: version)
        }
    }

    /// Table 3: bits of the character count in byte mode.
    static func countBits(version: Int) -> Int { version < 10 ? 8 : 16 }

    /// Annex E: rows and columns of alignment patterns' centres.
    static func alignment(version: Int) -> [Int] {
        guard version > 1 else { return [] }
        let last = 4 * version + 10
        guard version >= 7 else { return [6, last] }
        // Versions 7 to 13 have three of them, 14 and 15 four.
        return version < 14 ? [6, (6 + last) / 2, last] : version == 14 ? [6, 26, 46, 66] : [6, 26, 48, 70]
    }
}
