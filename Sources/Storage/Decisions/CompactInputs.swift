import Authorization
import Vocabulary

/// A decision's inputs as the deciding thread writes them: stored values as the numbers that the index compared, because
/// names and texts lie in memory that a decision does not touch. The recorder's thread makes `DecisionInputs` of them.
enum CompactInputs {
    private enum Form: UInt8 {
        case absent
        case requestValue
        case storedValue
        case text
        case integer
        case number
        case off
        case on
    }

    /// Appends the inputs; false when they are too large or nest too deep.
    static func write(
        _ decision: Decision, _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?,
        _ index: PolicyIndex?, into out: inout ParcelCursor
    ) -> Bool {
        let limit = out.count + DecisionInputs.byteLimit
        var fits = true
        out.text(request.action)
        out.text(request.resourceType)
        out.text(request.resourceID)
        guard let index else {
            out.number(0)
            return true
        }
        out.number(index.readCount(of: decision))
        index.forEachRead(of: decision, request, standing: standing, resources: resources) { slot, source, value in
            guard fits else { return }
            out.number(slot)
            switch value {
            case .absent: out.byte(Form.absent.rawValue)
            case .text(let number):
                out.byte(Form.text.rawValue)
                out.number(number)
            case .integer(let number):
                out.byte(Form.integer.rawValue)
                out.signed(number)
            case .number(let number):
                out.byte(Form.number.rawValue)
                out.fixed(number.bitPattern)
            case .flag(let flag): out.byte((flag ? Form.on : .off).rawValue)
            case .value(let value):
                out.byte((source == .stored ? Form.storedValue : .requestValue).rawValue)
                fits = counted(value, limit, into: &out)
            }
        }
        return fits && out.count <= limit
    }

    /// A value behind its length, so that whoever reads it need not take it apart.
    private static func counted(_ value: AttributeValue, _ limit: Int, into out: inout ParcelCursor) -> Bool {
        let place = out.count
        out.skip(4)
        guard DecisionInputs.encode(value, 0, limit, into: &out) else { return false }
        out.patch(UInt32(out.count - place - 4), at: place)
        return true
    }

    /// The canonical form of what `write` wrote with this index; nil when that is too large.
    /// Throws `decisions.malformed`.
    static func expanded(
        _ compact: UnsafeRawBufferPointer, subject: Subject?, index: PolicyIndex?
    ) throws -> [UInt8]? {
        var reader = SegmentBytesReader(Array(compact)[...])
        var out = SegmentBytes()
        out.subject(subject)
        for _ in 0..<3 { out.text(try reader.text()) }
        let count = try reader.count()
        out.number(count)
        for _ in 0..<count {
            guard let index, let name = index.readName(try reader.count()) else { throw SegmentBytesReader.malformed }
            out.text(name)
            try expand(&reader, index, into: &out)
        }
        guard reader.isAtEnd else { throw SegmentBytesReader.malformed }
        return out.count <= DecisionInputs.byteLimit ? out.bytes : nil
    }

    private static func expand(
        _ reader: inout SegmentBytesReader, _ index: PolicyIndex, into out: inout SegmentBytes
    ) throws {
        guard let form = Form(rawValue: try reader.byte()) else { throw SegmentBytesReader.malformed }
        out.text(source(form).rawValue)
        guard form != .absent else { return out.byte(0) }
        out.byte(1)
        switch form {
        case .absent: break
        case .requestValue, .storedValue:
            let count = try reader.raw(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            out.raw(try reader.raw(count))
        case .text:
            guard let text = index.text(try reader.count()) else { throw SegmentBytesReader.malformed }
            out.append(.string(text))
        case .integer: out.append(.integer(try reader.signed()))
        case .number: out.append(.number(Double(bitPattern: try reader.fixed())))
        case .off: out.append(.bool(false))
        case .on: out.append(.bool(true))
        }
    }

    private static func source(_ form: Form) -> AttributeRead.Source {
        switch form {
        case .absent: .absent
        case .requestValue: .request
        case .storedValue, .text, .integer, .number, .off, .on: .stored
        }
    }
}

extension SegmentBytes {
    /// A plain value as `DecisionInputs` has it.
    fileprivate mutating func append(_ value: AttributeValue) {
        switch value {
        case .bool(let flag): byte(flag ? 2 : 1)
        case .integer(let number):
            byte(3)
            signed(number)
        case .number(let number):
            byte(4)
            fixed(number.bitPattern)
        case .string(let text):
            byte(5)
            self.text(text)
        case .null, .list, .object: byte(0)
        }
    }
}
