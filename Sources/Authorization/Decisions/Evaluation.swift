import Vocabulary

/// One request over one index: fetches attributes, evaluates each predicate at most once, and notes what it read.
///
/// Never leaves the call that made it: it points into that call's stack, and the objects it refers to are not counted,
/// because whoever asks holds them until the answer is there, and counting them costs as much as several rules.
struct Evaluation {
    /// What is asked, of whom and over what.
    struct Question {
        let tables: Unretained<DecisionTables>
        let index: Unretained<PolicyIndex>
        let standing: Unretained<Standing>
        let request: Unretained<DecisionRequest>
        let resources: Unretained<ResourceDirectory>?

        @inline(__always)
        init(
            _ index: PolicyIndex, _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?
        ) {
            (self.index, tables) = (Unretained(index), Unretained(index.tables))
            (self.request, self.standing) = (Unretained(request), Unretained(standing))
            self.resources = resources.map { Unretained($0) }
        }

        /// Bytes of scratch memory.
        @inline(__always)
        var scratchBytes: Int {
            tables { readBytes + $0.slots.count * MemoryLayout<ResolvedValue>.stride + $0.sharedCount }
        }
    }

    let tables: Unretained<DecisionTables>
    let index: Unretained<PolicyIndex>
    let standing: Unretained<Standing>
    let request: Unretained<DecisionRequest>
    private let resources: Unretained<ResourceDirectory>?
    /// The resource's row among the stored facts; nil for none.
    let row: Int?
    /// What each slot holds, resolved when first read.
    private let resolved: UnsafeMutablePointer<ResolvedValue>
    /// A bit for each slot that was resolved, in four words.
    private let readSlots: UnsafeMutablePointer<UInt64>
    /// A `ComparisonResult` per shared predicate, zero where not evaluated yet.
    private let memo: UnsafeMutablePointer<UInt8>

    private static let readBytes = 32

    /// Takes scratch memory that is all zero and aligned to 16 bytes.
    @inline(__always)
    init(_ question: Question, scratch: UnsafeMutableRawPointer) {
        (tables, index, standing) = (question.tables, question.index, question.standing)
        (request, resources) = (question.request, question.resources)
        row = question.resources?({ all in question.request { all.row($0.resourceType, $0.resourceID) } })
        readSlots = scratch.assumingMemoryBound(to: UInt64.self)
        let values = scratch + Self.readBytes
        resolved = values.assumingMemoryBound(to: ResolvedValue.self)
        memo = (values + tables { $0.slots.count } * MemoryLayout<ResolvedValue>.stride)
            .assumingMemoryBound(to: UInt8.self)
    }

    /// The attributes looked at so far.
    var reads: AttributeReadSet {
        AttributeReadSet(words: SIMD4(readSlots[0], readSlots[1], readSlots[2], readSlots[3]))
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
            let one = self.result(of: tables { $0.conjuncts[place] })
            if one == .no { return .no }
            if one.isError, !result.isError { result = one }
        }
        return result
    }

    @inline(__always)
    func result(of operand: Int32) -> ComparisonResult {
        guard operand >= 0 else { return result(ofNode: Int(~operand)) }
        guard operand < tables({ $0.sharedCount }) else { return evaluate(tables { $0.predicates[Int(operand)] }) }
        if let known = ComparisonResult(rawValue: memo[Int(operand)]) { return known }
        let result = evaluate(tables { $0.predicates[Int(operand)] })
        memo[Int(operand)] = result.rawValue
        return result
    }

    private func result(ofNode number: Int) -> ComparisonResult {
        let node = tables { $0.nodes[number] }
        let decisive: ComparisonResult = node.kind == .any ? .yes : .no
        var result: ComparisonResult = node.kind == .any ? .no : .yes
        let first = Int(node.firstChild)
        for place in first..<first + Int(node.childCount) {
            let one = self.result(of: tables { $0.nodeChildren[place] })
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
        let operand = Int(predicate.operand)
        let other = predicate.test == .slot ? read(predicate.operand).value : index { $0.literals[operand] }
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
            let one = left.equals(tables { $0.members[place] }) ?? .mismatch
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
            return ComparisonResult(index { $0.wildcards[operand].contains { Wildcard.matches($0, text) } })
        }
        guard text.utf8.count <= Pattern.textLimit else { return .tooLong }
        return ComparisonResult(index { $0.patterns[operand].matches(text) })
    }

    @inline(__always)
    func value(of slot: Int32) -> ResolvedValue {
        let known = resolved[Int(slot)]
        if known.kind != .unresolved { return known }
        let value = resolve(Int(slot))
        resolved[Int(slot)] = value
        readSlots[Int(slot) >> 6 & 3] |= 1 << UInt64(slot & 63)
        return value
    }

    @inline(never)
    private func resolve(_ slot: Int) -> ResolvedValue {
        let attribute = tables { $0.slots[slot] }
        let place = Int(attribute.place)
        switch attribute.source {
        case .subject: return standing { $0.resolved(place) }
        case .resource:
            if let row, let resources {
                let stored = resources { $0.resolved(row, place) }
                if stored.kind != .absent { return stored }
            }
        case .context where attribute.isPlain: return contextValue(slot)
        case .context, .resourceID, .resourceType, .actionName, .sessionAnomalies: break
        }
        return index { ResolvedValue(read(Int32(slot)).value, $0.texts) }
    }

    @inline(__always)
    private func contextValue(_ slot: Int) -> ResolvedValue {
        request { request in
            index { index in
                let context = request.context
                guard let place = context.place(of: index.tables.slotKeys[slot], index.slotNames[slot])
                else { return .absent }
                return ResolvedValue(context.members[place].value, index.texts)
            }
        }
    }

    func read(_ slot: Int32) -> (value: AttributeValue?, source: AttributeRead.Source) {
        index.object.read(Int(slot), request.object, standing.object, resources?.object, row)
    }
}
