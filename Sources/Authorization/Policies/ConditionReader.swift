import Vocabulary

/// Reads `when`: one operator per mapping, nested by `all`, `any` and `not`.
struct ConditionReader {
    private var comparisonsLeft = PolicyLimits.comparisons
    private static let operators = ["all", "any", "not", "exists"] + Comparison.allCases.map(\.rawValue)
    /// What the engine itself knows of an action; conditions can read nothing else below `action.`.
    private static let actionFields = ["name"]

    mutating func read(_ node: DocumentNode, depth: Int = 1, _ log: inout FaultLog) -> Condition? {
        guard depth <= PolicyLimits.conditionDepth else {
            log.report(
                node.path, "too_deep", "conditions nest deeper than \(PolicyLimits.conditionDepth)",
                "Split the policy in two")
            return nil
        }
        guard let members = node.members(Self.operators, required: [], &log) else { return nil }
        guard members.count == 1, let (key, value) = members.first else {
            log.report(
                node.path, "one_operator", "a condition has exactly one operator", "Put several below `all` or `any`")
            return nil
        }
        switch key {
        case "all": return parts(value, depth, &log).map(Condition.all)
        case "any": return parts(value, depth, &log).map(Condition.any)
        case "not": return read(value, depth: depth + 1, &log).map(Condition.not)
        case "exists":
            guard count(at: value, &log) else { return nil }
            return path(value, &log).map(Condition.exists)
        default: return Comparison(rawValue: key).flatMap { comparisons($0, value, &log) }
        }
    }

    private mutating func parts(_ node: DocumentNode, _ depth: Int, _ log: inout FaultLog) -> [Condition]? {
        guard let items = node.items(limit: PolicyLimits.comparisons, &log) else { return nil }
        var parts: [Condition] = []
        for item in items {
            if let part = read(item, depth: depth + 1, &log) { parts.append(part) }
        }
        return parts.count == items.count ? parts : nil
    }

    /// `operator: {attribute: value, …}`; several attributes must all hold.
    private mutating func comparisons(_ comparison: Comparison, _ node: DocumentNode, _ log: inout FaultLog)
        -> Condition?
    {
        guard case .object(let members) = node.value, !members.isEmpty else {
            log.report(
                node.path, "wrong_type", "found \(node.kind), expected an attribute and a value",
                "Write `\(comparison.rawValue): {subject.department: legal}`")
            return nil
        }
        var parts: [Condition] = []
        for key in members.keys.sorted() {
            let place = DocumentNode(value: .string(key), path: node.child(key))
            guard count(at: place, &log), let attribute = path(place, &log) else { continue }
            let value = DocumentNode(value: members[key] ?? .null, path: place.path)
            if let operand = operand(value, comparison, &log) { parts.append(.compare(attribute, comparison, operand)) }
        }
        guard parts.count == members.count else { return nil }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func count(at node: DocumentNode, _ log: inout FaultLog) -> Bool {
        comparisonsLeft -= 1
        if comparisonsLeft == -1 {
            log.report(
                node.path, "too_many", "more than \(PolicyLimits.comparisons) comparisons", "Split the policy in two")
        }
        return comparisonsLeft >= 0
    }

    private func path(_ node: DocumentNode, _ log: inout FaultLog) -> AttributePath? {
        guard case .string(let text) = node.value, let path = AttributePath(text) else {
            log.report(
                node.path, "bad_attribute", "`\(CanonicalText.of(node.value).prefix(60))` is not an attribute",
                "Write `subject.`, `resource.`, `action.`, `context.` or `session.` and up to "
                    + "\(PolicyLimits.pathFields) fields")
            return nil
        }
        if path.root == .action,
            !Self.actionFields.contains(text.split(separator: ".").dropFirst().joined(separator: "."))
        {
            log.report(node.path, "bad_attribute", "actions have no `\(path)`", "Use `action.name`")
            return nil
        }
        if path.root == .session, path.fields != AttributePath.sessionAnomalies {
            log.report(node.path, "bad_attribute", "sessions have no `\(path)`", "Use `session.anomalies`")
            return nil
        }
        return path
    }

    private func operand(_ node: DocumentNode, _ comparison: Comparison, _ log: inout FaultLog) -> Operand? {
        if case .object(let members) = node.value {
            guard members.count == 1, let name = members["ref"] else {
                log.report(
                    node.path, "bad_value", "a mapping here is a reference", "Write `{ref: resource.department}`")
                return nil
            }
            guard comparison != .regex else {
                log.report(node.path, "bad_value", "a pattern cannot be a reference", "Write the pattern itself")
                return nil
            }
            return path(DocumentNode(value: name, path: node.child("ref")), &log).map(Operand.reference)
        }
        return literal(node, comparison, &log) ? .literal(node.value) : nil
    }

    private func literal(_ node: DocumentNode, _ comparison: Comparison, _ log: inout FaultLog) -> Bool {
        switch comparison {
        case .in, .notIn: return list(node, &log)
        case .equals, .notEquals, .contains: return scalar(node, &log)
        case .startsWith, .endsWith: return node.text(limit: PolicyLimits.textBytes, &log) != nil
        case .greaterThan, .greaterThanOrEqual, .lessThan, .lessThanOrEqual:
            if case .bool = node.value {
                log.report(node.path, "wrong_type", "true and false have no order", "Write a number or text")
                return false
            }
            return scalar(node, &log)
        case .regex:
            guard let text = node.text(limit: PolicyLimits.textBytes, &log) else { return false }
            do {
                _ = try Pattern(text)
                return true
            } catch {
                log.report(node.path, "bad_regex", "the pattern is not accepted: \(error.message)", error.remedy)
                return false
            }
        }
    }

    private func scalar(_ node: DocumentNode, _ log: inout FaultLog) -> Bool {
        switch node.value {
        case .string(let text) where text.utf8.count > PolicyLimits.textBytes:
            log.report(node.path, "too_long", "\(text.utf8.count) bytes", "Use at most \(PolicyLimits.textBytes)")
            return false
        case .number(let number) where !number.isFinite:
            log.report(node.path, "wrong_number", "not a finite number", "Write a finite number")
            return false
        case .bool, .integer, .number, .string: return true
        case .null, .list, .object:
            log.report(
                node.path, "wrong_type", "found \(node.kind), expected one value",
                "Use `exists` for presence and `in` for lists")
            return false
        }
    }

    private func list(_ node: DocumentNode, _ log: inout FaultLog) -> Bool {
        guard let items = node.items(limit: PolicyLimits.literalItems, &log) else { return false }
        let good = items.filter { scalar($0, &log) }
        guard good.count == items.count else { return false }
        guard Set(items.map(\.kind)).count == 1 else {
            log.report(node.path, "wrong_type", "the list mixes kinds of values", "Use values of one kind")
            return false
        }
        return true
    }
}
