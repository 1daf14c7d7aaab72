/// From bytes to the interleaved codewords of a symbol (ISO/IEC 18004 §7.4 to §7.6).
enum QREncoding {
    static func codewords(_ bytes: [UInt8], version: Int) -> [UInt8] {
        interleave(dataCodewords(bytes, version: version), version: version)
    }

    static func dataCodewords(_ bytes: [UInt8], version: Int) -> [UInt8] {
        var bits = BitWriter()
        bits.append(0b0100, 4)
        bits.append(bytes.count, QRTables.countBits(version: version))
        for byte in bytes { bits.append(Int(byte), 8) }
        let capacity = QRTables.dataCodewords(version: version)
        bits.append(0, min(4, 8 * capacity - bits.count))
        while bits.count % 8 != 0 { bits.append(0, 1) }
        var words = bits.bytes
        var isFirst = true
        while words.count < capacity {
            words.append(isFirst ? 0xEC : 0x11)
            isFirst.toggle()
        }
        return words
    }

    private static func interleave(_ data: [UInt8], version: Int) -> [UInt8] {
        let layout = QRTables.blocks(version: version)
        let lengths =
            Array(repeating: layout.first.data, count: layout.first.count)
            + Array(repeating: layout.second.data, count: layout.second.count)
        var start = 0
        var blocks: [ArraySlice<UInt8>] = []
        for length in lengths {
            blocks.append(data[start..<start + length])
            start += length
        }
        let corrections = blocks.map { ReedSolomon.remainder(Array($0), count: layout.correction) }
        var out: [UInt8] = []
        for index in 0..<(lengths.max() ?? 0) {
            for block in blocks where index < block.count { out.append(block[block.startIndex + index]) }
        }
        for index in 0..<layout.correction {
            for correction in corrections { out.append(correction[index]) }
        }
        return out
    }
}

private struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    mutating func append(_ value: Int, _ width: Int) {
        for bit in stride(from: width - 1, through: 0, by: -1) {
            if count % 8 == 0 { bytes.append(0) }
            if value >> bit & 1 == 1 { bytes[count / 8] |= 0x80 >> UInt8(count % 8) }
            count += 1
        }
    }
}

/// Reed–Solomon over GF(2⁸) with the polynomial 0x11D (§7.5.2).
enum ReedSolomon {
    private static let tables: (exponent: [UInt8], logarithm: [Int]) = {
        var exponent = [UInt8](repeating: 0, count: 255)
        var logarithm = [Int](repeating: 0, count: 256)
        var value = 1
        for power in 0..<255 {
            exponent[power] = UInt8(value)
            logarithm[value] = power
            value = value << 1 ^ (value & 0x80 == 0 ? 0 : 0x11D)
        }
        return (exponent, logarithm)
    }()

    private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        guard left != 0, right != 0 else { return 0 }
        return tables.exponent[(tables.logarithm[Int(left)] + tables.logarithm[Int(right)]) % 255]
    }

    /// The generator's coefficients below its leading one, highest first.
    private static func generator(_ count: Int) -> [UInt8] {
        var coefficients = [UInt8](repeating: 0, count: count)
        coefficients[count - 1] = 1
        for power in 0..<count {
            let root = tables.exponent[power]
            for index in 0..<count {
                coefficients[index] = product(coefficients[index], root)
                if index + 1 < count { coefficients[index] ^= coefficients[index + 1] }
            }
        }
        return coefficients
    }

    static func remainder(_ data: [UInt8], count: Int) -> [UInt8] {
        let generator = generator(count)
        var remainder = [UInt8](repeating: 0, count: count)
        for byte in data {
            let factor = byte ^ remainder.removeFirst()
            remainder.append(0)
            for index in 0..<count { remainder[index] ^= product(generator[index], factor) }
        }
        return remainder
    }
}
