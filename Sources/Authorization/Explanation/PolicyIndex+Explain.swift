import Vocabulary

extension PolicyIndex {
    /// Decides as `decide` does, and tells why. Costs milliseconds over thousands of rules; not for the request path.
    public func explain(
        _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil, now: Timestamp
    ) -> Explanation {
        let decision = decide(request, standing: standing, resources: resources, now: now)
        if decision.reason == .staleFacts || decision.reason == .standingExpired {
            return Explanation(decision: decision, rules: [], omittedRules: 0, nearest: [], blocking: [], reads: [])
        }
        let reads = self.reads(of: decision, request, standing: standing, resources: resources)
        return withEvaluation(request, standing, resources) { evaluation in
            let explainer = RuleExplainer(self, evaluation, request, standing, now: now)
            let candidates = explainer.candidates()
            let listed = candidates.prefix(Explanation.Limits.rules)
            let nearest = decision.isPermitted ? [] : explainer.nearest(candidates)
            return Explanation(
                decision: decision, rules: listed.map { explainer.trace($0) },
                omittedRules: candidates.count - listed.count, nearest: nearest,
                blocking: decision.reason == .deniedByRule ? explainer.blocking(candidates) : [], reads: reads)
        }
    }
}

/// Explains the rules of one index for one request.
struct RuleExplainer {
    let index: PolicyIndex
    private let evaluation: Evaluation
    private let request: DecisionRequest
    private let standing: Standing
    private let now: Timestamp
    private let policyByID: [String: Policy]
    private let applicable: Set<Int>

    init(
        _ index: PolicyIndex, _ evaluation: Evaluation, _ request: DecisionRequest, _ standing: Standing,
        now: Timestamp
    ) {
        (self.index, self.evaluation, self.now) = (index, evaluation, now)
        (self.request, self.standing) = (request, standing)
        policyByID = Dictionary(uniqueKeysWithValues: index.policies.map { ($0.id, $0) })
        var applicable: Set<Int> = []
        for word in (0..<standing.wordCount).map(standing.word) {
            for bit in 0..<64 where word.bits >> UInt64(bit) & 1 == 1 { applicable.insert(word.index << 6 | bit) }
        }
        self.applicable = applicable
    }

    /// The rules for this action and resource type, whoever they are about.
    func candidates() -> [Int] {
        let action = index.actionNames[request.action] ?? index.actionNames.count
        let type = index.typeNames[request.resourceType] ?? index.typeNames.count
        return (0..<index.tables.rules.count).filter { rule in
            let word = rule >> 6
            let bits =
                index.tables.actionBits[action * index.wordCount + word]
                & index.tables.typeBits[type * index.wordCount + word]
            return bits >> UInt64(rule & 63) & 1 == 1
        }
    }

    func trace(_ rule: Int) -> RuleTrace {
        var comparisons: [ComparisonTrace] = []
        for predicate in predicates(of: rule) { comparisons.append(trace(predicate: predicate)) }
        let reference = index.references[rule]
        return RuleTrace(
            rule: reference, name: name(reference), effect: rule < index.denyCount ? .deny : .allow,
            enforcement: index.tables.rules[rule].enforcement, verdict: verdict(rule), comparisons: comparisons,
            roleChain: chain(rule))
    }

    /// The allows with the fewest unmet conditions.
    func nearest(_ candidates: [Int]) -> [Shortfall] {
        var found: [Shortfall] = []
        for rule in candidates where rule >= index.denyCount {
            var unmet: [UnmetCondition] = []
            if !applicable.contains(rule) { unmet.append(subject(of: rule)) }
            unmet += unmetConditions(of: rule)
            if !isDemandMet(rule), let demand = index.requirements[rule] { unmet.append(.authentication(demand)) }
            if !unmet.isEmpty { found.append(Shortfall(rule: index.references[rule], unmet: unmet)) }
        }
        // A rule about another resource is no way to this one, however little else it lacks.
        let ranked = found.enumerated().sorted { one, other in
            let (near, far) = (one.element.unmet, other.element.unmet)
            return (near.count(where: \.isOtherResource), near.count, one.offset)
                < (far.count(where: \.isOtherResource), far.count, other.offset)
        }
        return ranked.prefix(Explanation.Limits.nearest).map(\.element)
    }

    /// For each deny that matched: the least that would have to be otherwise.
    func blocking(_ candidates: [Int]) -> [Shortfall] {
        var found: [Shortfall] = []
        for rule in candidates where rule < index.denyCount && applicable.contains(rule) {
            let compiled = index.tables.rules[rule]
            guard evaluation.result(of: compiled) != .no else { continue }
            var smallest: [UnmetCondition] = [.unconditional]
            for (place, operand) in operands(of: rule).enumerated() {
                let change = change(operand, to: false)
                if place == 0 || change.count < smallest.count { smallest = change }
            }
            found.append(Shortfall(rule: index.references[rule], unmet: smallest))
        }
        return found
    }

