import Authorization
import Vocabulary

extension World {
    /// The policies as a document that anybody could have written.
    var document: AttributeValue { ["version": 1, "policies": .list(policies.map(Self.policy))] }

    var subjects: [SubjectFacts] {
        users.map { id, person in
            let groups = person.groups.reduce(into: Set<String>()) { $0.formUnion(closure(of: $1)) }
            // The engine names a subject's kind itself, so the workload's `type` becomes `employment`.
            var attributes = person.attrs
            attributes["employment"] = attributes.removeValue(forKey: "type")
            return SubjectFacts(id: id, groups: groups.sorted(), attributes: Attributes(attributes))
        }
    }

    var resources: [ResourceFacts] {
        docs.map { id, document in
            var attributes = document.attrs
            attributes["project"] = .string(document.project)
            return ResourceFacts(type: "doc", id: id, attributes: Attributes(attributes))
        }
    }

    private static let operators = [
        "==": "equals", "!=": "not_equals", "<": "less_than", "<=": "less_than_or_equal", ">": "greater_than",
        ">=": "greater_than_or_equal", "in": "in",
    ]

    private static func policy(_ rule: Rule) -> AttributeValue {
        var parts = rule.when.map(condition)
        if let project = rule.project { parts.insert(["equals": ["resource.project": .string(project)]], at: 0) }
        return [
            "id": .string(rule.id), "effect": rule.effect == "forbid" ? "deny" : "allow",
            "subjects": rule.group.map { ["groups": [.string($0)]] } ?? "any",
            "actions": .list(rule.actions.map(AttributeValue.string)), "resources": ["types": ["doc"]],
            "when": ["all": .list(parts)],
        ]
    }

    private static func condition(_ part: [AttributeValue]) -> AttributeValue {
        let right: AttributeValue
        if let text = part[2].string, text.hasPrefix("$") {
            right = ["ref": .string(path(String(text.dropFirst())))]
        } else {
            right = part[2]
        }
        return [operators[part[1].string ?? ""] ?? "equals": [path(part[0].string ?? ""): right]].value
    }

    private static func path(_ name: String) -> String {
        if name == "principal.type" { return "subject.employment" }
        return name.hasPrefix("principal.") ? "subject." + name.dropFirst("principal.".count) : name
    }
}

extension [String: [String: AttributeValue]] {
    fileprivate var value: AttributeValue { .object(mapValues(AttributeValue.object)) }
}
