import Vocabulary

/// One request over one index: fetches attributes, evaluates each predicate at most once, and notes what it read.
/// Never leaves the call that made it: `memo` points into that call's stack.
struct Evaluation {
    let index: PolicyIndex
    let standing: Standing
    let request: DecisionRequest
    let stored: [AttributeValue?]?
    /// A `ComparisonResult` per predicate, zero where not evaluated yet.
    let memo: UnsafeMutablePointer<UInt8>
    var reads = AttributeReadSet()

    /// All must be true; a false one outweighs an error.
    @inline(__always)
    mutating func result(of rule: CompiledRule) -> ComparisonResult {
        var result = ComparisonResult.yes
        let first = Int(rule.firstConjunct)
        for place in first..<first + Int(rule.conjunctCount) {
            let one = self.result(of: index.conjuncts[place])
            if one == .no { return .no }
            if one.isError, !result.isError { result = one }
        }
        return result
    }

    @inline(__always)
    mutating func result(of operand: Int32) -> ComparisonResult {
        guard operand >= 0 else { return result(ofNode: Int(~operand)) }
        if let known = ComparisonResult(rawValue: memo[Int(operand)]) { return known }
        let result = evaluate(index.predicates[Int(operand)])
        memo[Int(operand)] = result.rawValue
        return result
    }

    private mutating func result(ofNode number: Int) -> ComparisonResult {
        let node = index.nodes[number]
        let decisive: ComparisonResult = node.kind == .any ? .yes : .no
        var result: ComparisonResult = node.kind == .any ? .no : .yes
        let first = Int(node.firstChild)
        for place in first..<first + Int(node.childCount) {
            let one = self.result(of: index.nodeChildren[place])
            if node.kind == .not { return one.isError ? one : ComparisonResult(one == .no) }
            if one == decisive { return one }
            if one.isError, !result.isError { result = one }
        }
        return result
    }

    private mutating func evaluate(_ predicate: Predicate) -> ComparisonResult {
        let found = value(of: predicate.slot)
        guard let left = found else {
            if case .exists = predicate.test { return .no }
            return .missing
        }
        switch predicate.test {
        case .exists: return .yes
        case .compare(let comparison, let right): return ValueComparison.evaluate(left, comparison, right)
        case .compareSlots(let comparison, let slot):
            guard let right = value(of: slot) else { return .missing }
            return ValueComparison.evaluate(left, comparison, right)
        case .regex(let number):
            guard case .string(let text) = left else { return .mismatch }
            guard text.utf8.count <= Pattern.textLimit else { return .tooLong }
            return ComparisonResult(index.patterns[number].matches(text))
        case .wildcard(let patterns):
            guard case .string(let text) = left else { return .mismatch }
            return ComparisonResult(patterns.contains { Wildcard.matches($0, text) })
        }
    }

    @inline(__always)
    private mutating func value(of slot: Int) -> AttributeValue? {
        reads.insert(slot)
        return read(slot).value
    }

    /// Null counts as absent. Of a resource, stored facts come before what the request says.
    @inline(__always)
    func read(_ slot: Int) -> (value: AttributeValue?, source: AttributeRead.Source) {
        let attribute = index.slots[slot]
        switch attribute.source {
        case .subject(let place): return found(standing.values[place], .stored)
        case .resourceID: return (.string(request.resourceID), .request)
        case .resourceType: return (.string(request.resourceType), .request)
        case .actionName: return (.string(request.action), .request)
        case .context: return found(value(attribute, in: request.context), .request)
        case .resource(let place):
            if let value = stored?[place] { return (value, .stored) }
            return found(value(attribute, in: request.resourceAttributes), .request)
        }
    }

    @inline(__always)
    private func found(
        _ value: AttributeValue?, _ source: AttributeRead.Source
    ) -> (AttributeValue?, AttributeRead.Source) {
        value == nil ? (nil, .absent) : (value, source)
    }

    @inline(__always)
    private func value(_ slot: AttributeSlot, in attributes: Attributes) -> AttributeValue? {
        if slot.isNested { return attributes.value(at: slot.path.fields) }
        guard let value = attributes[slot.name] else { return nil }
        if case .null = value { return nil }
        return value
    }
}
