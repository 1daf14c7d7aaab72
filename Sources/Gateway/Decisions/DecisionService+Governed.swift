import Authorization
import Governance
import Storage
import Vocabulary

extension DecisionService {
    /// Joins what roles and policy documents say with what governed rules do. Where no governed policy is active this
    /// is one look at a nil.
    func joined(
        _ decision: Decision, _ request: DecisionRequest, _ resolved: ResolvedSubject, _ call: Call
    ) async throws -> JoinedDecision {
        let plain = try await weighing(decision, request, resolved, call.authorization, now: call.now)
        guard let book = call.authorization.book, let governed = resolved.governed else {
            return JoinedDecision(plain: plain, governed: nil, matched: nil, held: nil, edge: nil)
        }
        let edge = book.nextEdge(after: call.now)
        let inquiry = try inquiry(request, resolved.subject, governed, call)
        let matched = book.match(inquiry, standing: governed.standing, now: call.now)
        let held = try await heldBack(resolved, inquiry, book, call)
        guard matched.hasLooked || held?.decision.hasLooked == true else {
            return JoinedDecision(plain: plain, governed: nil, matched: nil, held: nil, edge: edge)
        }
        let end = [governed.standing.validUntil, held?.standing.validUntil].compactMap { $0 }.min()
        let (limits, tenant) = (resolver.table.limits, call.authorization.tenant)
        func weigh(_ inquiry: RuleInquiry) -> RuleDecision {
            book.weigh(
                matched, inquiry, held: held?.decision, otherwise: plain.isPermitted,
                counters: { limits.ledger(of: $0, in: tenant) },
                now: call.now, until: end)
        }
        var answer = weigh(inquiry)
        if answer.needsApproval, plain.reason != .deniedByRule {
            // Approve and ask again: what was given for this very request is found by it.
            let digest = RuleApprovals.digest(of: call.question, resolved.subject)
            let grants = try await approvals.grants(
                for: digest, asking: answer.approvalRules, in: tenant, at: call.now)
            if !grants.isEmpty { answer = weigh(inquiry.approved(grants)) }
        }
        return JoinedDecision(plain: plain, governed: answer, matched: matched, held: held, edge: edge)
    }

    var approvals: RuleApprovals {
        RuleApprovals(store: resolver.store, zones: resolver.table.zones, tally: resolver.table.approvalTally)
    }

    /// Decides as `decide` does, and where rules ask for an approval, asks for it on the subject's behalf: the answer
    /// names it, and once it was given the same question is answered with yes.
    ///
    /// - Parameter evaluation: the decision that was refused first; this one without it.
    public func decideOrAsk(
        _ question: DecisionQuestion, reason: String?, evaluation: DecisionID? = nil, in tenant: TenantID,
        origin: DecisionOrigin, by caller: Caller
    ) async throws -> DecisionAnswer {
        let decided: Decided
        switch try await settle(question, in: tenant, origin) {
        case .refused(let answer): return answer
        case .decided(let found): decided = found
        }
        var approval: Approval?
        let id = recorder.nextID(at: decided.call.now)
        if decided.decision.isGoverned, let governed = decided.decision.governed, governed.needsApproval,
            resolver.table.settings.capabilities.contains(.approvalWorkflows)
        {
            let subject = decided.resolved.subject
            approval = try await approvals.ask(
                RuleApprovals.Wish(
                    digest: RuleApprovals.digest(of: question, subject), subject: subject, decision: governed,
                    question: question, reason: reason, evaluation: evaluation ?? id), by: caller)
        }
        var answer = answer(decided, id, isRecorded: record(decided, id) != .overflowed)
        answer.approval = approval
        return answer
    }

    /// What a limit per resource counts by: a keyed digest of the resource's name.
    static func resourceKey(
        _ type: String, _ id: String, keys: KeyRing, in tenant: TenantID
    ) throws -> [UInt8] {
        try keys.mac(Array("resource:\(type):\(id)".utf8), purpose: .digest, tenant: tenant).tag
    }

    /// The question as governed rules read it.
    func inquiry(
        _ request: DecisionRequest, _ subject: Subject, _ governed: GovernedStanding, _ call: Call
    ) throws -> RuleInquiry {
        var key: [UInt8]?
        if call.authorization.countsByResource {
            key = try Self.resourceKey(
                request.resourceType, request.resourceID, keys: resolver.store.keys, in: call.authorization.tenant)
        }
        var inquiry = RuleInquiry(
            request, context: call.question.context, subject: subject, place: governed.place, roles: governed.roles,
            resourceKey: key)
        inquiry.isSeverityVouchedFor = call.origin.vouchesForSeverity
        return inquiry
    }
}

extension Decision {
    /// Whether any rule came as far as its conditions: then what it read belongs into the record.
    fileprivate var hasLooked: Bool {
        rules.count > 0 || !erred.isEmpty || !readSet.isEmpty || reason == .staleFacts || reason == .standingExpired
    }
}
