import Authorization
import Governance
import Vocabulary

extension RuleDecision {
    /// What governed rules came to, for the program that enforces it: what to do and with which parameters. Rules and
    /// policies by name only for privileged callers.
    func json(isPrivileged: Bool) -> AttributeValue {
        var members: [String: AttributeValue] = [
            "allowed": .bool(isAllowed), "reason": .string(reason.sentence), "execute": .bool(execute),
            "suggest": .bool(suggest), "needs_approval": .bool(needsApproval), "params": .object(resolvedParams),
            "badge": ["text": .string(badge.text), "colour": .string(badge.colour.rawValue)],
        ]
        if needsApproval {
            members["approver_roles"] = .list(approverRoles.map(AttributeValue.string))
            members["workflows"] = .list(workflows.map(\.json))
        }
        if isPrivileged { members.merge(details) { _, detail in detail } }
        return .object(members)
    }

    private var details: [String: AttributeValue] {
        var members: [String: AttributeValue] = [
            "enforcement": .string(String(describing: enforcement)), "alert": .bool(alert),
            "determining": .list(determining.map(\.json)), "violations": .list(violations.map(\.json)),
            "compliance_issues": .list(issues.map { .string($0.rawValue) }), "notes": .list(notes.map(\.json)),
        ]
        members["rule"] = rule?.json
        if needsApproval { members["approval_rules"] = .list(approvalRules.map(\.rule.json)) }
        return members
    }

    /// What the caller has to do beside heeding the answer (AuthZEN obligations profile).
    var obligations: [AttributeValue] {
        var obligations: [AttributeValue] = []
        if needsApproval {
            obligations.append([
                "type": "approval", "roles": .list(approverRoles.map(AttributeValue.string)),
                "workflows": .list(workflows.map(\.json)),
            ])
        }
        if quarantine { obligations.append(["type": "quarantine"]) }
        return obligations
    }

    /// What the person should be told though it changes nothing: a recommended policy advises against it.
    func advice(isPrivileged: Bool) -> [AttributeValue] {
        notes.filter { $0.kind == .warned }.map { note in
            isPrivileged ? ["type": "warning", "rule": note.rule.json] : ["type": "warning"]
        }
    }
}

extension RuleOrigin {
    var json: AttributeValue {
        [
            "policy_id": policy.json, "version": .integer(version), "rule_id": rule.json, "name": .string(name),
        ]
    }
}

extension RuleDecision.Note {
    fileprivate var json: AttributeValue {
        HTTPAPI.json(["note": .string(kind.word), "by": kind.about, "rule": rule.json])
    }
}

extension RuleDecision.Note.Kind {
    /// As a stable word for programs.
    var word: String {
        switch self {
        case .logged: "logged"
        case .warned: "warned"
        case .exempted: "exempted"
        case .outvoted: "outvoted"
        case .voted: "voted"
        case .erred: "erred"
        case .bypassed: "bypassed"
        case .approved: "approved"
        }
    }

    /// The exemption, set, severity or approval that did it.
    var about: AttributeValue? {
        switch self {
        case .logged, .warned, .erred: nil
        case .exempted(let id): id.json
        case .outvoted(let id), .voted(let id): id.json
        case .bypassed(let severity): .string(severity.rawValue)
        case .approved(let id): id.json
        }
    }
}

extension GovernedTrace {
    var json: AttributeValue {
        HTTPAPI.json([
            "rule": .string(rule.description), "name": .string(rule.name), "policy": .string(policyName),
            "policy_id": rule.policy.json, "version": .integer(rule.version), "effect": .string(effect.rawValue),
            "enforcement": .string(String(describing: enforcement)), "verdict": .string(verdict.rawValue),
            "determining": .bool(isDetermining), "comparisons": .list(comparisons.map(\.json)),
            "windows": .list(windows.map { .string(RuleReading.words($0, in: zone)) }),
            "limits": .list(limits.map(\.json)), "approval": approval?.json, "sets": .list(sets.map(\.json)),
            "notes": .list(notes.map { HTTPAPI.json(["note": .string($0.word), "by": $0.about]) }),
        ])
    }
}

extension LimitTrace {
    fileprivate var json: AttributeValue {
        HTTPAPI.json([
            "limit": .string(RuleReading.words(limit)), "asked": asked?.json, "used": used.json, "max": maximum.json,
            "left": left.json, "outcome": .string(outcome.rawValue),
        ])
    }
}

extension Amount {
    /// A whole amount is a whole number.
    fileprivate var json: AttributeValue {
        millionths.isMultiple(of: 1_000_000)
            ? .integer(millionths / 1_000_000) : .number(Double(millionths) / 1_000_000)
    }
}

extension Rule.Approval {
    fileprivate var json: AttributeValue {
        HTTPAPI.json(["roles": .list(roles.map(AttributeValue.string)), "workflow": workflow?.json])
    }
}

extension Approval {
    /// What a caller is told of an approval that was asked for.
    var asked: AttributeValue {
        [
            "id": id.json, "state": .string(state.rawValue), "stage": .integer(Int64(stage) + 1),
            "stages": .integer(Int64(stages.count)), "deadline": deadline.json,
            "approver_roles": .list(approverRoles.map(AttributeValue.string)),
        ]
    }
}
