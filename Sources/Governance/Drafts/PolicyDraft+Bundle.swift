import Authorization
import Vocabulary

extension PolicyDraft {
    /// The drafts of a bundle, `{version: 1, governed_policies: […]}`, or of one document by itself. Throws
    /// `GovernanceError.rejected` with every fault, each with the place of its policy.
    public static func bundle(_ tree: AttributeValue, limit: Int) throws(GovernanceError) -> [PolicyDraft] {
        guard tree["governed_policies"] != nil else { return [try PolicyDraft(tree)] }
        var log = FaultLog()
        let root = DocumentNode(value: tree, path: "")
        let members = root.members(["version", "governed_policies"], required: ["version"], &log) ?? [:]
        if let version = members["version"], version.value != .integer(1) {
            log.report(version.path, "unknown_version", "found another version", "Write `version: 1`")
        }
        var drafts: [PolicyDraft] = []
        for node in members["governed_policies"]?.items(limit: limit, mayBeEmpty: true, &log) ?? [] {
            do {
                drafts.append(try PolicyDraft(node.value))
            } catch {
                guard case .rejected(let faults) = error else { throw error }
                for fault in faults {
                    log.report("\(node.path).\(fault.path)", fault.code, fault.message, fault.remedy)
                }
            }
        }
        guard log.faults.isEmpty else { throw .rejected(log.faults) }
        return drafts
    }

    /// The same rules under another name or another enforcement; nil leaves what the document says.
    public func renamed(_ name: String?, enforcement: Enforcement?) -> PolicyDraft {
        let renamed = PolicyDetails(
            name: name ?? details.name, description: details.description, type: details.type,
            enforcement: enforcement ?? details.enforcement, scope: details.scope, frameworks: details.frameworks,
            zone: details.zone, isOverridable: details.isOverridable)
        return PolicyDraft(details: renamed, rules: rules, tests: tests)
    }

    /// What the stream of a new draft begins with.
    ///
    /// - Parameter ruleID: makes an id for each rule.
    public func events(
        _ id: PolicyID, actor: Actor, now: Timestamp, ruleID: () -> RuleID
    ) throws(GovernanceError) -> [PolicyEvent] {
        var events: [PolicyEvent] = []
        var state: GovernedPolicy?
        var commands: [PolicyCommand] = [.create(id, details)]
        for rule in rules { commands.append(.addRule(ruleID(), rule)) }
        for command in commands {
            for event in try GovernedPolicy.decide(command, on: state) {
                state = try GovernedPolicy.applying(Recorded(event, at: now, actor: actor), to: state)
                events.append(event)
            }
        }
        return events
    }
}
