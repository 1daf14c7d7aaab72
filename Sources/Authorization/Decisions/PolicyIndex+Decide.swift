import Vocabulary

extension PolicyIndex {
    /// Decides: default deny; a deny beats every allow; an erring allow is skipped, an erring deny counts as matched,
    /// and both are named. All determining rules are named. Pure; keeps nothing between calls.
    public func decide(
        _ request: DecisionRequest, standing: Standing, resources: ResourceDirectory? = nil, now: Timestamp
    ) -> Decision {
        if standing.stamp !== stamp || (resources.map { $0.stamp !== stamp } ?? false) { return refusal(.staleFacts) }
        if let end = standing.validUntil, end <= now { return refusal(.standingExpired) }
        var tally = DecisionTally()
        withEvaluation(request, standing, resources) { evaluation in
            Self.count(evaluation, now, into: &tally)
            (tally.reads, tally.row) = (evaluation.reads, evaluation.row ?? -1)
        }
        return decision(tally, standing.validUntil)
    }

    private func refusal(_ reason: Decision.Reason) -> Decision {
        Decision(
            outcome: .deny, reason: reason, rules: RuleNumbers(), erred: [], obligations: [], enforcement: .mandatory,
            validUntil: nil, owner: self, readSet: AttributeReadSet(), row: -1)
    }

    /// Lends an evaluation with scratch memory of its own.
    @inline(__always)
    func withEvaluation<Result>(
        _ request: DecisionRequest, _ standing: Standing, _ resources: ResourceDirectory?,
        _ body: (Evaluation) -> Result
    ) -> Result {
        let question = Evaluation.Question(self, request, standing, resources)
        return withUnsafeTemporaryAllocation(byteCount: question.scratchBytes, alignment: 16) { scratch in
            scratch.initializeMemory(as: UInt8.self, repeating: 0)
            return body(Evaluation(question, scratch: scratch.baseAddress.unsafelyUnwrapped))
        }
    }

    /// Goes through the rules that are about this subject, action and resource type, denies first.
    private static func count(_ evaluation: Evaluation, _ now: Timestamp, into tally: inout DecisionTally) {
        evaluation.index { index in
            evaluation.request { request in
                evaluation.standing { standing in
                    index.count(evaluation, request, standing, now, into: &tally)
                }
            }
        }
    }

    @inline(__always)
    private func count(
        _ evaluation: Evaluation, _ request: DecisionRequest, _ standing: Standing, _ now: Timestamp,
        into tally: inout DecisionTally
    ) {
        let tables = tables
        let actionRow = (actionNames[request.action] ?? actionNames.count) * wordCount
        let typeRow = (typeNames[request.resourceType] ?? typeNames.count) * wordCount
        var passage = RuleGate.Passage()
        for place in 0..<standing.wordCount {
            let word = standing.word(place)
            var bits = word.bits & tables.actionBits[actionRow + word.index] & tables.typeBits[typeRow + word.index]
            bits = tables.gate.narrow(bits, word: word.index, evaluation, &passage)
            while bits != 0 {
                let rule = word.index << 6 | bits.trailingZeroBitCount
                bits &= bits - 1
                let isDeny = rule < denyCount
                if !isDeny, tally.denies > 0 { return }
                let compiled = tables.rules[rule]
                let result = evaluation.result(of: compiled)
                if result == .no { continue }
                if result.isError { tally.erred.append(error(rule, result, evaluation)) }
                if isDeny {
                    tally.deny(rule, compiled.enforcement)
                } else if result == .yes {
                    let demand = compiled.isDemanding ? requirements[rule] : nil
                    tally.allow(rule, compiled.enforcement, demand, request.authentication, now)
                }
            }
        }
    }

    private func decision(_ tally: DecisionTally, _ end: Timestamp?) -> Decision {
        if tally.denies == 0, tally.allows == 0 { return notPermitted(tally, end) }
        let isPermitted = tally.denies == 0
        let expiry = isPermitted ? tally.expiry : nil
        return Decision(
            outcome: isPermitted ? .permit : .deny, reason: isPermitted ? .allowedByRule : .deniedByRule,
            rules: tally.rules, erred: tally.erred, obligations: [], enforcement: tally.enforcement,
            validUntil: expiry.map { expiry in end.map { min($0, expiry) } ?? expiry } ?? end, owner: self,
            readSet: tally.reads, row: tally.row)
    }

    private func notPermitted(_ tally: DecisionTally, _ end: Timestamp?) -> Decision {
        let waiting = tally.waiting
        var rules = RuleNumbers()
        for rule in waiting { rules.append(rule) }
        return Decision(
            outcome: .deny, reason: waiting.isEmpty ? .noMatchingRule : .stepUpRequired, rules: rules,
            erred: tally.erred, obligations: stepUp(waiting.compactMap { requirements[$0] }),
            enforcement: waiting.map { tables.rules[$0].enforcement }.max() ?? .mandatory, validUntil: end,
            owner: self, readSet: tally.reads, row: tally.row)
    }

    /// The easiest of the open demands: the lowest strength, then the longest age. Meeting one is enough.
    private func stepUp(_ demands: [AuthenticationRequirement]) -> [Obligation] {
        let easiest = demands.min { left, right in
            let (a, b) = (left.strength ?? .none, right.strength ?? .none)
            return a != b ? a < b : (left.maxAgeSeconds ?? .max) > (right.maxAgeSeconds ?? .max)
        }
        return easiest.map { [.stepUp(strength: $0.strength, maxAgeSeconds: $0.maxAgeSeconds)] } ?? []
    }
}
