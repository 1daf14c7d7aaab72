import Vocabulary

/// Writes the primitive values of a segment: LEB128 integers, counted texts, raw ids.
struct SegmentBytes {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }
    mutating func byte(_ value: UInt8) { bytes.append(value) }
    mutating func raw(_ values: [UInt8]) { bytes.append(contentsOf: values) }
    mutating func raw(_ values: ArraySlice<UInt8>) { bytes.append(contentsOf: values) }
    mutating func raw(_ values: UnsafeRawBufferPointer) { bytes.append(contentsOf: values) }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ value: Int) { number(UInt64(value)) }

    /// Zigzag, so that small differences stay small in both directions.
    mutating func signed(_ value: Int64) { number(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func fixed(_ value: UInt64) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func id<Kind>(_ id: Identifier<Kind>) {
        fixed(id.high)
        fixed(id.low)
    }

    mutating func counted(_ values: [UInt8]) {
        number(values.count)
        bytes.append(contentsOf: values)
    }

    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 {
            number($0.count)
            bytes.append(contentsOf: $0)
        }
    }

    mutating func subject(_ subject: Subject?) {
        switch subject {
        case nil: byte(0)
        case .person(let id):
            byte(1)
            self.id(id)
        case .serviceAccount(let id):
            byte(2)
            self.id(id)
        }
    }

    mutating func optional<T>(_ value: T?, _ write: (inout Self, T) -> Void) {
        byte(value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }
}

/// Reads what `SegmentBytes` wrote; anything else throws `decisions.malformed`.
struct SegmentBytesReader {
    static let malformed = Fault("decisions.malformed", .ourselves, "A decision record cannot be read.")
    private let bytes: ArraySlice<UInt8>
    private(set) var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    var isAtEnd: Bool { index == bytes.endIndex }

    mutating func raw(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.endIndex - index else { throw Self.malformed }
        defer { index += count }
        return bytes[index..<index + count]
    }

    mutating func byte() throws -> UInt8 {
        guard index < bytes.endIndex else { throw Self.malformed }
        defer { index += 1 }
        return bytes[index]
    }

    mutating func number() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw Self.malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Self.malformed
    }

    /// A count or an index below `limit`.
    mutating func count(below limit: Int = 1 << 24) throws -> Int {
        let value = try number()
        guard value < UInt64(limit) else { throw Self.malformed }
        return Int(value)
    }

    mutating func signed() throws -> Int64 {
        let value = try number()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func fixed() throws -> UInt64 { try raw(8).reduce(0) { $0 << 8 | UInt64($1) } }
    mutating func id<Kind>() throws -> Identifier<Kind> { Identifier(high: try fixed(), low: try fixed()) }
    mutating func counted() throws -> [UInt8] { Array(try raw(try count())) }

    mutating func text() throws -> String {
        guard let text = String(validating: try raw(try count()), as: UTF8.self) else { throw Self.malformed }
        return text
    }

    mutating func subject() throws -> Subject? {
        switch try byte() {
        case 0: nil
        case 1: .person(try id())
        case 2: .serviceAccount(try id())
        default: throw Self.malformed
        }
    }

    mutating func optional<T>(_ read: (inout Self) throws -> T) throws -> T? {
        switch try byte() {
        case 0: nil
        case 1: try read(&self)
        default: throw Self.malformed
        }
    }

    mutating func list<T>(below limit: Int = 1 << 16, _ read: (inout Self) throws -> T) throws -> [T] {
        let count = try count(below: limit)
        return try (0..<count).map { _ in try read(&self) }
    }
}
