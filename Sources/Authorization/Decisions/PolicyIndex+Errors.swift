/// What is said of a rule that could not be evaluated, and of the comparison that is to blame.
extension PolicyIndex {
    func error(_ rule: Int, _ result: ComparisonResult, _ evaluation: Evaluation) -> RuleError {
        let code: RuleError.Code =
            switch result {
            case .mismatch: .typeMismatch
            case .tooLong: .textTooLong
            case .missing, .yes, .no: .missingAttribute
            }
        let compiled = tables.rules[rule]
        let range = Int(compiled.firstConjunct)..<Int(compiled.firstConjunct + compiled.conjunctCount)
        let culprit = range.lazy.map { [tables] in tables.conjuncts[$0] }.first { evaluation.result(of: $0) == result }
        return RuleError(
            rule: references[rule], effect: rule < denyCount ? .deny : .allow, code: code,
            condition: culprit.map { erring($0, result, evaluation) } ?? "")
    }

    /// Descends to the comparison that erred.
    private func erring(_ operand: Int32, _ result: ComparisonResult, _ evaluation: Evaluation) -> String {
        guard operand < 0 else { return describe(tables.predicates[Int(operand)]) }
        let node = tables.nodes[Int(~operand)]
        let range = Int(node.firstChild)..<Int(node.firstChild + node.childCount)
        let children = range.lazy.map { [tables] in tables.nodeChildren[$0] }
        guard let child = children.first(where: { evaluation.result(of: $0) == result }) else { return "" }
        return erring(child, result, evaluation)
    }

    func describe(_ predicate: Predicate) -> String {
        let path = slotPaths[Int(predicate.slot)]
        let operand = Int(predicate.operand)
        switch predicate.test {
        case .exists: return "\(path) exists"
        case .literal: return "\(path) \(predicate.comparison.rawValue) \(CanonicalText.of(literals[operand]))"
        case .members:
            let list = literals[Int(predicate.literal.bits)]
            return "\(path) \(predicate.comparison.rawValue) \(CanonicalText.of(list))"
        case .slot: return "\(path) \(predicate.comparison.rawValue) \(slotPaths[operand])"
        case .regex: return "\(path) regex \(patterns[operand].source)"
        case .wildcard: return "\(path) matches \(wildcards[operand].joined(separator: " or "))"
        }
    }
}
