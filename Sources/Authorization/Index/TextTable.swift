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

/// An immutable map from names to numbers 0, 1, 2 …: open addressing over bytes. Requests only look up, never add.
struct TextTable: Sendable {
    private var slots: [UInt64]
    private var bytes: [UInt8] = []
    private var ends: [Int] = [0]
    private(set) var names: [String] = []

    var count: Int { names.count }

    /// Numbers the different names in their order of appearance.
    init(_ candidates: some Sequence<String>) {
        slots = Array(repeating: 0, count: 16)
        for name in candidates where self[name] == nil { insert(name) }
    }

    /// The name's number, compared byte for byte.
    @inline(__always)
    subscript(name: String) -> Int? {
        var name = name
        return name.withUTF8 { find($0, TextHash.process($0)) }
    }

    @inline(__always)
    private func find(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Int? {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 {
            let slot = slots[place]
            let index = Int(slot & 0xFFFF_FFFF) - 1
            if slot >> 32 == hash >> 32, isEqual(index, name) { return index }
            place = (place + 1) & mask
        }
        return nil
    }

    @inline(__always)
    private func isEqual(_ index: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = ends[index]
        guard ends[index + 1] - start == name.count else { return false }
        return bytes.withUnsafeBufferPointer { all in
            sameBytes(UnsafeBufferPointer(rebasing: all[start..<start + name.count]), name)
        }
    }

    private mutating func insert(_ name: String) {
        names.append(name)
        bytes += name.utf8
        ends.append(bytes.count)
        if names.count * 2 > slots.count {
            slots = Array(repeating: 0, count: slots.count * 2)
            for index in names.indices { place(index) }
        } else {
            place(names.count - 1)
        }
    }

    private mutating func place(_ index: Int) {
        var name = names[index]
        let hash = name.withUTF8 { TextHash.process($0) }
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        slots[place] = (hash & ~0xFFFF_FFFF) | UInt64(index + 1)
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
    var (a, b) = (a, b)
    return a.withUTF8 { left in b.withUTF8 { sameBytes(left, $0) } }
}
