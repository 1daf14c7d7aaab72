import Authorization
import Vocabulary

/// Why an exemption was granted and why it ended, as it was said: what its state does not keep, because the words are
/// erased with the person they are about.
public struct ExemptionAccount: Sendable, Hashable {
    /// Nil once erased.
    public private(set) var reason: String?
    /// Who is said to have granted it, in the words of the payload; the actor is the caller.
    public private(set) var claim: String?
    /// Who revoked it; nil while it holds and when it ran out.
    public private(set) var revokedBy: Actor?
    /// Why it was revoked, as far as that was said and not erased.
    public private(set) var revocation: ChangeReason?

    /// What the events of one exemption say.
    public init(_ events: some Sequence<Recorded<ExemptionEvent>>) {
        for recorded in events {
            switch recorded.event {
            case .granted(let grant): (reason, claim) = (grant.reason, grant.claimedBy)
            case .revoked(let why): (revokedBy, revocation) = (recorded.actor, why)
            case .expired: break
            }
        }
    }
}

extension Exemption {
    /// Every change, oldest first: granted, and how it ended. Throws what folding the events throws.
    public static func history(
        of events: some Sequence<Recorded<ExemptionEvent>>
    ) throws(GovernanceError) -> [PolicyChange] {
        try PolicyChange.history(of: events, aggregate, lines: \.lines) { event in
            switch event {
            case .granted(let grant):
                (
                    event.name,
                    ChangeReason(author: nil, text: grant.reason, claim: grant.claimedBy, claimedAt: nil).unlessEmpty
                )
            case .revoked(let reason): (event.name, reason)
            case .expired: (event.name, nil)
            }
        }
    }

    /// Everything that was decided about it, one line a value.
    private var lines: [String: String] {
        var lines = ["state": state.rawValue, "valid_from": from.rfc3339]
        switch target {
        case .policy(let id): lines["policy"] = id.description
        case .sodRule(let id): lines["sod_rule"] = id.description
        }
        switch entity {
        case .subject(let subject): lines["entity"] = "\(subject.kind):\(subject.id)"
        case .other(let high, let low): lines["entity"] = Identifier<Exemption>(high: high, low: low).description
        }
        lines["expires_at"] = until?.rfc3339
        lines["risk_level"] = riskAcceptance?.level.rawValue
        lines["risk_accepted_by"] = riskAcceptance?.acceptedBy.description
        if let conditions { PolicyChange.flatten(conditions, "conditions", &lines) }
        return lines
    }
}

extension ChangeReason {
    /// Nil where every word of it is erased, or none was said.
    fileprivate var unlessEmpty: ChangeReason? { text == nil && claim == nil ? nil : self }
}

extension PolicySet {
    /// Every change, oldest first. Throws what folding the events throws.
    public static func history(
        of events: some Sequence<Recorded<PolicySetEvent>>
    ) throws(GovernanceError) -> [PolicyChange] {
        try PolicyChange.history(of: events, aggregate, lines: \.lines) { ($0.name, nil) }
    }

    /// Everything that was decided about it, one line a value.
    private var lines: [String: String] {
        var lines = ["name": name, "description": description, "combination": combination.word]
        lines["at_least"] = combination.count.map { String($0) }
        for policy in policies { lines["policies.\(policy)"] = "yes" }
        return lines
    }
}
