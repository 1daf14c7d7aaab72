import Vocabulary

/// Turns conditions into predicates and nodes, each different comparison once.
struct ConditionCompiler {
    private(set) var conjuncts: [Int32] = []
    private(set) var nodes: [ConditionNode] = []
    private(set) var nodeChildren: [Int32] = []
    private(set) var predicates: [Predicate] = []
    private(set) var members: [ResolvedValue] = []
    private(set) var literals: [AttributeValue] = []
    private(set) var patterns: [Pattern] = []
    private(set) var wildcards: [[String]] = []
    private(set) var slots: [AttributeSlot] = []
    private(set) var slotPaths: [AttributePath] = []
    let texts: TextTable
    /// The predicates below this number are asked by several rules, so that remembering their answer pays.
    private(set) var sharedCount = 0
    private(set) var subjectPaths: [AttributePath] = []
    private(set) var resourcePaths: [AttributePath] = []
    private var slotByPath: [AttributePath: Int32] = [:]
    private var predicateByKey: [PredicateKey: Int32] = [:]

    private enum PredicateKey: Hashable {
        case exists(AttributePath)
        /// The literal by its canonical text: Swift equates different spellings of one character, the engine does not.
        case compare(AttributePath, Comparison, isReference: Bool, [UInt8])
        case wildcard([[UInt8]])
    }

    /// Numbers all texts that any of the rules compares with, before the first is compiled.
    init(_ drafts: [RuleDraft]) {
        var texts: [String] = []
        var pending = drafts.compactMap(\.condition)
        while let condition = pending.popLast() {
            switch condition {
            case .all(let parts), .any(let parts): pending += parts
            case .not(let part): pending.append(part)
            case .compare(_, .equals, .literal(.string(let text))),
                .compare(_, .notEquals, .literal(.string(let text))):
                texts.append(text)
            case .compare(_, .in, .literal(.list(let items))), .compare(_, .notIn, .literal(.list(let items))):
                texts += items.compactMap(\.string)
            case .compare, .exists: break
            }
        }
        self.texts = TextTable(texts)
    }

    mutating func compile(_ draft: RuleDraft) throws -> CompiledRule {
        var parts: [Int32] = []
        if !draft.resources.ids.isEmpty, !draft.resources.ids.contains("*") {
            parts.append(try wildcard(draft.resources.ids))
        }
        for condition in draft.condition.map(flattened) ?? [] { parts.append(try operand(condition)) }
        // Comparisons before nested nodes: cheaper, and a false one ends the rule. The gate stands in front of all.
        parts.sort { ($0 < 0 ? 1 : 0) < ($1 < 0 ? 1 : 0) }
        let gate = parts.firstIndex(where: isGate)
        if let gate { parts.swapAt(0, gate) }
        let first = conjuncts.count
        conjuncts += parts
        let guardian = gate.map { _ in predicates[Int(parts[0])] }
        return CompiledRule(
            firstConjunct: Int32(first), conjunctCount: Int32(parts.count), enforcement: draft.enforcement,
            guardSlot: guardian?.slot ?? -1, guardText: Int32(guardian?.literal.bits ?? -1),
            isDemanding: draft.requirement != nil)
    }

    /// Renumbers the predicates, shared ones first. The decision's scratch memory has a byte for each of those only,
    /// which keeps it on the stack with thousands of rules.
    mutating func numberSharedFirst(_ rules: [CompiledRule]) {
        var uses = Array(repeating: 0, count: predicates.count)
        for operand in conjuncts + nodeChildren where operand >= 0 { uses[Int(operand)] += 1 }
        // Gates are answered before predicates are asked.
        for rule in rules where rule.guardSlot >= 0 { uses[Int(conjuncts[Int(rule.firstConjunct)])] -= 1 }
        let order = predicates.indices.filter { uses[$0] > 1 } + predicates.indices.filter { uses[$0] <= 1 }
        sharedCount = uses.count { $0 > 1 }
        var number = Array(repeating: Int32(0), count: order.count)
        for (new, old) in order.enumerated() { number[old] = Int32(new) }
        predicates = order.map { predicates[$0] }
        conjuncts = conjuncts.map { $0 < 0 ? $0 : number[Int($0)] }
        nodeChildren = nodeChildren.map { $0 < 0 ? $0 : number[Int($0)] }
    }

    /// Whether it is a comparison for equality with a text.
    private func isGate(_ part: Int32) -> Bool {
        guard part >= 0 else { return false }
        let predicate = predicates[Int(part)]
        return predicate.test == .literal && predicate.comparison == .equals && predicate.literal.kind == .text
    }

    private func flattened(_ condition: Condition) -> [Condition] {
        if case .all(let parts) = condition { return parts.flatMap(flattened) }
        return [condition]
    }

