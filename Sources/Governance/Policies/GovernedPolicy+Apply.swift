import Vocabulary

extension GovernedPolicy {
    /// How policies are folded and written.
    public static let aggregate = Aggregate<GovernedPolicy, PolicyEvent>(
        kind: "policy", apply: { state, event throws(GovernanceError) in state = try applying(event, to: state) },
        encode: { $0.record }, decode: { try PolicyEvent.read($0) })

    /// Folds one event. Pure; throws `invalidSequence` for an event that cannot stand there.
    public static func applying(
        _ recorded: Recorded<PolicyEvent>, to state: GovernedPolicy?
    ) throws(GovernanceError) -> GovernedPolicy {
        guard var policy = state else { return try begin(recorded) }
        policy.version += 1
        policy.updatedAt = recorded.at
        switch recorded.event {
        case .created: throw .invalidSequence(kind: "policy", event: recorded.event.name)
        case .updated(let details, let submitted, _):
            policy.take(details)
            policy.isSubmitted = submitted
            policy.editedBy = recorded.actor
        case .approved:
            policy.state = .approved
            policy.approvedBy = recorded.actor
        case .activated(let period, _):
            policy.state = .active
            policy.effective = period
        case .suspended: policy.state = .suspended
        case .revoked: policy.state = .revoked
        case .archived: policy.state = .archived
        case .ruleAdded, .ruleUpdated, .ruleRemoved, .ruleReordered:
            policy.applyRule(recorded.event)
            policy.editedBy = recorded.actor
        }
        return policy
    }

    private static func begin(_ recorded: Recorded<PolicyEvent>) throws(GovernanceError) -> GovernedPolicy {
        guard case .created(let creation) = recorded.event else {
            throw .invalidSequence(kind: "policy", event: recorded.event.name)
        }
        let details = creation.details
        return GovernedPolicy(
            id: creation.id, name: details.name, description: details.description, type: details.type,
            enforcement: details.enforcement, scope: details.scope, state: .draft, rules: [],
            frameworks: details.frameworks, zone: details.zone, isOverridable: details.isOverridable,
            overrides: creation.overrides, supersedes: creation.supersedes, effective: nil, isSubmitted: false,
            version: 1, createdAt: recorded.at, updatedAt: recorded.at, createdBy: recorded.actor,
            editedBy: recorded.actor, approvedBy: nil)
    }

    private mutating func take(_ details: PolicyDetails) {
        (name, description, type) = (details.name, details.description, details.type)
        (enforcement, scope, frameworks) = (details.enforcement, details.scope, details.frameworks)
        (zone, isOverridable) = (details.zone, details.isOverridable)
    }

    private mutating func applyRule(_ event: PolicyEvent) {
        switch event {
        case .ruleAdded(let id, let document): rules.append(PlacedRule(id: id, document: document))
        case .ruleUpdated(let id, let document):
            rules = rules.map { $0.id == id ? PlacedRule(id: id, document: document) : $0 }
        case .ruleRemoved(let id): rules.removeAll { $0.id == id }
        case .ruleReordered(let order):
            let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            rules = rules.enumerated().sorted {
                (places[$0.element.id] ?? .max, $0.offset) < (places[$1.element.id] ?? .max, $1.offset)
            }.map(\.element)
        default: break
        }
    }

    /// The details as they stand, to change one of them.
    public var details: PolicyDetails {
        PolicyDetails(
            name: name, description: description, type: type, enforcement: enforcement, scope: scope,
            frameworks: frameworks, zone: zone, isOverridable: isOverridable)
    }
}
