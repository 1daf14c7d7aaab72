import Authorization
import Governance
import Storage
import Vocabulary

/// What roles and policy documents say of a request, and what governed rules do: one answer.
///
/// A deny of either is a deny. What neither denies is permitted by whichever allows it; a governed allow that matches
/// comes with its window, its limits and its approval, and those hold though a role permits the same.
struct JoinedDecision {
    let plain: Decision
    /// What governed rules had to say; nil when none of them looked at the request.
    var governed: RuleDecision?
    /// Which of them matched and what they read.
    let matched: Decision?
    /// What matched besides with roles that are held back after one factor.
    let held: HeldMatch?
    /// When a governed policy begins or ends next.
    let edge: Timestamp?

    /// Whether governed rules decided it.
    var isGoverned: Bool {
        guard let governed, plain.reason != .deniedByRule, governed.reason != .noMatchingRule else { return false }
        return !governed.isAllowed || governed.needsApproval || governed.rule != nil
    }

    /// What needs an approval is not permitted until it was given.
    var isPermitted: Bool {
        guard isGoverned, let governed else { return plain.isPermitted }
        return governed.isAllowed && !governed.needsApproval
    }

    /// Something the answer rests on has moved between resolving and deciding.
    var hasMoved: Bool {
        plain.reason == .staleFacts || plain.reason == .standingExpired || governed?.reason == .staleFacts
    }

    var reasons: [String] {
        guard isGoverned, let governed else { return plain.reasons.map(\.rawValue) }
        let hasErred = !plain.erred.isEmpty || governed.notes.contains { $0.kind == .erred }
        return [governed.reason.rawValue] + (hasErred ? [Decision.Reason.ruleError.rawValue] : [])
    }

    var obligations: [Obligation] {
        guard isGoverned, let governed else { return plain.obligations }
        guard let demand = governed.stepUp else { return [] }
        return [.stepUp(strength: demand.strength, maxAgeSeconds: demand.maxAgeSeconds)]
    }

    /// Of roles and policy documents; where governed rules stand in the way, those that would permit it.
    var determining: [RuleReference] {
        isGoverned && !plain.isPermitted ? [] : plain.determining
    }

    /// Of governed rules.
    var governedRules: [RuleOrigin] { isGoverned ? governed?.determining ?? [] : [] }

    var enforcement: Enforcement {
        isGoverned ? governed?.enforcement ?? .mandatory : plain.enforcement
    }

    var validUntil: Timestamp? { [plain.validUntil, governed?.validUntil, edge].compactMap { $0 }.min() }
}

/// What governed rules match with all roles of somebody, those held back included.
struct HeldMatch {
    let decision: Decision
    let standing: Standing
}

extension RecordedDecision {
    /// A decision in which governed rules had a part: the versions that decided, what was read, the exemption or
    /// approval that let it pass, and what rules said without deciding.
    init(_ decided: DecisionService.Decided, _ id: DecisionID) {
        let (joined, request, call) = (decided.decision, decided.request, decided.call)
        let (resolved, authorization) = (decided.resolved, call.authorization)
        self.init(
            id: id, at: call.now, asker: resolved.asker(call.question.asked, in: authorization.tenant),
            basis: authorization.basis, factsPosition: resolved.position, action: request.action,
            resourceType: request.resourceType, resourceID: request.resourceID,
            outcome: joined.isPermitted ? .permit : .deny, enforcement: .init(joined.enforcement),
            reason: joined.reasons.first ?? "", origin: call.origin.recorded)
        determining = joined.determining.map(\.description) + joined.governedRules.map(\.description)
        erred = joined.plain.erred.map { ErredRule(rule: $0.rule.description, code: $0.code.rawValue) }
        obligations = joined.obligations.map(\.word) + (joined.governed?.obligationWords ?? [])
        reads = Self.reads(joined, request, resolved, authorization)
        for note in joined.governed?.notes ?? [] {
            switch note.kind {
            case .exempted(let id): exemption = exemption ?? id.description
            case .approved(let id): approval = approval ?? id.description
            case .erred: erred.append(ErredRule(rule: note.rule.description, code: "rule_error"))
            case .logged, .warned, .outvoted, .voted, .bypassed: continue
            }
        }
    }

    /// What either read, each attribute once.
    private static func reads(
        _ joined: JoinedDecision, _ request: DecisionRequest, _ resolved: ResolvedSubject,
        _ authorization: TenantAuthorization
    ) -> [RecordedRead] {
        var reads = authorization.index.reads(of: joined.plain, request, standing: resolved.standing)
        if let book = authorization.book, let matched = joined.matched, let governed = resolved.governed {
            reads += book.index.reads(of: matched, request, standing: governed.standing)
            if let held = joined.held { reads += book.index.reads(of: held.decision, request, standing: held.standing) }
        }
        var seen: Set<String> = []
        let conditions = reads.compactMap { read -> RecordedRead? in
            let name = read.path.description
            guard seen.insert(name).inserted else { return nil }
            return RecordedRead(
                name: name, source: read.value == nil ? "absent" : read.source.rawValue,
                value: read.value.map { .value($0) } ?? .absent)
        }
        return conditions
            + context(joined, request, authorization).filter { seen.insert($0.name).inserted }
    }

    /// What governed rules read of the context beside their conditions: what narrows their policies, a severity, what
    /// limits count.
    private static func context(
        _ joined: JoinedDecision, _ request: DecisionRequest, _ authorization: TenantAuthorization
    ) -> [RecordedRead] {
        guard let book = authorization.book, let matched = joined.matched else { return [] }
        return book.contextReads([matched] + (joined.held.map { [$0.decision] } ?? [])).map { name in
            let value = request.context[String(name.dropFirst("context.".count))]
            return RecordedRead(
                name: name, source: value == nil ? "absent" : "request", value: value.map { .value($0) } ?? .absent)
        }
    }
}

extension RuleDecision {
    /// What has to be done beside the answer, and what rules said without deciding, as words of the record.
    fileprivate var obligationWords: [String] {
        var words: [String] = []
        if needsApproval { words.append("approval") }
        if quarantine { words.append("quarantine") }
        if alert { words.append("alert") }
        for note in notes {
            switch note.kind {
            case .logged: words.append("log:\(note.rule)")
            case .warned: words.append("warn:\(note.rule)")
            case .bypassed(let severity): words.append("bypass:\(severity.rawValue):\(note.rule)")
            case .outvoted(let set): words.append("outvoted:\(set):\(note.rule)")
            case .voted(let set): words.append("voted:\(set):\(note.rule)")
            case .exempted, .erred, .approved: continue
            }
        }
        return words
    }
}
