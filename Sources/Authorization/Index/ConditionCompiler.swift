import Vocabulary

/// Turns conditions into predicates and nodes, each different comparison once.
struct ConditionCompiler {
    private(set) var conjuncts: [Int32] = []
    private(set) var nodes: [ConditionNode] = []
    private(set) var nodeChildren: [Int32] = []
    private(set) var predicates: [Predicate] = []
    private(set) var patterns: [Pattern] = []
    private(set) var slots: [AttributeSlot] = []
    private(set) var subjectPaths: [AttributePath] = []
    private(set) var resourcePaths: [AttributePath] = []
    private var slotByPath: [AttributePath: Int] = [:]
    private var predicateByKey: [PredicateKey: Int32] = [:]

    private enum PredicateKey: Hashable {
        case exists(AttributePath)
        /// The literal by its canonical text: Swift equates different spellings of one character, the engine does not.
        case compare(AttributePath, Comparison, isReference: Bool, [UInt8])
        case wildcard([[UInt8]])
    }

    mutating func compile(_ draft: RuleDraft) throws -> CompiledRule {
        var parts: [Int32] = []
        if !draft.resources.ids.isEmpty, !draft.resources.ids.contains("*") {
            parts.append(try wildcard(draft.resources.ids))
        }
        for condition in draft.condition.map(flattened) ?? [] { parts.append(try operand(condition)) }
        // Comparisons before nested nodes: cheaper, and a false one ends the rule.
        parts.sort { ($0 < 0 ? 1 : 0) < ($1 < 0 ? 1 : 0) }
        let first = conjuncts.count
        conjuncts += parts
        return CompiledRule(
            firstConjunct: Int32(first), conjunctCount: Int32(parts.count), enforcement: draft.enforcement,
            requirement: draft.requirement)
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
                Predicate(slot: try compiler.slot(path), test: .exists)
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

    private mutating func make(_ path: AttributePath, _ comparison: Comparison, _ operand: Operand) throws -> Predicate {
        let left = try slot(path)
        switch operand {
        case .reference(let other): return Predicate(slot: left, test: .compareSlots(comparison, try slot(other)))
        case .literal(.string(let text)) where comparison == .regex:
            do {
                patterns.append(try Pattern(text))
            } catch {
                throw Fault("policy.bad_regex", .caller, error.message, remedy: error.remedy)
            }
            return Predicate(slot: left, test: .regex(patterns.count - 1))
        case .literal(let value): return Predicate(slot: left, test: .compare(comparison, value))
        }
    }

    private mutating func wildcard(_ patterns: [String]) throws -> Int32 {
        guard let path = AttributePath("resource.id") else { return 0 }
        return try predicate(.wildcard(patterns.map { Array($0.utf8) })) { compiler throws in
            Predicate(slot: try compiler.slot(path), test: .wildcard(patterns))
        }
    }

    private mutating func slot(_ path: AttributePath) throws -> Int {
        if let known = slotByPath[path] { return known }
        guard slots.count < PolicyLimits.attributes else {
            throw Fault(
                "policy.limit", .caller, "policies read more than \(PolicyLimits.attributes) different attributes",
                remedy: "Use fewer.")
        }
        slots.append(
            AttributeSlot(path: path, source: source(path), name: path.fields[0], isNested: path.fields.count > 1))
        slotByPath[path] = slots.count - 1
        return slots.count - 1
    }

    private mutating func source(_ path: AttributePath) -> AttributeSlot.Source {
        switch (path.root, path.fields) {
        case (.resource, ["id"]): return .resourceID
        case (.resource, ["type"]): return .resourceType
        case (.action, _): return .actionName
        case (.context, _): return .context
        case (.subject, _):
            subjectPaths.append(path)
            return .subject(subjectPaths.count - 1)
        case (.resource, _):
            resourcePaths.append(path)
            return .resource(resourcePaths.count - 1)
        }
    }
}
