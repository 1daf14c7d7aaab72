import Vocabulary

extension PolicyIndex {
    /// Decides: default deny; a deny beats every allow; an erring allow is skipped, an erring deny counts as matched,
    /// and both are named. All determining rules are named. Pure; keeps nothing between calls.
    public func decide(
        _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil, now: Timestamp
    ) -> Decision {
        if standing.stamp !== stamp || (resources.map { $0.stamp !== stamp } ?? false) { return refusal(.staleFacts) }
        if let end = standing.facts.validUntil, end <= now { return refusal(.standingExpired) }
        return withEvaluation(request, standing, resources) { evaluation, hits in
            run(&evaluation, hits, now)
        }
    }

    private func refusal(_ reason: Decision.Reason) -> Decision {
        Decision(
            outcome: .deny, reason: reason, determining: [], erred: [], obligations: [], enforcement: .mandatory,
            validUntil: nil, index: stamp, readSet: AttributeReadSet())
    }

    /// Lends scratch memory: a byte per predicate and a word of hits per word of the standing, all zero.
    func withEvaluation<Result>(
        _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?,
        _ body: (inout Evaluation, UnsafeMutablePointer<UInt64>) -> Result
    ) -> Result {
        let hitBytes = (standing.words.count + 1) * 8
        let size = hitBytes + predicates.count
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { scratch in
            let hits = scratch.baseAddress.unsafelyUnwrapped.bindMemory(to: UInt64.self, capacity: hitBytes / 8)
            scratch.initializeMemory(as: UInt8.self, repeating: 0)
            let memo = (scratch.baseAddress.unsafelyUnwrapped + hitBytes).assumingMemoryBound(to: UInt8.self)
            var evaluation = Evaluation(
                index: self, standing: standing, request: request,
                stored: resources?.facts(request.resourceType, request.resourceID), memo: memo)
            return body(&evaluation, hits)
        }
    }

    private func run(
        _ evaluation: inout Evaluation, _ hits: UnsafeMutablePointer<UInt64>, _ now: Timestamp
    ) -> Decision {
        let request = evaluation.request
        let standing = evaluation.standing
        let actionRow = (actionNames[request.action] ?? actionNames.count) * wordCount
        let typeRow = (typeNames[request.resourceType] ?? typeNames.count) * wordCount
        var tally = Tally()
        for (place, word) in standing.words.enumerated() {
            var bits = word.bits & actionBits[actionRow + word.index] & typeBits[typeRow + word.index]
            while bits != 0 {
                let offset = bits.trailingZeroBitCount
                bits &= bits - 1
                let rule = word.index << 6 | offset
                if rule >= denyCount, tally.denies > 0 { return denied(evaluation, hits, tally) }
                let result = evaluation.result(of: rules[rule])
                if result == .no { continue }
                if result.isError { tally.erred.append(error(rule, result, &evaluation)) }
                if rule < denyCount {
                    tally.denies += 1
                    hits[place] |= 1 << UInt64(offset)
                } else if result == .yes {
                    if tally.take(rules[rule].requirement, request.authentication, now) {
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
        let (rules, enforcement) = named(evaluation, hits, tally.denies)
        return Decision(
            outcome: .deny, reason: .deniedByRule, determining: rules, erred: tally.erred, obligations: [],
            enforcement: enforcement, validUntil: evaluation.standing.facts.validUntil, index: stamp,
            readSet: evaluation.reads)
    }

    private func permitted(_ evaluation: Evaluation, _ hits: UnsafeMutablePointer<UInt64>, _ tally: Tally) -> Decision {
        let (rules, enforcement) = named(evaluation, hits, tally.allows)
        let end = evaluation.standing.facts.validUntil
        let validUntil = tally.expiry.map { expiry in end.map { min($0, expiry) } ?? expiry } ?? end
        return Decision(
            outcome: .permit, reason: .allowedByRule, determining: rules, erred: tally.erred, obligations: [],
            enforcement: enforcement, validUntil: validUntil, index: stamp, readSet: evaluation.reads)
    }

    private func notPermitted(_ evaluation: Evaluation, _ tally: Tally) -> Decision {
        let waiting = tally.waiting
        return Decision(
            outcome: .deny, reason: waiting.isEmpty ? .noMatchingRule : .stepUpRequired,
            determining: waiting.map { references[$0] }, erred: tally.erred,
            obligations: stepUp(waiting.compactMap { rules[$0].requirement }),
            enforcement: waiting.map { rules[$0].enforcement }.max() ?? .mandatory,
            validUntil: evaluation.standing.facts.validUntil, index: stamp, readSet: evaluation.reads)
    }

    private func named(
        _ evaluation: Evaluation, _ hits: UnsafeMutablePointer<UInt64>, _ count: Int
    ) -> ([RuleReference], Enforcement) {
        var named: [RuleReference] = []
        named.reserveCapacity(count)
        var enforcement = Enforcement.advisory
        for (place, word) in evaluation.standing.words.enumerated() {
            var bits = hits[place]
            while bits != 0 {
                let rule = word.index << 6 | bits.trailingZeroBitCount
                bits &= bits - 1
                named.append(references[rule])
                if enforcement < rules[rule].enforcement { enforcement = rules[rule].enforcement }
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

    private func error(_ rule: Int, _ result: ComparisonResult, _ evaluation: inout Evaluation) -> RuleError {
        let code: RuleError.Code =
            switch result {
            case .mismatch: .typeMismatch
            case .tooLong: .textTooLong
            case .missing, .yes, .no: .missingAttribute
            }
        let compiled = rules[rule]
        let range = Int(compiled.firstConjunct)..<Int(compiled.firstConjunct + compiled.conjunctCount)
        let culprit = conjuncts[range].first { evaluation.result(of: $0) == result }
        return RuleError(
            rule: references[rule], effect: rule < denyCount ? .deny : .allow, code: code,
            condition: culprit.map { erring($0, result, &evaluation) } ?? "")
    }

    /// Descends to the comparison that erred.
    private func erring(_ operand: Int32, _ result: ComparisonResult, _ evaluation: inout Evaluation) -> String {
        guard operand < 0 else { return describe(predicates[Int(operand)]) }
        let node = nodes[Int(~operand)]
        let range = Int(node.firstChild)..<Int(node.firstChild + node.childCount)
        guard let child = nodeChildren[range].first(where: { evaluation.result(of: $0) == result }) else { return "" }
        return erring(child, result, &evaluation)
    }

    func describe(_ predicate: Predicate) -> String {
        let path = slots[predicate.slot].path
        switch predicate.test {
        case .exists: return "\(path) exists"
        case .compare(let comparison, let value): return "\(path) \(comparison.rawValue) \(CanonicalText.of(value))"
        case .compareSlots(let comparison, let slot): return "\(path) \(comparison.rawValue) \(slots[slot].path)"
        case .regex: return "\(path) regex"
        case .wildcard(let patterns): return "\(path) matches \(patterns.joined(separator: ", "))"
        }
    }

    /// The attributes that a decision read, with values and sources, for its record. Takes what `decide` took.
    public func reads(
        of decision: Decision, _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil
    ) -> [AttributeRead] {
        guard decision.index === stamp, standing.stamp === stamp, resources.map({ $0.stamp === stamp }) ?? true else {
            return []
        }
        return withEvaluation(request, standing, resources) { evaluation, _ in
            slots.indices.filter(decision.readSet.contains).map { slot in
                let (value, source) = evaluation.read(slot)
                return AttributeRead(path: slots[slot].path, value: value, source: source)
            }
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
