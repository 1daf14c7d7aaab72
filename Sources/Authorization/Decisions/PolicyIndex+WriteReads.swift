import Vocabulary

/// What `PolicyIndex.writeReads` has written.
public struct WrittenReads: Sendable {
    public let byteCount: Int
    /// The slots whose values have no place in that form (long texts, lists, nested values): `read` tells them.
    public let rest: AttributeReadSet
    public let slotCount: Int
}

extension PolicyIndex {
    /// Writes the attributes that a decision read, for whoever records many decisions: stored values as the numbers that
    /// were compared, because names and texts lie in memory that a decision does not touch. `writtenReads` of the same
    /// index reads them back, in this process only. Takes what `decide` took; of another index nothing is written.
    /// Nil when the memory is too small.
    public func writeReads(
        of decision: Decision, _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil,
        into memory: UnsafeMutableRawBufferPointer
    ) -> WrittenReads? {
        guard decision.owner === self, standing.stamp === stamp, resources.map({ $0.stamp === stamp }) ?? true else {
            return WrittenReads(byteCount: 0, rest: AttributeReadSet(), slotCount: 0)
        }
        let slotCount = tables.slots.count
        // Beyond 256 slots share bits, and a slot's number takes more than a byte.
        guard slotCount <= 256 else {
            return WrittenReads(byteCount: 0, rest: decision.readSet, slotCount: slotCount)
        }
        guard let base = memory.baseAddress else { return nil }
        var out = ReadBytes(memory, base)
        var rest = AttributeReadSet()
        let words = decision.readSet.words
        for word in 0..<(slotCount + 63) >> 6 {
            var bits = words[word]
            while bits != 0 {
                let slot = word << 6 | bits.trailingZeroBitCount
                if !write(slot, decision.row, request, standing, resources, &out) {
                    rest.insert(slot: slot)
                }
                bits &= bits - 1
            }
        }
        return out.isFull ? nil : WrittenReads(byteCount: out.count, rest: rest, slotCount: slotCount)
    }

    @inline(__always)
    private func write(
        _ slot: Int, _ row: Int, _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?,
        _ out: inout ReadBytes
    ) -> Bool {
        let attribute = tables.slots[slot]
        let place = Int(attribute.place)
        switch attribute.source {
        case .subject: return write(slot, standing.resolved(place), standing.values[place], &out)
        case .resourceID: out.plain(slot, .resourceID)
        case .resourceType: out.plain(slot, .resourceType)
        case .actionName: out.plain(slot, .action)
        case .sessionAnomalies: return false
        case .context:
            guard attribute.isPlain else { return false }
            return write(slot, request.context, &out)
        case .resource:
            if row >= 0, let resources {
                let stored = resources.resolved(row, place)
                if stored.kind != .absent {
                    return write(slot, stored, resources.value(row, place), &out)
                }
            }
            guard attribute.isPlain else { return false }
            return write(slot, request.resourceAttributes, &out)
        }
        return true
    }

    /// A stored value; false when its number does not tell it in full.
    @inline(__always)
    private func write(
        _ slot: Int, _ value: ResolvedValue, _ full: @autoclosure () -> AttributeValue?, _ out: inout ReadBytes
    ) -> Bool {
        switch value.kind {
        case .text:
            if value.bits >= 0 { out.known(slot, value.bits) } else { return write(slot, full(), &out) }
        case .integer: out.bits(slot, .integer, value.bits)
        case .number: out.bits(slot, .number, value.bits)
        case .bool: out.plain(slot, value.bits != 0 ? .on : .off)
        case .absent: out.plain(slot, .absent)
        case .unresolved, .other: return false
        }
        return true
    }

    /// A stored text that no policy knows; false when it is too long.
    private func write(_ slot: Int, _ value: AttributeValue?, _ out: inout ReadBytes) -> Bool {
        guard case .string(let text)? = value else { return false }
        return withBytes(of: text) { out.text(slot, .storedText, $0) }
    }

    /// A value of the request; false when it is no plain one.
    @inline(__always)
    private func write(_ slot: Int, _ attributes: Attributes, _ out: inout ReadBytes) -> Bool {
        guard let place = attributes.place(of: tables.slotKeys[slot], slotNames[slot]) else {
            out.plain(slot, .absent)
            return true
        }
        switch attributes.members[place].value {
        case .null: out.plain(slot, .absent)
        case .bool(let flag): out.plain(slot, flag ? .requestOn : .requestOff)
        case .integer(let number): out.bits(slot, .requestInteger, number)
        case .number(let number): out.bits(slot, .requestNumber, Int64(bitPattern: number.bitPattern))
        case .string(let text): return withBytes(of: text) { out.text(slot, .requestText, $0) }
        case .list, .object: return false
        }
        return true
    }
}

extension PolicyIndex {
    /// One attribute that `writeReads` wrote.
    public struct WrittenRead: Sendable {
        public let slot: Int
        public let source: AttributeRead.Source
        public let value: AttributeValue?
    }

    /// Reads back what `writeReads` of this index wrote about a request with these words; nil for anything else.
    public func writtenReads(
        _ bytes: ArraySlice<UInt8>, action: String, resourceType: String, resourceID: String
    ) -> [WrittenRead]? {
        var reads: [WrittenRead] = [], rest = bytes
        while let slot = rest.popFirst() {
            guard let form = rest.popFirst().flatMap(ReadForm.init), slotWords.indices.contains(Int(slot)) else {
                return nil
            }
            let value: AttributeValue?
            switch form {
            case .action: value = .string(action)
            case .resourceType: value = .string(resourceType)
            case .resourceID: value = .string(resourceID)
            case .absent: value = nil
            default:
                value = plain(form, &rest)
                if value == nil { return nil }
            }
            reads.append(WrittenRead(slot: Int(slot), source: form.source, value: value))
        }
        return reads
    }

    private func plain(_ form: ReadForm, _ bytes: inout ArraySlice<UInt8>) -> AttributeValue? {
        switch form {
        case .off, .requestOff: return .bool(false)
        case .on, .requestOn: return .bool(true)
        case .integer, .requestInteger: return Self.word(8, &bytes).map { .integer(Int64(bitPattern: $0)) }
        case .number, .requestNumber: return Self.word(8, &bytes).map { .number(Double(bitPattern: $0)) }
        case .text:
            guard let number = Self.word(4, &bytes), texts.names.indices.contains(Int(number)) else { return nil }
            return .string(texts.names[Int(number)])
        case .requestText, .storedText:
            guard let count = bytes.popFirst(), bytes.count >= Int(count) else { return nil }
            defer { bytes.removeFirst(Int(count)) }
            return String(validating: bytes.prefix(Int(count)), as: UTF8.self).map(AttributeValue.string)
        case .absent, .action, .resourceType, .resourceID: return nil
        }
    }

    /// A number, its lowest byte first.
    private static func word(_ count: Int, _ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        guard bytes.count >= count else { return nil }
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes.prefix(count)) }
        bytes.removeFirst(count)
        return UInt64(littleEndian: value)
    }
}
