import Vocabulary

/// The fixed part of a segment file: a header of 40 bytes, then frames.
///
/// A frame is its payload's length (four bytes, big-endian), the payload, and the first 16 bytes of SHA-256 over
/// everything in the file before this tag. So a frame is whole only when all before it is, too.
enum SegmentFormat {
    static let magic = Array("GWDSEG01".utf8)
    static let headerLength = 40
    static let tagLength = 16
    static let frameLimit = 4 << 20

    /// Kinds of entries within a frame's payload. Definitions are numbered from 0 in order of appearance, per kind.
    enum Entry: UInt8 {
        case word = 1
        case subject = 2
        case basis = 3
        case asker = 4
        case inputs = 5
        case decision = 6
        case fold = 7
        case gap = 8
        case close = 9
    }

    /// How the inputs of a record stand in the segment.
    enum InputsState: UInt8 {
        case sealed = 0
        case sealingFailed = 1
        case tooLarge = 2
    }

    struct Header: Equatable {
        let tenant: TenantID
        let first: Int64
        let createdAt: Timestamp

        var bytes: [UInt8] {
            var out = SegmentBytes()
            out.raw(SegmentFormat.magic)
            out.id(tenant)
            out.fixed(UInt64(bitPattern: first))
            out.fixed(UInt64(bitPattern: createdAt.microseconds))
            return out.bytes
        }
    }

    static func header(_ bytes: [UInt8]) -> Header? {
        guard bytes.count == headerLength, bytes.starts(with: magic) else { return nil }
        var reader = SegmentBytesReader(bytes[8...])
        guard let tenant: TenantID = try? reader.id(), let first = try? reader.fixed(), let time = try? reader.fixed(),
            first > 0, first < 1 << 62
        else { return nil }
        return Header(
            tenant: tenant, first: Int64(first), createdAt: Timestamp(microseconds: Int64(bitPattern: time)))
    }

    /// Binds sealed inputs to their place, so that they open nowhere else.
    static func associatedData(_ tenant: TenantID, segment first: Int64, inputs index: Int) -> [UInt8] {
        var out = SegmentBytes()
        out.raw(Array("gatehouse decision inputs v1".utf8))
        out.id(tenant)
        out.fixed(UInt64(bitPattern: first))
        out.fixed(UInt64(index))
        return out.bytes
    }
}

/// Decisions of one tenant that were made and could not be recorded.
public struct DecisionGap: Sendable, Hashable {
    /// Not recorded and answered nevertheless (below mandatory).
    public internal(set) var lost: Int64 = 0
    /// Not recorded and therefore denied by the caller (mandatory and above).
    public internal(set) var overflowed: Int64 = 0
    public internal(set) var first: Timestamp
    public internal(set) var last: Timestamp

    mutating func merge(_ other: Self) {
        lost += other.lost
        overflowed += other.overflowed
        first = min(first, other.first)
        last = max(last, other.last)
    }
}
