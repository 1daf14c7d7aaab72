import Authorization
import Vocabulary

/// What a request said and what was read for it: the part of a decision that may be personal. In a segment it stands
/// only sealed under the subject's key.
public struct DecisionInputs: Sendable, Hashable {
    public let action: String
    public let resourceType: String
    public let resourceID: String
    public let reads: [RecordedRead]
}

extension DecisionInputs {
    /// More than this many encoded bytes are not kept; the record says so.
    static let byteLimit = 256 << 10
    private static let depthLimit = 32

    /// Appends the canonical form of a decision's inputs; false when it is too large or nests too deep.
    static func encode(_ decision: borrowing RecordedDecision, into out: inout ParcelCursor) -> Bool {
        let limit = out.count + byteLimit
        out.subject(decision.asker.facts.subject)
        out.text(decision.action)
        out.text(decision.resourceType)
        out.text(decision.resourceID)
        out.number(decision.reads.count)
        for read in decision.reads {
            out.text(read.name)
            out.text(read.source)
            switch read.value {
            case .absent: out.byte(0)
            case .value(let value):
                out.byte(1)
                guard encode(value, 0, limit, into: &out) else { return false }
            case .digest(let digest):
                out.byte(2)
                out.counted(digest)
            }
            guard out.count <= limit else { return false }
        }
        return out.count <= limit
    }

    static func encode(
        _ value: AttributeValue, _ depth: Int, _ limit: Int, into out: inout ParcelCursor
    ) -> Bool {
        guard depth < depthLimit, out.count <= limit else { return false }
        switch value {
        case .null: out.byte(0)
        case .bool(let flag): out.byte(flag ? 2 : 1)
        case .integer(let number):
            out.byte(3)
            out.signed(number)
        case .number(let number):
            out.byte(4)
            out.fixed(number.bitPattern)
        case .string(let text):
            out.byte(5)
            out.text(text)
        case .list(let values):
            out.byte(6)
            out.number(values.count)
            for value in values {
                guard encode(value, depth + 1, limit, into: &out) else { return false }
            }
        case .object(let members):
            out.byte(7)
            out.number(members.count)
            // Sorted, because equal inputs must have equal bytes to be written once.
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                out.text(name)
                guard encode(member, depth + 1, limit, into: &out) else { return false }
            }
        }
        return true
    }

    /// Reads the canonical form. Throws `decisions.malformed`.
    init(decoding bytes: [UInt8]) throws {
        var reader = SegmentBytesReader(bytes[...])
        _ = try reader.subject()
        action = try reader.text()
        resourceType = try reader.text()
        resourceID = try reader.text()
        reads = try reader.list { reader in
            RecordedRead(name: try reader.text(), source: try reader.text(), value: try Self.readValue(&reader))
        }
        guard reader.isAtEnd else { throw SegmentBytesReader.malformed }
    }

    private static func readValue(_ reader: inout SegmentBytesReader) throws -> RecordedRead.Value {
        switch try reader.byte() {
        case 0: .absent
        case 1: .value(try decode(&reader, 0))
        case 2: .digest(try reader.counted())
        default: throw SegmentBytesReader.malformed
        }
    }

    private static func decode(_ reader: inout SegmentBytesReader, _ depth: Int) throws -> AttributeValue {
        guard depth < depthLimit else { throw SegmentBytesReader.malformed }
        switch try reader.byte() {
        case 0: return .null
        case 1: return .bool(false)
        case 2: return .bool(true)
        case 3: return .integer(try reader.signed())
        case 4: return .number(Double(bitPattern: try reader.fixed()))
        case 5: return .string(try reader.text())
        case 6: return .list(try reader.list(below: byteLimit) { try decode(&$0, depth + 1) })
        case 7:
            let members = try reader.list(below: byteLimit) { (try $0.text(), try decode(&$0, depth + 1)) }
            return .object(Dictionary(members, uniquingKeysWith: { _, last in last }))
        default: throw SegmentBytesReader.malformed
        }
    }
}
