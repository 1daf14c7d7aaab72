import Authorization
import Gateway
import Identity
import Vocabulary

extension DecisionTrace {
    /// The joined trace, from the identity to the rule.
    var json: AttributeValue {
        [
            "decision": .bool(isPermitted), "as_of": .integer(asOf),
            "subject": [
                "type": .string(subject.kind), "id": .string(subject.id), "login": .string(login),
                "active": .bool(isActive),
            ],
            "identities": .list(
                identities.map {
                    [
                        "provider": .string(providerNames[$0.subject.provider] ?? $0.subject.provider.description),
                        "subject_key": .string($0.subject.key), "login": .string($0.login),
                        "linked_at": $0.linkedAt.json,
                    ]
                }),
            "groups": .list(groups.map(\.json)),
            "roles": .list(
                roles.map {
                    HTTPAPI.json([
                        "id": $0.id.json, "name": .string($0.name), "mappings": .list($0.mappings.map(\.json)),
                        "assignment": $0.assignment?.json,
                    ])
                }),
            "reasons": .list(decision.reasons.map { .string($0.rawValue) }),
            "sentences": .list(sentences.map(AttributeValue.string)),
            "missing": .list(missing.map(AttributeValue.string)),
            "rules": .list(explanation.rules.map { $0.json(roleNames) }),
        ]
    }
}

extension DecisionTrace.GroupLink {
    fileprivate var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "upstream_key": upstreamKey.map(AttributeValue.string),
            "direct": .bool(isDirect), "since_position": sincePosition.map(AttributeValue.integer),
            "brought_by": broughtBy.map(AttributeValue.string), "command": command?.json,
        ])
    }
}

extension RuleTrace {
    fileprivate func json(_ roleNames: [RoleID: String]) -> AttributeValue {
        [
            "rule": .string(rule.description), "name": .string(name), "effect": .string(effect.rawValue),
            "verdict": .string(verdict.rawValue),
            "role_chain": .list(roleChain.map { .string(roleNames[$0] ?? $0.description) }),
            "comparisons": .list(
                comparisons.map {
                    HTTPAPI.json([
                        "comparison": .string($0.comparison), "result": .string($0.result.rawValue), "found": $0.found,
                    ])
                }),
        ]
    }
}
