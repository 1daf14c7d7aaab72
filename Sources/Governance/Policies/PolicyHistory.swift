import Authorization
import Vocabulary

/// One change of a policy, a set or an exemption, for people: which version it made, who made it, when, why, and what is different.
public struct PolicyChange: Sendable, Hashable {
    /// One thing that is different; a side that was not there is nil.
    public struct Difference: Sendable, Hashable, CustomStringConvertible {
        /// Where, such as `enforcement` or `rules.office-hours.window.end`.
        public let path: String
        public let before: String?
        public let after: String?

        public var description: String { "\(path): \(before ?? "–") → \(after ?? "–")" }
    }

    public let version: Int64
    /// The name of the event.
    public let event: String
    public let at: Timestamp
    public let actor: Actor
    /// As it was said, or erased since.
    public let reason: ChangeReason?
    public let differences: [Difference]
}

extension GovernedPolicy {
    /// Every change, oldest first. Throws what folding the events throws.
    public static func history(
        of events: some Sequence<Recorded<PolicyEvent>>
    ) throws(GovernanceError) -> [PolicyChange] {
        try PolicyChange.history(of: events, aggregate, lines: \.lines) { ($0.name, $0.reason) }
    }

    /// What is different between two versions, by path.
    public static func differences(from before: GovernedPolicy?, to after: GovernedPolicy) -> [PolicyChange.Difference]
    {
        PolicyChange.differences(before?.lines ?? [:], after.lines)
    }

    /// Everything an author or reviewer decides, one line a value.
    private var lines: [String: String] {
        var lines = [
            "name": name, "description": description, "policy_type": type.rawValue,
            "enforcement": enforcement.rawValue, "scope": scope.level.rawValue, "state": state.rawValue,
            "overridable": isOverridable ? "true" : "false", "submitted": isSubmitted ? "true" : "false",
        ]
        lines["timezone"] = zone
        lines["scope.unit"] = scope.unit?.description
        lines["scope.subject"] = scope.subject?.id
        lines["effective_from"] = effective?.from.rfc3339
        lines["effective_until"] = effective?.until?.rfc3339
        for framework in frameworks { lines["frameworks.\(framework.rawValue)"] = "yes" }
        if let selectors = scope.selectors { PolicyChange.flatten(selectors, "scope", &lines) }
        for (number, rule) in rules.enumerated() {
            let path = "rules.\(rule.document["id"]?.string ?? rule.id.description)"
            lines[path + ".place"] = String(number + 1)
            PolicyChange.flatten(rule.document, path, &lines)
        }
        return lines
    }
}

extension PolicyChange {
    /// What the events of one thing did, oldest first. Throws what folding them throws.
    ///
    /// - Parameters:
    ///   - lines: everything that somebody decides about the thing, one line a value, by path.
    ///   - words: what an event is called, and why it was brought about.
    static func history<State, Event>(
        of events: some Sequence<Recorded<Event>>, _ aggregate: Aggregate<State, Event>,
        lines: (State) -> [String: String], words: (Event) -> (name: String, reason: ChangeReason?)
    ) throws(GovernanceError) -> [PolicyChange] {
        var state: State?
        var before: [String: String] = [:]
        var changes: [PolicyChange] = []
        for recorded in events {
            try aggregate.apply(&state, recorded)
            let after = state.map(lines) ?? [:]
            let (name, reason) = words(recorded.event)
            changes.append(
                PolicyChange(
                    version: Int64(changes.count + 1), event: name, at: recorded.at, actor: recorded.actor,
                    reason: reason, differences: differences(before, after)))
            before = after
        }
        return changes
    }

    /// What is different between two states, by path.
    static func differences(_ old: [String: String], _ new: [String: String]) -> [Difference] {
        Set(old.keys).union(new.keys).sorted().compactMap { path in
            old[path] == new[path] ? nil : Difference(path: path, before: old[path], after: new[path])
        }
    }

    static func flatten(_ value: AttributeValue, _ path: String, _ lines: inout [String: String]) {
        switch value {
        case .object(let members): for (key, item) in members { flatten(item, "\(path).\(key)", &lines) }
        case .list(let items) where items.contains(where: { $0.object != nil }):
            for (number, item) in items.enumerated() { flatten(item, "\(path)[\(number)]", &lines) }
        default: lines[path] = CanonicalText.of(value)
        }
    }
}
