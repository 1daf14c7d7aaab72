import Authorization
import Vocabulary

extension WorkflowTemplate.Details {
    /// Reads a template as documents write it: `{name, description, category, stages: [{name, approver_roles,
    /// min_approvals, timeout_hours, condition, condition_params}], escalations: {trigger: [roles]}}`. Throws
    /// `GovernanceError.rejected` with every fault.
    public init(document: AttributeValue) throws(GovernanceError) {
        var log = FaultLog()
        let root = DocumentNode(value: document, path: "")
        let keys = ["name", "description", "category", "stages", "escalations"]
        let members = root.members(keys, required: ["name", "stages"], &log) ?? [:]
        func text(_ key: String) -> String { members[key]?.text(limit: Limits.textBytes, &log) ?? "" }
        let (name, description, category) = (text("name"), text("description"), text("category"))
        let stages = (members["stages"]?.items(limit: Limits.stages, &log) ?? []).compactMap {
            StageReader.read($0, &log)
        }
        let escalations = members["escalations"].map { StageReader.escalations($0, &log) } ?? []
        guard log.faults.isEmpty else { throw .rejected(log.faults) }
        self.init(name: name, description: description, category: category, stages: stages, escalations: escalations)
        try check()
    }
}

private enum StageReader {
    static func escalations(_ place: DocumentNode, _ log: inout FaultLog) -> [Escalation] {
        let limits = WorkflowTemplate.Limits.self
        let triggers = place.members(Escalation.Trigger.allCases.map(\.rawValue), required: [], &log) ?? [:]
        return triggers.sorted { $0.key < $1.key }.compactMap { key, node in
            let roles = node.texts(itemLimit: limits.roles, byteLimit: limits.nameBytes, &log)
            return Escalation.Trigger(rawValue: key).map { Escalation(on: $0, to: roles) }
        }
    }

    static func read(_ node: DocumentNode, _ log: inout FaultLog) -> WorkflowStage? {
        let keys = [
            "name", "approver_roles", "min_approvals", "timeout_hours", "condition", "condition_params", "escalations",
        ]
        let limits = WorkflowTemplate.Limits.self
        guard let members = node.members(keys, required: ["name", "approver_roles"], &log),
            let name = members["name"]?.text(limit: limits.nameBytes, &log)
        else { return nil }
        let roles = members["approver_roles"]?.texts(itemLimit: limits.roles, byteLimit: limits.nameBytes, &log) ?? []
        let count = members["min_approvals"].flatMap { $0.integer(1...Int64(limits.approvals), &log) } ?? 1
        let hours = members["timeout_hours"].flatMap { $0.integer(1...Int64(limits.timeoutHours), &log) } ?? 24
        var stage = WorkflowStage(
            name: name, approverRoles: roles, minApprovals: Int(count), timeout: .hours(Int(hours)),
            condition: members["condition"].flatMap { condition($0, members["condition_params"], &log) })
        stage.escalations = members["escalations"].map { escalations($0, &log) }
        return stage
    }

    private enum Word: String, CaseIterable {
        case riskLevel = "risk_level", patchSize = "patch_size", errorType = "error_type", environment
        case timeBased = "time_based", field
    }

    private static func condition(
        _ node: DocumentNode, _ params: DocumentNode?, _ log: inout FaultLog
    ) -> StageCondition? {
        guard let word = node.word(Word.self, &log) else { return nil }
        guard let params else {
            log.report(node.path, "missing_key", "it has no parameters", "Add `condition_params`")
            return nil
        }
        func texts(_ key: String) -> [String] {
            let members = params.members([key], required: [key], &log) ?? [:]
            return members[key]?.texts(itemLimit: 64, byteLimit: WorkflowTemplate.Limits.nameBytes, &log) ?? []
        }
        switch word {
        case .riskLevel:
            let names = texts("risk_levels"), levels = names.compactMap(RiskLevel.init)
            if levels.count != names.count {
                log.report(params.path, "unknown_word", "a level is not known", "Use low, medium, high, critical")
            }
            return .riskLevels(levels)
        case .environment: return .environments(texts("environments"))
        case .errorType: return .errorTypes(texts("error_types"))
        case .patchSize:
            let members = params.members(["at_least"], required: ["at_least"], &log) ?? [:]
            return members["at_least"].flatMap { $0.integer(0...Int64(1) << 40, &log) }.map { .patchSize(atLeast: $0) }
        case .field: return .field(params.value.normalized)
        case .timeBased: return hours(params, &log)
        }
    }

    private static func hours(_ params: DocumentNode, _ log: inout FaultLog) -> StageCondition? {
        let keys = ["days", "start", "end", "timezone"]
        guard let members = params.members(keys, required: keys, &log),
            let start = members["start"]?.text(limit: 5, &log).flatMap(TimeWindow.minutes),
            let end = members["end"]?.text(limit: 5, &log).flatMap(TimeWindow.minutes),
            let zone = members["timezone"]?.text(limit: 64, &log)
        else {
            log.report(params.path, "bad_time", "these are no hours", "Write `start: \"08:00\", end: \"18:00\"`")
            return nil
        }
        let days = (members["days"]?.items(limit: 7, &log) ?? []).compactMap { $0.integer(0...6, &log) }.map(Int.init)
        return .outside(days: days, start: start, end: end, zone: zone)
    }
}
