import Vocabulary

/// How a read stands among the bytes that `PolicyIndex.writeReads` writes: its slot, one of these, and what it needs.
enum ReadForm: UInt8 {
    case absent
    // Stored values, as the index compared them.
    case text
    /// One that no policy compares with, in full.
    case storedText
    case integer
    case number
    case off
    case on
    // Values of the request.
    case requestText
    case requestInteger
    case requestNumber
    case requestOff
    case requestOn
    case action
    case resourceType
    case resourceID

    var source: AttributeRead.Source {
        switch self {
        case .absent: .absent
        case .text, .storedText, .integer, .number, .off, .on: .stored
        case .requestText, .requestInteger, .requestNumber, .requestOff, .requestOn, .action, .resourceType,
            .resourceID:
            .request
        }
    }
}

/// Writes reads into lent memory. What does not fit makes it stop.
struct ReadBytes {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private(set) var count = 0
    private(set) var isFull = false

    /// The memory must outlive this.
    init(_ memory: UnsafeMutableRawBufferPointer, _ base: UnsafeMutableRawPointer) {
        (self.base, capacity) = (base, memory.count)
    }

    @inline(__always)
    private mutating func begin(_ slot: Int, _ form: ReadForm, behind: Int) -> UnsafeMutableRawPointer? {
        guard capacity - count >= 2 + behind else {
            isFull = true
            return nil
        }
        let place = base + count
        place.storeBytes(of: UInt8(truncatingIfNeeded: slot), as: UInt8.self)
        place.storeBytes(of: form.rawValue, toByteOffset: 1, as: UInt8.self)
        count += 2 + behind
        return place + 2
    }

    @inline(__always)
    mutating func plain(_ slot: Int, _ form: ReadForm) { _ = begin(slot, form, behind: 0) }

    @inline(__always)
    mutating func bits(_ slot: Int, _ form: ReadForm, _ bits: Int64) {
        begin(slot, form, behind: 8)?.storeBytes(of: bits.littleEndian, as: Int64.self)
    }

    @inline(__always)
    mutating func known(_ slot: Int, _ text: Int64) {
        begin(slot, .text, behind: 4)?.storeBytes(
            of: UInt32(truncatingIfNeeded: text).littleEndian, as: UInt32.self)
    }

    /// False for a text of more than 255 bytes.
    @inline(__always)
    mutating func text(_ slot: Int, _ form: ReadForm, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count <= 255 else { return false }
        guard let place = begin(slot, form, behind: 1 + text.count) else { return true }
        place.storeBytes(of: UInt8(truncatingIfNeeded: text.count), as: UInt8.self)
        if let from = text.baseAddress { (place + 1).copyMemory(from: from, byteCount: text.count) }
        return true
    }
}