    private func operands(of rule: Int) -> [Int32] {
        let compiled = index.tables.rules[rule]
        let range = compiled.firstConjunct..<compiled.firstConjunct + compiled.conjunctCount
        return range.map { index.tables.conjuncts[Int($0)] }
    }

    private func children(of node: ConditionNode) -> [Int32] {
        (node.firstChild..<node.firstChild + node.childCount).map { index.tables.nodeChildren[Int($0)] }
    }

    private func predicates(of rule: Int) -> [Int] {
        var pending = Array(operands(of: rule).reversed())
        var found: [Int] = []
        while let operand = pending.popLast() {
            if operand >= 0 {
                found.append(Int(operand))
            } else {
                pending += children(of: index.tables.nodes[Int(~operand)]).reversed()
            }
        }
        return found
    }

    private func verdict(_ rule: Int) -> RuleTrace.Verdict {
        guard applicable.contains(rule) else { return .otherSubject }
        let result = evaluation.result(of: index.tables.rules[rule])
        if result.isError { return .erred }
        if result == .no { return .conditionFalse }
        return isDemandMet(rule) ? .satisfied : .stepUpRequired
    }

    private func isDemandMet(_ rule: Int) -> Bool {
        index.requirements[rule]?.isMet(by: request.authentication, now: now) ?? true
    }

    private func unmetConditions(of rule: Int) -> [UnmetCondition] {
        var unmet: [UnmetCondition] = []
        for operand in operands(of: rule) { unmet += change(operand, to: true) }
        return unmet
    }

    /// The smallest set of comparisons to change for an operand to become true, or false; empty when it already is.
    private func change(_ operand: Int32, to wanted: Bool) -> [UnmetCondition] {
        if evaluation.result(of: operand) == ComparisonResult(wanted) { return [] }
        guard operand < 0 else {
            let trace = trace(predicate: Int(operand))
            return [wanted ? .mustHold(trace) : .mustFail(trace)]
        }
        let node = index.tables.nodes[Int(~operand)]
        if node.kind == .not { return change(children(of: node).first ?? 0, to: !wanted) }
        var changes: [[UnmetCondition]] = []
        for child in children(of: node) { changes.append(change(child, to: wanted)) }
        // Every part has to change where all parts count; the cheapest is enough where one does.
        let needsAll = (node.kind == .all) == wanted
        return needsAll ? changes.flatMap { $0 } : changes.min { $0.count < $1.count } ?? []
    }

    private func trace(predicate number: Int) -> ComparisonTrace {
        let predicate = index.tables.predicates[number]
        let result: ComparisonTrace.Result =
            switch evaluation.result(of: Int32(number)) {
            case .yes: .holds
            case .no: .fails
            case .missing: .missingAttribute
            case .mismatch: .typeMismatch
            case .tooLong: .textTooLong
            }
        var other: AttributeValue?
        if predicate.test == .slot { other = evaluation.read(predicate.operand).value }
        return ComparisonTrace(
            comparison: index.describe(predicate), result: result, found: evaluation.read(predicate.slot).value,
            other: other)
    }

    private func name(_ reference: RuleReference) -> String {
        switch reference {
        case .policy(let id, _): policyByID[id]?.name ?? id
        case .role(let id): index.roles.index(of: id).map { index.roles.roles[$0].name } ?? id.description
        }
    }

    private func subject(of rule: Int) -> UnmetCondition {
        switch index.references[rule] {
        case .role(let id):
            return .subject(users: [], roles: [name(.role(id))], groups: [], serviceAccounts: [])
        case .policy(let id, _):
            guard case .named(let users, let roles, let groups, let accounts)? = policyByID[id]?.subjects else {
                return .subject(users: [], roles: [], groups: [], serviceAccounts: [])
            }
            return .subject(users: users, roles: roles, groups: groups, serviceAccounts: accounts)
        }
    }

    private func chain(_ rule: Int) -> [RoleID] {
        let held = standing.facts.roles
        switch index.references[rule] {
        case .role(let id): return index.roles.chain(from: held, to: id) ?? []
        case .policy(let id, _):
            guard case .named(_, let roles, _, _)? = policyByID[id]?.subjects else { return [] }
            let chains = roles.lazy.compactMap { name in
                index.roles.index(named: name).flatMap { index.roles.chain(from: held, to: index.roles.roles[$0].id) }
            }
            return chains.first ?? []
        }
    }
}

extension UnmetCondition {
    fileprivate var isOtherResource: Bool {
        if case .mustHold(let trace) = self { trace.comparison.hasPrefix("resource.id ") } else { false }
    }
}
