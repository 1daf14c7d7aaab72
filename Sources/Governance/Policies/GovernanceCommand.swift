import Authorization
import Vocabulary

/// A command as the outside sends it: its name under `policy.commands.`, and a JSON payload.
public enum GovernanceCommand: Sendable, Hashable {
    case policy(PolicyID, PolicyCommand)
    case set(PolicySetID, PolicySetCommand)
    case exemption(ExemptionID, ExemptionCommand)

    /// The fourteen commands everybody knows.
    public static let names = [
        "create", "update", "approve", "activate", "suspend", "revoke", "archive", "add_rule", "update_rule",
        "remove_rule", "create_set", "add_to_set", "grant_exemption", "revoke_exemption",
    ]

    /// Those that stand beside them: without these a suspension could not end, nor a rule move.
    public static let furtherNames = ["submit_for_review", "resume", "reorder_rule", "remove_from_set"]

    /// Its name under `policy.commands.`.
    public var name: String {
        switch self {
        case .policy(_, let command): command.name
        case .set(_, let command): command.name
        case .exemption(_, let command): command.name
        }
    }

    /// Reads a command. Names of people inside the payload (`approved_by`, `granted_by`) become claims; the actor is the
    /// authenticated caller. Throws `GovernanceError.rejected` with every fault.
    ///
    /// - Parameter current: the policy an update is about, so that what the payload leaves out stays as it is.
    public static func read(
        _ name: String, _ payload: AttributeValue, actor: Actor, current: GovernedPolicy? = nil, now: Timestamp
    ) throws(GovernanceError) -> GovernanceCommand {
        var log = FaultLog()
        var reader = CommandReader(node: DocumentNode(value: payload, path: ""), actor: actor, now: now)
        let command = reader.read(name, current, &log)
        guard let command, log.faults.isEmpty else { throw .rejected(log.faults) }
        return command
    }
}

/// Reads the payload of one command.
struct CommandReader {
    let node: DocumentNode
    let actor: Actor
    let now: Timestamp

    mutating func read(
        _ name: String, _ current: GovernedPolicy?, _ log: inout FaultLog
    ) -> GovernanceCommand? {
        switch name {
        case "create", "update", "add_rule", "update_rule", "remove_rule", "reorder_rule":
            return change(name, current, &log)
        case "approve", "activate", "suspend", "resume", "revoke", "archive", "submit_for_review":
            return move(name, &log)
        case "create_set", "add_to_set", "remove_from_set": return set(name, &log)
        case "grant_exemption": return grant(&log)
        case "revoke_exemption":
            guard let members = members(["exemption_id", "reason", "revoked_by"], ["exemption_id"], &log),
                let id: ExemptionID = identifier(members["exemption_id"], &log)
            else { return nil }
            return .exemption(id, .revoke(reason(members, claim: "revoked_by", &log)))
        default:
            log.report("command", "unknown_word", "there is no command `\(name.prefix(40))`", "Use a known name")
            return nil
        }
    }

    private func members(
        _ allowed: [String], _ required: [String], _ log: inout FaultLog
    ) -> [String: DocumentNode]? {
        node.members(allowed, required: required, &log)
    }

    func identifier<Kind>(_ node: DocumentNode?, _ log: inout FaultLog) -> Identifier<Kind>? {
        guard let node else { return nil }
        if let text = node.value.string, let id = Identifier<Kind>(text) { return id }
        log.report(node.path, "bad_id", "found \(node.kind), which is no id", "Write a UUID")
        return nil
    }

    func time(_ node: DocumentNode?, _ log: inout FaultLog) -> Timestamp? {
        guard let node, node.value != .null else { return nil }
        if let text = node.value.string, let time = Timestamp(rfc3339: text) { return time }
        log.report(
            node.path, "bad_time", "found \(node.kind), which is no time", "Write RFC 3339, as 2026-01-31T10:00:00Z")
        return nil
    }

    private func reason(
        _ members: [String: DocumentNode], claim: String, at: String? = nil, _ log: inout FaultLog
    ) -> ChangeReason? {
        ChangeReason(
            by: actor, text: members["reason"]?.text(limit: GovernedPolicy.Limits.textBytes, &log),
            claim: members[claim]?.text(limit: GovernedPolicy.Limits.nameBytes, &log),
            claimedAt: at.flatMap { time(members[$0], &log) })
    }

    private func move(_ name: String, _ log: inout FaultLog) -> GovernanceCommand? {
        let claims = [
            "approve": "approved_by", "activate": "activated_by", "suspend": "suspended_by", "resume": "resumed_by",
            "revoke": "revoked_by", "archive": "archived_by", "submit_for_review": "submitted_by",
        ]
        let claim = claims[name] ?? "by"
        // `force` is for whoever carries the command out: what it overrides is looked at there.
        let forcing = ["activate", "resume"].contains(name) ? ["force"] : []
        let keys = ["policy_id", "reason", claim, "approval_date", "effective_from", "effective_until"] + forcing
        guard let members = members(keys, ["policy_id"], &log),
            let id: PolicyID = identifier(members["policy_id"], &log)
        else {
            return nil
        }
        let reason = reason(members, claim: claim, at: name == "approve" ? "approval_date" : nil, &log)
        switch name {
        case "approve": return .policy(id, .approve(reason))
        case "suspend": return .policy(id, .suspend(reason))
        case "resume": return .policy(id, .resume(reason))
        case "revoke": return .policy(id, .revoke(reason))
        case "archive": return .policy(id, .archive(reason))
        case "submit_for_review": return .policy(id, .submitForReview(reason))
        default:
            let from = time(members["effective_from"], &log) ?? now
            guard let period = EffectivePeriod(from: from, until: time(members["effective_until"], &log)) else {
                log.report("effective_until", "bad_time", "it ends before it begins", "Write a later end")
                return nil
            }
            return .policy(id, .activate(period, reason))
        }
    }

    private func change(
        _ name: String, _ current: GovernedPolicy?, _ log: inout FaultLog
    ) -> GovernanceCommand? {
        if name == "create" || name == "update" { return details(name, current, &log) }
        guard let members = members(["policy_id", "rule_id", "rule", "order"], ["policy_id"], &log),
            let policy: PolicyID = identifier(members["policy_id"], &log)
        else { return nil }
        if name == "reorder_rule" {
            let order: [RuleID] = (members["order"]?.items(limit: GovernedPolicy.Limits.rules, &log) ?? [])
                .compactMap { identifier($0, &log) }
            return .policy(policy, .reorderRules(order))
        }
        guard let rule: RuleID = identifier(members["rule_id"], &log) else {
            if members["rule_id"] == nil { log.report("rule_id", "missing_key", "missing", "Add `rule_id`") }
            return nil
        }
        if name == "remove_rule" { return .policy(policy, .removeRule(rule)) }
        guard let document = members["rule"]?.value else {
            log.report("rule", "missing_key", "missing", "Add `rule`")
            return nil
        }
        return .policy(policy, name == "add_rule" ? .addRule(rule, document) : .updateRule(rule, document))
    }
}
