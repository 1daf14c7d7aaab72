import Vocabulary

/// What can be asked of a policy.
public enum PolicyCommand: Sendable, Hashable {
    /// A new draft. `overrides` names the policy of the level above that it stands in for.
    case create(PolicyID, PolicyDetails, overrides: PolicyID? = nil, supersedes: PolicyID? = nil)
    case update(PolicyDetails, ChangeReason? = nil)
    /// Asks for the review of a draft.
    case submitForReview(ChangeReason? = nil)
    case approve(ChangeReason? = nil)
    case activate(EffectivePeriod, ChangeReason? = nil)
    case suspend(ChangeReason? = nil)
    /// Ends a suspension; the effective period stays as it was.
    case resume(ChangeReason? = nil)
    case revoke(ChangeReason? = nil)
    case archive(ChangeReason? = nil)
    case addRule(RuleID, AttributeValue)
    case updateRule(RuleID, AttributeValue)
    case removeRule(RuleID)
    /// All rules in their new order.
    case reorderRules([RuleID])

    /// The name under `policy.commands.`.
    public var name: String {
        switch self {
        case .create: "create"
        case .update: "update"
        case .submitForReview: "submit_for_review"
        case .approve: "approve"
        case .activate: "activate"
        case .suspend: "suspend"
        case .resume: "resume"
        case .revoke: "revoke"
        case .archive: "archive"
        case .addRule: "add_rule"
        case .updateRule: "update_rule"
        case .removeRule: "remove_rule"
        case .reorderRules: "reorder_rule"
        }
    }
}

extension GovernedPolicy {
    /// What follows from a command. Pure: the caller writes the events under `policy`'s version, or nothing.
    ///
    /// Details and rules change in a draft only; what is in force changes by activating a successor. `parent` is the
    /// policy named by `overrides`, if the caller found it.
    public static func decide(
        _ command: PolicyCommand, on policy: GovernedPolicy?, parent: GovernedPolicy? = nil
    ) throws(GovernanceError) -> [PolicyEvent] {
        if case .create(let id, let details, let overrides, let supersedes) = command {
            guard policy == nil else { throw .alreadyExists(resource: "policy", id: id.description) }
            guard !id.isNil else { throw .invalid(field: "policy_id", reason: "is the nil id") }
            try details.check()
            try checkOverride(overrides, parent)
            return [
                .created(.init(id: id, details: details, overrides: overrides, supersedes: supersedes))
            ]
        }
        guard let policy else { throw .notFound(resource: "policy", id: "of this command") }
        return try policy.decide(command)
    }

    private static func checkOverride(_ overrides: PolicyID?, _ parent: GovernedPolicy?) throws(GovernanceError) {
        guard let overrides else { return }
        guard let parent, parent.id == overrides else {
            throw .notFound(resource: "policy", id: overrides.description)
        }
        guard parent.isOverridable else { throw .parentForbidsOverride(overrides) }
    }

    private func decide(_ command: PolicyCommand) throws(GovernanceError) -> [PolicyEvent] {
        switch command {
        case .create: return []
        case .update(let details, let reason):
            try requireDraft()
            try details.check()
            return [.updated(details, submitted: isSubmitted, reason: try checked(reason))]
        case .submitForReview(let reason):
            try requireDraft()
            guard !isSubmitted else { return [] }
            return [.updated(details, submitted: true, reason: try checked(reason))]
        case .addRule, .updateRule, .removeRule, .reorderRules: return try decideRule(command)
        default: return [try decideMove(command)]
        }
    }

