import Vocabulary

extension PolicyIndex {
    /// Decides: default deny; a deny beats every allow; an erring allow is skipped, an erring deny counts as matched,
    /// and both are named. All determining rules are named. Pure; keeps nothing between calls.
    public func decide(
        _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil, now: Timestamp
    ) -> Decision {
        if standing.stamp !== stamp || (resources.map { $0.stamp !== stamp } ?? false) { return refusal(.staleFacts) }
        if let end = standing.validUntil, end <= now { return refusal(.standingExpired) }
        return withEvaluation(request, standing, resources) { evaluation, hits in
            run(evaluation, hits, now)
        }
    }

    private func refusal(_ reason: Decision.Reason) -> Decision {
        Decision(
            outcome: .deny, reason: reason, rules: RuleNumbers(), erred: [], obligations: [], enforcement: .mandatory,
            validUntil: nil, owner: self, readSet: AttributeReadSet(), row: -1)
    }

    /// Lends scratch memory, all zero: a word of hits per word of the standing, a value per slot,
    /// a byte per shared predicate.
    @inline(__always)
    func withEvaluation<Result>(
        _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?,
        _ body: (Evaluation, UnsafeMutablePointer<UInt64>) -> Result
    ) -> Result {
        let valueBytes = tables.slots.count * MemoryLayout<ResolvedValue>.stride
        let hitBytes = (standing.wordCount + 1) * 8
        let size = valueBytes + hitBytes + tables.sharedCount
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { scratch in
            let base = scratch.baseAddress.unsafelyUnwrapped
            scratch.initializeMemory(as: UInt8.self, repeating: 0)
            let evaluation = Evaluation(
                tables: tables, index: self, standing: standing, request: request, resources: resources,
                row: resources?.row(request.resourceType, request.resourceID),
                resolved: base.assumingMemoryBound(to: ResolvedValue.self),
                memo: (base + valueBytes + hitBytes).assumingMemoryBound(to: UInt8.self))
            return body(evaluation, (base + valueBytes).assumingMemoryBound(to: UInt64.self))
        }
    }

    private func run(
        _ evaluation: Evaluation, _ hits: UnsafeMutablePointer<UInt64>, _ now: Timestamp
    ) -> Decision {
        let request = evaluation.request
        let standing = evaluation.standing
        let actionRow = (actionNames[request.action] ?? actionNames.count) * wordCount
        let typeRow = (typeNames[request.resourceType] ?? typeNames.count) * wordCount
        var tally = Tally()
        for place in 0..<standing.wordCount {
            let word = standing.word(place)
            var bits = word.bits & tables.actionBits[actionRow + word.index] & tables.typeBits[typeRow + word.index]
            while bits != 0 {
                let offset = bits.trailingZeroBitCount
                bits &= bits - 1
                let rule = word.index << 6 | offset
                if rule >= denyCount, tally.denies > 0 { return denied(evaluation, hits, tally) }
                let result = evaluation.result(of: tables.rules[rule])
                if result == .no { continue }
                if result.isError { tally.erred.append(error(rule, result, evaluation)) }
                if rule < denyCount {
                    tally.denies += 1
                    hits[place] |= 1 << UInt64(offset)
                } else if result == .yes {
                    if tally.take(
                        tables.rules[rule].isDemanding ? requirements[rule] : nil, request.authentication, now)
                    {
                        hits[place] |= 1 << UInt64(offset)
                    } else {
                        tally.waiting.append(rule)
                    }
                }
            }
        }
        if tally.denies > 0 { return denied(evaluation, hits, tally) }
        return tally.allows > 0 ? permitted(evaluation, hits, tally) : notPermitted(evaluation, tally)
    }

