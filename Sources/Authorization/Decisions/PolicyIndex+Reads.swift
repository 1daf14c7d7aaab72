import Vocabulary

extension PolicyIndex {
    /// The attributes that a decision read, with values and sources, for its record. Takes what `decide` took.
    public func reads(
        of decision: Decision, _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil
    ) -> [AttributeRead] {
        guard decision.index === stamp, standing.stamp === stamp, resources.map({ $0.stamp === stamp }) ?? true else {
            return []
        }
        let row = row(of: request, resources)
        return slotPaths.indices.filter(decision.readSet.contains).map { slot in
            let (value, source) = read(slot, request, standing, resources, row)
            return AttributeRead(path: slotPaths[slot], value: value, source: source)
        }
    }

    /// How many attributes a decision read.
    public func readCount(of decision: Decision) -> Int {
        decision.index === stamp ? decision.readSet.count(below: slotPaths.count) : 0
    }

    /// Hands the attributes that a decision read to `body`, one after another, without building anything: for whoever
    /// writes them down while many decisions are made. Takes what `decide` took; of another index nothing is handed on.
    ///
    /// Stored values come as the numbers that the decision compared, because their texts lie in memory that a decision
    /// does not touch; `readName` and `text` turn numbers back.
    public func forEachRead(
        of decision: Decision, _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil,
        _ body: (_ slot: Int, _ source: AttributeRead.Source, _ value: ReadValue) -> Void
    ) {
        guard decision.index === stamp, standing.stamp === stamp, resources.map({ $0.stamp === stamp }) ?? true else {
            return
        }
        let row = decision.row >= 0 ? decision.row : nil
        decision.readSet.forEach(below: slotPaths.count) { slot in
            if let known = stored(slot, standing, resources, row) { return body(slot, .stored, known) }
            let (value, source) = read(slot, request, standing, resources, row)
            body(slot, source, value.map(ReadValue.value) ?? .absent)
        }
    }

    /// A stored value that its number tells in full.
    @inline(__always)
    private func stored(_ slot: Int, _ standing: Standing, _ resources: ResourceDirectory?, _ row: Int?) -> ReadValue? {
        let attribute = tables.slots[slot]
        let value: ResolvedValue
        if attribute.source == .subject {
            value = standing.resolved(Int(attribute.place))
        } else if attribute.source == .resource, let row, let resources {
            value = resources.resolved(row, Int(attribute.place))
        } else {
            return nil
        }
        switch value.kind {
        case .text: return value.bits >= 0 ? .text(Int(value.bits)) : nil
        case .integer: return .integer(value.bits)
        case .number: return .number(Double(bitPattern: UInt64(bitPattern: value.bits)))
        case .bool: return .flag(value.bits != 0)
        case .unresolved, .absent, .other: return nil
        }
    }

    /// The attribute of a slot that `forEachRead` named; nil for one that this index does not have.
    public func readName(_ slot: Int) -> String? { slotWords.indices.contains(slot) ? slotWords[slot] : nil }

    /// The text of a number that `forEachRead` gave; nil for one that this index does not have.
    public func text(_ number: Int) -> String? { texts.names.indices.contains(number) ? texts.names[number] : nil }

    private func row(of request: DecisionRequest, _ resources: ResourceDirectory?) -> Int? {
        resources?.row(request.resourceType, request.resourceID)
    }

    /// Null counts as absent. Of a resource, stored facts come before what the request says.
    @inline(__always)
    func read(
        _ slot: Int, _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?, _ row: Int?
    ) -> (value: AttributeValue?, source: AttributeRead.Source) {
        let attribute = tables.slots[slot]
        let place = Int(attribute.place)
        switch attribute.source {
        case .subject: return Self.found(standing.values[place], .stored)
        case .resourceID: return (.string(request.resourceID), .request)
        case .resourceType: return (.string(request.resourceType), .request)
        case .actionName: return (.string(request.action), .request)
        case .context:
            if attribute.isPlain { return Self.found(Self.present(request.context[slotNames[slot]]), .request) }
            return Self.found(request.context.value(at: slotPaths[slot].fields), .request)
        case .resource:
            if let row, let value = resources?.value(row, place) { return (value, .stored) }
            return Self.found(request.resourceAttributes.value(at: slotPaths[slot].fields), .request)
        }
    }

    @inline(__always)
    private static func present(_ value: AttributeValue?) -> AttributeValue? {
        if case .null? = value { return nil }
        return value
    }

    @inline(__always)
    private static func found(
        _ value: AttributeValue?, _ source: AttributeRead.Source
    ) -> (AttributeValue?, AttributeRead.Source) {
        value == nil ? (nil, .absent) : (value, source)
    }
}

/// A value that a decision read, as far as possible by the number that the index knows it by.
public enum ReadValue {
    case absent
    /// `PolicyIndex.text` tells it.
    case text(Int)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
    case value(AttributeValue)
}
