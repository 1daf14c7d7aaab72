import Authorization
import Gateway
import Identity
import Vocabulary

extension DecisionTrace {
    /// The joined trace, from the identity to the rule.
    var json: AttributeValue {
        HTTPAPI.json([
            "decision": .bool(isPermitted), "as_of": .integer(asOf), "authentication": authentication?.json,
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
                        "because": .list($0.because.map(AttributeValue.string)), "held_back": .bool($0.isHeldBack),
                    ])
                }),
            "reasons": .list(reasons.map(AttributeValue.string)),
            "sentences": .list(sentences.map(AttributeValue.string)),
            "missing": .list(missing.map(AttributeValue.string)),
            "blocking": .list(
                blocking.map {
                    ["rule": .string($0.rule.description), "unmet": .list($0.unmet.map(AttributeValue.string))]
                }),
            "rules": .list(explanation.rules.map { $0.json(roleNames) }),
            "policy": governed?.json(isPrivileged: true) ?? .null,
            "governed_rules": .list(governedRules.map(\.json)),
        ])
    }
}

extension DecisionTrace.Authentication {
    fileprivate var json: AttributeValue {
        HTTPAPI.json([
            "type": .string(kind), "id": .string(id), "provider": provider.map(AttributeValue.string),
            "application": application.map(AttributeValue.string), "acr": .string(strength.acr),
            "auth_time": authenticatedAt?.json,
            "proofs": .list(
                proofs.map {
                    HTTPAPI.json([
                        "method": .string($0.method.rawValue), "provider": $0.provider.map(AttributeValue.string),
                        "at": $0.at.json,
                    ])
                }),
            "scopes": scopes.map { .list($0.map(AttributeValue.string)) },
            "anomalies": .list(anomalies.map { .string($0.rawValue) }),
        ])
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
            "comparisons": .list(comparisons.map(\.json)),
        ]
    }
}

extension ComparisonTrace {
    var json: AttributeValue {
        HTTPAPI.json(["comparison": .string(comparison), "result": .string(result.rawValue), "found": found])
    }
}