    private func denied(_ evaluation: Evaluation, _ hits: UnsafeMutablePointer<UInt64>, _ tally: Tally) -> Decision {
        let (rules, enforcement) = named(evaluation, hits)
        return Decision(
            outcome: .deny, reason: .deniedByRule, rules: rules, erred: tally.erred, obligations: [],
            enforcement: enforcement, validUntil: evaluation.standing.validUntil, owner: self,
            readSet: evaluation.reads, row: evaluation.row ?? -1)
    }

    private func permitted(_ evaluation: Evaluation, _ hits: UnsafeMutablePointer<UInt64>, _ tally: Tally) -> Decision {
        let (rules, enforcement) = named(evaluation, hits)
        let end = evaluation.standing.validUntil
        let validUntil = tally.expiry.map { expiry in end.map { min($0, expiry) } ?? expiry } ?? end
        return Decision(
            outcome: .permit, reason: .allowedByRule, rules: rules, erred: tally.erred, obligations: [],
            enforcement: enforcement, validUntil: validUntil, owner: self, readSet: evaluation.reads,
            row: evaluation.row ?? -1)
    }

    private func notPermitted(_ evaluation: Evaluation, _ tally: Tally) -> Decision {
        let waiting = tally.waiting
        var rules = RuleNumbers()
        for rule in waiting { rules.append(rule) }
        return Decision(
            outcome: .deny, reason: waiting.isEmpty ? .noMatchingRule : .stepUpRequired, rules: rules,
            erred: tally.erred,
            obligations: stepUp(waiting.compactMap { requirements[$0] }),
            enforcement: waiting.map { tables.rules[$0].enforcement }.max() ?? .mandatory,
            validUntil: evaluation.standing.validUntil, owner: self, readSet: evaluation.reads,
            row: evaluation.row ?? -1)
    }

    private func named(
        _ evaluation: Evaluation, _ hits: UnsafeMutablePointer<UInt64>
    ) -> (RuleNumbers, Enforcement) {
        var named = RuleNumbers()
        var enforcement = Enforcement.advisory
        let standing = evaluation.standing
        for place in 0..<standing.wordCount {
            let word = standing.word(place)
            var bits = hits[place]
            while bits != 0 {
                let rule = word.index << 6 | bits.trailingZeroBitCount
                bits &= bits - 1
                named.append(rule)
                if enforcement < tables.rules[rule].enforcement { enforcement = tables.rules[rule].enforcement }
            }
        }
        return (named, enforcement)
    }

    /// The easiest of the open demands: the lowest strength, then the longest age. Meeting one is enough.
    private func stepUp(_ demands: [AuthenticationRequirement]) -> [Obligation] {
        let easiest = demands.min { left, right in
            let (a, b) = (left.strength ?? .none, right.strength ?? .none)
            return a != b ? a < b : (left.maxAgeSeconds ?? .max) > (right.maxAgeSeconds ?? .max)
        }
        return easiest.map { [.stepUp(strength: $0.strength, maxAgeSeconds: $0.maxAgeSeconds)] } ?? []
    }

    private func error(_ rule: Int, _ result: ComparisonResult, _ evaluation: Evaluation) -> RuleError {
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

/// What a decision has counted so far.
private struct Tally {
    var denies = 0
    var allows = 0
    var waiting: [Int] = []
    var erred: [RuleError] = []
    /// When the last of the satisfied allows ends by its age demand; nil as soon as one never does.
    var expiry: Timestamp?
    private var isUnlimited = false

    /// Counts a satisfied allow; false when its demand on the authentication is open.
    @inline(__always)
    mutating func take(
        _ requirement: AuthenticationRequirement?, _ authentication: RequestAuthentication?, _ now: Timestamp
    ) -> Bool {
        if let requirement {
            guard requirement.isMet(by: authentication, now: now) else { return false }
            let end = requirement.expiry(authentication)
            if end == nil { isUnlimited = true }
            expiry = isUnlimited ? nil : max(expiry ?? .epoch, end ?? .epoch)
        } else {
            isUnlimited = true
            expiry = nil
        }
        allows += 1
        return true
    }
}
