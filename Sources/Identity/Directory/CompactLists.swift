/// Many short lists of indices in two arrays: offsets and values. What a dictionary of arrays would be at a tenth of
/// the memory.
struct CompactLists: Sendable {
    private var offsets: [Int32]
    private var values: [Int32]

    /// Groups (key, value) pairs by key; each list comes out ascending with duplicates dropped. Counting sort: two
    /// passes, no comparison of keys.
    init(count: Int, pairs: [(Int32, Int32)]) {
        var starts = [Int32](repeating: 0, count: count + 1)
        for (key, _) in pairs { starts[Int(key) + 1] += 1 }
        for index in 0..<count { starts[index + 1] += starts[index] }
        var next = starts
        var sorted = [Int32](repeating: 0, count: pairs.count)
        for (key, value) in pairs {
            sorted[Int(next[Int(key)])] = value
            next[Int(key)] += 1
        }
        var builder = Builder(count: count, capacity: pairs.count)
        for index in 0..<count {
            builder.appendUnique(&sorted, from: Int(starts[index]), to: Int(starts[index + 1]))
        }
        self = builder.finish()
    }

    private init(offsets: [Int32], values: [Int32]) {
        self.offsets = offsets
        self.values = values
    }

    var count: Int { offsets.count - 1 }
    var total: Int { values.count }

    subscript(index: Int) -> ArraySlice<Int32> { values[Int(offsets[index])..<Int(offsets[index + 1])] }

    /// Appends list after list.
    struct Builder {
        private var offsets: [Int32] = [0]
        private var values: [Int32] = []

        init(count: Int, capacity: Int = 0) {
            offsets.reserveCapacity(count + 1)
            values.reserveCapacity(capacity)
        }

        mutating func append(_ list: some Sequence<Int32>) {
            values.append(contentsOf: list)
            offsets.append(Int32(values.count))
        }

        fileprivate mutating func appendUnique(_ source: inout [Int32], from start: Int, to end: Int) {
            if end - start > 1 { source[start..<end].sort() }
            for index in start..<end where index == start || source[index] != source[index - 1] {
                values.append(source[index])
            }
            offsets.append(Int32(values.count))
        }

        consuming func finish() -> CompactLists { CompactLists(offsets: offsets, values: values) }
    }
}

/// A row of bits, one per group or role.
struct BitRow: Sendable, Hashable {
    private(set) var words: [UInt64]

    init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

    mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }
    func contains(_ index: Int) -> Bool { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }
    mutating func clear() { for index in words.indices { words[index] = 0 } }
    mutating func formUnion(_ other: BitRow) { for index in words.indices { words[index] |= other.words[index] } }
    func subtracting(_ other: BitRow) -> BitRow {
        var result = self
        for index in words.indices { result.words[index] &= ~other.words[index] }
        return result
    }
    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The set bits, ascending.
    var indices: [Int32] {
        var found: [Int32] = []
        for (position, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                found.append(Int32(position * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return found
    }
}
