/// A keyed 64-bit hash over bytes in the manner of wyhash. Both halves of the key enter every multiplication, so that
/// whoever chooses names cannot choose collisions.
struct TextHash: Sendable {
    private let first: UInt64
    private let second: UInt64

    /// Keyed by the process's own hashing seed, which the standard library draws at start.
    static let process = TextHash(first: seed(0), second: seed(1))

    private static func seed(_ number: Int) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(number)
        return UInt64(bitPattern: Int64(hasher.finalize())) | 1
    }

    @inline(__always)
    func callAsFunction(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let count = bytes.count
        guard let base = UnsafeRawPointer(bytes.baseAddress), count > 0 else { return first }
        var (a, b): (UInt64, UInt64)
        if count >= 8 {
            var state = first
            var place = 0
            while count - place > 16 {
                state = fold(word(base, place) ^ second, word(base, place + 8) ^ state)
                place += 16
            }
            a = (count >= 16 ? word(base, count - 16) : word(base, 0)) ^ state
            b = word(base, count - 8)
        } else if count >= 4 {
            a = UInt64(base.loadUnaligned(as: UInt32.self))
            b = UInt64(base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            a = UInt64(bytes[0]) | UInt64(bytes[count >> 1]) << 8 | UInt64(bytes[count - 1]) << 16
            b = 0
        }
        return fold(fold(a ^ second, b ^ first) ^ UInt64(count), second)
    }

    @inline(__always)
    private func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (high, low) = a.multipliedFullWidth(by: b)
        return high ^ low
    }
}

/// A 64-bit hash over bytes, keyed by the process: for tables that compare the bytes themselves as well.
public enum KeyedHash {
    /// The hash of these bytes in this process; another process has another one.
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        TextHash.process(bytes.assumingMemoryBound(to: UInt8.self))
    }
}

/// An immutable map from names to numbers 0, 1, 2 …: open addressing over bytes. Requests only look up, never add.
///
/// A class over plain memory, because a decision looks up several names, and counting references to three arrays for
/// each of them costs more than the look-up.
final class TextTable: Sendable {
    /// Sixteen bytes that tell almost every other name apart and lead to the name's bytes without a detour.
    fileprivate struct Slot: BitwiseCopyable, Sendable {
        var tag: UInt32 = 0
        /// The name's number plus one; zero is an empty slot.
        var number: UInt32 = 0
        var start: UInt32 = 0
        var count: UInt32 = 0
    }

    private let slots: FlatTable<Slot>
    private let bytes: FlatTable<UInt8>
    let names: [String]

    var count: Int { names.count }

    /// Numbers the different names in their order of appearance.
    init(_ candidates: some Sequence<String>) {
        var builder = TextTableBuilder()
        for name in candidates { builder.add(name) }
        slots = FlatTable(builder.slots)
        bytes = FlatTable(builder.bytes)
        names = builder.names
    }

    deinit {
        slots.deallocate()
        bytes.deallocate()
    }

    /// The name's number, compared byte for byte.
    @inline(__always)
    subscript(name: String) -> Int? {
        withBytes(of: name) { find($0, TextHash.process($0)) }
    }

    @inline(__always)
    private func find(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int? {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[place]
            if slot.number == 0 { return nil }
            if slot.tag == UInt32(hash >> 32), slot.count == name.count,
                sameBytes(UnsafeBufferPointer(start: bytes.base + Int(slot.start), count: name.count), name)
            {
                return Int(slot.number) - 1
            }
            place = (place + 1) & mask
        }
    }
}

/// A table while names are still added.
private struct TextTableBuilder {
    private(set) var slots = Array(repeating: TextTable.Slot(), count: 16)
    private(set) var bytes: [UInt8] = []
    private(set) var names: [String] = []

    /// Adds a name unless it is there.
    mutating func add(_ name: String) {
        var name = name
        let hash = name.withUTF8 { TextHash.process($0) }
        guard !holds(name, hash) else { return }
        let start = bytes.count
        names.append(name)
        bytes += name.utf8
        if names.count * 2 > slots.count {
            let old = slots
            slots = Array(repeating: TextTable.Slot(), count: old.count * 2)
            for slot in old where slot.number != 0 { place(slot, self.hash(slot)) }
        }
        place(
            TextTable.Slot(
                tag: UInt32(hash >> 32), number: UInt32(names.count), start: UInt32(start),
                count: UInt32(bytes.count - start)), hash)
    }

    private func holds(_ name: String, _ hash: UInt64) -> Bool {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place].number != 0 {
            let slot = slots[place]
            if slot.tag == UInt32(hash >> 32), sameText(names[Int(slot.number) - 1], name) { return true }
            place = (place + 1) & mask
        }
        return false
    }

    private func hash(_ slot: TextTable.Slot) -> UInt64 {
        bytes.withUnsafeBufferPointer { all in
            TextHash.process(UnsafeBufferPointer(rebasing: all[Int(slot.start)..<Int(slot.start + slot.count)]))
        }
    }

    private mutating func place(_ slot: TextTable.Slot, _ hash: UInt64) {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place].number != 0 { place = (place + 1) & mask }
        slots[place] = slot
    }
}

/// Whether two runs hold the same bytes.
@inline(__always)
func sameBytes(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    var index = 0
    guard let p = UnsafeRawPointer(a.baseAddress), let q = UnsafeRawPointer(b.baseAddress) else { return true }
    while index + 8 <= a.count {
        let left = p.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if left != q.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
        index += 8
    }
    while index < a.count {
        if a[index] != b[index] { return false }
        index += 1
    }
    return true
}

/// Whether two texts are the same bytes. Swift's `==` also equates different spellings of one character, which would
/// let two different names pass for one.
@inline(__always)
func sameText(_ a: String, _ b: String) -> Bool {
    guard a.utf8.count == b.utf8.count else { return false }
    return withBytes(of: a) { left in withBytes(of: b) { sameBytes(left, $0) } }
}

/// Lends a text's bytes where they lie, without counting a reference to it.
@inline(__always)
func withBytes<Result>(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = text
    return copy.withUTF8(body)
}
