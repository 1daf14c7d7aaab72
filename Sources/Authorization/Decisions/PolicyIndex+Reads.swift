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

    /// The attribute of a slot that a decision read; nil for one that this index does not have.
    public func readName(_ slot: Int) -> String? { slotWords.indices.contains(slot) ? slotWords[slot] : nil }

    /// What a decision made with these read at a slot below `readCount`. Null counts as absent.
    public func read(
        _ slot: Int, of decision: Decision, _ request: DecisionRequest, standing: Standing,
        resources: ResourceDirectory? = nil
    ) -> (value: AttributeValue?, source: AttributeRead.Source) {
        read(slot, request, standing, resources, decision.row >= 0 ? decision.row : nil)
    }

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
        case .sessionAnomalies:
            // Without a session nothing is known of it, and a deny that asks stands in the way.
            let anomalies = request.authentication?.anomalies.map { AttributeValue.string($0.rawValue) }
            return Self.found(anomalies.map(AttributeValue.list), .stored)
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