    private func decideMove(_ command: PolicyCommand) throws(GovernanceError) -> PolicyEvent {
        switch command {
        case .approve(let reason):
            try state.require(moveTo: .approved, from: [.draft])
            return .approved(try checked(reason))
        case .activate(let period, let reason):
            try state.require(moveTo: .active, from: [.approved])
            return .activated(period, try checked(reason))
        case .suspend(let reason):
            try state.require(moveTo: .suspended, from: [.active])
            return .suspended(try checked(reason))
        case .resume(let reason):
            try state.require(moveTo: .active, from: [.suspended])
            guard let effective else { throw .invalidState(current: state.rawValue, expected: "active before") }
            return .activated(effective, try checked(reason))
        case .revoke(let reason):
            try state.require(moveTo: .revoked, from: [.active])
            return .revoked(try checked(reason))
        default:
            try state.require(moveTo: .archived, from: [.suspended, .revoked])
            guard case .archive(let reason) = command else {
                throw .invalid(field: "command", reason: "is not one of a policy")
            }
            return .archived(try checked(reason))
        }
    }

    private func decideRule(_ command: PolicyCommand) throws(GovernanceError) -> [PolicyEvent] {
        try requireDraft()
        switch command {
        case .addRule(let id, let document):
            guard !rules.contains(where: { $0.id == id }) else {
                throw .alreadyExists(resource: "rule", id: id.description)
            }
            guard rules.count < Limits.rules else {
                throw .invalid(field: "rules", reason: "are more than \(Limits.rules)")
            }
            return [.ruleAdded(id, try accepted(document, for: id))]
        case .updateRule(let id, let document):
            try requireRule(id)
            return [.ruleUpdated(id, try accepted(document, for: id))]
        case .removeRule(let id):
            try requireRule(id)
            return [.ruleRemoved(id)]
        case .reorderRules(let order):
            guard order.count == rules.count, Set(order) == Set(rules.map(\.id)) else {
                throw .invalid(field: "order", reason: "does not name every rule exactly once")
            }
            return order == rules.map(\.id) ? [] : [.ruleReordered(order)]
        default: return []
        }
    }

    private func requireDraft() throws(GovernanceError) {
        guard state == .draft else { throw .invalidState(current: state.rawValue, expected: "draft") }
    }

    private func requireRule(_ id: RuleID) throws(GovernanceError) {
        guard rules.contains(where: { $0.id == id }) else { throw .notFound(resource: "rule", id: id.description) }
    }

    /// The document as it will be kept: read, checked, and its name free within the policy.
    private func accepted(_ document: AttributeValue, for id: RuleID) throws(GovernanceError) -> AttributeValue {
        let document = document.normalized
        let rule = try Rule.read(document, id: id)
        for other in rules where other.id != id && other.document["id"] == .string(rule.name) {
            throw .alreadyExists(resource: "rule", id: rule.name)
        }
        return document
    }

    private func checked(_ reason: ChangeReason?) throws(GovernanceError) -> ChangeReason? {
        for text in [reason?.text, reason?.claim] where (text?.utf8.count ?? 0) > Limits.textBytes {
            throw .invalid(field: "reason", reason: "is longer than \(Limits.textBytes) bytes")
        }
        return reason
    }
}

extension PolicyDetails {
    func check() throws(GovernanceError) {
        guard (1...GovernedPolicy.Limits.nameBytes).contains(name.utf8.count) else {
            throw .invalid(field: "name", reason: "has not 1 to \(GovernedPolicy.Limits.nameBytes) bytes")
        }
        guard description.utf8.count <= GovernedPolicy.Limits.textBytes else {
            throw .invalid(field: "description", reason: "is longer than \(GovernedPolicy.Limits.textBytes) bytes")
        }
        guard frameworks.count <= GovernedPolicy.Limits.frameworks, Set(frameworks).count == frameworks.count else {
            throw .invalid(field: "frameworks", reason: "are too many, or one stands twice")
        }
        guard (zone?.utf8.count ?? 1) <= 64, zone != "" else {
            throw .invalid(field: "zone", reason: "is not the name of a time zone")
        }
    }
}

extension AttributeValue {
    /// The same value with whole floating numbers as integers, so that what is kept reads back as it was written.
    var normalized: AttributeValue {
        switch self {
        case .number(let number) where number.rounded() == number && abs(number) < 9e15: .integer(Int64(number))
        case .list(let items): .list(items.map(\.normalized))
        case .object(let members): .object(members.mapValues(\.normalized))
        default: self
        }
    }
}
