import Vocabulary

/// Writes primitive values into lent memory; what does not fit is left out and noted.
struct ParcelCursor: ~Copyable {
    private let base: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0
    private(set) var hasOverflowed = false

    /// The memory must outlive the cursor.
    init(_ memory: UnsafeMutableRawBufferPointer) {
        base = memory.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
        capacity = memory.count
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    @inline(__always)
    private mutating func take(_ wanted: Int) -> UnsafeMutablePointer<UInt8>? {
        guard capacity - count >= wanted else {
            hasOverflowed = true
            return nil
        }
        defer { count += wanted }
        return base + count
    }

    /// Leaves room that `patch` fills.
    mutating func skip(_ wanted: Int) { _ = take(wanted) }
    /// Takes back what was written after this many bytes.
    mutating func cut(to earlier: Int) { count = min(count, earlier) }

    mutating func patch<T: BitwiseCopyable>(_ value: T, at offset: Int) {
        guard offset + MemoryLayout<T>.size <= capacity else { return }
        UnsafeMutableRawPointer(base + offset).storeBytes(of: value, as: T.self)
    }

    @inline(__always)
    mutating func byte(_ value: UInt8) { take(1)?.pointee = value }

    /// In the machine's own byte order.
    @inline(__always)
    mutating func native(_ value: Int64) {
        guard let place = take(8) else { return }
        UnsafeMutableRawPointer(place).storeBytes(of: value, as: Int64.self)
    }

    @inline(__always)
    mutating func fixed(_ value: UInt64) {
        guard let place = take(8) else { return }
        UnsafeMutableRawPointer(place).storeBytes(of: value.bigEndian, as: UInt64.self)
    }

    mutating func id<Kind>(_ id: Identifier<Kind>) {
        fixed(id.high)
        fixed(id.low)
    }

    @inline(__always)
    mutating func number(_ value: UInt64) {
        if value < 0x80 { return byte(UInt8(truncatingIfNeeded: value)) }
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(rest))
    }

    @inline(__always)
    mutating func number(_ value: Int) { number(UInt64(value)) }
    mutating func signed(_ value: Int64) { number(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    @inline(__always)
    mutating func raw(_ values: UnsafeBufferPointer<UInt8>) {
        guard !values.isEmpty, let place = take(values.count) else { return }
        place.update(from: values.baseAddress.unsafelyUnwrapped, count: values.count)
    }

    @inline(__always)
    mutating func raw(_ values: [UInt8]) { values.withUnsafeBufferPointer { raw($0) } }

    mutating func counted(_ values: [UInt8]) {
        number(values.count)
        raw(values)
    }

    @inline(__always)
    mutating func text(_ text: String) {
        // Where the bytes lie, without counting a reference to them.
        if text.utf8.withContiguousStorageIfAvailable({ counted($0) }) == nil { counted(Array(text.utf8)) }
    }

    @inline(__always)
    private mutating func counted(_ values: UnsafeBufferPointer<UInt8>) {
        number(values.count)
        raw(values)
    }

    /// Whether what was written from `start` on is made of `[A-Za-z0-9._:-]` only.
    func holdsToken(from start: Int) -> Bool {
        guard start < count else { return true }
        var place = start
        while count - place >= 8 {
            guard TokenBytes.areAll(UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)) else { return false }
            place += 8
        }
        // The rest, filled up with letters.
        var last = TokenBytes.letters
        while place < count {
            last = last << 8 | UInt64(base[place])
            place += 1
        }
        return TokenBytes.areAll(last)
    }

    /// Lets somebody else write: `body` answers how many bytes it wrote, nil when there was no room.
    @inline(__always)
    mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int?) {
        let rest = UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count)
        guard let written = body(rest), written <= rest.count else {
            hasOverflowed = true
            return
        }
        count += written
    }

    @inline(__always)
    mutating func short(_ value: UInt16) {
        guard let place = take(2) else { return }
        UnsafeMutableRawPointer(place).storeBytes(of: value.littleEndian, as: UInt16.self)
    }

    mutating func text(_ text: StaticString) {
        text.withUTF8Buffer {
            number($0.count)
            raw($0)
        }
    }

    mutating func subject(_ subject: Subject?) {
        switch subject {
        case nil: byte(0)
        case .person(let id)?:
            byte(1)
            self.id(id)
        case .serviceAccount(let id)?:
            byte(2)
            self.id(id)
        }
    }

    /// The decimal digits of a number that is not negative.
    mutating func digits(_ value: Int32) {
        guard value >= 10 else { return byte(0x30 + UInt8(truncatingIfNeeded: max(0, value))) }
        digits(value / 10)
        byte(0x30 + UInt8(truncatingIfNeeded: value % 10))
    }
}

/// Judges eight bytes at once, because two ids of every decision are looked at byte by byte otherwise.
enum TokenBytes {
    static let letters = every(0x61)

    /// Whether all eight bytes are of `[A-Za-z0-9._:-]`.
    @inline(__always)
    static func areAll(_ bytes: UInt64) -> Bool {
        // Bit 7 of each byte that is in one of the ranges; a byte beyond ASCII is in none and has it set already.
        let lower = bytes | every(0x20)
        let found =
            within(bytes, 0x2D, 0x2E) | within(bytes, 0x30, 0x3A) | within(lower, 0x61, 0x7A)
            | within(bytes, 0x5F, 0x5F)
        return bytes & every(0x80) == 0 && found & every(0x80) == every(0x80)
    }

    /// Sets bit 7 of each byte between these, both below 128, as long as all eight are.
    @inline(__always)
    private static func within(_ bytes: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64 {
        (bytes &+ every(0x80 - low)) & ~(bytes &+ every(0x7F - high))
    }

    @inline(__always)
    private static func every(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
}
