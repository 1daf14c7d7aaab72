import Authorization
import Governance
import Vocabulary

extension DecisionService {
    /// Weighs the roles that require two factors where one was proven. They are held back, so that they permit nothing;
    /// but what they forbid stays forbidden, and where they would permit, the answer is to ask for the second factor,
    /// after which the same request passes.
    func weighing(
        _ decision: Decision, _ request: DecisionRequest, _ resolved: ResolvedSubject,
        _ authorization: TenantAuthorization, now: Timestamp
    ) async throws -> Decision {
        guard resolved.holdsBackRoles, decision.reason != .deniedByRule,
            let strong = try await resolver.resolve(resolved.subject, in: authorization.tenant, isStrong: true)
        else { return decision }
        return try authorization.weighing(decision, request, held: strong.standing, now: now)
    }
}

extension TenantAuthorization {
    /// What a decision comes to beside the roles that are held back: what they forbid, or the wait for a second factor.
    func weighing(
        _ decision: Decision, _ request: DecisionRequest, held standing: Standing, now: Timestamp
    ) throws -> Decision {
        let other = index.decide(try request.authenticated(as: .aal2), standing: standing, now: now)
        switch other.reason {
        case .deniedByRule: return other
        // Policies, roles or assignments changed between the two: nothing can be said of this standing any more.
        case .staleFacts, .standingExpired: return other
        case .allowedByRule, .noMatchingRule, .stepUpRequired, .ruleError: break
        }
        // What the subject reaches without them asks for no more than it does.
        if decision.isPermitted || decision.reason == .stepUpRequired { return decision }
        return other.awaiting(.aal2) ?? decision
    }
}

extension DecisionService {
    /// What governed rules match with the roles that are held back after one factor; nil where none are. What they
    /// forbid stays forbidden: nobody gets rid of a restriction by proving less.
    func heldBack(
        _ resolved: ResolvedSubject, _ inquiry: RuleInquiry, _ book: RuleBook, _ call: Call
    ) async throws -> HeldMatch? {
        guard resolved.holdsBackRoles else { return nil }
        let strong = try await resolver.resolve(resolved.subject, in: call.authorization.tenant, isStrong: true)
        // Gone meanwhile, or resolved against rules of another moment: the book calls such a standing stale.
        let standing = strong?.governed?.standing ?? resolved.standing
        return HeldMatch(decision: book.match(inquiry, standing: standing, now: call.now), standing: standing)
    }
}

extension DecisionRequest {
    /// The same request behind an authentication of this strength, as old as the present one.
    fileprivate func authenticated(as strength: AuthenticationStrength) throws -> DecisionRequest {
        try DecisionRequest(
            action: action, resourceType: resourceType, resourceID: resourceID,
            resourceAttributes: resourceAttributes, context: context,
            authentication: RequestAuthentication(
                strength: strength, authenticatedAt: authentication?.authenticatedAt,
                anomalies: authentication?.anomalies ?? []))
    }
}