    private mutating func operand(_ condition: Condition) throws -> Int32 {
        switch condition {
        case .all(let parts): return try node(.all, parts)
        case .any(let parts): return try node(.any, parts)
        case .not(let part): return try node(.not, [part])
        case .exists(let path):
            return try predicate(.exists(path)) { compiler throws in
                Predicate(test: .exists, comparison: .equals, slot: try compiler.slot(path), operand: 0)
            }
        case .compare(let path, let comparison, let operand):
            let isReference = if case .reference = operand { true } else { false }
            let key = PredicateKey.compare(path, comparison, isReference: isReference, Array(operand.description.utf8))
            return try predicate(key) { compiler throws in try compiler.make(path, comparison, operand) }
        }
    }

    private mutating func node(_ kind: ConditionNode.Kind, _ parts: [Condition]) throws -> Int32 {
        var children: [Int32] = []
        for part in parts { children.append(try operand(part)) }
        nodes.append(
            ConditionNode(kind: kind, firstChild: Int32(nodeChildren.count), childCount: Int32(children.count)))
        nodeChildren += children
        return ~Int32(nodes.count - 1)
    }

    private mutating func predicate(
        _ key: PredicateKey, _ make: (inout Self) throws -> Predicate
    ) throws -> Int32 {
        if let known = predicateByKey[key] { return known }
        predicates.append(try make(&self))
        let number = Int32(predicates.count - 1)
        predicateByKey[key] = number
        return number
    }

    private mutating func make(_ path: AttributePath, _ comparison: Comparison, _ operand: Operand) throws -> Predicate
    {
        let left = try slot(path)
        switch operand {
        case .reference(let other):
            return Predicate(test: .slot, comparison: comparison, slot: left, operand: try slot(other))
        case .literal(.string(let text)) where comparison == .regex:
            do {
                patterns.append(try Pattern(text))
            } catch {
                throw Fault("policy.bad_regex", .caller, error.message, remedy: error.remedy)
            }
            return Predicate(test: .regex, comparison: comparison, slot: left, operand: Int32(patterns.count - 1))
        case .literal(.list(let items)):
            members += items.map { ResolvedValue($0, texts) }
            // The list itself follows for those who describe it.
            literals.append(.list(items))
            return Predicate(
                test: .members, comparison: comparison, slot: left, operand: Int32(members.count - items.count),
                memberCount: Int32(items.count), literal: ResolvedValue(kind: .other, bits: Int64(literals.count - 1)))
        case .literal(let value):
            literals.append(value)
            return Predicate(
                test: .literal, comparison: comparison, slot: left, operand: Int32(literals.count - 1),
                literal: ResolvedValue(value, texts))
        }
    }

    private mutating func wildcard(_ patterns: [String]) throws -> Int32 {
        guard let path = AttributePath("resource.id") else { return 0 }
        return try predicate(.wildcard(patterns.map { Array($0.utf8) })) { compiler throws in
            compiler.wildcards.append(patterns)
            let place = Int32(compiler.wildcards.count - 1)
            return Predicate(test: .wildcard, comparison: .equals, slot: try compiler.slot(path), operand: place)
        }
    }

    private mutating func slot(_ path: AttributePath) throws -> Int32 {
        if let known = slotByPath[path] { return known }
        guard slots.count < PolicyLimits.attributes else {
            throw Fault(
                "policy.limit", .caller, "policies read more than \(PolicyLimits.attributes) different attributes",
                remedy: "Use fewer.")
        }
        slots.append(source(path))
        slotPaths.append(path)
        slotByPath[path] = Int32(slots.count - 1)
        return Int32(slots.count - 1)
    }

    private mutating func source(_ path: AttributePath) -> AttributeSlot {
        switch (path.root, path.fields) {
        case (.resource, ["id"]): return AttributeSlot(source: .resourceID, place: 0, isPlain: path.fields.count == 1)
        case (.resource, ["type"]):
            return AttributeSlot(source: .resourceType, place: 0, isPlain: path.fields.count == 1)
        case (.action, _): return AttributeSlot(source: .actionName, place: 0, isPlain: path.fields.count == 1)
        case (.context, _): return AttributeSlot(source: .context, place: 0, isPlain: path.fields.count == 1)
        case (.session, _): return AttributeSlot(source: .sessionAnomalies, place: 0, isPlain: true)
        case (.subject, _):
            subjectPaths.append(path)
            return AttributeSlot(
                source: .subject, place: Int32(subjectPaths.count - 1), isPlain: path.fields.count == 1)
        case (.resource, _):
            resourcePaths.append(path)
            return AttributeSlot(
                source: .resource, place: Int32(resourcePaths.count - 1), isPlain: path.fields.count == 1)
        }
    }
}
