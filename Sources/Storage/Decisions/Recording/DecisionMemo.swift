import Authorization
import Glibc

/// How decisions with equal keys stand in the open segment, so that each key is taken apart once. An optimisation only:
/// it is bounded, and emptied whenever it is full.
struct DecisionMemo {
    /// A decision's place in the segment's dictionaries, as bytes of its record.
    struct Entry {
        fileprivate let hash: UInt64
        fileprivate let keyStart: Int
        fileprivate let keyCount: Int
        fileprivate let turn: Int
        fileprivate let answer: UInt8
        /// What stands in a record between position and what is the decision's own.
        let before: Range<Int>
        /// What stands in it behind.
        let after: Range<Int>
        /// Among the folds of this tick; -1 for none.
        var fold: Int = -1
    }

    private static let entryLimit = 1 << 16
    private static let byteLimit = 16 << 20

    private var slots: [Int32] = []
    private var entries: [Entry] = []
    /// Keys, and parts of records.
    private(set) var bytes: [UInt8] = []

    var isFull: Bool { entries.count >= Self.entryLimit || bytes.count >= Self.byteLimit }

    subscript(_ number: Int) -> Entry {
        get { entries[number] }
        set { entries[number] = newValue }
    }

    mutating func removeAll() {
        slots = []
        entries.removeAll(keepingCapacity: entries.count > 1 << 10)
        bytes.removeAll(keepingCapacity: bytes.count > 1 << 18)
    }

    mutating func setFold(_ fold: Int, of number: Int) { entries[number].fold = fold }

    static func hash(_ key: UnsafeRawBufferPointer, _ turn: Int, _ answer: UInt8) -> UInt64 {
        KeyedHash.of(key) ^ UInt64(turn) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(answer) << 56
    }

    /// The entry of these very bytes.
    func find(_ key: UnsafeRawBufferPointer, _ turn: Int, _ answer: UInt8, _ hash: UInt64) -> Int? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] >= 0 {
            let number = Int(slots[place])
            let entry = entries[number]
            if entry.hash == hash, entry.keyCount == key.count, entry.turn == turn, entry.answer == answer,
                isEqual(entry.keyStart, key)
            {
                return number
            }
            place = (place + 1) & mask
        }
        return nil
    }

    private func isEqual(_ start: Int, _ key: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBytes { all in
            guard let known = all.baseAddress, let asked = key.baseAddress else { return key.isEmpty }
            return memcmp(known + start, asked, key.count) == 0
        }
    }

    /// Keeps an entry for a key that is not there yet.
    mutating func insert(
        _ key: UnsafeRawBufferPointer, _ turn: Int, _ answer: UInt8, _ hash: UInt64, before: [UInt8], after: [UInt8]
    ) -> Int {
        let start = bytes.count
        bytes.append(contentsOf: key)
        let middle = bytes.count
        bytes.append(contentsOf: before)
        bytes.append(contentsOf: after)
        entries.append(
            Entry(
                hash: hash, keyStart: start, keyCount: key.count, turn: turn, answer: answer,
                before: middle..<middle + before.count, after: middle + before.count..<bytes.count))
        if entries.count * 2 > slots.count {
            slots = Array(repeating: -1, count: max(1 << 10, slots.count * 2))
            for number in entries.indices { place(number) }
        } else {
            place(entries.count - 1)
        }
        return entries.count - 1
    }

    private mutating func place(_ number: Int) {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: entries[number].hash) & mask
        while slots[place] >= 0 { place = (place + 1) & mask }
        slots[place] = Int32(number)
    }
}
