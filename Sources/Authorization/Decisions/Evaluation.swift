import Vocabulary

/// One request over one index: fetches attributes, evaluates each predicate at most once, and notes what it read.
/// Never leaves the call that made it: `memo` points into that call's stack.
struct Evaluation {
    let tables: DecisionTables
    let index: PolicyIndex
    let standing: Standing
    let request: DecisionRequest
    let resources: ResourceDirectory?
    let row: Int?
    /// What each slot holds, resolved when first read.
    let resolved: UnsafeMutablePointer<ResolvedValue>
    /// A `ComparisonResult` per shared predicate, zero where not evaluated yet.
    let memo: UnsafeMutablePointer<UInt8>

    /// The attributes looked at so far.
    var reads: AttributeReadSet {
        var set = AttributeReadSet()
        for first in stride(from: 0, to: tables.slots.count, by: 64) {
            var bits: UInt64 = 0
            for slot in first..<min(first + 64, tables.slots.count) where resolved[slot].kind != .unresolved {
                bits |= 1 << UInt64(slot & 63)
            }
            set.insert(bits, word: first >> 6)
        }
        return set
    }

    /// All must be true; a false one outweighs an error.
    @inline(__always)
    func result(of rule: CompiledRule) -> ComparisonResult {
        guard rule.guardSlot >= 0 else { return result(of: rule, skipping: 0) }
        let held = value(of: rule.guardSlot)
        guard held.kind == .text else { return result(of: rule, skipping: 0) }
        return held.bits == Int64(rule.guardText) ? result(of: rule, skipping: 1) : .no
    }

    @inline(never)
    private func result(of rule: CompiledRule, skipping skipped: Int) -> ComparisonResult {
        var result = ComparisonResult.yes
        let first = Int(rule.firstConjunct)
        for place in first + skipped..<first + Int(rule.conjunctCount) {
            let one = self.result(of: tables.conjuncts[place])
            if one == .no { return .no }
            if one.isError, !result.isError { result = one }
        }
        return result
    }

    @inline(__always)
    func result(of operand: Int32) -> ComparisonResult {
        guard operand >= 0 else { return result(ofNode: Int(~operand)) }
        guard operand < tables.sharedCount else { return evaluate(tables.predicates[Int(operand)]) }
        if let known = ComparisonResult(rawValue: memo[Int(operand)]) { return known }
        let result = evaluate(tables.predicates[Int(operand)])
        memo[Int(operand)] = result.rawValue
        return result
    }

    private func result(ofNode number: Int) -> ComparisonResult {
        let node = tables.nodes[number]
        let decisive: ComparisonResult = node.kind == .any ? .yes : .no
        var result: ComparisonResult = node.kind == .any ? .no : .yes
        let first = Int(node.firstChild)
        for place in first..<first + Int(node.childCount) {
            let one = self.result(of: tables.nodeChildren[place])
            if node.kind == .not { return one.isError ? one : ComparisonResult(one == .no) }
            if one == decisive { return one }
            if one.isError, !result.isError { result = one }
        }
        return result
    }

    @inline(__always)
    private func evaluate(_ predicate: Predicate) -> ComparisonResult {
        let left = value(of: predicate.slot)
        if left.kind == .absent { return predicate.test == .exists ? .no : .missing }
        switch predicate.test {
        case .exists: return .yes
        case .literal: return compare(left, predicate, predicate.literal)
        case .members: return member(left, predicate)
        case .slot:
            let right = value(of: predicate.operand)
            return right.kind == .absent ? .missing : compare(left, predicate, right)
        case .regex, .wildcard: return matches(predicate)
        }
    }

    /// Numbers and known texts are compared as they are resolved; the rest by their values.
    @inline(__always)
    private func compare(_ left: ResolvedValue, _ predicate: Predicate, _ right: ResolvedValue) -> ComparisonResult {
        switch predicate.comparison {
        case .equals:
            if let result = left.equals(right) { return result }
        case .notEquals:
            if let result = left.equals(right) { return result.negated }
        case .greaterThan:
            if let order = left.numericOrder(right) { return ComparisonResult(order > 0) }
        case .greaterThanOrEqual:
            if let order = left.numericOrder(right) { return ComparisonResult(order >= 0) }
        case .lessThan:
            if let order = left.numericOrder(right) { return ComparisonResult(order < 0) }
        case .lessThanOrEqual:
            if let order = left.numericOrder(right) { return ComparisonResult(order <= 0) }
        case .in, .notIn, .contains, .startsWith, .endsWith, .regex: break
        }
        return compareValues(predicate)
    }

    private func compareValues(_ predicate: Predicate) -> ComparisonResult {
        let other = predicate.test == .slot ? read(predicate.operand).value : index.literals[Int(predicate.operand)]
        guard let left = read(predicate.slot).value, let right = other else { return .missing }
        return ValueComparison.evaluate(left, predicate.comparison, right)
    }

    /// A hit decides; without one, a member of another kind is an error.
    @inline(__always)
    private func member(_ left: ResolvedValue, _ predicate: Predicate) -> ComparisonResult {
        var result = ComparisonResult.no
        let first = Int(predicate.operand)
        for place in first..<first + Int(predicate.memberCount) {
            // The members' texts are all known, so that equality is always answered.
            let one = left.equals(tables.members[place]) ?? .mismatch
            if one == .yes {
                result = .yes
                break
            }
            if one.isError { result = one }
        }
        return predicate.comparison == .in ? result : result.negated
    }

    private func matches(_ predicate: Predicate) -> ComparisonResult {
        guard case .string(let text)? = read(predicate.slot).value else { return .mismatch }
        let operand = Int(predicate.operand)
        if predicate.test == .wildcard {
            return ComparisonResult(index.wildcards[operand].contains { Wildcard.matches($0, text) })
        }
        guard text.utf8.count <= Pattern.textLimit else { return .tooLong }
        return ComparisonResult(index.patterns[operand].matches(text))
    }

    @inline(__always)
    private func value(of slot: Int32) -> ResolvedValue {
        let known = resolved[Int(slot)]
        if known.kind != .unresolved { return known }
        let value = resolve(slot)
        resolved[Int(slot)] = value
        return value
    }

    @inline(never)
    private func resolve(_ slot: Int32) -> ResolvedValue {
        let attribute = tables.slots[Int(slot)]
        if attribute.source == .subject { return standing.resolved(Int(attribute.place)) }
        if attribute.source == .resource, let row, let resources {
            let stored = resources.resolved(row, Int(attribute.place))
            if stored.kind != .absent { return stored }
        }
        if attribute.source == .context, attribute.isPlain {
            let context = request.context
            guard let place = context.place(of: tables.slotKeys[Int(slot)], index.slotNames[Int(slot)])
            else { return .absent }
            return ResolvedValue(context.members[place].value, index.texts)
        }
        return ResolvedValue(read(slot).value, index.texts)
    }

    func read(_ slot: Int32) -> (value: AttributeValue?, source: AttributeRead.Source) {
        index.read(Int(slot), request, standing, resources, row)
    }
}
