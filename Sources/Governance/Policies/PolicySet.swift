import Vocabulary

/// Policies that are weighed together: the fold of its events.
public struct PolicySet: Sendable, Hashable, Codable {
    /// Policies in one set; one more is refused.
    public static let memberLimit = 1_000

    public let id: PolicySetID
    public let name: String
    public let description: String
    public let combination: PolicyCombination
    /// In the order they were added.
    public internal(set) var policies: [PolicyID]
    public internal(set) var version: Int64
    public let createdAt: Timestamp
    public internal(set) var updatedAt: Timestamp
}

/// What can be asked of a policy set.
public enum PolicySetCommand: Sendable, Hashable {
    case createSet(PolicySetID, name: String, description: String, PolicyCombination, policies: [PolicyID] = [])
    case addToSet(PolicyID)
    case removeFromSet(PolicyID)

    /// The name under `policy.commands.`.
    public var name: String {
        switch self {
        case .createSet: "create_set"
        case .addToSet: "add_to_set"
        case .removeFromSet: "remove_from_set"
        }
    }
}

/// What can happen to a policy set.
public enum PolicySetEvent: Sendable, Hashable {
    case created(PolicySetID, name: String, description: String, PolicyCombination)
    case policyAdded(PolicyID)
    case policyRemoved(PolicyID)

    /// The name of the event as the outside knows it.
    public var name: String {
        switch self {
        case .created: "PolicySetCreated"
        case .policyAdded: "PolicyAddedToSet"
        case .policyRemoved: "PolicyRemovedFromSet"
        }
    }
}

extension PolicySet {
    /// How policy sets are folded and written.
    public static let aggregate = Aggregate<PolicySet, PolicySetEvent>(
        kind: "policy_set", apply: { state, event throws(GovernanceError) in state = try applying(event, to: state) },
        encode: { $0.record }, decode: { try PolicySetEvent.read($0) })

    /// What follows from a command; `exists` says whether the tenant has a policy of that id. Pure.
    public static func decide(
        _ command: PolicySetCommand, on set: PolicySet?, exists: (PolicyID) -> Bool
    ) throws(GovernanceError) -> [PolicySetEvent] {
        if case .createSet(let id, let name, let description, let combination, let policies) = command {
            guard set == nil else { throw .alreadyExists(resource: "policy set", id: id.description) }
            try check(name, description, combination)
            var events: [PolicySetEvent] = [.created(id, name: name, description: description, combination)]
            guard Set(policies).count == policies.count, policies.count <= memberLimit else {
                throw .invalid(field: "policies", reason: "are too many, or one stands twice")
            }
            for policy in policies {
                guard exists(policy) else { throw .notFound(resource: "policy", id: policy.description) }
                events.append(.policyAdded(policy))
            }
            return events
        }
        guard let set else { throw .notFound(resource: "policy set", id: "of this command") }
        return try set.decideMember(command, exists)
    }

    private func decideMember(
        _ command: PolicySetCommand, _ exists: (PolicyID) -> Bool
    ) throws(GovernanceError) -> [PolicySetEvent] {
        switch command {
        case .createSet: return []
        case .addToSet(let policy):
            guard exists(policy) else { throw .notFound(resource: "policy", id: policy.description) }
            guard !policies.contains(policy) else {
                throw .alreadyExists(resource: "policy of the set", id: policy.description)
            }
            guard policies.count < Self.memberLimit else {
                throw .invalid(field: "policies", reason: "are more than \(Self.memberLimit)")
            }
            return [.policyAdded(policy)]
        case .removeFromSet(let policy):
            guard policies.contains(policy) else {
                throw .notFound(resource: "policy of the set", id: policy.description)
            }
            return [.policyRemoved(policy)]
        }
    }

    private static func check(
        _ name: String, _ description: String, _ combination: PolicyCombination
    ) throws(GovernanceError) {
        guard (1...GovernedPolicy.Limits.nameBytes).contains(name.utf8.count),
            description.utf8.count <= GovernedPolicy.Limits.textBytes
        else { throw .invalid(field: "name", reason: "or the description is empty or too long") }
        if case .atLeast(let count) = combination, !(1...memberLimit).contains(count) {
            throw .invalid(field: "combination", reason: "needs at least one member")
        }
    }

    /// Folds one event. Pure; throws `invalidSequence` for an event that cannot stand there.
    public static func applying(
        _ recorded: Recorded<PolicySetEvent>, to state: PolicySet?
    ) throws(GovernanceError) -> PolicySet {
        guard var set = state else {
            guard case .created(let id, let name, let description, let combination) = recorded.event else {
                throw .invalidSequence(kind: "policy set", event: recorded.event.name)
            }
            return PolicySet(
                id: id, name: name, description: description, combination: combination, policies: [], version: 1,
                createdAt: recorded.at, updatedAt: recorded.at)
        }
        set.version += 1
        set.updatedAt = recorded.at
        switch recorded.event {
        case .created: throw .invalidSequence(kind: "policy set", event: recorded.event.name)
        case .policyAdded(let policy): set.policies.append(policy)
        case .policyRemoved(let policy): set.policies.removeAll { $0 == policy }
        }
        return set
    }
}

extension PolicySetEvent {
    fileprivate var record: EventRecord {
        switch self {
        case .created(let id, let name, let description, let combination):
            RecordBuilder("policy_set.created").fact("set", .id(id, "policy_set"))
                .fact("combination", .word(combination.word))
                .fact("at_least", combination.count.map { .integer(Int64($0)) })
                .text("name", name).text("description", description).record
        case .policyAdded(let policy):
            RecordBuilder("policy_set.policy_added").fact("policy", .id(policy, "policy")).record
        case .policyRemoved(let policy):
            RecordBuilder("policy_set.policy_removed").fact("policy", .id(policy, "policy")).record
        }
    }

    fileprivate static func read(_ record: EventRecord) throws -> PolicySetEvent {
        let reader = RecordReader(record)
        switch record.type {
        case "policy_set.created":
            let word: CombinationWord = try reader.word("combination")
            let count = try reader.optionalInteger("at_least").map(Int.init)
            guard let combination = PolicyCombination(word, count: count) else { throw reader.broken("combination") }
            return .created(
                try reader.id("set"), name: try reader.text("name"),
                description: reader.optionalText("description") ?? "", combination)
        case "policy_set.policy_added": return .policyAdded(try reader.id("policy"))
        case "policy_set.policy_removed": return .policyRemoved(try reader.id("policy"))
        default: throw reader.broken("type")
        }
    }
}

/// The words of combinations in facts and payloads.
enum CombinationWord: String, CaseIterable {
    case all, any, majority, atLeast = "at_least"
}

extension PolicyCombination {
    /// As payloads and answers name it.
    public var word: String {
        switch self {
        case .all: CombinationWord.all.rawValue
        case .any: CombinationWord.any.rawValue
        case .majority: CombinationWord.majority.rawValue
        case .atLeast: CombinationWord.atLeast.rawValue
        }
    }

    /// How many have to allow, where a number is named.
    public var count: Int? { if case .atLeast(let count) = self { count } else { nil } }

    init?(_ word: CombinationWord, count: Int?) {
        switch word {
        case .all: self = .all
        case .any: self = .any
        case .majority: self = .majority
        case .atLeast:
            guard let count else { return nil }
            self = .atLeast(count)
        }
    }
}
