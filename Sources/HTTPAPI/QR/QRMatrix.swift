/// The square of modules while it is being drawn (ISO/IEC 18004 §6.3, §7.7 to §7.9).
struct QRMatrix {
    let version: Int
    let size: Int
    private(set) var modules: [Bool]
    private var isFunction: [Bool]

    init(version: Int) {
        self.version = version
        size = 4 * version + 17
        modules = Array(repeating: false, count: size * size)
        isFunction = modules
        drawPatterns()
    }

    subscript(row: Int, column: Int) -> Bool { modules[row * size + column] }

    private mutating func set(_ row: Int, _ column: Int, _ isDark: Bool) {
        modules[row * size + column] = isDark
        isFunction[row * size + column] = true
    }

    private mutating func drawPatterns() {
        for index in 0..<size {
            set(6, index, index % 2 == 0)
            set(index, 6, index % 2 == 0)
        }
        for (row, column) in [(3, 3), (3, size - 4), (size - 4, 3)] { drawFinder(row, column) }
        let centres = QRTables.alignment(version: version)
        for row in centres {
            for column in centres where !isCorner(row, column) { drawAlignment(row, column) }
        }
        // Reserves the format's places; the real bits follow when the mask is known.
        drawFormat(mask: 0)
        drawVersion()
    }

    private func isCorner(_ row: Int, _ column: Int) -> Bool {
        let last = size - 7
        return (row == 6 && column == 6) || (row == 6 && column == last) || (row == last && column == 6)
    }

    private mutating func drawFinder(_ row: Int, _ column: Int) {
        for y in -4...4 {
            for x in -4...4 where (0..<size).contains(row + y) && (0..<size).contains(column + x) {
                let ring = max(abs(x), abs(y))
                set(row + y, column + x, ring != 2 && ring != 4)
            }
        }
    }

    private mutating func drawAlignment(_ row: Int, _ column: Int) {
        for y in -2...2 {
            for x in -2...2 { set(row + y, column + x, max(abs(x), abs(y)) != 1) }
        }
    }

    /// §7.9: level M is 00; BCH(15,5) with generator 0x537, masked with 0x5412.
    mutating func drawFormat(mask: Int) {
        var remainder = mask
        for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
        let bits = (mask << 10 | remainder) ^ 0x5412
        let bit = { (index: Int) in bits >> index & 1 == 1 }
        for index in 0...5 { set(index, 8, bit(index)) }
        set(7, 8, bit(6))
        set(8, 8, bit(7))
        set(8, 7, bit(8))
        for index in 9...14 { set(8, 14 - index, bit(index)) }
        for index in 0...7 { set(8, size - 1 - index, bit(index)) }
        for index in 8...14 { set(size - 15 + index, 8, bit(index)) }
        set(size - 8, 8, true)
    }

    /// §7.10: BCH(18,6) with generator 0x1F25, from version 7 on.
    private mutating func drawVersion() {
        guard version >= 7 else { return }
        var remainder = version
        for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25 }
        let bits = version << 12 | remainder
        for index in 0..<18 {
            let isDark = bits >> index & 1 == 1
            set(index / 3, size - 11 + index % 3, isDark)
            set(size - 11 + index % 3, index / 3, isDark)
        }
    }

    /// Lays the codewords in the zigzag of §7.7.3 and masks them on the way.
    mutating func place(_ codewords: [UInt8], mask: Int) {
        var index = 0
        for right in stride(from: size - 1, through: 1, by: -2).map({ $0 <= 6 ? $0 - 1 : $0 }) {
            let isUpward = (right + 1) & 2 == 0
            for step in 0..<size {
                let row = isUpward ? size - 1 - step : step
                for column in [right, right - 1] where !isFunction[row * size + column] {
                    let isSet = index < codewords.count * 8 && codewords[index / 8] >> (7 - UInt8(index % 8)) & 1 == 1
                    modules[row * size + column] = isSet != Self.isMasked(mask, row, column)
                    index += 1
                }
            }
        }
    }

    /// Table 10.
    private static func isMasked(_ mask: Int, _ row: Int, _ column: Int) -> Bool {
        switch mask {
        case 0: (row + column) % 2 == 0
        case 1: row % 2 == 0
        case 2: column % 3 == 0
        case 3: (row + column) % 3 == 0
        case 4: (row / 2 + column / 3) % 2 == 0
        case 5: row * column % 2 + row * column % 3 == 0
        case 6: (row * column % 2 + row * column % 3) % 2 == 0
        default: ((row + column) % 2 + row * column % 3) % 2 == 0
        }
    }
}

extension QRMatrix {
    /// §7.8.3: the lower, the easier to scan.
    var penalty: Int {
        var total = 0
        for index in 0..<size {
            total += Self.linePenalty((0..<size).map { self[index, $0] })
            total += Self.linePenalty((0..<size).map { self[$0, index] })
        }
        return total + squarePenalty + balancePenalty
    }

    /// Runs of five and more, and patterns that look like a finder.
    private static func linePenalty(_ line: [Bool]) -> Int {
        var total = 0
        var run = 0
        for index in line.indices {
            run = index > 0 && line[index] == line[index - 1] ? run + 1 : 1
            if run == 5 { total += 3 } else if run > 5 { total += 1 }
        }
        let finder = [true, false, true, true, true, false, true]
        for start in 0...(line.count - 7) where Array(line[start..<start + 7]) == finder {
            let isLight = { (range: Range<Int>) in
                range.allSatisfy { !line.indices.contains($0) || !line[$0] }
            }
            if isLight(start - 4..<start) || isLight(start + 7..<start + 11) { total += 40 }
        }
        return total
    }

    private var squarePenalty: Int {
        var total = 0
        for row in 0..<size - 1 {
            for column in 0..<size - 1 {
                let first = self[row, column]
                if self[row, column + 1] == first, self[row + 1, column] == first, self[row + 1, column + 1] == first {
                    total += 3
                }
            }
        }
        return total
    }

    private var balancePenalty: Int {
        let dark = modules.count { $0 }
        return abs(dark * 20 - modules.count * 10) / modules.count * 10
    }
}
