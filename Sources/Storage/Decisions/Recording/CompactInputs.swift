import Authorization
import Vocabulary

/// A decision's inputs as the deciding thread writes them: the request's words, the reads as `PolicyIndex.writeReads` has
/// them, and what has no place among those in full. The recorder's thread makes `DecisionInputs` of them.
enum CompactInputs {
    /// Appends the inputs; false when they are too large or nest too deep.
    static func write(
        _ decision: Decision, _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?,
        _ index: PolicyIndex?, into out: inout ParcelCursor
    ) -> Bool {
        let limit = out.count + DecisionInputs.byteLimit
        out.text(request.action)
        out.text(request.resourceType)
        out.text(request.resourceID)
        let place = out.count
        out.skip(4)
        guard let index else {
            out.patch(UInt32(0), at: place)
            return true
        }
        var written: WrittenReads?
        out.fill {
            written = index.writeReads(of: decision, request, standing: standing, resources: resources, into: $0)
            return written?.byteCount
        }
        guard let written else { return true }
        out.patch(UInt32(written.byteCount), at: place)
        guard !written.rest.isEmpty else { return out.count <= limit }
        for slot in written.rest.slots(below: written.slotCount) {
            let (value, source) = index.read(slot, of: decision, request, standing: standing, resources: resources)
            out.number(slot)
            out.byte(code(value == nil ? .absent : source))
            guard counted(value ?? .null, limit, into: &out) else { return false }
        }
        return out.count <= limit
    }

    /// A value behind its length, so that whoever reads it need not take it apart.
    private static func counted(_ value: AttributeValue, _ limit: Int, into out: inout ParcelCursor) -> Bool {
        let place = out.count
        out.skip(4)
        guard DecisionInputs.encode(value, 0, limit, into: &out) else { return false }
        out.patch(UInt32(out.count - place - 4), at: place)
        return true
    }

    /// One read on its way into the canonical form.
    private struct Read {
        let slot: Int
        let source: AttributeRead.Source
        let value: [UInt8]
    }

    /// The canonical form of what `write` wrote with this index; nil when that is too large.
    /// Throws `decisions.malformed`.
    static func expanded(
        _ compact: UnsafeRawBufferPointer, subject: Subject?, index: PolicyIndex?
    ) throws -> [UInt8]? {
        var reader = SegmentBytesReader(Array(compact)[...])
        var out = SegmentBytes()
        out.subject(subject)
        let words = [try reader.text(), try reader.text(), try reader.text()]
        for word in words { out.text(word) }
        let reads = try reads(&reader, words, index)
        out.number(reads.count)
        for read in reads {
            guard let name = index?.readName(read.slot) else { throw SegmentBytesReader.malformed }
            out.text(name)
            out.text(read.source.rawValue)
            out.byte(read.source == .absent ? 0 : 1)
            if read.source != .absent { out.raw(read.value) }
        }
        return out.count <= DecisionInputs.byteLimit ? out.bytes : nil
    }

    /// By slot, as the index lists them.
    private static func reads(
        _ reader: inout SegmentBytesReader, _ words: [String], _ index: PolicyIndex?
    ) throws -> [Read] {
        let plain = try reader.raw(try length(&reader))
        guard !plain.isEmpty || !reader.isAtEnd else { return [] }
        guard
            let written = index?.writtenReads(
                plain, action: words[0], resourceType: words[1], resourceID: words[2])
        else { throw SegmentBytesReader.malformed }
        var reads = written.map { read in
            var value = SegmentBytes()
            if let plain = read.value { value.append(plain) }
            return Read(slot: read.slot, source: read.source, value: value.bytes)
        }
        while !reader.isAtEnd {
            let slot = try reader.count(), source = try source(try reader.byte())
            reads.append(Read(slot: slot, source: source, value: Array(try reader.raw(try length(&reader)))))
        }
        return reads.sorted { $0.slot < $1.slot }
    }

    /// A count in the machine's own byte order, as `patch` writes it.
    private static func length(_ reader: inout SegmentBytesReader) throws -> Int {
        Array(try reader.raw(4)).withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
    }

    private static func code(_ source: AttributeRead.Source) -> UInt8 {
        switch source {
        case .absent: 0
        case .request: 1
        case .stored: 2
        }
    }

    private static func source(_ code: UInt8) throws -> AttributeRead.Source {
        switch code {
        case 0: .absent
        case 1: .request
        case 2: .stored
        default: throw SegmentBytesReader.malformed
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
