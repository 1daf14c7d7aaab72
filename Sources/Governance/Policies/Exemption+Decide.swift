import Authorization
import Vocabulary

/// The state of what somebody is to be exempted from.
public enum ExemptionGround: Sendable, Hashable {
    case policy(PolicyState)
    case sodRule(SodRule.Status)
    /// The tenant has no such policy or rule.
    case missing
}

extension Exemption {
    /// How exemptions are folded and written.
    public static let aggregate = Aggregate<Exemption, ExemptionEvent>(
        kind: "exemption", apply: { state, event throws(GovernanceError) in state = try applying(event, to: state) },
        encode: { $0.record }, decode: { try ExemptionEvent.read($0) })

    /// What follows from a command. Granted only while the target is active, with a reason of ten characters and an end
    /// that lies ahead. Pure.
    public static func decide(
        _ command: ExemptionCommand, on exemption: Exemption?, ground: ExemptionGround, now: Timestamp
    ) throws(GovernanceError) -> [ExemptionEvent] {
        switch command {
        case .grant(let grant):
            guard exemption == nil else { throw .alreadyExists(resource: "exemption", id: grant.id.description) }
            return [.granted(try accepted(grant, ground, now))]
        case .revoke(let reason):
            guard let exemption else { throw .notFound(resource: "exemption", id: "of this command") }
            guard exemption.state == .active, exemption.due(at: now).isEmpty else {
                let current = exemption.state == .active ? State.expired : exemption.state
                throw .invalidState(current: current.rawValue, expected: State.active.rawValue)
            }
            return [.revoked(reason)]
        }
    }

    private static func accepted(
        _ grant: ExemptionCommand.Grant, _ ground: ExemptionGround, _ now: Timestamp
    ) throws(GovernanceError) -> ExemptionGrant {
        try check(grant.target, ground)
        let reason = trimmed(grant.reason)
        guard reason.count >= reasonMinimum else { throw .exemptionReasonTooShort(reason.count) }
        guard reason.utf8.count <= GovernedPolicy.Limits.textBytes,
            (grant.claimedBy?.utf8.count ?? 0) <= GovernedPolicy.Limits.nameBytes
        else { throw .invalid(field: "reason", reason: "or the claimed name is too long") }
        let from = grant.from ?? now
        if let until = grant.until {
            guard until > now, until > from else { throw .exemptionExpiryInPast }
            guard until - from <= longestValidity else {
                throw .invalid(field: "expires_at", reason: "lies more than ten years ahead")
            }
        }
        if let conditions = grant.conditions { _ = try ConditionDocument.read(conditions, at: "conditions") }
        return ExemptionGrant(
            id: grant.id, target: grant.target, entity: grant.entity, reason: reason, claimedBy: grant.claimedBy,
            from: from, until: grant.until, conditions: grant.conditions?.normalized,
            riskAcceptance: grant.riskAcceptance)
    }

    private static func check(_ target: Target, _ ground: ExemptionGround) throws(GovernanceError) {
        switch (target, ground) {
        case (.policy, .policy(.active)), (.sodRule, .sodRule(.active)): return
        case (.policy(let id), .policy(let state)): throw .policyNotActive(id, state: state)
        case (.policy(let id), _): throw .notFound(resource: "policy", id: id.description)
        case (.sodRule, .sodRule(let status)):
            throw .invalidState(current: status.rawValue, expected: SodRule.Status.active.rawValue)
        case (.sodRule(let id), _): throw .sodRuleNotFound(id)
        }
    }

    /// Folds one event. Pure; throws `invalidSequence` for an event that cannot stand there.
    public static func applying(
        _ recorded: Recorded<ExemptionEvent>, to state: Exemption?
    ) throws(GovernanceError) -> Exemption {
        guard var exemption = state else {
            guard case .granted(let grant) = recorded.event else {
                throw .invalidSequence(kind: "exemption", event: recorded.event.name)
            }
            return Exemption(
                id: grant.id, target: grant.target, entity: grant.entity, state: .active, from: grant.from,
                until: grant.until, conditions: grant.conditions, riskAcceptance: grant.riskAcceptance,
                grantedBy: recorded.actor, grantedAt: recorded.at, endedAt: nil, version: 1)
        }
        exemption.version += 1
        exemption.endedAt = recorded.at
        switch recorded.event {
        case .granted: throw .invalidSequence(kind: "exemption", event: recorded.event.name)
        case .revoked: exemption.state = .revoked
        case .expired: exemption.state = .expired
        }
        return exemption
    }
}

/// Without white space at its ends.
func trimmed(_ text: String) -> String {
    let isSpace = { (character: Character) in character.isWhitespace }
    let start = text.drop(while: isSpace)
    return String(start.reversed().drop(while: isSpace).reversed())
}
