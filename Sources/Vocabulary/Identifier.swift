/// A UUID that names one kind of thing, so that a person's id can never be passed where a group's is expected.
///
/// Ids are surrogates: they carry no meaning, are never reused and survive every rename. The textual form is the
/// lower-case 8-4-4-4-12 of RFC 9562; the binary form is its sixteen bytes, most significant first.
public struct Identifier<Kind>: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a version 7 UUID (RFC 9562 §5.7): time-ordered, so that rows made together are stored together.
    public init(at now: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(max(0, now.microseconds / 1_000)) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | generator.next() & 0x0FFF
        low = 0x8000_0000_0000_0000 | generator.next() & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Makes a version 7 UUID from the system's random source. The shell calls this; pure code is handed ids.
    public static func random(at now: Timestamp) -> Self {
        var generator = SystemRandomNumberGenerator()
        return Self(at: now, using: &generator)
    }

    /// Reads the textual form, in either case; anything else, braces and URNs included, is nil.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36, bytes[8] == 0x2D, bytes[13] == 0x2D, bytes[18] == 0x2D, bytes[23] == 0x2D else {
            return nil
        }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in bytes.enumerated() where ![8, 13, 18, 23].contains(index) {
            guard let digit = hexDigit(byte) else { return nil }
            if digits < 16 { halves.0 = halves.0 << 4 | digit } else { halves.1 = halves.1 << 4 | digit }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// Reads the sixteen bytes of the binary form; any other count is nil.
    public init?(bytes: some Collection<UInt8>) { self.init(bytes: Array(bytes)) }

    /// Reads the sixteen bytes of the binary form; any other count is nil. Half a million times in a directory job, so
    /// not byte by byte.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        (high, low) = bytes.withUnsafeBytes { raw in
            (
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    public var bytes: [UInt8] {
        Array(unsafeUninitializedCapacity: 16) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            raw.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            count = 16
        }
    }

    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var out = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[out] = 0x2D
                    out += 1
                }
                let half = index < 16 ? high : low
                buffer[out] = digits[Int(half >> UInt64(60 - 4 * (index & 15)) & 0xF)]
                out += 1
            }
            return 36
        }
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

private func hexDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 0x30...0x39: UInt64(byte - 0x30)
    case 0x41...0x46: UInt64(byte - 0x41 + 10)
    case 0x61...0x66: UInt64(byte - 0x61 + 10)
    default: nil
    }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
