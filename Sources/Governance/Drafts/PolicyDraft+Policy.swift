import Authorization
import Vocabulary

extension PolicyDraft {
    /// The policy as it would be once activated, in force at every moment. Nothing is written anywhere.
    ///
    /// - Parameters:
    ///   - id: what it is called in decisions.
    ///   - present: the policy that it would take the place of: a rule that keeps its name keeps its id, so that what was
    ///     counted and approved for it stays its own.
    ///   - moment: when it was made, which orders policies of equal priorities; that of the one it takes the place of.
    public func policy(
        _ id: PolicyID, inPlaceOf present: GovernedPolicy? = nil, at moment: Timestamp = .epoch
    ) throws(GovernanceError) -> GovernedPolicy {
        var known: [String: RuleID] = [:]
        for placed in present?.rules ?? [] { placed.document["id"]?.string.map { known[$0] = placed.id } }
        var names = rules.map { $0["id"]?.string }[...]
        var number = id.low
        let events = try events(id, actor: .system("draft"), now: moment) {
            number &+= 1
            let fresh = RuleID(high: id.high, low: number)
            return names.popFirst().flatMap { $0.flatMap { known[$0] } } ?? fresh
        }
        let made = present?.createdAt ?? moment
        let state = try Self.fold(events, at: made)
        guard let state else { throw .notFound(resource: "policy", id: id.description) }
        return state.inForce(as: present)
    }
}

extension PolicyDraft {
    private static func fold(_ events: [PolicyEvent], at moment: Timestamp) throws(GovernanceError) -> GovernedPolicy? {
        try GovernedPolicy.aggregate.fold(nil, events.map { Recorded($0, at: moment, actor: .system("draft")) })
    }
}

extension GovernedPolicy {
    /// This policy as if it had been activated before anything was asked, whatever state it is in: a draft on trial, or
    /// what is in force today held against what was asked before it was.
    ///
    /// - Parameter present: whose place it takes; what was decided about that one's place in the order stays.
    public func inForce(as present: GovernedPolicy? = nil) -> GovernedPolicy {
        var policy = self
        policy.state = .active
        policy.effective = EffectivePeriod(from: .epoch)
        if let present, policy.version < present.version { policy.version = present.version + 1 }
        return policy
    }

    /// A policy that is part of the gateway and not of any tenant's history: mandatory, everywhere, always in force.
    ///
    /// - Throws: what the rule's document is refused with.
    public static func builtIn(
        _ id: PolicyID, name: String, description: String, rule: AttributeValue
    ) throws(GovernanceError) -> GovernedPolicy {
        let details = PolicyDetails(
            name: name, description: description, type: .operational, enforcement: .mandatory, scope: .organization)
        return try PolicyDraft(details: details, rules: [rule]).policy(id)
    }
}
